//! Resizing and cropping.

use engine_pixels::{Channels, Kernel, Scaler, View};
use image::{DynamicImage, GenericImageView, ImageBuffer, RgbImage, RgbaImage, imageops};

use crate::{Choice, Color, Image, NodeContext, NodeError, node};

use super::{changed, picture::is_deep, pixel};

/// How a picture meets a frame of other proportions.
#[derive(Debug, Clone, Copy, PartialEq, Choice)]
enum Fit {
    #[choice(title = "Fit inside")]
    Inside,
    #[choice(title = "Fill, cut the rest")]
    Fill,
    #[choice(title = "Stretch")]
    Stretch,
    #[choice(title = "Fit, pad with colour")]
    Pad,
}

/// Makes a picture larger or smaller. With a width or height of 0 the other one decides.
#[node(
    "image.resize",
    title = "Resize",
    resource = "cpu",
    example = r#"{"inputs":{"image":"sample:photo"},"params":{"width":320,"height":320,"fit":"fill"}}"#
)]
async fn resize(
    /// The picture.
    image: Image,
    /// The new width. 0: in proportion to the height.
    #[param(title = "Width", default = 1280, min = 0, max = 8192, unit = "px")]
    width: u32,
    /// The new height. 0: in proportion to the width.
    #[param(title = "Height", default = 720, min = 0, max = 8192, unit = "px")]
    height: u32,
    /// What happens when the proportions differ.
    #[param(title = "Fit", default = Fit::Inside)]
    fit: Fit,
    /// The colour of the padding.
    #[param(title = "Padding", default = "#000000", advanced)]
    padding: Color,
    ctx: &NodeContext,
) -> Result<Image, NodeError> {
    if width == 0 && height == 0 {
        return Err(NodeError::invalid("width", "width and height are both 0"));
    }
    let work = move |picture: DynamicImage| {
        let frame = frame(picture.dimensions(), (width, height));
        match fit {
            Fit::Stretch => scaled(&picture, None, frame),
            Fit::Fill => scaled(&picture, Some(covering(picture.dimensions(), frame, (0.5, 0.5))), frame),
            Fit::Inside => scaled(&picture, None, inside(picture.dimensions(), frame)),
            Fit::Pad => {
                let small = scaled(&picture, None, inside(picture.dimensions(), frame))?.into_rgba8();
                let mut padded = RgbaImage::from_pixel(frame.0, frame.1, pixel(padding));
                let at = ((frame.0 - small.width()) / 2, (frame.1 - small.height()) / 2);
                imageops::overlay(&mut padded, &small, at.0.into(), at.1.into());
                Ok(super::picture::compact(padded))
            }
        }
    };
    changed(&image, ctx, work).await
}

/// Proportions of a cut.
#[derive(Debug, Clone, Copy, PartialEq, Choice)]
pub(in crate::nodes) enum Aspect {
    #[choice(title = "Free: the box below")]
    Free,
    #[choice(value = "1:1", title = "1:1")]
    Square,
    #[choice(value = "16:9", title = "16:9")]
    Wide,
    #[choice(value = "9:16", title = "9:16")]
    Tall,
    #[choice(value = "4:3", title = "4:3")]
    Classic,
    #[choice(value = "3:2", title = "3:2")]
    Photo,
    #[choice(value = "4:5", title = "4:5")]
    Portrait,
}

impl Aspect {
    /// Width and height; `None` when free.
    pub fn ratio(self) -> Option<(u32, u32)> {
        match self {
            Self::Free => None,
            Self::Square => Some((1, 1)),
            Self::Wide => Some((16, 9)),
            Self::Tall => Some((9, 16)),
            Self::Classic => Some((4, 3)),
            Self::Photo => Some((3, 2)),
            Self::Portrait => Some((4, 5)),
        }
    }
}

/// Cuts a part out of a picture. Choose proportions to keep as much as possible around the focus, or a box in pixels.
#[node(
    "image.crop",
    title = "Crop",
    resource = "cpu",
    example = r#"{"inputs":{"image":"sample:photo"},"params":{"aspect":"1:1","focus_x":0.3}}"#
)]
async fn crop(
    /// The picture.
    image: Image,
    /// The proportions of the cut.
    #[param(title = "Proportions", default = Aspect::Free)]
    aspect: Aspect,
    /// With proportions: what to keep in view, from 0 (left) to 1 (right).
    #[param(title = "Focus across", default = 0.5, min = 0.0, max = 1.0, step = 0.01)]
    focus_x: f64,
    /// With proportions: what to keep in view, from 0 (top) to 1 (bottom).
    #[param(title = "Focus down", default = 0.5, min = 0.0, max = 1.0, step = 0.01)]
    focus_y: f64,
    /// Free: the left edge of the box.
    #[param(title = "Left", default = 0, min = 0, unit = "px")]
    left: u32,
    /// Free: the upper edge of the box.
    #[param(title = "Top", default = 0, min = 0, unit = "px")]
    top: u32,
    /// Free: the width of the box. 0: up to the right edge.
    #[param(title = "Width", default = 0, min = 0, unit = "px")]
    width: u32,
    /// Free: the height of the box. 0: down to the lower edge.
    #[param(title = "Height", default = 0, min = 0, unit = "px")]
    height: u32,
    ctx: &NodeContext,
) -> Result<Image, NodeError> {
    let work = move |picture: DynamicImage| {
        let size = picture.dimensions();
        if let Some(ratio) = aspect.ratio() {
            let (x, y, w, h) = covering(size, ratio, (focus_x, focus_y));
            let (w, h) = ((w.round() as u32).max(1), (h.round() as u32).max(1));
            return Ok(picture.crop_imm((x.round() as u32).min(size.0 - w), (y.round() as u32).min(size.1 - h), w, h));
        }
        let outside = |field: &str| {
            NodeError::invalid(field, format!("the box begins outside the picture of {}x{} pixels", size.0, size.1))
        };
        let (room_x, room_y) = (size.0.saturating_sub(left), size.1.saturating_sub(top));
        match (room_x, room_y) {
            (0, _) => Err(outside("left")),
            (_, 0) => Err(outside("top")),
            _ => {
                let width = if width == 0 { room_x } else { width.min(room_x) };
                let height = if height == 0 { room_y } else { height.min(room_y) };
                Ok(picture.crop_imm(left, top, width, height))
            }
        }
    };
    changed(&image, ctx, work).await
}

