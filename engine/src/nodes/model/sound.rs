//! `audio.speak`, `audio.music`, `audio.effect`: sounds from models.

use super::{
    require_text,
    work::{work, written},
};
use crate::{
    Audio, NodeContext, NodeError, Seed, node,
    provider::order::{Order, SoundOrder, SoundTask},
};

/// Says a text aloud.
#[node(
    "audio.speak",
    title = "Speak",
    resource = "network",
    timeout_seconds = 900,
    returns = "The speech.",
    example = r#"{"params":{"text":"The harbour is quiet at dawn.","model":"eleven_flash_v2_5"}}"#
)]
async fn speak(
    /// What is said.
    #[param(title = "Text", prompt)]
    text: String,
    /// The model that speaks.
    #[param(title = "Model", model = "audio.speak", default = "eleven_flash_v2_5")]
    model: String,
    /// The voice, by the provider's own name. Left empty, the provider's first.
    #[param(title = "Voice", default = "")]
    voice: String,
    /// How it is said, for models that can be told: `calm and slow`.
    #[param(title = "Manner", prompt, default = "", advanced)]
    instructions: String,
    /// The language, such as `en` or `de`, for models that take one.
    #[param(title = "Language", default = "", advanced)]
    language: String,
    /// How fast: 1 is the voice's own pace.
    #[param(title = "Speed", min = 0.1, max = 5.0, step = 0.05, advanced)]
    speed: Option<f64>,
    /// The key to use: a provider's name, or `provider:name`. Left empty, the first of the model's providers that has one.
    #[param(title = "Connection", default = "", wire = false, advanced)]
    connection: String,
    /// The same seed brings back much the same sound, where the model takes one.
    #[param(title = "Seed", advanced)]
    seed: Seed,
    ctx: &NodeContext,
) -> Result<Audio, NodeError> {
    require_text("text", &text)?;
    let order = SoundOrder {
        task: SoundTask::Speak,
        prompt: text,
        voice: written(voice),
        instructions: written(instructions),
        language: written(language),
        speed,
        seed: Some(seed.0),
        ..SoundOrder::default()
    };
    work(ctx, &model, &connection, Order::Sound(order)).await.map(Audio)
}

/// Makes music from a description, with or without words to sing.
#[node(
    "audio.music",
    title = "Make music",
    resource = "network",
    timeout_seconds = 1800,
    returns = "The music.",
    example = r#"{"params":{"prompt":"Slow piano, rain in the background","seconds":20.0}}"#
)]
async fn music(
    /// What is to be heard.
    #[param(title = "Prompt", prompt)]
    prompt: String,
    /// The model that makes it.
    #[param(title = "Model", model = "audio.music", default = "music_v2_5")]
    model: String,
    /// How long it is. Left empty, the model decides.
    #[param(title = "Length", min = 1.0, max = 600.0, unit = "s")]
    seconds: Option<f64>,
    /// What is sung, for models that sing given words.
    #[param(title = "Lyrics", prompt, default = "", advanced)]
    lyrics: String,
    /// Nobody sings.
    #[param(title = "Instrumental", default = false)]
    instrumental: bool,
    /// The key to use: a provider's name, or `provider:name`. Left empty, the first of the model's providers that has one.
    #[param(title = "Connection", default = "", wire = false, advanced)]
    connection: String,
    /// The same seed brings back much the same music, where the model takes one.
    #[param(title = "Seed", advanced)]
    seed: Seed,
    ctx: &NodeContext,
) -> Result<Audio, NodeError> {
    require_text("prompt", &prompt)?;
    let order = SoundOrder {
        task: SoundTask::Music,
        prompt,
        seconds,
        lyrics: written(lyrics),
        instrumental: instrumental.then_some(true),
        seed: Some(seed.0),
        ..SoundOrder::default()
    };
    work(ctx, &model, &connection, Order::Sound(order)).await.map(Audio)
}

/// Makes a sound effect from a description.
#[node(
    "audio.effect",
    title = "Sound effect",
    resource = "network",
    timeout_seconds = 900,
    returns = "The sound.",
    example = r#"{"params":{"prompt":"A heavy door falls shut in a stone hall"}}"#
)]
async fn effect(
    /// What is to be heard.
    #[param(title = "Prompt", prompt)]
    prompt: String,
    /// The model that makes it.
    #[param(title = "Model", model = "audio.effect", default = "eleven_text_to_sound_v3")]
    model: String,
    /// How long it is. Left empty, the model decides.
    #[param(title = "Length", min = 0.5, max = 30.0, unit = "s")]
    seconds: Option<f64>,
    /// The end fits the beginning.
    #[param(title = "Loop", default = false)]
    looped: bool,
    /// The key to use: a provider's name, or `provider:name`. Left empty, the first of the model's providers that has one.
    #[param(title = "Connection", default = "", wire = false, advanced)]
    connection: String,
    /// The same seed brings back much the same sound, where the model takes one.
    #[param(title = "Seed", advanced)]
    seed: Seed,
    ctx: &NodeContext,
) -> Result<Audio, NodeError> {
    require_text("prompt", &prompt)?;
    let order = SoundOrder {
        task: SoundTask::Effect,
        prompt,
        seconds,
        looped: looped.then_some(true),
        seed: Some(seed.0),
        ..SoundOrder::default()
    };
    work(ctx, &model, &connection, Order::Sound(order)).await.map(Audio)
}
