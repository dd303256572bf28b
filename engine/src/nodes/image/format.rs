//! Pictures as other kinds of files.

use std::io::Cursor;

use image::{
    DynamicImage, ImageFormat, RgbaImage,
    codecs::{
        jpeg::JpegEncoder,
        png::{CompressionType, FilterType, PngEncoder},
    },
};

use crate::{Choice, Color, Image, NodeContext, NodeError, node};

use super::{overlay::paste, picture::decode, pixel};

#[derive(Debug, Clone, Copy, PartialEq, Choice)]
enum Format {
    #[choice(title = "JPEG: small, for photos")]
    Jpeg,
    #[choice(title = "PNG: lossless")]
    Png,
    #[choice(title = "WebP: lossless, smaller")]
    Webp,
    #[choice(title = "TIFF: for print")]
    Tiff,
    #[choice(title = "BMP")]
    Bmp,
}

/// Turns a picture into another kind of file, for somewhere that asks for it.
#[node(
    "image.convert",
    title = "Convert picture",
    resource = "cpu",
    example = r#"{"inputs":{"image":"sample:mask"},"params":{"format":"jpeg","quality":80}}"#
)]
async fn convert(
    /// The picture.
    image: Image,
    /// The kind of file.
    #[param(title = "Format", default = Format::Jpeg)]
    format: Format,
    /// How good a JPEG looks.
    #[param(title = "Quality", default = 88, min = 1, max = 100, unit = "%")]
    quality: u32,
    /// What is behind transparent parts, in a JPEG.
    #[param(title = "Background", default = "#ffffff", advanced)]
    background: Color,
    ctx: &NodeContext,
) -> Result<Image, NodeError> {
    let picture = decode(&image, "image", ctx).await?;
    let work = move || {
        let mut bytes = Cursor::new(Vec::new());
        let eight_bits = |picture: DynamicImage| {
            if picture.color().has_alpha() {
                DynamicImage::ImageRgba8(picture.into_rgba8())
            } else {
                DynamicImage::ImageRgb8(picture.into_rgb8())
            }
        };
        let written = match format {
            Format::Jpeg => {
                let opaque = if picture.color().has_alpha() {
                    let behind = RgbaImage::from_pixel(picture.width(), picture.height(), pixel(background));
                    paste(DynamicImage::ImageRgba8(behind), &picture.into_rgba8(), (0, 0))
                } else {
                    picture
                };
                opaque.into_rgb8().write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, quality as u8))
            }
            Format::Png => {
                let encoder = PngEncoder::new_with_quality(&mut bytes, CompressionType::Default, FilterType::Adaptive);
                picture.write_with_encoder(encoder)
            }
            Format::Webp => eight_bits(picture).write_to(&mut bytes, ImageFormat::WebP),
            Format::Tiff => picture.write_to(&mut bytes, ImageFormat::Tiff),
            Format::Bmp => eight_bits(picture).write_to(&mut bytes, ImageFormat::Bmp),
        };
        written.map_err(|error| NodeError::internal("the picture could not be saved", error))?;
        Ok(bytes.into_inner().into())
    };
    Ok(Image(ctx.store(ctx.blocking(work).await?).await?))
}
