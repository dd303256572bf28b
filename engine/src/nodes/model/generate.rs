//! `image.generate`.

use serde_json::json;
use shared::run::FailureCode;

use super::{
    Call, finish, require_text,
    work::{Aspect, Background, Detail, Quality, attach_if, chosen, work, written},
};
use crate::{
    Choice, Image, NodeContext, NodeError, Seed,
    generation::GenerationKind,
    node,
    provider::{
        LOCAL, Made, PictureRequest, ProviderError, connect,
        order::{Order, PictureOrder, Size as Pixels},
    },
};

/// The size of a picture.
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

/// Makes a picture from a description.
///
/// The picture is made by the first provider of the model whose key the workspace has. What a model cannot do is refused
/// before anything is paid. The connection `local` runs a Stable Diffusion model of this machine.
#[node(
    "image.generate",
    title = "Generate picture",
    resource = "network",
    timeout_seconds = 900,
    returns = "The picture.",
    example = r#"{"params":{"prompt":"A paper boat on a green river, soft morning light","model":"gpt-image-2.6-flare"}}"#
)]
async fn generate(
    /// Outlines or depths that the picture follows, for models that do.
    control: Option<Image>,
    /// What is to be seen.
    #[param(title = "Prompt", prompt)]
    prompt: String,
    /// The model that paints.
    #[param(title = "Model", model = "image.generate", default = "gpt-image-2.6-flare")]
    model: String,
    /// The key to use: a provider's name, or `provider:name` where the workspace has several of one provider. Left empty,
    /// the first of the model's providers that has a key. `local` stands for this machine.
    #[param(title = "Connection", default = "", wire = false)]
    connection: String,
    /// The shape of the picture.
    #[param(title = "Shape", default = Aspect::Auto)]
    aspect: Aspect,
    /// The size in pixels. A model that only has shapes makes one of this shape.
    #[param(title = "Size", default = Size::Auto)]
    size: Size,
    /// How large a picture is made, for models that make several sizes.
    #[param(title = "Detail", default = Detail::Auto, advanced)]
    resolution: Detail,
    /// How carefully it is made. Better takes longer and costs more.
    #[param(title = "Quality", default = Quality::Auto)]
    quality: Quality,
    /// What is behind the subject.
    #[param(title = "Background", default = Background::Auto, advanced)]
    background: Background,
    /// The model's own name of a style, where it has some.
    #[param(title = "Style", default = "", advanced)]
    style: String,
    /// The name or address of a LoRA, for models that take one.
    #[param(title = "LoRA", default = "", advanced)]
    lora: String,
    /// How strongly the LoRA works.
    #[param(title = "LoRA strength", min = -1.0, max = 3.0, step = 0.1, advanced)]
    lora_strength: Option<f64>,
    /// What is not to be seen, for models that can be told.
    #[param(title = "Not in it", prompt, default = "", advanced)]
    negative_prompt: String,
    /// How often the model goes over the picture. Turbo models need one to four.
    #[param(title = "Steps", min = 1, max = 150, advanced)]
    steps: Option<u32>,
    /// How closely the model follows the prompt. Turbo models want none.
    #[param(title = "Guidance", min = 0.0, max = 30.0, step = 0.5, advanced)]
    guidance: Option<f64>,
    /// Left empty, every run makes another picture. A number keeps the picture until something else changes. Models that
    /// take a seed take it as theirs and make the same picture again.
    #[param(title = "Take", advanced)]
    take: Seed,
    ctx: &NodeContext,
) -> Result<Image, NodeError> {
    require_text("prompt", &prompt)?;
    require_text("model", &model)?;
    if connection.trim() == LOCAL {
        let request = PictureRequest {
            model,
            prompt,
            size: chosen(&size),
            quality: chosen(&quality),
            background: chosen(&background),
            negative_prompt: written(negative_prompt),
            steps,
            guidance,
            seed: Some(take.0),
        };
        return here(ctx, request).await;
    }
    let order = PictureOrder {
        prompt,
        negative_prompt: written(negative_prompt),
        size: chosen(&size).as_deref().and_then(Pixels::parse),
        aspect: chosen(&aspect),
        resolution: chosen(&resolution),
        quality: chosen(&quality),
        background: chosen(&background),
        style: written(style),
        steps,
        guidance,
        control: attach_if(ctx, control.as_ref().map(Image::media)).await?,
        lora: written(lora),
        lora_strength,
        seed: Some(take.0),
        ..PictureOrder::default()
    };
    work(ctx, &model, &connection, Order::Picture(order)).await.map(Image)
}

/// A picture of this machine's own model.
async fn here(ctx: &NodeContext, request: PictureRequest) -> Result<Image, NodeError> {
    let connection = connect(ctx, LOCAL, &request.model, "image.generate", LOCAL).await?;
    let mut call = Call::new(ctx, &connection.name, &request.model, GenerationKind::Image);
    call.note("prompt", json!(request.prompt));
    call.note_if("seed", request.seed.map(|seed| json!(seed)));
    if let Some(size) = request.size.as_deref().and_then(Pixels::parse) {
        call.note("width", json!(size.width));
        call.note("height", json!(size.height));
    }
    for (name, value) in [
        ("quality", request.quality.clone().map(|value| json!(value))),
        ("negative_prompt", request.negative_prompt.clone().map(|value| json!(value))),
        ("num_inference_steps", request.steps.map(|value| json!(value))),
        ("guidance_scale", request.guidance.map(|value| json!(value))),
        ("background", request.background.clone().map(|value| json!(value))),
    ] {
        call.note_if(name, value);
    }
    let answer = tokio::select! {
        answer = connection.provider.picture(&request) => answer,
        () = ctx.cancel().cancelled() => return Err(call.cancelled()),
    };
    let answer = answer.map_err(|error| call.failed(error))?;
    let media = ctx.store(answer.bytes).await.map_err(|error| {
        call.failed(ProviderError::new(FailureCode::Internal, format!("the picture cannot be read: {error}")))
    })?;
    call.made(&media);
    finish(&mut call, &connection, answer.usage, answer.retries, Made::Picture);
    Ok(Image(media))
}
