//! Tones and colours of pictures: levels, curves, hue, balance, looks.

use image::DynamicImage;

use crate::{
    File, Image, NodeContext, NodeError, node,
    nodes::lut::{Look, Lut},
};

use super::{
    changed,
    picture::{luma, mapped},
};

/// Sets what is black and what is white, and where the middle lies.
#[node(
    "image.levels",
    title = "Levels",
    resource = "cpu",
    example = r#"{"inputs":{"image":"sample:photo2"},"params":{"black":20,"white":230,"gamma":1.2}}"#
)]
async fn levels(
    /// The picture.
    image: Image,
    /// This and what is darker becomes black.
    #[param(title = "Black", default = 0.0, min = 0.0, max = 254.0, step = 1.0)]
    black: f64,
    /// This and what is lighter becomes white.
    #[param(title = "White", default = 255.0, min = 1.0, max = 255.0, step = 1.0)]
    white: f64,
    /// Lifts the middle tones; 1 changes nothing.
    #[param(title = "Gamma", default = 1.0, min = 0.1, max = 10.0, step = 0.05)]
    gamma: f64,
    /// The darkest tone of the result.
    #[param(title = "Darkest", default = 0.0, min = 0.0, max = 255.0, step = 1.0, advanced)]
    darkest: f64,
    /// The lightest tone of the result.
    #[param(title = "Lightest", default = 255.0, min = 0.0, max = 255.0, step = 1.0, advanced)]
    lightest: f64,
    ctx: &NodeContext,
) -> Result<Image, NodeError> {
    if black >= white {
        return Err(NodeError::invalid("white", "white has to be lighter than black"));
    }
    let level = move |v: f32| {
        let inside = ((f64::from(v) * 255.0 - black) / (white - black)).clamp(0.0, 1.0).powf(1.0 / gamma);
        ((darkest + inside * (lightest - darkest)) / 255.0) as f32
    };
    changed(&image, ctx, move |picture| Ok(mapped(picture, |[r, g, b, a]| [level(r), level(g), level(b), a]))).await
}

/// Bends the tones of a picture along a curve through points.
#[node(
    "image.curves",
    title = "Curves",
    resource = "cpu",
    example = r#"{"inputs":{"image":"sample:photo2"},"params":{"points":[[0,0],[64,40],[192,215],[255,255]]}}"#
)]
async fn curves(
    /// The picture.
    image: Image,
    /// The points, from dark to light: `[[0, 0], [128, 150], [255, 255]]`, each what it was and what it becomes.
    #[param(title = "Points", default = [[0, 0], [255, 255]])]
    points: serde_json::Value,
    /// The same for red only; the other colours likewise.
    #[param(title = "Red", default = [], advanced)]
    red: serde_json::Value,
    /// For green only.
    #[param(title = "Green", default = [], advanced)]
    green: serde_json::Value,
    /// For blue only.
    #[param(title = "Blue", default = [], advanced)]
    blue: serde_json::Value,
    ctx: &NodeContext,
) -> Result<Image, NodeError> {
    let all = Curve::read(&points, "points")?;
    let each = [Curve::read(&red, "red")?, Curve::read(&green, "green")?, Curve::read(&blue, "blue")?];
    let work = move |picture| {
        Ok(mapped(picture, |[r, g, b, a]| {
            let bent = |v: f32, c: usize| all.of(each[c].of(v));
            [bent(r, 0), bent(g, 1), bent(b, 2), a]
        }))
    };
    changed(&image, ctx, work).await
}

/// A curve that never turns back between two points, however steep they are (Fritsch and Carlson).
struct Curve {
    /// What it was, what it becomes, and how steep it is there. Empty: nothing changes.
    points: Vec<(f64, f64, f64)>,
}

impl Curve {
    fn read(json: &serde_json::Value, field: &str) -> Result<Self, NodeError> {
        const POINTS_MAX: usize = 64;
        let refuse =
            || NodeError::invalid(field, "points are pairs of numbers from 0 to 255, like [[0, 0], [255, 255]]");
        let pair = |json: &serde_json::Value| {
            let number = |i: usize| json.get(i)?.as_f64().filter(|n| (0.0..=255.0).contains(n)).map(|n| n / 255.0);
            Some((number(0)?, number(1)?))
        };
        let list = json.as_array().filter(|list| list.len() <= POINTS_MAX).ok_or_else(refuse)?;
        let mut points: Vec<(f64, f64)> = list.iter().map(pair).collect::<Option<_>>().ok_or_else(refuse)?;
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        if points.windows(2).any(|pair| pair[1].0 - pair[0].0 < 1e-6) {
            return Err(NodeError::invalid(field, "two points say different things of the same tone"));
        }
        Ok(Self::through(&points))
    }

