//! `video.generate`, `video.restyle`, `video.upscale`. Which model is a parameter; who serves it follows from the keys
//! that are there.

use super::{
    require_text,
    work::{Aspect, attach, attach_if, chosen, work, written},
};
use crate::{
    Choice, Image, NodeContext, NodeError, Seed, Video, node,
    provider::order::{FilmOrder, FilmTask, Order},
};

/// The size of a film.
#[derive(Choice)]
enum Resolution {
    Auto,
    #[choice(value = "480p", title = "480p")]
    P480,
    #[choice(value = "540p", title = "540p")]
    P540,
    #[choice(value = "580p", title = "580p")]
    P580,
    #[choice(value = "720p", title = "720p")]
    P720,
    #[choice(value = "768p", title = "768p")]
    P768,
    #[choice(value = "1080p", title = "1080p")]
    P1080,
    #[choice(value = "2k", title = "2K")]
    K2,
    #[choice(value = "4k", title = "4K")]
    K4,
}

/// Whether a film has sound.
#[derive(Choice)]
enum Sound {
    /// As the model does it.
    Auto,
    On,
    Off,
}

/// Makes a film from a description, and from pictures it begins and ends with.
///
/// The film is made by the first provider of the model whose key the workspace has. What a model cannot do is refused
/// before anything is paid. A run that is cut off goes on with the job it ordered.
#[node(
    "video.generate",
    title = "Generate film",
    resource = "network",
    timeout_seconds = 3600,
    returns = "The film.",
    example = r#"{"params":{"prompt":"A paper boat drifts down a green river, the camera follows","model":"veo-3.1-fast"}}"#
)]
async fn generate(
    /// The picture that the film begins with.
    first_frame: Option<Image>,
    /// The picture that the film ends with.
    last_frame: Option<Image>,
    /// What happens, and how the camera moves.
    #[param(title = "Prompt", prompt)]
    prompt: String,
    /// The model that makes the film.
    #[param(title = "Model", model = "video.generate", default = "veo-3.1-fast")]
    model: String,
    /// How long the film is. Left empty, the model decides.
    #[param(title = "Length", min = 1, max = 30, unit = "s")]
    seconds: Option<u32>,
    /// The shape of the film.
    #[param(title = "Shape", default = Aspect::Auto)]
    aspect: Aspect,
    /// The size of the film. Larger takes longer and costs more.
    #[param(title = "Size", default = Resolution::Auto)]
    resolution: Resolution,
    /// Whether the film has sound.
    #[param(title = "Sound", default = Sound::Auto)]
    sound: Sound,
    /// What is not to be seen.
    #[param(title = "Not to be seen", prompt, default = "", advanced)]
    negative_prompt: String,
    /// The key to use: a provider's name, or `provider:name` where the workspace has several of one provider. Left empty,
    /// the first of the model's providers that has a key.
    #[param(title = "Connection", default = "", wire = false, advanced)]
    connection: String,
    /// The same seed brings back much the same film, where the model takes one. Left empty, every run makes another film.
    #[param(title = "Seed", advanced)]
    seed: Seed,
    ctx: &NodeContext,
) -> Result<Video, NodeError> {
    require_text("prompt", &prompt)?;
    let order = FilmOrder {
        prompt,
        negative_prompt: written(negative_prompt),
        first_frame: attach_if(ctx, first_frame.as_ref().map(Image::media)).await?,
        last_frame: attach_if(ctx, last_frame.as_ref().map(Image::media)).await?,
        seconds,
        aspect: chosen(&aspect),
        resolution: chosen(&resolution),
        audio: match sound {
            Sound::Auto => None,
            Sound::On => Some(true),
            Sound::Off => Some(false),
        },
        seed: Some(seed.0 as u32),
        ..FilmOrder::default()
    };
    work(ctx, &model, &connection, Order::Film(order)).await.map(Video)
}

/// Changes a film as one says: its look, its weather, what is in it.
///
/// The film keeps its movement and its length. A run that is cut off goes on with the job it ordered.
#[node(
    "video.restyle",
    title = "Restyle film",
    resource = "network",
    timeout_seconds = 3600,
    returns = "The film.",
    example = r#"{"inputs":{"video":"sample:video"},"params":{"prompt":"Make it a winter evening"}}"#
)]
async fn restyle(
    /// The film.
    video: Video,
    /// What is to be changed.
    #[param(title = "Prompt", prompt)]
    prompt: String,
    /// The model that does it.
    #[param(title = "Model", model = "video.restyle", default = "gen4-aleph")]
    model: String,
    /// The key to use: a provider's name, or `provider:name`. Left empty, the first of the model's providers that has one.
    #[param(title = "Connection", default = "", wire = false, advanced)]
    connection: String,
    /// The same seed brings back much the same film, where the model takes one.
    #[param(title = "Seed", advanced)]
    seed: Seed,
    ctx: &NodeContext,
) -> Result<Video, NodeError> {
    require_text("prompt", &prompt)?;
    let order = FilmOrder {
        task: FilmTask::Restyle,
        prompt,
        film: Some(attach(ctx, video.media()).await?),
        seed: Some(seed.0 as u32),
        ..FilmOrder::default()
    };
    work(ctx, &model, &connection, Order::Film(order)).await.map(Video)
}

/// Makes a film larger, with a model that knows what things look like.
#[node(
    "video.upscale",
    title = "Upscale film",
    resource = "network",
    timeout_seconds = 7200,
    returns = "The larger film.",
    example = r#"{"inputs":{"video":"sample:video"},"params":{"factor":2}}"#
)]
async fn upscale(
    /// The film.
    video: Video,
    /// The model that does it.
    #[param(title = "Model", model = "video.upscale", default = "topaz-video-upscale")]
    model: String,
    /// How many times larger, for models that take a number. Left empty, the model decides.
    #[param(title = "Times", min = 1.0, max = 10.0, step = 0.5)]
    factor: Option<f64>,
    /// The size to reach, for models that take one.
    #[param(title = "Size", default = Resolution::Auto)]
    resolution: Resolution,
    /// The key to use: a provider's name, or `provider:name`. Left empty, the first of the model's providers that has one.
    #[param(title = "Connection", default = "", wire = false, advanced)]
    connection: String,
    ctx: &NodeContext,
) -> Result<Video, NodeError> {
    let order = FilmOrder {
        task: FilmTask::Upscale,
        film: Some(attach(ctx, video.media()).await?),
        factor,
        resolution: chosen(&resolution),
        ..FilmOrder::default()
    };
    work(ctx, &model, &connection, Order::Film(order)).await.map(Video)
}
