//! Masks out of pictures and shapes: white is the part that is meant.

use image::{DynamicImage, GenericImageView, GrayImage};

use crate::{Choice, Color, Image, Mask, NodeContext, NodeError, node};

use super::{
    effect::gray,
    picture::{decode, encode, luma},
};

/// Masks the parts of a picture that have a colour.
#[node(
    "mask.from_color",
    title = "Mask from colour",
    resource = "cpu",
    example = r##"{"inputs":{"image":"sample:photo2"},"params":{"color":"#5a2a14","tolerance":20}}"##
)]
async fn from_color(
    /// The picture.
    image: Image,
    /// The colour.
    #[param(title = "Colour", default = "#00b140")]
    color: Color,
    /// How different a colour may be.
    #[param(title = "Tolerance", default = 15.0, min = 0.0, max = 100.0, step = 1.0, unit = "%")]
    tolerance: f64,
    /// How softly the edge goes over.
    #[param(title = "Softness", default = 5.0, min = 0.0, max = 100.0, step = 1.0, unit = "%")]
    softness: f64,
    ctx: &NodeContext,
) -> Result<Mask, NodeError> {
    masked(&image, ctx, move |picture| {
        let pixels = picture.into_rgba8();
        gray(pixels.width(), pixels.height(), |x, y| {
            let pixel = pixels.get_pixel(x, y).0;
            let square = |c: usize| (f64::from(pixel[c]) - f64::from(color.rgba[c])).powi(2);
            // The distance from black to white is 100 %.
            let distance = ((square(0) + square(1) + square(2)) / 3.0).sqrt() / 255.0 * 100.0;
            soft(tolerance - distance, softness)
        })
    })
    .await
}

/// Full above 0, none below `-softness`, and between them in proportion.
fn soft(inside: f64, softness: f64) -> u8 {
    let share = if softness > 0.0 { inside / softness + 1.0 } else { f64::from(u8::from(inside >= 0.0)) };
    (share.clamp(0.0, 1.0) * 255.0).round() as u8
}

/// Masks the light (or the dark) parts of a picture.
#[node(
    "mask.from_luminance",
    title = "Mask from light",
    resource = "cpu",
    example = r#"{"inputs":{"image":"sample:photo2"},"params":{"from":60,"to":100}}"#
)]
async fn from_luminance(
    /// The picture.
    image: Image,
    /// The darkest tone that is meant.
    #[param(title = "From", default = 50.0, min = 0.0, max = 100.0, step = 1.0, unit = "%")]
    from: f64,
    /// The lightest tone that is meant.
    #[param(title = "To", default = 100.0, min = 0.0, max = 100.0, step = 1.0, unit = "%")]
    to: f64,
    /// How softly the edge goes over.
    #[param(title = "Softness", default = 5.0, min = 0.0, max = 100.0, step = 1.0, unit = "%")]
    softness: f64,
    ctx: &NodeContext,
) -> Result<Mask, NodeError> {
    if from > to {
        return Err(NodeError::invalid("from", "the darkest tone is lighter than the lightest"));
    }
    masked(&image, ctx, move |picture| {
        let pixels = picture.into_rgba8();
        gray(pixels.width(), pixels.height(), |x, y| {
            let light = f64::from(luma(pixels.get_pixel(x, y).0.map(|v| f32::from(v) / 255.0))) * 100.0;
            soft((light - from).min(to - light), softness)
        })
    })
    .await
}

/// Masks what is not transparent.
#[node(
    "mask.from_alpha",
    title = "Mask from transparency",
    resource = "cpu",
    example = r#"{"inputs":{"image":"sample:photo2"}}"#
)]
async fn from_alpha(
    /// The picture.
    image: Image,
    ctx: &NodeContext,
) -> Result<Mask, NodeError> {
    masked(&image, ctx, |picture| {
        let pixels = picture.into_rgba8();
        gray(pixels.width(), pixels.height(), |x, y| pixels.get_pixel(x, y).0[3])
    })
    .await
}

#[derive(Debug, Clone, Copy, PartialEq, Choice)]
enum Shape {
    Ellipse,
    Rectangle,
    #[choice(title = "Rounded rectangle")]
    Rounded,
    #[choice(title = "Gradient, left to right")]
    Across,
    #[choice(title = "Gradient, top to bottom")]
    Down,
}