    fn through(points: &[(f64, f64)]) -> Self {
        let slopes: Vec<f64> = points.windows(2).map(|p| (p[1].1 - p[0].1) / (p[1].0 - p[0].0)).collect();
        let steep = |i: usize| match (i.checked_sub(1).map(|before| slopes[before]), slopes.get(i)) {
            (Some(before), Some(after)) if before * after <= 0.0 => 0.0,
            (Some(before), Some(after)) => 2.0 * before * after / (before + after),
            (Some(only), None) => only,
            (None, Some(only)) => *only,
            (None, None) => 0.0,
        };
        Self { points: points.iter().enumerate().map(|(i, (x, y))| (*x, *y, steep(i))).collect() }
    }

    fn of(&self, value: f32) -> f32 {
        let x = f64::from(value);
        let (Some(first), Some(last)) = (self.points.first(), self.points.last()) else { return value };
        if x <= first.0 {
            return first.1 as f32;
        }
        if x >= last.0 {
            return last.1 as f32;
        }
        let next = self.points.partition_point(|point| point.0 <= x);
        let ((x0, y0, m0), (x1, y1, m1)) = (self.points[next - 1], self.points[next]);
        let (width, t) = (x1 - x0, (x - x0) / (x1 - x0));
        let (t2, t3) = (t * t, t * t * t);
        let y = (2.0 * t3 - 3.0 * t2 + 1.0) * y0
            + (t3 - 2.0 * t2 + t) * width * m0
            + (3.0 * t2 - 2.0 * t3) * y1
            + (t3 - t2) * width * m1;
        y.clamp(0.0, 1.0) as f32
    }
}

/// Turns colours round the colour wheel, and makes them stronger or lighter.
#[node(
    "image.hue",
    title = "Hue and saturation",
    resource = "cpu",
    example = r#"{"inputs":{"image":"sample:photo2"},"params":{"hue":120,"saturation":30}}"#
)]
async fn hue(
    /// The picture.
    image: Image,
    /// How far round the wheel: 120 turns red into green.
    #[param(title = "Hue", default = 0.0, min = -180.0, max = 180.0, step = 1.0, unit = "°")]
    hue: f64,
    /// More or less colour.
    #[param(title = "Saturation", default = 0.0, min = -100.0, max = 100.0, step = 1.0, unit = "%")]
    saturation: f64,
    /// Lighter or darker.
    #[param(title = "Lightness", default = 0.0, min = -100.0, max = 100.0, step = 1.0, unit = "%")]
    lightness: f64,
    ctx: &NodeContext,
) -> Result<Image, NodeError> {
    let (turn, more, lighter) = ((hue / 60.0) as f32, (1.0 + saturation / 100.0) as f32, (lightness / 100.0) as f32);
    let work = move |picture| {
        Ok(mapped(picture, |[r, g, b, a]| {
            let (h, s, l) = hsl([r, g, b]);
            let l = if lighter >= 0.0 { l + (1.0 - l) * lighter } else { l * (1.0 + lighter) };
            let [r, g, b] = rgb((h + turn).rem_euclid(6.0), (s * more).clamp(0.0, 1.0), l);
            [r, g, b, a]
        }))
    };
    changed(&image, ctx, work).await
}

/// Hue from 0 to 6, saturation and lightness from 0 to 1.
pub(super) fn hsl([r, g, b]: [f32; 3]) -> (f32, f32, f32) {
    let (max, min) = (r.max(g).max(b), r.min(g).min(b));
    let (l, range) = (f32::midpoint(max, min), max - min);
    if range <= 0.0 {
        return (0.0, 0.0, l);
    }
    let s = range / (1.0 - (2.0 * l - 1.0).abs()).max(1e-6);
    let h = if max == r {
        ((g - b) / range).rem_euclid(6.0)
    } else if max == g {
        (b - r) / range + 2.0
    } else {
        (r - g) / range + 4.0
    };
    (h, s, l)
}

fn rgb(h: f32, s: f32, l: f32) -> [f32; 3] {
    let range = (1.0 - (2.0 * l - 1.0).abs()) * s;
    let middle = range * (1.0 - (h.rem_euclid(2.0) - 1.0).abs());
    let [r, g, b] = match h as u32 {
        0 => [range, middle, 0.0],
        1 => [middle, range, 0.0],
        2 => [0.0, range, middle],
        3 => [0.0, middle, range],
        4 => [middle, 0.0, range],
        _ => [range, 0.0, middle],
    };
    [r, g, b].map(|c| c + l - range / 2.0)
}

