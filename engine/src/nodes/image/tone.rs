//! Blur, tone and colour, everywhere or where a mask says.

use image::DynamicImage;

use crate::{Image, Mask, NodeContext, NodeError, node};

use super::{
    changed,
    picture::{compact, decode, decode_mask, encode, mix_by_mask},
};

/// Blurs a picture. With a mask, only where the mask is white.
#[node(
    "image.blur",
    title = "Blur",
    resource = "cpu",
    example = r#"{"inputs":{"image":"sample:photo","mask":"sample:mask"},"params":{"radius":8}}"#
)]
async fn blur(
    /// The picture to blur.
    image: Image,
    /// Where to blur: white is blurred, black stays sharp.
    mask: Option<Mask>,
    /// How far the blur reaches.
    #[param(title = "Radius", default = 4.0, min = 0.0, max = 100.0, step = 0.5, unit = "px")]
    radius: f64,
    ctx: &NodeContext,
) -> Result<Image, NodeError> {
    masked(&image, mask, ctx, move |picture| blurred(picture, radius)).await
}

fn blurred(picture: &DynamicImage, radius: f64) -> DynamicImage {
    // Below a third of a pixel nothing is left to see.
    if radius < 0.3 {
        return picture.clone();
    }
    if !picture.color().has_alpha() {
        return picture.fast_blur(radius as f32);
    }
    // Colours are weighted with their opacity, or the invisible colour behind transparent pixels would bleed out.
    let mut pixels = picture.to_rgba8();
    for pixel in pixels.as_mut().chunks_exact_mut(4) {
        let alpha = u32::from(pixel[3]);
        pixel[..3].iter_mut().for_each(|c| *c = (u32::from(*c) * alpha / 255) as u8);
    }
    let mut pixels = DynamicImage::ImageRgba8(pixels).fast_blur(radius as f32).into_rgba8();
    for pixel in pixels.as_mut().chunks_exact_mut(4) {
        let alpha = u32::from(pixel[3]).max(1);
        pixel[..3].iter_mut().for_each(|c| *c = (u32::from(*c) * 255 / alpha).min(255) as u8);
    }
    DynamicImage::ImageRgba8(pixels)
}

/// Changes brightness, contrast and saturation. With a mask, only where the mask is white.
#[node(
    "image.adjust",
    title = "Adjust",
    resource = "cpu",
    example = r#"{"inputs":{"image":"sample:photo2"},"params":{"brightness":10,"contrast":20,"saturation":-100}}"#
)]
async fn adjust(
    /// The picture to change.
    image: Image,
    /// Where to change it: white is changed, black stays.
    mask: Option<Mask>,
    /// Lighter or darker.
    #[param(title = "Brightness", default = 0.0, min = -100.0, max = 100.0, step = 1.0, unit = "%")]
    brightness: f64,
    /// More or less difference between light and dark.
    #[param(title = "Contrast", default = 0.0, min = -100.0, max = 100.0, step = 1.0, unit = "%")]
    contrast: f64,
    /// More or less colour; -100 leaves none.
    #[param(title = "Saturation", default = 0.0, min = -100.0, max = 100.0, step = 1.0, unit = "%")]
    saturation: f64,
    ctx: &NodeContext,
) -> Result<Image, NodeError> {
    let tone = Tone::new(brightness / 100.0, contrast / 100.0, saturation / 100.0);
    masked(&image, mask, ctx, move |picture| tone.apply(picture)).await
}

/// Takes the colour out of a picture.
#[node(
    "image.grayscale",
    title = "Black and white",
    resource = "cpu",
    example = r#"{"inputs":{"image":"sample:photo2"}}"#
)]
async fn grayscale(
    /// The picture.
    image: Image,
    ctx: &NodeContext,
) -> Result<Image, NodeError> {
    changed(&image, ctx, |picture| Ok(Tone::new(0.0, 0.0, -1.0).apply(&picture))).await
}