/// Masks a shape: an ellipse, a box, a gradient.
#[node(
    "mask.shape",
    title = "Mask from shape",
    resource = "cpu",
    example = r#"{"inputs":{"image":"sample:photo2"},"params":{"shape":"ellipse","left":20,"top":20,"width":60,"height":60,"softness":10}}"#
)]
async fn shape(
    /// A picture of which the mask takes the size.
    image: Option<Image>,
    /// The shape.
    #[param(title = "Shape", default = Shape::Ellipse)]
    shape: Shape,
    /// The left edge of the shape.
    #[param(title = "Left", default = 25.0, min = 0.0, max = 100.0, step = 1.0, unit = "%")]
    left: f64,
    /// The upper edge of the shape.
    #[param(title = "Top", default = 25.0, min = 0.0, max = 100.0, step = 1.0, unit = "%")]
    top: f64,
    /// The width of the shape.
    #[param(title = "Width", default = 50.0, min = 0.1, max = 100.0, step = 1.0, unit = "%")]
    width: f64,
    /// The height of the shape.
    #[param(title = "Height", default = 50.0, min = 0.1, max = 100.0, step = 1.0, unit = "%")]
    height: f64,
    /// How softly the edge goes over, as a share of the picture's shorter side.
    #[param(title = "Softness", default = 0.0, min = 0.0, max = 50.0, step = 0.5, unit = "%")]
    softness: f64,
    /// The width of the mask, where there is no picture.
    #[param(title = "Mask width", default = 1024, min = 1, max = 8192, unit = "px", advanced)]
    mask_width: u32,
    /// The height of the mask, where there is no picture.
    #[param(title = "Mask height", default = 1024, min = 1, max = 8192, unit = "px", advanced)]
    mask_height: u32,
    ctx: &NodeContext,
) -> Result<Mask, NodeError> {
    let size = match image {
        Some(image) => decode(&image, "image", ctx).await?.dimensions(),
        None => (mask_width, mask_height),
    };
    let (w, h) = (f64::from(size.0), f64::from(size.1));
    let (x0, y0) = (left / 100.0 * w, top / 100.0 * h);
    let (across, down) = (width / 100.0 * w, height / 100.0 * h);
    // At least a pixel, so that edges are smooth.
    let edge = (softness / 100.0 * w.min(h)).max(1.0);
    let draw = move || {
        let picture = gray(size.0, size.1, |x, y| {
            let (x, y) = (f64::from(x) + 0.5 - x0, f64::from(y) + 0.5 - y0);
            let (from_side, from_top) = (x.min(across - x), y.min(down - y));
            let share = match shape {
                Shape::Rectangle => from_side.min(from_top) / edge + 0.5,
                Shape::Rounded => {
                    let radius = across.min(down) * 0.2;
                    let (dx, dy) = ((radius - from_side).max(0.0), (radius - from_top).max(0.0));
                    let inside = if dx > 0.0 && dy > 0.0 { radius - dx.hypot(dy) } else { from_side.min(from_top) };
                    inside / edge + 0.5
                }
                Shape::Ellipse => {
                    let (rx, ry) = (across / 2.0, down / 2.0);
                    let distance = ((x - rx) / rx).hypot((y - ry) / ry);
                    (1.0 - distance) * rx.min(ry) / edge + 0.5
                }
                Shape::Across => x / across,
                Shape::Down => y / down,
            };
            (share.clamp(0.0, 1.0) * 255.0).round() as u8
        });
        encode(&DynamicImage::ImageLuma8(picture))
    };
    Ok(Mask(ctx.store(ctx.blocking(draw).await?).await?))
}

/// A mask made of a picture.
async fn masked(
    image: &Image,
    ctx: &NodeContext,
    make: impl FnOnce(DynamicImage) -> GrayImage + Send + 'static,
) -> Result<Mask, NodeError> {
    let picture = decode(image, "image", ctx).await?;
    let bytes = ctx.blocking(move || encode(&DynamicImage::ImageLuma8(make(picture)))).await?;
    Ok(Mask(ctx.store(bytes).await?))
}