/// Fills in the side that is 0.
fn frame(size: (u32, u32), wanted: (u32, u32)) -> (u32, u32) {
    let scaled = |side: u32, from: u32, to: u32| {
        ((f64::from(side) * f64::from(to) / f64::from(from)).round() as u32).clamp(1, 16_384)
    };
    match wanted {
        (0, height) => (scaled(size.0, size.1, height), height),
        (width, 0) => (width, scaled(size.1, size.0, width)),
        both => both,
    }
}

/// The largest size with the proportions of `size` that fits into `frame`.
fn inside(size: (u32, u32), frame: (u32, u32)) -> (u32, u32) {
    let scale = (f64::from(frame.0) / f64::from(size.0)).min(f64::from(frame.1) / f64::from(size.1));
    let side = |side: u32, most: u32| ((f64::from(side) * scale).round() as u32).clamp(1, most);
    (side(size.0, frame.0), side(size.1, frame.1))
}

/// The largest box (left, top, width, height) of `frame`'s proportions within `size`, around a focus from 0 to 1.
pub(in crate::nodes) fn covering(size: (u32, u32), frame: (u32, u32), focus: (f64, f64)) -> View {
    let (width, height) = (f64::from(size.0), f64::from(size.1));
    let ratio = f64::from(frame.0) / f64::from(frame.1);
    let (w, h) = if width / height > ratio { (height * ratio, height) } else { (width, width / ratio) };
    let place = |room: f64, focus: f64, side: f64| (room * focus - side / 2.0).clamp(0.0, room - side);
    (place(width, focus.0, w), place(height, focus.1, h), w, h)
}

/// Scales a part of a picture (or all of it) with Lanczos; transparent pixels do not colour their neighbours.
pub(super) fn scaled(
    picture: &DynamicImage,
    part: Option<View>,
    (width, height): (u32, u32),
) -> Result<DynamicImage, NodeError> {
    let size = picture.dimensions();
    let view = part.unwrap_or((0.0, 0.0, size.0.into(), size.1.into()));
    let channels = match (is_deep(picture), picture.color().has_alpha()) {
        (false, false) => Channels::Rgb,
        (false, true) => Channels::Rgba,
        (true, false) => Channels::Rgb16,
        (true, true) => Channels::Rgba16,
    };
    let buffer = Scaler::default()
        .scale(picture.as_bytes(), size, channels, view, (width, height), Kernel::Lanczos)
        .map_err(|error| NodeError::internal("the picture could not be resized", error))?;
    let words = || buffer.chunks_exact(2).map(|pair| u16::from_ne_bytes([pair[0], pair[1]])).collect();
    let picture = match channels {
        Channels::Rgb16 => ImageBuffer::from_raw(width, height, words()).map(DynamicImage::ImageRgb16),
        Channels::Rgba16 => ImageBuffer::from_raw(width, height, words()).map(DynamicImage::ImageRgba16),
        Channels::Rgba => RgbaImage::from_raw(width, height, buffer).map(DynamicImage::ImageRgba8),
        Channels::Rgb => RgbImage::from_raw(width, height, buffer).map(DynamicImage::ImageRgb8),
    };
    Ok(picture.expect("the buffer was made for this size"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_side_follows_the_proportions() {
        assert_eq!(frame((1280, 720), (0, 360)), (640, 360));
        assert_eq!(frame((1280, 720), (320, 0)), (320, 180));
    }

    #[test]
    fn fitting_never_leaves_the_frame() {
        assert_eq!(inside((1280, 720), (300, 300)), (300, 169));
        assert_eq!(inside((1, 5000), (300, 300)), (1, 300));
    }

    #[test]
    fn a_covering_box_follows_the_focus_to_the_edge() {
        assert_eq!(covering((1280, 720), (1, 1), (0.5, 0.5)), (280.0, 0.0, 720.0, 720.0));
        assert_eq!(covering((1280, 720), (1, 1), (0.0, 0.5)), (0.0, 0.0, 720.0, 720.0));
        assert_eq!(covering((1280, 720), (1, 1), (1.0, 0.5)), (560.0, 0.0, 720.0, 720.0));
    }
}
