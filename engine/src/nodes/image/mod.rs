//! Pictures: loaded, made, cut, blended, written on.
//!
//! Pixels are in sRGB, with alpha where the picture has it. Nodes that move pixels or change tones keep 16 bits where a
//! picture has them; those that paint work with 8. Every result is a PNG (but for `image.convert`): nothing is lost
//! between nodes, and the same input gives the same bytes.

mod picture;
mod size;
mod turn;
mod tone;
mod overlay;
mod text_layout;
mod draw_text;
mod grade;
mod effect;
mod mask;
mod mask_ops;
mod inpaint;
mod compose;
mod shape;
mod warp;
mod measure;
mod channels;
mod format;

use image::{DynamicImage, Rgba, RgbaImage};

use crate::{Color, Image, MediaFile, NodeContext, NodeError, Outputs, node};

use super::input_name;

pub(in crate::nodes) use draw_text::{Lettering, Place, text_picture};
pub(in crate::nodes) use picture::{decode, decode_bytes, encode};
pub(in crate::nodes) use size::{Aspect, covering};
pub(in crate::nodes) use turn::{Mirror, Turn};

/// Brings a picture into the workflow. JPEG, PNG, WebP, GIF, BMP and TIFF; photos are turned upright.
#[node("image.load", title = "Picture", role = "input", example = r#"{"params":{"value":"sample:photo"}}"#)]
fn load(
    /// What the picture is called when the workflow is run from outside. Empty: it cannot be handed over.
    #[param(title = "Name", default = "", wire = false)]
    name: String,
    /// The picture.
    #[param(title = "Picture", accept = "image")]
    value: MediaFile,
) -> Result<Image, NodeError> {
    input_name(&name)?;
    if value.0.mime.starts_with("image/") {
        Ok(Image(value.0))
    } else {
        Err(NodeError::invalid("value", format!("this is not a picture but {}", value.0.mime)))
    }
}

/// Makes a plain picture: one colour, or a gradient from top to bottom. For title cards and backgrounds.
#[node(
    "image.fill",
    title = "Plain picture",
    resource = "cpu",
    example = r##"{"params":{"width":64,"height":36,"color":"#102030","second":"#405060"}}"##
)]
async fn fill(
    /// The width of the picture.
    #[param(title = "Width", default = 1280, min = 1, max = 8192, unit = "px")]
    width: u32,
    /// The height of the picture.
    #[param(title = "Height", default = 720, min = 1, max = 8192, unit = "px")]
    height: u32,
    /// The colour, or that of the upper edge.
    #[param(title = "Colour", default = "#14151a")]
    color: Color,
    /// The colour of the lower edge. Empty: the same.
    #[param(title = "Lower colour")]
    second: Option<Color>,
    ctx: &NodeContext,
) -> Result<Image, NodeError> {
    let (top, bottom) = (color.rgba, second.unwrap_or(color).rgba);
    let make = move || {
        let mix = |y: u32, c: usize| {
            let share = f64::from(y) / f64::from((height - 1).max(1));
            (f64::from(top[c]) * (1.0 - share) + f64::from(bottom[c]) * share).round() as u8
        };
        let mut pixels = Vec::with_capacity(width as usize * height as usize * 4);
        for y in 0..height {
            pixels.extend_from_slice(&[mix(y, 0), mix(y, 1), mix(y, 2), mix(y, 3)].repeat(width as usize));
        }
        let picture = RgbaImage::from_raw(width, height, pixels).expect("there are width times height pixels");
        encode(&picture::compact(picture))
    };
    Ok(Image(ctx.store(ctx.blocking(make).await?).await?))
}

#[derive(Outputs)]
struct Info {
    /// The width in pixels, as displayed.
    width: f64,
    /// The height in pixels, as displayed.
    height: f64,
    /// The kind of file, for example `image/jpeg`.
    mime: String,
}

/// Tells the size and kind of a picture.
#[node("image.info", title = "Picture info", resource = "cpu", example = r#"{"inputs":{"image":"sample:photo"}}"#)]
async fn info(
    /// The picture.
    image: Image,
    ctx: &NodeContext,
) -> Result<Info, NodeError> {
    let mime = image.media().mime.clone();
    let picture = decode(&image, "image", ctx).await?;
    Ok(Info { width: picture.width().into(), height: picture.height().into(), mime })
}

/// Runs `change` over a picture's pixels, away from the scheduler, and keeps the result.
async fn changed(
    image: &Image,
    ctx: &NodeContext,
    change: impl FnOnce(DynamicImage) -> Result<DynamicImage, NodeError> + Send + 'static,
) -> Result<Image, NodeError> {
    let picture = decode(image, "image", ctx).await?;
    let bytes = ctx.blocking(move || encode(&change(picture)?)).await?;
    Ok(Image(ctx.store(bytes).await?))
}

fn pixel(color: Color) -> Rgba<u8> {
    Rgba(color.rgba)
}

#[cfg(test)]
mod tests;
