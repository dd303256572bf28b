//! `image.edit`, `image.vary`, `image.inpaint`, `image.outpaint`, `image.upscale`, `image.remove_background`: work on given pictures.

use super::{
    require_text,
    work::{Aspect, Detail, Quality, attach, attach_if, chosen, work, written},
};
use crate::{
    Image, Mask, NodeContext, NodeError, Seed, node,
    provider::order::{Margins, Order, PictureOrder, PictureTask},
};

/// Changes a picture as one says, or makes a new one of several.
#[node(
    "image.edit",
    title = "Edit picture",
    resource = "network",
    timeout_seconds = 900,
    returns = "The picture.",
    example = r#"{"inputs":{"images":["sample:photo"]},"params":{"prompt":"Make it a winter evening"}}"#
)]
async fn edit(
    /// The picture that is changed; further ones are for reference.
    images: Vec<Image>,
    /// What is to be changed.
    #[param(title = "Prompt", prompt)]
    prompt: String,
    /// The model that does it.
    #[param(title = "Model", model = "image.edit", default = "gemini-nano-banana-2.1")]
    model: String,
    /// The shape of the picture. Left to the model, it is that of the first one.
    #[param(title = "Shape", default = Aspect::Auto)]
    aspect: Aspect,
    /// How large a picture is made, for models that make several sizes.
    #[param(title = "Detail", default = Detail::Auto, advanced)]
    resolution: Detail,
    /// How carefully it is made. Better takes longer and costs more.
    #[param(title = "Quality", default = Quality::Auto, advanced)]
    quality: Quality,
    /// How far the result may leave the picture, for models that take a number.
    #[param(title = "Strength", min = 0.0, max = 1.0, step = 0.05, advanced)]
    strength: Option<f64>,
    /// The key to use: a provider's name, or `provider:name`. Left empty, the first of the model's providers that has one.
    #[param(title = "Connection", default = "", wire = false, advanced)]
    connection: String,
    /// The same seed brings back much the same picture, where the model takes one.
    #[param(title = "Seed", advanced)]
    seed: Seed,
    ctx: &NodeContext,
) -> Result<Image, NodeError> {
    require_text("prompt", &prompt)?;
    let mut attached = Vec::new();
    for image in &images {
        attached.push(attach(ctx, image.media()).await?);
    }
    let order = PictureOrder {
        task: PictureTask::Edit,
        prompt,
        images: attached,
        aspect: chosen(&aspect),
        resolution: chosen(&resolution),
        quality: chosen(&quality),
        strength,
        seed: Some(seed.0),
        ..PictureOrder::default()
    };
    work(ctx, &model, &connection, Order::Picture(order)).await.map(Image)
}

