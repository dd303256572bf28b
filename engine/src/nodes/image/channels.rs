//! The channels of a picture, each by itself, and pictures made of channels.

use image::{DynamicImage, RgbaImage};

use crate::{Image, Mask, NodeContext, NodeError, Outputs, node};

use super::{
    effect::gray,
    picture::{compact, decode, decode_mask, decode_whole_mask, encode},
};

#[derive(Outputs)]
struct Channels {
    /// How red each pixel is.
    red: Mask,
    /// How green each pixel is.
    green: Mask,
    /// How blue each pixel is.
    blue: Mask,
    /// How opaque each pixel is.
    alpha: Mask,
}

/// Takes a picture apart into red, green, blue and opacity. Each can be used as a mask.
#[node(
    "image.split_channels",
    title = "Split colours",
    resource = "cpu",
    example = r#"{"inputs":{"image":"sample:photo6"}}"#
)]
async fn split_channels(
    /// The picture.
    image: Image,
    ctx: &NodeContext,
) -> Result<Channels, NodeError> {
    let picture = decode(&image, "image", ctx).await?;
    let work = move || {
        let pixels = picture.into_rgba8();
        let channel = |c: usize| {
            let channel = gray(pixels.width(), pixels.height(), |x, y| pixels.get_pixel(x, y).0[c]);
            encode(&DynamicImage::ImageLuma8(channel))
        };
        Ok([channel(0)?, channel(1)?, channel(2)?, channel(3)?])
    };
    let [red, green, blue, alpha] = ctx.blocking(work).await?;
    Ok(Channels {
        red: Mask(ctx.store(red).await?),
        green: Mask(ctx.store(green).await?),
        blue: Mask(ctx.store(blue).await?),
        alpha: Mask(ctx.store(alpha).await?),
    })
}

/// Makes a picture of red, green, blue and opacity.
#[node(
    "image.merge_channels",
    title = "Merge colours",
    resource = "cpu",
    example = r#"{"inputs":{"red":"sample:mask","green":"sample:mask","blue":"sample:mask"}}"#
)]
async fn merge_channels(
    /// How red each pixel is. It decides the size.
    red: Mask,
    /// How green each pixel is.
    green: Mask,
    /// How blue each pixel is.
    blue: Mask,
    /// How opaque each pixel is. Without it, all are.
    alpha: Option<Mask>,
    ctx: &NodeContext,
) -> Result<Image, NodeError> {
    let red = decode_whole_mask(&red, "red", ctx).await?;
    let size = red.dimensions();
    let green = decode_mask(&green, size, ctx).await.map_err(|error| error.in_field("green"))?;
    let blue = decode_mask(&blue, size, ctx).await.map_err(|error| error.in_field("blue"))?;
    let alpha = match alpha {
        Some(alpha) => Some(decode_mask(&alpha, size, ctx).await.map_err(|error| error.in_field("alpha"))?),
        None => None,
    };
    let work = move || {
        let picture = RgbaImage::from_fn(size.0, size.1, |x, y| {
            let at = |channel: &image::GrayImage| channel.get_pixel(x, y).0[0];
            image::Rgba([at(&red), at(&green), at(&blue), alpha.as_ref().map_or(255, at)])
        });
        encode(&compact(picture))
    };
    Ok(Image(ctx.store(ctx.blocking(work).await?).await?))
}
