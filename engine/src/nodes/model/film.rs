//! `video.generate`, `video.extend`. Which model is a parameter; who serves it follows from the keys that are there.
//! Work on given films is in `refilm`.

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
pub(super) enum Resolution {
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

impl Sound {
    /// What is said to the model; `None`: nothing.
    fn wanted(&self) -> Option<bool> {
        match self {
            Self::Auto => None,
            Self::On => Some(true),
            Self::Off => Some(false),
        }
    }
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
        audio: sound.wanted(),
        seed: Some(seed.0 as u32),
        ..FilmOrder::default()
    };
    work(ctx, &model, &connection, Order::Film(order)).await.map(Video)
}

/// Lets a film go on where it ends.
///
/// Some models give back the whole film and others the new part alone: the model's note says which. A run that is cut off
/// goes on with the job it ordered.
#[node(
    "video.extend",
    title = "Extend film",
    resource = "network",
    timeout_seconds = 3600,
    returns = "The longer film.",
    example = r#"{"inputs":{"video":"sample:video"},"params":{"prompt":"The camera rises above the roofs"}}"#
)]
async fn extend(
    /// The film.
    video: Video,
    /// What happens next, and how the camera moves.
    #[param(title = "Prompt", prompt)]
    prompt: String,
    /// The model that does it.
    #[param(title = "Model", model = "video.extend", default = "veo-3.1-extend")]
    model: String,
    /// How much is added, for models that can be told. Left empty, the model decides.
    #[param(title = "Length", min = 1, max = 30, unit = "s")]
    seconds: Option<u32>,
    /// The size of the film, for models that take one.
    #[param(title = "Size", default = Resolution::Auto)]
    resolution: Resolution,
    /// Whether the new part has sound.
    #[param(title = "Sound", default = Sound::Auto)]
    sound: Sound,
    /// What is not to be seen.
    #[param(title = "Not to be seen", prompt, default = "", advanced)]
    negative_prompt: String,
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
        task: FilmTask::Extend,
        prompt,
        negative_prompt: written(negative_prompt),
        film: Some(attach(ctx, video.media()).await?),
        seconds,
        resolution: chosen(&resolution),
        audio: sound.wanted(),
        seed: Some(seed.0 as u32),
        ..FilmOrder::default()
    };
    work(ctx, &model, &connection, Order::Film(order)).await.map(Video)
}