/// Makes a picture that resembles another one, and may keep the outlines or depths of a third.
#[node(
    "image.vary",
    title = "Vary picture",
    resource = "network",
    timeout_seconds = 900,
    returns = "The picture.",
    example = r#"{"inputs":{"image":"sample:photo"},"params":{"prompt":"The same harbour in the rain","strength":0.6}}"#
)]
async fn vary(
    /// The picture that is varied.
    image: Image,
    /// Outlines or depths to follow, for models that take them (ControlNet).
    control: Option<Image>,
    /// What is to be seen. Some models need it, others take no words.
    #[param(title = "Prompt", prompt, default = "")]
    prompt: String,
    /// The model that does it.
    #[param(title = "Model", model = "image.vary", default = "flux-dev")]
    model: String,
    /// How far the result may leave the picture: 0 changes nothing, 1 nearly everything.
    #[param(title = "Strength", min = 0.0, max = 1.0, step = 0.05)]
    strength: Option<f64>,
    /// How closely outlines or depths are followed.
    #[param(title = "Control", min = 0.0, max = 2.0, step = 0.05)]
    control_strength: Option<f64>,
    /// A LoRA to use, by the address of its file or its name on Hugging Face.
    #[param(title = "LoRA", default = "")]
    lora: String,
    /// How strongly the LoRA works.
    #[param(title = "LoRA strength", min = -1.0, max = 4.0, step = 0.05)]
    lora_strength: Option<f64>,
    /// What is not to be seen, for models that can be told.
    #[param(title = "Not in it", prompt, default = "", advanced)]
    negative_prompt: String,
    /// How often the model goes over the picture.
    #[param(title = "Steps", min = 1, max = 150, advanced)]
    steps: Option<u32>,
    /// How closely the model follows the prompt.
    #[param(title = "Guidance", min = 0.0, max = 100.0, step = 0.5, advanced)]
    guidance: Option<f64>,
    /// The key to use: a provider's name, or `provider:name`. Left empty, the first of the model's providers that has one.
    #[param(title = "Connection", default = "", wire = false, advanced)]
    connection: String,
    /// The same seed brings back much the same picture, where the model takes one.
    #[param(title = "Seed", advanced)]
    seed: Seed,
    ctx: &NodeContext,
) -> Result<Image, NodeError> {
    let order = PictureOrder {
        task: PictureTask::Vary,
        prompt: prompt.trim().to_owned(),
        negative_prompt: written(negative_prompt),
        images: vec![attach(ctx, image.media()).await?],
        control: attach_if(ctx, control.as_ref().map(Image::media)).await?,
        control_strength,
        lora: written(lora),
        lora_strength,
        strength,
        steps,
        guidance,
        seed: Some(seed.0),
        ..PictureOrder::default()
    };
    work(ctx, &model, &connection, Order::Picture(order)).await.map(Image)
}

/// Paints the part of a picture that a mask marks.
///
/// White in the mask is what is painted, whatever the provider's own habit is.
#[node(
    "image.inpaint",
    title = "Inpaint",
    resource = "network",
    timeout_seconds = 900,
    returns = "The picture.",
    example = r#"{"inputs":{"image":"sample:photo","mask":"sample:mask"},"params":{"prompt":"A red balloon"}}"#
)]
async fn inpaint(
    /// The picture.
    image: Image,
    /// What is painted: white.
    mask: Mask,
    /// What is to be seen there.
    #[param(title = "Prompt", prompt)]
    prompt: String,
    /// The model that does it.
    #[param(title = "Model", model = "image.inpaint", default = "flux-fill")]
    model: String,
    /// What is not to be seen, for models that can be told.
    #[param(title = "Not in it", prompt, default = "", advanced)]
    negative_prompt: String,
    /// How often the model goes over the picture.
    #[param(title = "Steps", min = 1, max = 150, advanced)]
    steps: Option<u32>,
    /// How closely the model follows the prompt.
    #[param(title = "Guidance", min = 0.0, max = 100.0, step = 0.5, advanced)]
    guidance: Option<f64>,
    /// The key to use: a provider's name, or `provider:name`. Left empty, the first of the model's providers that has one.
    #[param(title = "Connection", default = "", wire = false, advanced)]
    connection: String,
    /// The same seed brings back much the same picture, where the model takes one.
    #[param(title = "Seed", advanced)]
    seed: Seed,
    ctx: &NodeContext,
) -> Result<Image, NodeError> {
    require_text("prompt", &prompt)?;
    let order = PictureOrder {
        task: PictureTask::Inpaint,
        prompt,
        negative_prompt: written(negative_prompt),
        images: vec![attach(ctx, image.media()).await?],
        mask: attach_if(ctx, Some(mask.media())).await?,
        steps,
        guidance,
        seed: Some(seed.0),
        ..PictureOrder::default()
    };
    work(ctx, &model, &connection, Order::Picture(order)).await.map(Image)
}

