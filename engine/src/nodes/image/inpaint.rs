//! Room around pictures, and parts of them: what models that fill in need before, and what puts their work back after.

use image::{DynamicImage, GrayImage, Luma, RgbaImage, imageops};
use serde_json::{Value as Json, json};

use crate::{Choice, Color, Image, Mask, NodeContext, NodeError, Outputs, node};

use super::{
    picture::{compact, decode, decode_mask, encode, mix_by_mask},
    pixel,
    size::scaled,
};

#[derive(Outputs)]
struct Padded {
    /// The picture with room around it.
    image: Image,
    /// The room: white is to be filled, black is the picture.
    mask: Mask,
}

#[derive(Debug, Clone, Copy, PartialEq, Choice)]
enum Room {
    #[choice(title = "One colour")]
    Plain,
    #[choice(title = "The edge, drawn out")]
    Edge,
    #[choice(title = "The picture, mirrored")]
    Mirror,
    Transparent,
}

/// Puts room around a picture and says where it is, for a model that paints on beyond the edges.
#[node(
    "image.pad",
    title = "Pad for outpainting",
    resource = "cpu",
    example = r#"{"inputs":{"image":"sample:photo6"},"params":{"left":64,"right":64,"room":"mirror","overlap":8}}"#
)]
async fn pad(
    /// The picture.
    image: Image,
    /// How much room on the left.
    #[param(title = "Left", default = 0, min = 0, max = 4096, unit = "px")]
    left: u32,
    /// How much room above.
    #[param(title = "Top", default = 0, min = 0, max = 4096, unit = "px")]
    top: u32,
    /// How much room on the right.
    #[param(title = "Right", default = 0, min = 0, max = 4096, unit = "px")]
    right: u32,
    /// How much room below.
    #[param(title = "Bottom", default = 0, min = 0, max = 4096, unit = "px")]
    bottom: u32,
    /// What is in the room until it is filled.
    #[param(title = "Room", default = Room::Edge)]
    room: Room,
    /// How far the mask reaches into the picture, so that the seam is painted over.
    #[param(title = "Overlap", default = 16, min = 0, max = 512, unit = "px")]
    overlap: u32,
    /// The colour, where the room has one.
    #[param(title = "Colour", default = "#808080", advanced)]
    color: Color,
    ctx: &NodeContext,
) -> Result<Padded, NodeError> {
    let picture = decode(&image, "image", ctx).await?;
    let work = move || {
        let pixels = picture.into_rgba8();
        let (w, h) = pixels.dimensions();
        let (width, height) = (w + left + right, h + top + bottom);
        let fold = |at: i64, side: u32| {
            let side = i64::from(side);
            let turned = at.rem_euclid(2 * side);
            (if turned < side { turned } else { 2 * side - 1 - turned }) as u32
        };
        let padded = RgbaImage::from_fn(width, height, |x, y| {
            let (x, y) = (i64::from(x) - i64::from(left), i64::from(y) - i64::from(top));
            let inside = (0..i64::from(w)).contains(&x) && (0..i64::from(h)).contains(&y);
            match room {
                _ if inside => *pixels.get_pixel(x as u32, y as u32),
                Room::Plain => pixel(color),
                Room::Transparent => image::Rgba([0; 4]),
                Room::Edge => {
                    *pixels.get_pixel(x.clamp(0, i64::from(w) - 1) as u32, y.clamp(0, i64::from(h) - 1) as u32)
                }
                Room::Mirror => *pixels.get_pixel(fold(x, w), fold(y, h)),
            }
        });
        // Only edges that get room have a seam.
        let inner = |room: u32| if room > 0 { room + overlap } else { 0 };
        let (x0, y0) = (inner(left), inner(top));
        let (x1, y1) = (width.saturating_sub(inner(right)), height.saturating_sub(inner(bottom)));
        let mask = GrayImage::from_fn(width, height, |x, y| {
            Luma([if (x0..x1).contains(&x) && (y0..y1).contains(&y) { 0 } else { 255 }])
        });
        Ok((encode(&compact(padded))?, encode(&DynamicImage::ImageLuma8(mask))?))
    };
    let (image, mask) = ctx.blocking(work).await?;
    Ok(Padded { image: Image(ctx.store(image).await?), mask: Mask(ctx.store(mask).await?) })
}

#[derive(Outputs)]
struct Region {
    /// The part of the picture around what the mask means.
    image: Image,
    /// The same part of the mask.
    mask: Mask,
    /// Where the part was: wire it into "Paste region back".
    region: Json,
}

