//! Films from models. Which model is a parameter; who serves it follows from the keys that are there.

use serde_json::{Value as Json, json};
use shared::run::FailureCode;

use super::call::{Call, require_text};
use crate::{
    Choice, Image, NodeContext, NodeError, ParamValue, Seed, Video,
    generation::GenerationKind,
    node,
    provider::{
        Picture, ProviderError,
        video::{self, Frame, JobError, VideoRequest},
    },
};

/// The shape of a film.
#[derive(Choice)]
enum Aspect {
    /// The model's own, or that of the first frame.
    Auto,
    #[choice(value = "16:9", title = "Wide, 16:9")]
    Wide,
    #[choice(value = "9:16", title = "Tall, 9:16")]
    Tall,
    #[choice(value = "1:1", title = "Square, 1:1")]
    Square,
    #[choice(value = "4:3", title = "4:3")]
    Landscape,
    #[choice(value = "3:4", title = "3:4")]
    Portrait,
    #[choice(value = "21:9", title = "Cinema, 21:9")]
    Cinema,
}

/// The size of a film.
#[derive(Choice)]
enum Resolution {
    Auto,
    #[choice(value = "480p", title = "480p")]
    P480,
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
    require_text("model", &model)?;
    let set = |value: Json| value.as_str().filter(|text| *text != "auto").map(str::to_owned);
    let mut request = VideoRequest {
        prompt,
        negative_prompt: Some(negative_prompt).filter(|text| !text.trim().is_empty()),
        first_frame: frame(ctx, first_frame).await?,
        last_frame: frame(ctx, last_frame).await?,
        seconds,
        aspect: set(aspect.to_json()),
        resolution: set(resolution.to_json()),
        audio: match sound {
            Sound::Auto => None,
            Sound::On => Some(true),
            Sound::Off => Some(false),
        },
        seed: Some(seed.0 as u32),
    };
    let job = ctx.job();
    let chosen = video::choose(ctx, &model, &connection, &mut request, job.as_ref()).await?;
    let mut call = Call::new(ctx, &chosen.route.provider, &model, GenerationKind::Video);
    note(&mut call, &request);
    let film = match video::run(ctx, &chosen, &request).await {
        Ok(film) => film,
        Err(JobError::Vendor(error)) => return Err(call.failed(error)),
        Err(JobError::Run(NodeError::Cancelled)) => return Err(call.cancelled()),
        Err(JobError::Run(error)) => return Err(error),
    };
    let media = match ctx.store_file(&film.file).await {
        Ok(media) if media.mime.starts_with("video/") => media,
        Ok(media) => {
            let message = format!("the provider answered with `{}` and not with a film", media.mime);
            return Err(call.failed(ProviderError::new(FailureCode::ProviderDown, message)));
        }
        Err(error) => {
            let message = format!("the provider's film cannot be read: {error}");
            return Err(call.failed(ProviderError::new(FailureCode::ProviderDown, message)));
        }
    };
    call.made(&media);
    call.note_if("seed", film.seed.map(Json::from));
    let metrics = &mut call.generation.metrics;
    metrics.queue_ms = film.queued.map(|queued| queued.as_millis() as u64);
    metrics.retries = film.retries;
    let listed = request.seconds.and_then(|n| chosen.price(request.resolution.as_deref(), f64::from(n)));
    metrics.cost_usd = film.cost_usd.or(listed);
    call.record();
    Ok(Video(media))
}

async fn frame(ctx: &NodeContext, image: Option<Image>) -> Result<Option<Frame>, NodeError> {
    let Some(image) = image else { return Ok(None) };
    let picture = Picture { mime: image.media().mime.clone(), bytes: image.bytes(ctx).await? };
    Ok(Some(Frame { blob: image.media().blob.clone(), picture }))
}

fn note(call: &mut Call<'_>, request: &VideoRequest) {
    call.note("prompt", json!(request.prompt));
    call.note_if("negative_prompt", request.negative_prompt.clone().map(Json::from));
    call.note_if("seconds", request.seconds.map(Json::from));
    call.note_if("aspect", request.aspect.clone().map(Json::from));
    call.note_if("resolution", request.resolution.clone().map(Json::from));
    call.note_if("audio", request.audio.map(Json::from));
    call.note_if("seed", request.seed.map(Json::from));
    for (name, frame) in [("first_frame", &request.first_frame), ("last_frame", &request.last_frame)] {
        call.note_if(name, frame.as_ref().map(|frame| json!(frame.blob.as_str())));
    }
}
