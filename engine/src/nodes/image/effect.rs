//! Effects on pictures: sharper, coarser, noisier, reduced to edges or a few tones.

use image::{DynamicImage, GenericImageView, GrayImage, Luma, Rgba, RgbaImage, imageops};
use imageproc::{contrast::otsu_level, edges::canny, filter::median_filter};
use rand::{RngExt, SeedableRng, rngs::StdRng};

use crate::{Color, Image, Mask, NodeContext, NodeError, Seed, node};

use super::{
    changed,
    picture::{luma, mapped},
    tone::masked,
};

/// Makes edges clearer (unsharp mask).
#[node(
    "image.sharpen",
    title = "Sharpen",
    resource = "cpu",
    example = r#"{"inputs":{"image":"sample:photo6"},"params":{"amount":150,"radius":1.5}}"#
)]
async fn sharpen(
    /// The picture.
    image: Image,
    /// Where to sharpen: white is sharpened, black stays.
    mask: Option<Mask>,
    /// How much.
    #[param(title = "Amount", default = 100.0, min = 0.0, max = 500.0, step = 5.0, unit = "%")]
    amount: f64,
    /// How wide edges are.
    #[param(title = "Radius", default = 1.5, min = 0.3, max = 20.0, step = 0.1, unit = "px")]
    radius: f64,
    ctx: &NodeContext,
) -> Result<Image, NodeError> {
    masked(&image, mask, ctx, move |picture| {
        let soft = picture.fast_blur(radius as f32).into_rgba8();
        let mut pixels = picture.to_rgba8();
        for (pixel, soft) in pixels.as_mut().chunks_exact_mut(4).zip(soft.as_raw().chunks_exact(4)) {
            for c in 0..3 {
                let edge = f64::from(pixel[c]) - f64::from(soft[c]);
                pixel[c] = (f64::from(pixel[c]) + edge * amount / 100.0).round().clamp(0.0, 255.0) as u8;
            }
        }
        super::picture::compact(pixels)
    })
    .await
}

/// Takes specks and grain out of a picture: each pixel becomes the middle one of those around it.
#[node(
    "image.denoise",
    title = "Denoise",
    resource = "cpu",
    example = r#"{"inputs":{"image":"sample:photo6"},"params":{"radius":1}}"#
)]
async fn denoise(
    /// The picture.
    image: Image,
    /// How far around it looks.
    #[param(title = "Radius", default = 1, min = 1, max = 10, unit = "px")]
    radius: u32,
    ctx: &NodeContext,
) -> Result<Image, NodeError> {
    changed(&image, ctx, move |picture| {
        Ok(if picture.color().has_alpha() {
            DynamicImage::ImageRgba8(median_filter(&picture.into_rgba8(), radius, radius))
        } else {
            DynamicImage::ImageRgb8(median_filter(&picture.into_rgb8(), radius, radius))
        })
    })
    .await
}

/// Turns light into dark and every colour into its opposite. With a mask, only where the mask is white.
#[node("image.invert", title = "Invert", resource = "cpu", example = r#"{"inputs":{"image":"sample:photo2"}}"#)]
async fn invert(
    /// The picture.
    image: Image,
    /// Where to invert: white is inverted, black stays.
    mask: Option<Mask>,
    ctx: &NodeContext,
) -> Result<Image, NodeError> {
    masked(&image, mask, ctx, |picture| mapped(picture.clone(), |[r, g, b, a]| [1.0 - r, 1.0 - g, 1.0 - b, a])).await
}

/// Leaves a few tones of each colour, as on a screen print.
#[node(
    "image.posterize",
    title = "Posterise",
    resource = "cpu",
    example = r#"{"inputs":{"image":"sample:photo6"},"params":{"tones":4}}"#
)]
async fn posterize(
    /// The picture.
    image: Image,
    /// How many tones of each colour.
    #[param(title = "Tones", default = 4, min = 2, max = 64)]
    tones: u32,
    ctx: &NodeContext,
) -> Result<Image, NodeError> {
    let steps = (tones - 1) as f32;
    let step = move |v: f32| (v * steps).round() / steps;
    changed(&image, ctx, move |picture| Ok(mapped(picture, |[r, g, b, a]| [step(r), step(g), step(b), a]))).await
}

/// Makes everything black or white, by how light it is.
#[node(
    "image.threshold",
    title = "Threshold",
    resource = "cpu",
    example = r#"{"inputs":{"image":"sample:photo6"},"params":{"level":50}}"#
)]
async fn threshold(
    /// The picture.
    image: Image,
    /// What is lighter becomes white. Empty: where the picture falls into two parts by itself.
    #[param(title = "Level", min = 0.0, max = 100.0, step = 1.0, unit = "%")]
    level: Option<f64>,
    ctx: &NodeContext,
) -> Result<Image, NodeError> {
    changed(&image, ctx, move |picture| {
        let gray = picture.to_luma8();
        let level = level.map_or_else(|| f32::from(otsu_level(&gray)) / 255.0, |level| (level / 100.0) as f32);
        Ok(mapped(picture, |color| {
            let tone = if luma(color) > level { 1.0 } else { 0.0 };
            [tone, tone, tone, color[3]]
        }))
    })
    .await
}

