//! `video.restyle`, `video.upscale`, `video.lip_sync`: work on given films.

use shared::value::Media;

use super::{
    film::Resolution,
    require_text,
    work::{attach, attach_if, chosen, work},
};
use crate::{
    Audio, Choice, Image, NodeContext, NodeError, Seed, Video, node,
    provider::order::{FilmOrder, FilmTask, Order},
};

/// What happens where a film and what is said in it are not as long as each other.
#[derive(Choice)]
enum SyncMode {
    /// As the model does it.
    Auto,
    #[choice(title = "End with the shorter")]
    CutOff,
    #[choice(title = "Repeat the film")]
    Loop,
    #[choice(title = "Play the film back and forth")]
    Bounce,
    #[choice(title = "Fill up with silence")]
    Silence,
    #[choice(title = "Stretch the film")]
    Remap,
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
    /// The size of the film, for models that take one.
    #[param(title = "Size", default = Resolution::Auto, advanced)]
    resolution: Resolution,
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
        seconds_given: seconds_of(video.media()),
        resolution: chosen(&resolution),
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
        seconds_given: seconds_of(video.media()),
        factor,
        resolution: chosen(&resolution),
        ..FilmOrder::default()
    };
    work(ctx, &model, &connection, Order::Film(order)).await.map(Video)
}

/// Moves the lips in a film to what is said, or has a portrait say it.
///
/// Connect a film, whose lips are moved, or a portrait, which comes to life. A run that is cut off goes on with the job it
/// ordered.
#[node(
    "video.lip_sync",
    title = "Lip-sync",
    resource = "network",
    timeout_seconds = 3600,
    returns = "The film, with what is said.",
    example = r#"{"inputs":{"speech":"sample:audio","video":"sample:video"},"params":{}}"#
)]
async fn lip_sync(
    /// What is said.
    speech: Audio,
    /// The film in which it is said.
    video: Option<Video>,
    /// Who says it, where there is no film.
    portrait: Option<Image>,
    /// The model that does it.
    #[param(title = "Model", model = "video.lip_sync", default = "sync-lipsync-2")]
    model: String,
    /// How somebody behaves while speaking, for models that can be told.
    #[param(title = "Prompt", prompt, default = "")]
    prompt: String,
    /// What happens where the film and what is said are not as long as each other.
    #[param(title = "Other length", default = SyncMode::Auto)]
    sync_mode: SyncMode,
    /// The size of the film, for models that take one.
    #[param(title = "Size", default = Resolution::Auto, advanced)]
    resolution: Resolution,
    /// The key to use: a provider's name, or `provider:name`. Left empty, the first of the model's providers that has one.
    #[param(title = "Connection", default = "", wire = false, advanced)]
    connection: String,
    /// The same seed brings back much the same film, where the model takes one.
    #[param(title = "Seed", advanced)]
    seed: Seed,
    ctx: &NodeContext,
) -> Result<Video, NodeError> {
    match (&video, &portrait) {
        (None, None) => return Err(NodeError::invalid("video", "connect a film or a portrait: somebody has to speak")),
        (Some(_), Some(_)) => {
            let message = "there is a film already: disconnect the portrait, or the film";
            return Err(NodeError::invalid("portrait", message));
        }
        _ => {}
    }
    let order = FilmOrder {
        task: FilmTask::LipSync,
        prompt: prompt.trim().to_owned(),
        // A portrait speaks as long as there is something to say; a film may end before that.
        seconds_given: portrait.as_ref().and_then(|_| seconds_of(speech.media())),
        first_frame: attach_if(ctx, portrait.as_ref().map(Image::media)).await?,
        film: attach_if(ctx, video.as_ref().map(Video::media)).await?,
        speech: Some(attach(ctx, speech.media()).await?),
        sync_mode: chosen(&sync_mode),
        resolution: chosen(&resolution),
        seed: Some(seed.0 as u32),
        ..FilmOrder::default()
    };
    work(ctx, &model, &connection, Order::Film(order)).await.map(Video)
}

fn seconds_of(media: &Media) -> Option<f64> {
    media.duration_millis.map(|millis| millis as f64 / 1000.0)
}
