//! Pictures put straight, bent, and freed of borders.

use engine_pixels::{inverse, projection, warp};
use image::{DynamicImage, GenericImageView, RgbaImage};
use serde_json::Value as Json;

use crate::{Choice, Image, NodeContext, NodeError, node};

use super::{changed, picture::compact};

/// Longest edge of the result.
const EDGE_MAX_PX: f64 = 16_384.0;
/// The most pixels of the result.
const PIXELS_MAX: f64 = 134_217_728.0;

#[derive(Debug, Clone, Copy, PartialEq, Choice)]
enum Direction {
    #[choice(title = "The whole picture goes to the corners")]
    To,
    #[choice(title = "What is between the corners fills the picture")]
    From,
}

/// Pulls a picture by its corners: puts it on a screen or a wall, or takes one off and shows it straight.
#[node(
    "image.perspective",
    title = "Perspective",
    resource = "cpu",
    example = r#"{"inputs":{"image":"sample:photo2"},"params":{"corners":[[10,5],[90,15],[85,90],[0,100]]}}"#
)]
async fn perspective(
    /// The picture.
    image: Image,
    /// The corners in percent of width and height, clockwise from the upper left: `[[0,0],[100,0],[100,100],[0,100]]`.
    #[param(title = "Corners", default = [[0, 0], [100, 0], [100, 100], [0, 100]])]
    corners: Json,
    /// Which way the picture is pulled.
    #[param(title = "Direction", default = Direction::To)]
    direction: Direction,
    ctx: &NodeContext,
) -> Result<Image, NodeError> {
    let refuse = || NodeError::invalid("corners", "corners are four pairs of percentages, like [[0, 0], [100, 0], …]");
    let pair = |json: &Json| {
        let number = |i: usize| json.get(i)?.as_f64().filter(|n| (-200.0..=300.0).contains(n)).map(|n| n / 100.0);
        Some((number(0)?, number(1)?))
    };
    let list: Option<Vec<(f64, f64)>> = corners.as_array().ok_or_else(refuse)?.iter().map(pair).collect();
    let corners: [(f64, f64); 4] = list.and_then(|list| list.try_into().ok()).ok_or_else(refuse)?;
    changed(&image, ctx, move |picture| {
        let (w, h) = (f64::from(picture.width()), f64::from(picture.height()));
        let there = projection((w, h), corners.map(|(x, y)| (x * w, y * h)));
        let there = there.ok_or_else(|| NodeError::invalid("corners", "the corners span no area"))?;
        let from = match direction {
            Direction::To => {
                inverse(&there).ok_or_else(|| NodeError::invalid("corners", "the corners span no area"))?
            }
            Direction::From => there,
        };
        Ok(warped(&picture, (picture.width(), picture.height()), &from))
    })
    .await
}

/// Turns a picture by any angle, scales and slants it. What becomes free is transparent.
#[node(
    "image.transform",
    title = "Transform",
    resource = "cpu",
    example = r#"{"inputs":{"image":"sample:photo2"},"params":{"angle":12,"scale":80}}"#
)]
async fn transform(
    /// The picture.
    image: Image,
    /// How far it is turned, clockwise.
    #[param(title = "Angle", default = 0.0, min = -360.0, max = 360.0, step = 0.5, unit = "°")]
    angle: f64,
    /// How large it gets.
    #[param(title = "Scale", default = 100.0, min = 1.0, max = 800.0, step = 1.0, unit = "%")]
    scale: f64,
    /// How far it is slanted to the right.
    #[param(title = "Slant", default = 0.0, min = -80.0, max = 80.0, step = 1.0, unit = "°")]
    slant: f64,
    /// Makes the result as large as needed; else it keeps its size and corners are cut off.
    #[param(title = "Grow", default = true)]
    grow: bool,
    ctx: &NodeContext,
) -> Result<Image, NodeError> {
    changed(&image, ctx, move |picture| {
        let (w, h) = (f64::from(picture.width()), f64::from(picture.height()));
        let ((sin, cos), lean, s) = (angle.to_radians().sin_cos(), -slant.to_radians().tan(), scale / 100.0);
        // First slanted, then turned: both about the middle.
        let (a, b, c, d) = (s * cos, s * (lean * cos - sin), s * sin, s * (lean * sin + cos));
        let (width, height) =
            if grow { ((a * w).abs() + (b * h).abs(), (c * w).abs() + (d * h).abs()) } else { (w, h) };
        // A quarter turn must not grow by a rounding error.
        let (width, height) = ((width - 1e-6).ceil().max(1.0), (height - 1e-6).ceil().max(1.0));
        if width > EDGE_MAX_PX || height > EDGE_MAX_PX || width * height > PIXELS_MAX {
            return Err(NodeError::invalid("scale", format!("the picture would have {width:.0}x{height:.0} pixels")));
        }
        let there = [
            a,
            b,
            width / 2.0 - a * w / 2.0 - b * h / 2.0,
            c,
            d,
            height / 2.0 - c * w / 2.0 - d * h / 2.0,
            0.0,
            0.0,
            1.0,
        ];
        let from = inverse(&there).ok_or_else(|| NodeError::invalid("scale", "nothing would be left"))?;
        Ok(warped(&picture, (width as u32, height as u32), &from))
    })
    .await
}

fn warped(picture: &DynamicImage, target: (u32, u32), from: &[f64; 9]) -> DynamicImage {
    let pixels = warp(&picture.to_rgba8(), picture.dimensions(), target, from);
    compact(RgbaImage::from_raw(target.0, target.1, pixels).expect("as many pixels are drawn as were asked for"))
}

/// Cuts off borders of one colour, or transparent ones.
#[node(
    "image.trim",
    title = "Trim borders",
    resource = "cpu",
    example = r#"{"inputs":{"image":"sample:photo2"},"params":{"tolerance":8}}"#
)]
async fn trim(
    /// The picture.
    image: Image,
    /// How different from the corner a border may be.
    #[param(title = "Tolerance", default = 4.0, min = 0.0, max = 100.0, step = 1.0, unit = "%")]
    tolerance: f64,
    /// How much of the border stays.
    #[param(title = "Margin", default = 0, min = 0, max = 1000, unit = "px")]
    margin: u32,
    ctx: &NodeContext,
) -> Result<Image, NodeError> {
    changed(&image, ctx, move |picture| {
        let pixels = picture.to_rgba8();
        let corner = pixels.get_pixel(0, 0).0;
        let differs = |pixel: &image::Rgba<u8>| {
            let both_clear = corner[3] == 0 && pixel.0[3] == 0;
            let far = pixel.0.iter().zip(corner).map(|(a, b)| a.abs_diff(b)).max().unwrap_or_default();
            !both_clear && f64::from(far) > tolerance / 100.0 * 255.0
        };
        let inner = pixels.enumerate_pixels().filter(|(_, _, pixel)| differs(pixel));
        let bounds = inner.fold(None, |found: Option<(u32, u32, u32, u32)>, (x, y, _)| {
            let (left, top, right, bottom) = found.unwrap_or((x, y, x + 1, y + 1));
            Some((left.min(x), top.min(y), right.max(x + 1), bottom.max(y + 1)))
        });
        // A picture of one colour is all border: it stays as it is.
        let Some((left, top, right, bottom)) = bounds else { return Ok(picture) };
        let (left, top) = (left.saturating_sub(margin), top.saturating_sub(margin));
        let (right, bottom) = ((right + margin).min(pixels.width()), (bottom + margin).min(pixels.height()));
        Ok(picture.crop_imm(left, top, right - left, bottom - top))
    })
    .await
}