/// Draws the edges of what is seen: white lines on black. For masks, comics and models that follow lines.
#[node(
    "image.edges",
    title = "Find edges",
    resource = "cpu",
    example = r#"{"inputs":{"image":"sample:photo6"},"params":{"low":20,"high":60}}"#
)]
async fn edges(
    /// The picture.
    image: Image,
    /// Edges weaker than this are none.
    #[param(title = "Weakest", default = 20.0, min = 1.0, max = 500.0, step = 1.0)]
    low: f64,
    /// Edges stronger than this always are, and what continues them.
    #[param(title = "Strongest", default = 60.0, min = 1.0, max = 1000.0, step = 1.0)]
    high: f64,
    ctx: &NodeContext,
) -> Result<Image, NodeError> {
    if low > high {
        return Err(NodeError::invalid("low", "the weakest edge is stronger than the strongest"));
    }
    changed(&image, ctx, move |picture| {
        let edges: GrayImage = canny(&picture.into_luma8(), low as f32, high as f32);
        Ok(DynamicImage::ImageLuma8(edges))
    })
    .await
}

/// Draws a picture in large squares. With a mask, only where the mask is white: for faces and number plates.
#[node(
    "image.pixelate",
    title = "Pixelate",
    resource = "cpu",
    example = r#"{"inputs":{"image":"sample:photo2"},"params":{"size":16}}"#
)]
async fn pixelate(
    /// The picture.
    image: Image,
    /// Where: white is drawn in squares, black stays.
    mask: Option<Mask>,
    /// The side of a square.
    #[param(title = "Size", default = 16, min = 2, max = 1024, unit = "px")]
    size: u32,
    ctx: &NodeContext,
) -> Result<Image, NodeError> {
    masked(&image, mask, ctx, move |picture| {
        let (width, height) = picture.dimensions();
        let (across, down) = (width.div_ceil(size), height.div_ceil(size));
        // Squares at the right and lower edge may be cut: the small picture covers a little more than the large one.
        let small = imageops::resize(&picture.to_rgba8(), across, down, imageops::FilterType::Triangle);
        let squares = RgbaImage::from_fn(width, height, |x, y| *small.get_pixel(x / size, y / size));
        super::picture::compact(squares)
    })
    .await
}

/// Darkens (or colours) the corners of a picture, so that the eye stays in the middle.
#[node(
    "image.vignette",
    title = "Vignette",
    resource = "cpu",
    example = r#"{"inputs":{"image":"sample:photo2"},"params":{"strength":70,"size":60}}"#
)]
async fn vignette(
    /// The picture.
    image: Image,
    /// How much the corners take the colour.
    #[param(title = "Strength", default = 60.0, min = 0.0, max = 100.0, step = 1.0, unit = "%")]
    strength: f64,
    /// How much of the picture stays free of it.
    #[param(title = "Size", default = 60.0, min = 0.0, max = 100.0, step = 1.0, unit = "%")]
    size: f64,
    /// The colour of the corners.
    #[param(title = "Colour", default = "#000000")]
    color: Color,
    ctx: &NodeContext,
) -> Result<Image, NodeError> {
    changed(&image, ctx, move |picture| {
        let mut pixels = picture.into_rgba8();
        let (width, height) = (f64::from(pixels.width()), f64::from(pixels.height()));
        for (x, y, pixel) in pixels.enumerate_pixels_mut() {
            let (dx, dy) = ((f64::from(x) + 0.5) / width * 2.0 - 1.0, (f64::from(y) + 0.5) / height * 2.0 - 1.0);
            // 1 in the corners, 0 in the middle.
            let distance = dx.hypot(dy) / std::f64::consts::SQRT_2;
            let free = size / 100.0;
            let reach = ((distance - free) / (1.0 - free).max(1e-3)).clamp(0.0, 1.0);
            let share = reach * reach * (3.0 - 2.0 * reach) * strength / 100.0;
            for c in 0..3 {
                let (from, to) = (f64::from(pixel.0[c]), f64::from(color.rgba[c]));
                pixel.0[c] = (from + (to - from) * share).round() as u8;
            }
        }
        Ok(super::picture::compact(pixels))
    })
    .await
}

/// Strews grain over a picture, as film has it. The same seed gives the same grain.
#[node(
    "image.noise",
    title = "Grain",
    resource = "cpu",
    example = r#"{"inputs":{"image":"sample:photo6"},"params":{"strength":15,"seed":7}}"#
)]
async fn noise(
    /// The picture.
    image: Image,
    /// How strong the grain is.
    #[param(title = "Strength", default = 12.0, min = 0.0, max = 100.0, step = 1.0, unit = "%")]
    strength: f64,
    /// Grain of all colours instead of light and dark.
    #[param(title = "Coloured", default = false)]
    colored: bool,
    /// Decides where the grains are.
    #[param(title = "Seed")]
    seed: Seed,
    ctx: &NodeContext,
) -> Result<Image, NodeError> {
    changed(&image, ctx, move |picture| {
        let mut random = StdRng::seed_from_u64(seed.0);
        let mut pixels = picture.into_rgba8();
        let reach = strength / 100.0 * 128.0;
        // The sum of two throws: small deviations are more frequent than large ones.
        let mut grain = || (random.random_range(-1.0..1.0f64) + random.random_range(-1.0..1.0f64)) * reach;
        for Rgba(pixel) in pixels.pixels_mut() {
            let one = grain();
            for channel in &mut pixel[..3] {
                let added = if colored { grain() } else { one };
                *channel = (f64::from(*channel) + added).round().clamp(0.0, 255.0) as u8;
            }
        }
        Ok(super::picture::compact(pixels))
    })
    .await
}

/// A mask as a picture of one channel.
pub(super) fn gray(width: u32, height: u32, value: impl Fn(u32, u32) -> u8) -> GrayImage {
    GrayImage::from_fn(width, height, |x, y| Luma([value(x, y)]))
}
