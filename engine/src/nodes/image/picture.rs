//! Pictures between bytes and pixels.

use std::io::Cursor;

use bytes::Bytes;
use image::{
    DynamicImage, GrayImage, ImageDecoder, ImageError, ImageReader, Limits, RgbaImage,
    codecs::png::{CompressionType, FilterType, PngEncoder},
    imageops,
};
use shared::value::Media;

use crate::{Image, Mask, NodeContext, NodeError};

/// Longest edge that is decoded.
const EDGE_MAX_PX: u32 = 16_384;
/// Memory for one decoded picture.
const DECODED_MAX_BYTES: u64 = 512 << 20;

/// The pixels of a picture: RGB or RGBA, 8 or 16 bits a channel as the file has them, turned upright. `field` is the input a failure names.
pub(in crate::nodes) async fn decode(image: &Image, field: &str, ctx: &NodeContext) -> Result<DynamicImage, NodeError> {
    decode_media(image.media(), field, ctx).await
}

/// A mask of the given size: white is the part that is meant.
pub(super) async fn decode_mask(mask: &Mask, size: (u32, u32), ctx: &NodeContext) -> Result<GrayImage, NodeError> {
    let mask = decode_media(mask.media(), "mask", ctx).await?;
    ctx.blocking(move || {
        let gray = mask.into_luma8();
        let fits = gray.dimensions() == size;
        Ok(if fits { gray } else { imageops::resize(&gray, size.0, size.1, imageops::FilterType::Triangle) })
    })
    .await
}

/// A mask of its own size. `field` is the input a failure names.
pub(super) async fn decode_whole_mask(mask: &Mask, field: &str, ctx: &NodeContext) -> Result<GrayImage, NodeError> {
    Ok(decode_media(mask.media(), field, ctx).await?.into_luma8())
}

async fn decode_media(media: &Media, field: &str, ctx: &NodeContext) -> Result<DynamicImage, NodeError> {
    let bytes = ctx.blobs().read(&media.blob).await?;
    let decoded = ctx.blocking(move || Ok(decode_bytes(&bytes))).await?;
    decoded.map_err(|error| {
        NodeError::invalid(field, format!("the picture on `{field}` cannot be read")).with_raw(&error.to_string())
    })
}

/// Like [`decode`], where the bytes are at hand. Not for async code: it keeps a core busy.
pub(in crate::nodes) fn decode_bytes(bytes: &[u8]) -> Result<DynamicImage, ImageError> {
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format()?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(EDGE_MAX_PX);
    limits.max_image_height = Some(EDGE_MAX_PX);
    limits.max_alloc = Some(DECODED_MAX_BYTES);
    reader.limits(limits.clone());
    let mut decoder = reader.into_decoder()?;
    limits.reserve(decoder.total_bytes())?;
    // Cameras store pictures as the sensor saw them, and say in EXIF how to turn them.
    let orientation = decoder.orientation()?;
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(orientation);
    let deep = is_deep(&picture);
    Ok(match (deep, picture.color().has_alpha()) {
        (true, true) => DynamicImage::ImageRgba16(picture.into_rgba16()),
        (true, false) => DynamicImage::ImageRgb16(picture.into_rgb16()),
        (false, true) => DynamicImage::ImageRgba8(picture.into_rgba8()),
        (false, false) => DynamicImage::ImageRgb8(picture.into_rgb8()),
    })
}

/// Whether a picture has more than 8 bits a channel.
pub(super) fn is_deep(picture: &DynamicImage) -> bool {
    picture.color().bytes_per_pixel() / picture.color().channel_count() > 1
}

/// A picture with all pixels changed: red, green, blue and opacity, each 0 to 1. The depth stays.
pub(super) fn mapped(picture: DynamicImage, change: impl Fn([f32; 4]) -> [f32; 4]) -> DynamicImage {
    if is_deep(&picture) {
        let mut pixels = picture.into_rgba16();
        for pixel in pixels.as_mut().chunks_exact_mut(4) {
            let changed = change(std::array::from_fn(|c| f32::from(pixel[c]) / 65535.0));
            (0..4).for_each(|c| pixel[c] = (changed[c].clamp(0.0, 1.0) * 65535.0).round() as u16);
        }
        let opaque = pixels.as_raw().chunks_exact(4).all(|pixel| pixel[3] == u16::MAX);
        let picture = DynamicImage::ImageRgba16(pixels);
        return if opaque { DynamicImage::ImageRgb16(picture.into_rgb16()) } else { picture };
    }
    let mut pixels = picture.into_rgba8();
    for pixel in pixels.as_mut().chunks_exact_mut(4) {
        let changed = change(std::array::from_fn(|c| f32::from(pixel[c]) / 255.0));
        (0..4).for_each(|c| pixel[c] = (changed[c].clamp(0.0, 1.0) * 255.0).round() as u8);
    }
    compact(pixels)
}

/// How bright a colour looks, by the weights of Rec. 709.
pub(super) fn luma([r, g, b, _]: [f32; 4]) -> f32 {
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

/// As PNG. Fast rather than small: most pictures are on their way to the next node.
pub(in crate::nodes) fn encode(picture: &DynamicImage) -> Result<Bytes, NodeError> {
    let mut bytes = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut bytes, CompressionType::Fast, FilterType::Adaptive);
    picture
        .write_with_encoder(encoder)
        .map_err(|error| NodeError::internal("the picture could not be saved", error))?;
    Ok(bytes.into())
}

/// Without the alpha channel where nothing is transparent.
pub(super) fn compact(picture: RgbaImage) -> DynamicImage {
    let opaque = picture.as_raw().chunks_exact(4).all(|pixel| pixel[3] == 255);
    let picture = DynamicImage::ImageRgba8(picture);
    if opaque { DynamicImage::ImageRgb8(picture.into_rgb8()) } else { picture }
}

/// `changed` where the mask is white, `original` where it is black, and the shades between.
pub(super) fn mix_by_mask(original: &DynamicImage, changed: DynamicImage, mask: &GrayImage) -> DynamicImage {
    let before = original.to_rgba8();
    let mut after = changed.into_rgba8();
    let pixels = after.as_mut().chunks_exact_mut(4).zip(before.as_raw().chunks_exact(4)).zip(mask.as_raw());
    for ((after, before), &share) in pixels {
        for (after, before) in after.iter_mut().zip(before) {
            *after = mix(*before, *after, share);
        }
    }
    compact(after)
}

/// From `a` (at 0) to `b` (at 255).
pub(super) fn mix(a: u8, b: u8, share: u8) -> u8 {
    let (a, b, share) = (u32::from(a), u32::from(b), u32::from(share));
    ((a * (255 - share) + b * share + 127) / 255) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turned_photo_is_read_upright() {
        // A JPEG of 2x1 pixels with an EXIF orientation of 6: turn a quarter clockwise to see it.
        let mut jpeg = Vec::new();
        let picture = DynamicImage::ImageRgb8(image::RgbImage::new(16, 8));
        picture.write_to(&mut Cursor::new(&mut jpeg), image::ImageFormat::Jpeg).unwrap();
        let exif = b"\xff\xe1\x00\x22Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
        jpeg.splice(2..2, exif.iter().copied());
        let upright = decode_bytes(&jpeg).unwrap();
        assert_eq!((upright.width(), upright.height()), (8, 16));
    }

    #[test]
    fn a_mix_meets_both_ends() {
        assert_eq!((mix(10, 200, 0), mix(10, 200, 255), mix(0, 255, 128)), (10, 200, 128));
    }
}
