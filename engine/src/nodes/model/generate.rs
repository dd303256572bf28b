//! `image.generate`.

use serde_json::{Value as Json, json};
use shared::run::FailureCode;

use super::{Call, finish, require_text};
use crate::{
    Choice, Image, NodeContext, NodeError, ParamValue, Seed,
    generation::GenerationKind,
    node,
    provider::{Made, PictureRequest, ProviderError, connect},
};

/// The shape of a picture.
#[derive(Choice)]
enum Size {
    Auto,
    #[choice(value = "512x512", title = "Square, 512 x 512")]
    Small,
    #[choice(value = "768x768", title = "Square, 768 x 768")]
    Medium,
    #[choice(value = "1024x1024", title = "Square, 1024 x 1024")]
    Square,
    #[choice(value = "1536x1024", title = "Wide, 1536 x 1024")]
    Wide,
    #[choice(value = "1024x1536", title = "Tall, 1024 x 1536")]
    Tall,
}

/// How carefully a picture is made, and how much it costs.
#[derive(Choice)]
enum Quality {
    Auto,
    Low,
    Medium,
    High,
}

/// What is behind the subject.
#[derive(Choice)]
enum Background {
    Auto,
    Opaque,
    Transparent,
}

/// Makes a picture from a description.
///
/// The connection names a key of the workspace, of OpenAI or of a server that speaks its language. The connection
/// `local` runs a Stable Diffusion model of this machine.
#[node(
    "image.generate",
    title = "Generate picture",
    resource = "network",
    timeout_seconds = 900,
    returns = "The picture.",
    example = r#"{"params":{"prompt":"A paper boat on a green river, soft morning light","model":"gpt-image-2.6-flare"}}"#
)]
async fn generate(
    /// What is to be seen.
    #[param(title = "Prompt", prompt)]
    prompt: String,
    /// The model that paints.
    #[param(title = "Model", model = "image.generate", default = "gpt-image-2.6-flare")]
    model: String,
    /// The key to use: a provider's name, or `provider:name` where the workspace has several of one provider.
    #[param(title = "Connection", default = "openai", wire = false)]
    connection: String,
    /// The shape of the picture.
    #[param(title = "Size", default = Size::Auto)]
    size: Size,
    /// How carefully it is made. Better takes longer and costs more.
    #[param(title = "Quality", default = Quality::Auto)]
    quality: Quality,
    /// What is behind the subject.
    #[param(title = "Background", default = Background::Auto, advanced)]
    background: Background,
    /// What is not to be seen. Only local models take it.
    #[param(title = "Not in it", prompt, default = "", advanced)]
    negative_prompt: String,
    /// How often a local model goes over the picture. Turbo models need one to four.
    #[param(title = "Steps", min = 1, max = 150, advanced)]
    steps: Option<u32>,
    /// How closely a local model follows the prompt. Turbo models want none.
    #[param(title = "Guidance", min = 0.0, max = 30.0, step = 0.5, advanced)]
    guidance: Option<f64>,
    /// Left empty, every run makes another picture. A number keeps the picture until something else changes. A local
    /// model takes it as its seed and makes the same picture again; others take no seed.
    #[param(title = "Take", advanced)]
    take: Seed,
    ctx: &NodeContext,
) -> Result<Image, NodeError> {
    require_text("prompt", &prompt)?;
    require_text("model", &model)?;
    let set = |value: Json| value.as_str().filter(|text| *text != "auto").map(str::to_owned);
    let connection = connect(ctx, &connection).await?;
    let request = PictureRequest {
        model,
        prompt,
        size: set(size.to_json()),
        quality: set(quality.to_json()),
        background: set(background.to_json()),
        negative_prompt: Some(negative_prompt).filter(|text| !text.trim().is_empty()),
        steps,
        guidance,
        seed: Some(take.0),
    };
    let mut call = Call::new(ctx, &connection.name, &request.model, GenerationKind::Image);
    call.note("prompt", json!(request.prompt));
    call.note("take", json!(take.0));
    if let Some((width, height)) = request.size.as_deref().and_then(|size| size.split_once('x')) {
        call.note_if("width", width.parse::<u32>().ok().map(Json::from));
        call.note_if("height", height.parse::<u32>().ok().map(Json::from));
    }
    call.note_if("quality", request.quality.clone().map(Json::from));
    call.note_if("negative_prompt", request.negative_prompt.clone().map(Json::from));
    call.note_if("num_inference_steps", request.steps.map(Json::from));
    call.note_if("guidance_scale", request.guidance.map(Json::from));
    call.note_if("background", request.background.clone().map(Json::from));

    call.leave().await?;
    let answer = tokio::select! {
        answer = connection.provider.picture(&request) => answer,
        () = ctx.cancel().cancelled() => return Err(call.cancelled()),
    };
    let answer = answer.map_err(|error| call.failed(error))?;
    let media = match ctx.store(answer.bytes).await {
        Ok(media) if media.mime.starts_with("image/") => media,
        Ok(media) => {
            let message = format!("the provider answered with `{}` and not with a picture", media.mime);
            return Err(call.failed(ProviderError::new(FailureCode::ProviderDown, message)));
        }
        Err(error) => {
            let message = format!("the provider's picture cannot be read: {error}");
            return Err(call.failed(ProviderError::new(FailureCode::ProviderDown, message)));
        }
    };
    call.made(&media);
    finish(&mut call, &connection, answer.usage, answer.retries, Made::Picture);
    Ok(Image(media))
}