/// Shifts colours towards red, green or blue, separately in shadows and lights; makes the light warmer or cooler.
#[node(
    "image.color_balance",
    title = "Colour balance",
    resource = "cpu",
    example = r#"{"inputs":{"image":"sample:photo2"},"params":{"warmth":25,"shadows":[0,0,15]}}"#
)]
async fn color_balance(
    /// The picture.
    image: Image,
    /// Warmer (more orange), or cooler (more blue).
    #[param(title = "Warmth", default = 0.0, min = -100.0, max = 100.0, step = 1.0, unit = "%")]
    warmth: f64,
    /// Towards magenta, or towards green.
    #[param(title = "Tint", default = 0.0, min = -100.0, max = 100.0, step = 1.0, unit = "%")]
    tint: f64,
    /// What is added to dark tones: red, green, blue, each from -100 to 100.
    #[param(title = "Shadows", default = [0, 0, 0], advanced)]
    shadows: serde_json::Value,
    /// What is added to middle tones.
    #[param(title = "Midtones", default = [0, 0, 0], advanced)]
    midtones: serde_json::Value,
    /// What is added to light tones.
    #[param(title = "Highlights", default = [0, 0, 0], advanced)]
    highlights: serde_json::Value,
    ctx: &NodeContext,
) -> Result<Image, NodeError> {
    let (shadows, midtones) = (shift(&shadows, "shadows")?, shift(&midtones, "midtones")?);
    let highlights = shift(&highlights, "highlights")?;
    let (warmth, tint) = ((warmth / 100.0) as f32 * 0.25, (tint / 100.0) as f32 * 0.25);
    let gains = [1.0 + warmth + tint / 2.0, 1.0 - tint, 1.0 - warmth + tint / 2.0];
    let work = move |picture| {
        Ok(mapped(picture, |color| {
            let l = luma(color);
            let (dark, light) = ((1.0 - l).powi(2), l.powi(2));
            let middle = 1.0 - dark - light;
            let mut result = color;
            for c in 0..3 {
                let added = shadows[c] * dark + midtones[c] * middle + highlights[c] * light;
                result[c] = color[c] * gains[c] + added * 0.5;
            }
            result
        }))
    };
    changed(&image, ctx, work).await
}

fn shift(json: &serde_json::Value, field: &str) -> Result<[f32; 3], NodeError> {
    let number = |i: usize| json.get(i)?.as_f64().filter(|n| (-100.0..=100.0).contains(n)).map(|n| n as f32 / 100.0);
    let all = || Some([number(0)?, number(1)?, number(2)?]);
    all().ok_or_else(|| NodeError::invalid(field, "this is a list of three numbers from -100 to 100, like [0, 0, 10]"))
}

/// Gives a picture a look: one that is built in, or a table of colours (LUT) from a `.cube` file.
#[node(
    "image.lut",
    title = "Look",
    resource = "cpu",
    example = r#"{"inputs":{"image":"sample:photo2"},"params":{"look":"faded","strength":80}}"#
)]
async fn lut(
    /// The picture.
    image: Image,
    /// A table of colours, as a `.cube` file. It takes the place of the look.
    lut: Option<File>,
    /// The look, where there is no file.
    #[param(title = "Look", default = Look::TealOrange)]
    look: Look,
    /// How much of the look is mixed in.
    #[param(title = "Strength", default = 100.0, min = 0.0, max = 100.0, step = 1.0, unit = "%")]
    strength: f64,
    ctx: &NodeContext,
) -> Result<Image, NodeError> {
    let table = match lut {
        Some(file) => Lut::read(&file, ctx).await?,
        None => Lut::look(look),
    };
    let strength = (strength / 100.0) as f32;
    let work = move |picture: DynamicImage| {
        Ok(mapped(picture, |[r, g, b, a]| {
            let there = table.of([r, g, b]);
            let mix = |from: f32, to: f32| from + (to - from) * strength;
            [mix(r, there[0]), mix(g, there[1]), mix(b, there[2]), a]
        }))
    };
    changed(&image, ctx, work).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_come_back_from_hue_and_saturation() {
        for color in [[0.2, 0.5, 0.9], [1.0, 0.0, 0.0], [0.3, 0.3, 0.3], [0.9, 0.8, 0.1]] {
            let (h, s, l) = hsl(color);
            let back = rgb(h, s, l);
            assert!(back.iter().zip(color).all(|(a, b)| (a - b).abs() < 1e-5), "{color:?} {back:?}");
        }
    }

    #[test]
    fn a_curve_meets_its_points_and_never_turns_back() {
        let curve = Curve::through(&[(0.0, 0.0), (0.25, 0.1), (0.75, 0.9), (1.0, 1.0)]);
        assert!((curve.of(0.25) - 0.1).abs() < 1e-6 && (curve.of(0.75) - 0.9).abs() < 1e-6);
        let values: Vec<f32> = (0..=255).map(|i| curve.of(i as f32 / 255.0)).collect();
        assert!(values.windows(2).all(|pair| pair[1] >= pair[0]));
        let none = Curve::through(&[]);
        assert_eq!(none.of(0.3), 0.3);
    }
}
