//! Pictures that are drawn: shapes, gradients, QR codes.

use image::RgbaImage;
use qrcode::{Color as Module, EcLevel, QrCode};

use crate::{Choice, Color, Image, NodeContext, NodeError, node};

use super::{
    overlay::paste,
    picture::{compact, decode, encode},
    pixel,
};

#[derive(Debug, Clone, Copy, PartialEq, Choice)]
enum Shape {
    Rectangle,
    #[choice(title = "Rounded rectangle")]
    Rounded,
    Ellipse,
    #[choice(title = "Line, down")]
    LineDown,
    #[choice(title = "Line, up")]
    LineUp,
}

/// Draws a shape on a picture: a box, an ellipse, a line. For marking something, and for title cards.
#[node(
    "image.draw_shape",
    title = "Draw shape",
    resource = "cpu",
    example = r##"{"inputs":{"image":"sample:photo2"},"params":{"shape":"ellipse","left":30,"top":20,"width":40,"height":50,"line":6,"color":"#ff3040"}}"##
)]
async fn draw_shape(
    /// The picture to draw on.
    image: Image,
    /// The shape.
    #[param(title = "Shape", default = Shape::Rectangle)]
    shape: Shape,
    /// The left edge of the shape.
    #[param(title = "Left", default = 25.0, min = -100.0, max = 200.0, step = 1.0, unit = "%")]
    left: f64,
    /// The upper edge of the shape.
    #[param(title = "Top", default = 25.0, min = -100.0, max = 200.0, step = 1.0, unit = "%")]
    top: f64,
    /// The width of the shape.
    #[param(title = "Width", default = 50.0, min = 0.0, max = 300.0, step = 1.0, unit = "%")]
    width: f64,
    /// The height of the shape.
    #[param(title = "Height", default = 50.0, min = 0.0, max = 300.0, step = 1.0, unit = "%")]
    height: f64,
    /// How thick the line is. 0: the shape is filled.
    #[param(title = "Line", default = 6.0, min = 0.0, max = 500.0, step = 1.0, unit = "px")]
    line: f64,
    /// The colour.
    #[param(title = "Colour", default = "#ff3040")]
    color: Color,
    ctx: &NodeContext,
) -> Result<Image, NodeError> {
    let picture = decode(&image, "image", ctx).await?;
    let work = move || {
        let (w, h) = (f64::from(picture.width()), f64::from(picture.height()));
        let (x0, y0) = (left / 100.0 * w, top / 100.0 * h);
        let (across, down) = ((width / 100.0 * w).max(0.1), (height / 100.0 * h).max(0.1));
        let outline = Outline { shape, across, down };
        let layer = RgbaImage::from_fn(picture.width(), picture.height(), |x, y| {
            let distance = outline.distance(f64::from(x) + 0.5 - x0, f64::from(y) + 0.5 - y0);
            // Lines lie on the edge, half of them on each side; a filled shape is everything inside.
            let is_line = line > 0.0 || matches!(shape, Shape::LineDown | Shape::LineUp);
            let inside = if is_line { line.max(1.0) / 2.0 - distance.abs() } else { -distance };
            let mut ink = pixel(color);
            ink.0[3] = (f64::from(ink.0[3]) * (inside + 0.5).clamp(0.0, 1.0)).round() as u8;
            ink
        });
        encode(&paste(picture, &layer, (0, 0)))
    };
    Ok(Image(ctx.store(ctx.blocking(work).await?).await?))
}

/// A shape in a box with its upper left corner at 0, 0.
struct Outline {
    shape: Shape,
    across: f64,
    down: f64,
}

impl Outline {
    /// How far a place is outside of the shape, in pixels; inside, the number is negative.
    fn distance(&self, x: f64, y: f64) -> f64 {
        let (rx, ry) = (self.across / 2.0, self.down / 2.0);
        let (dx, dy) = ((x - rx).abs(), (y - ry).abs());
        let corner = |radius: f64| {
            let (qx, qy) = (dx - rx + radius, dy - ry + radius);
            qx.max(0.0).hypot(qy.max(0.0)) + qx.max(qy).min(0.0) - radius
        };
        match self.shape {
            Shape::Rectangle => corner(0.0),
            Shape::Rounded => corner(self.across.min(self.down) * 0.2),
            Shape::Ellipse => {
                // The first step of Newton's way: exact on the edge, near enough around it.
                let (px, py) = (dx / rx, dy / ry);
                let far = px.hypot(py);
                let slope = (px / rx).hypot(py / ry);
                if slope > 0.0 { far * (far - 1.0) / slope } else { -rx.min(ry) }
            }
            Shape::LineDown => segment((x, y), (0.0, 0.0), (self.across, self.down)),
            Shape::LineUp => segment((x, y), (0.0, self.down), (self.across, 0.0)),
        }
    }
}

