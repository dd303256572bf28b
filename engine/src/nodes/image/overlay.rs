//! One picture over another.

use image::{DynamicImage, RgbaImage, imageops};

use crate::{Choice, Image, NodeContext, NodeError, node};

use super::{
    draw_text::Place,
    picture::{compact, decode, encode},
};

/// How the colours of two pictures meet.
#[derive(Debug, Clone, Copy, PartialEq, Choice)]
pub(super) enum Blend {
    Normal,
    Multiply,
    Screen,
    #[choice(title = "Overlay (contrast)")]
    Overlay,
    Darken,
    Lighten,
    Add,
}

/// Lays a picture over another one. Transparent parts of the upper picture let the lower one through.
#[node(
    "image.overlay",
    title = "Overlay",
    resource = "cpu",
    example = r#"{"inputs":{"image":"sample:photo","overlay":"sample:photo2"},"params":{"scale":30,"place":"bottom_right","margin":24,"opacity":90}}"#
)]
async fn overlay(
    /// The lower picture: it decides the size.
    image: Image,
    /// The upper picture.
    overlay: Image,
    /// Where the upper picture goes.
    #[param(title = "Place", default = Place::Center)]
    place: Place,
    /// How far from the edge.
    #[param(title = "Margin", default = 0, min = 0, max = 4096, unit = "px")]
    margin: u32,
    /// The width of the upper picture, as a share of the lower one's. 0: its own size.
    #[param(title = "Scale", default = 0.0, min = 0.0, max = 400.0, step = 1.0, unit = "%")]
    scale: f64,
    /// How much the upper picture covers.
    #[param(title = "Opacity", default = 100.0, min = 0.0, max = 100.0, step = 1.0, unit = "%")]
    opacity: f64,
    /// How the colours meet.
    #[param(title = "Blend", default = Blend::Normal)]
    blend: Blend,
    ctx: &NodeContext,
) -> Result<Image, NodeError> {
    let lower = decode(&image, "image", ctx).await?;
    let upper = decode(&overlay, "overlay", ctx).await?;
    let work = move || {
        let mut lower = lower.into_rgba8();
        let upper = scaled(upper.into_rgba8(), &lower, scale);
        let at = place.upper_left(lower.dimensions(), upper.dimensions(), margin);
        blend_over(&mut lower, &upper, at, opacity / 100.0, blend);
        encode(&compact(lower))
    };
    Ok(Image(ctx.store(ctx.blocking(work).await?).await?))
}

fn scaled(upper: RgbaImage, lower: &RgbaImage, percent: f64) -> RgbaImage {
    if percent == 0.0 {
        return upper;
    }
    let width = (f64::from(lower.width()) * percent / 100.0).round().max(1.0);
    let height = (f64::from(upper.height()) * width / f64::from(upper.width())).round().clamp(1.0, 32_768.0);
    imageops::resize(&upper, width as u32, height as u32, imageops::FilterType::CatmullRom)
}

/// Paints `upper` on `lower` with its upper left corner `at`; what sticks out is cut off.
pub(super) fn blend_over(lower: &mut RgbaImage, upper: &RgbaImage, at: (i64, i64), opacity: f64, blend: Blend) {
    let span = |at: i64, side: u32, room: u32| {
        let (begin, end) = (at.max(0), (at + i64::from(side)).min(i64::from(room)));
        begin..end.max(begin)
    };
    let opacity = opacity as f32 / 255.0;
    for y in span(at.1, upper.height(), lower.height()) {
        for x in span(at.0, upper.width(), lower.width()) {
            let source = upper.get_pixel((x - at.0) as u32, (y - at.1) as u32).0;
            let alpha = f32::from(source[3]) * opacity;
            if alpha > 0.0 {
                let target = lower.get_pixel_mut(x as u32, y as u32);
                target.0 = composed(target.0, source, alpha, blend);
            }
        }
    }
}

/// One pixel over another, as CSS and PDF define it. `alpha`: of the source, 0 to 1.
fn composed(target: [u8; 4], source: [u8; 4], alpha: f32, blend: Blend) -> [u8; 4] {
    let below = f32::from(target[3]) / 255.0;
    let together = alpha + below * (1.0 - alpha);
    let channel = |i: usize| {
        let (b, s) = (f32::from(target[i]) / 255.0, f32::from(source[i]) / 255.0);
        let mixed = match blend {
            Blend::Normal => s,
            Blend::Multiply => b * s,
            Blend::Screen => b + s - b * s,
            Blend::Overlay if b <= 0.5 => 2.0 * b * s,
            Blend::Overlay => 1.0 - 2.0 * (1.0 - b) * (1.0 - s),
            Blend::Darken => b.min(s),
            Blend::Lighten => b.max(s),
            Blend::Add => (b + s).min(1.0),
        };
        let color = (1.0 - below) * alpha * s + below * alpha * mixed + (1.0 - alpha) * below * b;
        (color / together * 255.0).round() as u8
    };
    [channel(0), channel(1), channel(2), (together * 255.0).round() as u8]
}

/// `text` or another picture with alpha on a picture, at full opacity.
pub(super) fn paste(picture: DynamicImage, upper: &RgbaImage, at: (i64, i64)) -> DynamicImage {
    let mut lower = picture.into_rgba8();
    blend_over(&mut lower, upper, at, 1.0, Blend::Normal);
    compact(lower)
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgba;

    #[test]
    fn blends_meet_their_definitions() {
        let (target, source) = ([100, 200, 50, 255], [200, 100, 50, 255]);
        assert_eq!(composed(target, source, 1.0, Blend::Normal), source);
        assert_eq!(composed(target, source, 1.0, Blend::Darken), [100, 100, 50, 255]);
        assert_eq!(composed(target, source, 1.0, Blend::Multiply), [78, 78, 10, 255]);
        assert_eq!(composed([0, 0, 0, 255], [255; 4], 0.5, Blend::Normal), [128, 128, 128, 255]);
    }

    #[test]
    fn on_nothing_the_source_stays_itself() {
        assert_eq!(composed([0; 4], [200, 100, 50, 255], 0.5, Blend::Multiply), [200, 100, 50, 128]);
    }

    #[test]
    fn what_sticks_out_is_cut_off() {
        let mut lower = RgbaImage::from_pixel(4, 4, Rgba([0, 0, 0, 255]));
        let upper = RgbaImage::from_pixel(4, 4, Rgba([255; 4]));
        blend_over(&mut lower, &upper, (-2, 3), 1.0, Blend::Normal);
        let white = lower.pixels().filter(|pixel| pixel.0 == [255; 4]).count();
        assert_eq!((white, lower.get_pixel(0, 3).0), (2, [255; 4]));
        blend_over(&mut lower, &upper, (9, 9), 1.0, Blend::Normal);
    }
}