/// Makes transparent what the mask leaves black. For pasting a part of a picture over another one.
#[node(
    "image.cutout",
    title = "Cut out",
    resource = "cpu",
    example = r#"{"inputs":{"image":"sample:photo","mask":"sample:mask"}}"#
)]
async fn cutout(
    /// The picture.
    image: Image,
    /// What stays: white stays, black goes.
    mask: Mask,
    ctx: &NodeContext,
) -> Result<Image, NodeError> {
    let picture = decode(&image, "image", ctx).await?;
    let mask = decode_mask(&mask, (picture.width(), picture.height()), ctx).await?;
    let work = move || {
        let mut pixels = picture.into_rgba8();
        for (pixel, &share) in pixels.as_mut().chunks_exact_mut(4).zip(mask.as_raw()) {
            pixel[3] = (u32::from(pixel[3]) * u32::from(share) / 255) as u8;
        }
        encode(&DynamicImage::ImageRgba8(pixels))
    };
    Ok(Image(ctx.store(ctx.blocking(work).await?).await?))
}

pub(super) async fn masked(
    image: &Image,
    mask: Option<Mask>,
    ctx: &NodeContext,
    change: impl FnOnce(&DynamicImage) -> DynamicImage + Send + 'static,
) -> Result<Image, NodeError> {
    let picture = decode(image, "image", ctx).await?;
    let mask = match mask {
        Some(mask) => Some(decode_mask(&mask, (picture.width(), picture.height()), ctx).await?),
        None => None,
    };
    let work = move || {
        let changed = change(&picture);
        encode(&match mask {
            Some(mask) => mix_by_mask(&picture, changed, &mask),
            None => changed,
        })
    };
    Ok(Image(ctx.store(ctx.blocking(work).await?).await?))
}

/// A change of tone, ready to be applied to many pixels.
struct Tone {
    /// What becomes of each channel value, before colour.
    curve: [u8; 256],
    /// 256 leaves colours as they are, 0 takes them out, 512 doubles them.
    saturation: i32,
}

impl Tone {
    /// Each share from -1 to 1.
    fn new(brightness: f64, contrast: f64, saturation: f64) -> Self {
        let slope = if contrast >= 0.0 { 1.0 + 2.0 * contrast } else { 1.0 + contrast };
        let curve = std::array::from_fn(|value| {
            let value = value as f64 / 255.0 + brightness;
            (((value - 0.5) * slope + 0.5).clamp(0.0, 1.0) * 255.0).round() as u8
        });
        Self { curve, saturation: (256.0 * (1.0 + saturation)).round() as i32 }
    }

    fn apply(&self, picture: &DynamicImage) -> DynamicImage {
        let mut pixels = picture.to_rgba8();
        for pixel in pixels.as_mut().chunks_exact_mut(4) {
            let [r, g, b] = [pixel[0], pixel[1], pixel[2]].map(|value| i32::from(self.curve[usize::from(value)]));
            // Rec. 709 weights, in 256ths.
            let luma = (r * 54 + g * 183 + b * 19) / 256;
            for (channel, value) in pixel.iter_mut().zip([r, g, b]) {
                *channel = (luma + (value - luma) * self.saturation / 256).clamp(0, 255) as u8;
            }
        }
        compact(pixels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{Rgba, RgbaImage};

    fn toned(tone: Tone, pixel: [u8; 4]) -> [u8; 4] {
        let picture = DynamicImage::ImageRgba8(RgbaImage::from_pixel(1, 1, Rgba(pixel)));
        tone.apply(&picture).to_rgba8().get_pixel(0, 0).0
    }

    #[test]
    fn no_change_changes_nothing() {
        assert_eq!(toned(Tone::new(0.0, 0.0, 0.0), [10, 120, 250, 77]), [10, 120, 250, 77]);
    }

    #[test]
    fn without_saturation_all_channels_are_equal() {
        let [r, g, b, a] = toned(Tone::new(0.0, 0.0, -1.0), [200, 100, 50, 255]);
        assert!(r == g && g == b && a == 255, "{r} {g} {b} {a}");
    }

    #[test]
    fn a_blur_does_not_drag_in_invisible_colours() {
        let mut picture = RgbaImage::from_pixel(9, 9, Rgba([255, 0, 0, 0]));
        picture.put_pixel(4, 4, Rgba([0, 0, 255, 255]));
        let blurred = blurred(&DynamicImage::ImageRgba8(picture), 2.0).into_rgba8();
        let near = blurred.get_pixel(4, 5).0;
        assert!(near[3] > 0 && near[0] < 10 && near[2] > 200, "{near:?}");
    }
}