fn segment((x, y): (f64, f64), (ax, ay): (f64, f64), (bx, by): (f64, f64)) -> f64 {
    let (dx, dy) = (bx - ax, by - ay);
    let share = (((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy).max(1e-9)).clamp(0.0, 1.0);
    (x - ax - share * dx).hypot(y - ay - share * dy)
}

#[derive(Debug, Clone, Copy, PartialEq, Choice)]
enum Gradient {
    Linear,
    Radial,
    #[choice(title = "Round the middle")]
    Conic,
}

/// Makes a picture that goes from one colour to another. Transparent colours are taken as they are.
#[node(
    "image.gradient",
    title = "Gradient",
    resource = "cpu",
    example = r##"{"params":{"width":160,"height":90,"kind":"radial","from":"#ffcc00","to":"#20106000"}}"##
)]
async fn gradient(
    /// The width of the picture.
    #[param(title = "Width", default = 1280, min = 1, max = 8192, unit = "px")]
    width: u32,
    /// The height of the picture.
    #[param(title = "Height", default = 720, min = 1, max = 8192, unit = "px")]
    height: u32,
    /// The kind.
    #[param(title = "Kind", default = Gradient::Linear)]
    kind: Gradient,
    /// The first colour.
    #[param(title = "From", default = "#1b2a6b")]
    from: Color,
    /// The last colour.
    #[param(title = "To", default = "#e0567a")]
    to: Color,
    /// The direction: 0 runs to the right, 90 downwards.
    #[param(title = "Direction", default = 90.0, min = -360.0, max = 360.0, step = 1.0, unit = "°")]
    direction: f64,
    ctx: &NodeContext,
) -> Result<Image, NodeError> {
    let draw = move || {
        let (w, h) = (f64::from(width), f64::from(height));
        let (sin, cos) = direction.to_radians().sin_cos();
        // From corner to corner, whatever the direction.
        let reach = (w * cos.abs() + h * sin.abs()) / 2.0;
        let picture = RgbaImage::from_fn(width, height, |x, y| {
            let (x, y) = (f64::from(x) + 0.5 - w / 2.0, f64::from(y) + 0.5 - h / 2.0);
            let share = match kind {
                Gradient::Linear => ((x * cos + y * sin) / reach + 1.0) / 2.0,
                Gradient::Radial => x.hypot(y) / (w / 2.0).hypot(h / 2.0),
                Gradient::Conic => {
                    (y.atan2(x) - direction.to_radians()).rem_euclid(std::f64::consts::TAU) / std::f64::consts::TAU
                }
            };
            let share = share.clamp(0.0, 1.0);
            let mix = |c: usize| f64::from(from.rgba[c]) * (1.0 - share) + f64::from(to.rgba[c]) * share;
            image::Rgba(std::array::from_fn(|c| mix(c).round() as u8))
        });
        encode(&compact(picture))
    };
    Ok(Image(ctx.store(ctx.blocking(draw).await?).await?))
}

#[derive(Debug, Clone, Copy, PartialEq, Choice)]
enum Correction {
    #[choice(title = "A little (7 %)")]
    Low,
    #[choice(title = "Usual (15 %)")]
    Medium,
    #[choice(title = "Much (25 %)")]
    Quartile,
    #[choice(title = "Most (30 %): for a logo on top")]
    High,
}

/// Draws a text or a web address as a QR code.
#[node(
    "image.qr_code",
    title = "QR code",
    resource = "cpu",
    example = r#"{"params":{"text":"https://example.com/","size":256}}"#
)]
async fn qr_code(
    /// What the code says.
    #[param(title = "Text", default = "https://example.com/")]
    text: String,
    /// The side of the picture, at least.
    #[param(title = "Size", default = 512, min = 32, max = 4096, unit = "px")]
    size: u32,
    /// How much of it may be covered or dirty.
    #[param(title = "Error correction", default = Correction::Medium)]
    correction: Correction,
    /// The colour of the squares.
    #[param(title = "Colour", default = "#000000")]
    color: Color,
    /// The colour behind. A code needs light behind dark.
    #[param(title = "Background", default = "#ffffff")]
    background: Color,
    ctx: &NodeContext,
) -> Result<Image, NodeError> {
    /// Readers need four free squares around the code.
    const QUIET: u32 = 4;
    let level = match correction {
        Correction::Low => EcLevel::L,
        Correction::Medium => EcLevel::M,
        Correction::Quartile => EcLevel::Q,
        Correction::High => EcLevel::H,
    };
    let draw = move || {
        let code = QrCode::with_error_correction_level(text.as_bytes(), level).map_err(|error| {
            NodeError::invalid("text", "the text is too long for a code").with_raw(&error.to_string())
        })?;
        let modules = code.width() as u32;
        let squares = code.into_colors();
        // Whole pixels for every square: else readers see uneven ones.
        let side = size.div_ceil(modules + 2 * QUIET).max(1);
        let whole = side * (modules + 2 * QUIET);
        let picture = RgbaImage::from_fn(whole, whole, |x, y| {
            let at = |place: u32| (place / side).checked_sub(QUIET).filter(|module| *module < modules);
            match (at(x), at(y)) {
                (Some(x), Some(y)) if squares[(y * modules + x) as usize] == Module::Dark => pixel(color),
                _ => pixel(background),
            }
        });
        encode(&compact(picture))
    };
    Ok(Image(ctx.store(ctx.blocking(draw).await?).await?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_zero_on_the_edge() {
        for shape in [Shape::Rectangle, Shape::Ellipse, Shape::Rounded] {
            let outline = Outline { shape, across: 40.0, down: 20.0 };
            for (x, y) in [(0.0, 10.0), (40.0, 10.0), (20.0, 0.0), (20.0, 20.0)] {
                assert!(outline.distance(x, y).abs() < 1e-6, "{shape:?} {x} {y}");
            }
            assert!(outline.distance(20.0, 10.0) < 0.0 && outline.distance(50.0, 10.0) > 5.0, "{shape:?}");
        }
    }
}