/// Cuts out the part of a picture that a mask means, with something around it, in the size that a model likes.
///
/// A small part, filled in large, gets all of the model's detail. "Paste region back" puts it where it was.
#[node(
    "image.inpaint_crop",
    title = "Cut region",
    resource = "cpu",
    example = r#"{"inputs":{"image":"sample:photo","mask":"sample:mask"},"params":{"size":512,"context":30}}"#
)]
async fn inpaint_crop(
    /// The picture.
    image: Image,
    /// What is to be painted anew: white.
    mask: Mask,
    /// How much around it is cut out too, as a share of its size.
    #[param(title = "Context", default = 25.0, min = 0.0, max = 300.0, step = 5.0, unit = "%")]
    context: f64,
    /// The longer side of the part. 0: as large as it is.
    #[param(title = "Size", default = 1024, min = 0, max = 4096, unit = "px")]
    size: u32,
    /// Both sides become multiples of this, as many models ask for.
    #[param(title = "Multiple of", default = 8, min = 1, max = 128, unit = "px", advanced)]
    multiple: u32,
    ctx: &NodeContext,
) -> Result<Region, NodeError> {
    let picture = decode(&image, "image", ctx).await?;
    let (width, height) = (picture.width(), picture.height());
    let mask = decode_mask(&mask, (width, height), ctx).await?;
    let work = move || {
        let bounds = bounds(&mask).ok_or_else(|| NodeError::invalid("mask", "the mask is black: nothing is meant"))?;
        let (left, top, right, bottom) = bounds;
        let around = (f64::from((right - left).max(bottom - top)) * context / 100.0).round() as u32;
        let (x, y) = (left.saturating_sub(around), top.saturating_sub(around));
        let (w, h) = ((right + around).min(width) - x, (bottom + around).min(height) - y);
        let scale = if size == 0 { 1.0 } else { f64::from(size) / f64::from(w.max(h)) };
        let whole = |side: u32| (((f64::from(side) * scale / f64::from(multiple)).round() as u32).max(1)) * multiple;
        let target = (whole(w), whole(h));
        let part = scaled(&picture.crop_imm(x, y, w, h), None, target)?;
        let shape = imageops::crop_imm(&mask, x, y, w, h).to_image();
        let shape = imageops::resize(&shape, target.0, target.1, imageops::FilterType::Triangle);
        let region = json!({"left": x, "top": y, "width": w, "height": h});
        Ok((encode(&part)?, encode(&DynamicImage::ImageLuma8(shape))?, region))
    };
    let (image, mask, region) = ctx.blocking(work).await?;
    Ok(Region { image: Image(ctx.store(image).await?), mask: Mask(ctx.store(mask).await?), region })
}

/// The smallest box around what a mask means: left, top, right and bottom (the last two are just outside).
fn bounds(mask: &GrayImage) -> Option<(u32, u32, u32, u32)> {
    let meant = mask.enumerate_pixels().filter(|(_, _, share)| share.0[0] >= 16);
    meant.fold(None, |found: Option<(u32, u32, u32, u32)>, (x, y, _)| {
        let (left, top, right, bottom) = found.unwrap_or((x, y, x + 1, y + 1));
        Some((left.min(x), top.min(y), right.max(x + 1), bottom.max(y + 1)))
    })
}

/// Puts a part that was painted anew back into its picture. With the mask, only what it means is replaced.
#[node(
    "image.inpaint_paste",
    title = "Paste region back",
    resource = "cpu",
    example = r#"{"inputs":{"image":"sample:photo","part":"sample:photo6","mask":"sample:mask","region":{"type":"json","value":{"left":300,"top":120,"width":320,"height":320}}},"params":{"feather":12}}"#
)]
async fn inpaint_paste(
    /// The whole picture.
    image: Image,
    /// The part that was painted anew.
    part: Image,
    /// Where the part was, from "Cut region".
    region: Json,
    /// What is replaced, in the size of the whole picture: white. Without it, all of the region.
    mask: Option<Mask>,
    /// How softly the new goes over into the old.
    #[param(title = "Feather", default = 8.0, min = 0.0, max = 200.0, step = 1.0, unit = "px")]
    feather: f64,
    ctx: &NodeContext,
) -> Result<Image, NodeError> {
    let picture = decode(&image, "image", ctx).await?;
    let part = decode(&part, "part", ctx).await?;
    let (width, height) = (picture.width(), picture.height());
    let field = |name: &str| region.get(name)?.as_u64().filter(|n| *n <= 16_384).map(|n| n as u32);
    let boxed = || Some((field("left")?, field("top")?, field("width")?, field("height")?));
    let (x, y, w, h) =
        boxed().filter(|(x, y, w, h)| *w > 0 && *h > 0 && x + w <= width && y + h <= height).ok_or_else(|| {
            NodeError::invalid("region", "the region does not lie in the picture: wire it from `Cut region`")
        })?;
    let mask = match mask {
        Some(mask) => decode_mask(&mask, (width, height), ctx).await?,
        None => GrayImage::from_pixel(width, height, Luma([255])),
    };
    let work = move || {
        let part = scaled(&part, None, (w, h))?.into_rgba8();
        let mut changed = picture.to_rgba8();
        imageops::replace(&mut changed, &part, x.into(), y.into());
        // Nothing outside of the region is replaced, and the seam lies inside of it.
        let edge = |at: u32, begin: u32, side: u32, whole: u32| {
            let far = |free: bool, distance: i64| if free { i64::MAX } else { distance };
            let (from, to) = (i64::from(at) - i64::from(begin), i64::from(begin + side) - 1 - i64::from(at));
            // The picture's own edge is no seam.
            far(begin == 0, from).min(far(begin + side == whole, to))
        };
        let mut shares = if feather >= 0.3 {
            DynamicImage::ImageLuma8(mask).fast_blur((feather / 2.0) as f32).into_luma8()
        } else {
            mask
        };
        for (px, py, share) in shares.enumerate_pixels_mut() {
            let inside = px >= x && px < x + w && py >= y && py < y + h;
            let near = edge(px, x, w, width).min(edge(py, y, h, height));
            let room = if inside { ((near as f64 + 0.5) / feather.max(0.5)).clamp(0.0, 1.0) } else { 0.0 };
            share.0[0] = (f64::from(share.0[0]) * room).round() as u8;
        }
        encode(&mix_by_mask(&picture, DynamicImage::ImageRgba8(changed), &shares))
    };
    Ok(Image(ctx.store(ctx.blocking(work).await?).await?))
}