/// Continues a picture beyond its edges.
#[node(
    "image.outpaint",
    title = "Outpaint",
    resource = "network",
    timeout_seconds = 900,
    returns = "The larger picture.",
    example = r#"{"inputs":{"image":"sample:photo"},"params":{"left":128,"right":128}}"#
)]
async fn outpaint(
    /// The picture.
    image: Image,
    /// What is to be seen around it. May be empty.
    #[param(title = "Prompt", prompt, default = "")]
    prompt: String,
    /// The model that does it.
    #[param(title = "Model", model = "image.outpaint", default = "flux-fill")]
    model: String,
    /// How much is added on the left.
    #[param(title = "Left", min = 0, max = 2000, default = 0, unit = "px")]
    left: u32,
    /// How much is added above.
    #[param(title = "Top", min = 0, max = 2000, default = 0, unit = "px")]
    top: u32,
    /// How much is added on the right.
    #[param(title = "Right", min = 0, max = 2000, default = 0, unit = "px")]
    right: u32,
    /// How much is added below.
    #[param(title = "Bottom", min = 0, max = 2000, default = 0, unit = "px")]
    bottom: u32,
    /// The key to use: a provider's name, or `provider:name`. Left empty, the first of the model's providers that has one.
    #[param(title = "Connection", default = "", wire = false, advanced)]
    connection: String,
    /// The same seed brings back much the same picture, where the model takes one.
    #[param(title = "Seed", advanced)]
    seed: Seed,
    ctx: &NodeContext,
) -> Result<Image, NodeError> {
    let margins = Margins { left, top, right, bottom };
    if margins == Margins::default() {
        return Err(NodeError::invalid("left", "nothing is added at any side"));
    }
    let order = PictureOrder {
        task: PictureTask::Outpaint,
        prompt,
        images: vec![attach(ctx, image.media()).await?],
        margins: Some(margins),
        seed: Some(seed.0),
        ..PictureOrder::default()
    };
    work(ctx, &model, &connection, Order::Picture(order)).await.map(Image)
}

/// Makes a picture larger, with a model that knows what things look like.
#[node(
    "image.upscale",
    title = "Upscale picture",
    resource = "network",
    timeout_seconds = 1800,
    returns = "The larger picture.",
    example = r#"{"inputs":{"image":"sample:photo"},"params":{"factor":2}}"#
)]
async fn upscale(
    /// The picture.
    image: Image,
    /// The model that does it.
    #[param(title = "Model", model = "image.upscale", default = "esrgan")]
    model: String,
    /// How many times larger. Left empty, the model decides.
    #[param(title = "Times", min = 1.0, max = 10.0, step = 0.5)]
    factor: Option<f64>,
    /// What is to be seen, for models that add detail. May be empty.
    #[param(title = "Prompt", prompt, default = "", advanced)]
    prompt: String,
    /// The key to use: a provider's name, or `provider:name`. Left empty, the first of the model's providers that has one.
    #[param(title = "Connection", default = "", wire = false, advanced)]
    connection: String,
    ctx: &NodeContext,
) -> Result<Image, NodeError> {
    let order = PictureOrder {
        task: PictureTask::Upscale,
        prompt,
        images: vec![attach(ctx, image.media()).await?],
        factor,
        ..PictureOrder::default()
    };
    work(ctx, &model, &connection, Order::Picture(order)).await.map(Image)
}

/// Cuts the subject of a picture out: what is behind it becomes transparent.
#[node(
    "image.remove_background",
    title = "Remove background",
    resource = "network",
    timeout_seconds = 900,
    returns = "The subject.",
    example = r#"{"inputs":{"image":"sample:photo"}}"#
)]
async fn remove_background(
    /// The picture.
    image: Image,
    /// The model that does it.
    #[param(title = "Model", model = "image.remove_background", default = "birefnet")]
    model: String,
    /// The key to use: a provider's name, or `provider:name`. Left empty, the first of the model's providers that has one.
    #[param(title = "Connection", default = "", wire = false, advanced)]
    connection: String,
    ctx: &NodeContext,
) -> Result<Image, NodeError> {
    let images = vec![attach(ctx, image.media()).await?];
    let order = PictureOrder { task: PictureTask::RemoveBackground, images, ..PictureOrder::default() };
    work(ctx, &model, &connection, Order::Picture(order)).await.map(Image)
}
