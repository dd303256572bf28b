//! Tables of colours (LUTs): read from `.cube` files, or one of the looks that are built in. Pictures look colours up
//! in them directly, films by way of a Hald picture.

use image::{DynamicImage, Rgb, RgbImage};

use crate::{Choice, File, NodeContext, NodeError};

/// The largest table that is read: 65 steps a channel.
const STEPS_MAX: usize = 65;
/// A table of 65 steps in text is about 7 MB.
const CUBE_MAX_BYTES: u64 = 32 << 20;
/// Levels of the Hald picture: 8 makes 512x512 pixels, 64 steps a channel.
const HALD_LEVEL: u32 = 8;

/// Looks that need no file.
#[derive(Debug, Clone, Copy, PartialEq, Choice)]
pub(super) enum Look {
    #[choice(title = "Teal and orange")]
    TealOrange,
    Warm,
    Cool,
    #[choice(title = "Faded film")]
    Faded,
    #[choice(title = "Bleach bypass")]
    Bleach,
    Sepia,
    #[choice(title = "Black and white, strong")]
    Noir,
}

/// Red, green, blue, each 0 to 1.
type Rgb01 = [f32; 3];

impl Look {
    fn of(self, [r, g, b]: Rgb01) -> Rgb01 {
        let luma = 0.2126 * r + 0.7152 * g + 0.0722 * b;
        let curve = |v: f32| v * v * (3.0 - 2.0 * v);
        let toward =
            |c: Rgb01, share: f32| [r, g, b].iter().zip(c).map(|(v, c)| v + (c - v) * share).collect::<Vec<_>>();
        match self {
            Self::TealOrange => {
                // Shadows towards teal, lights towards orange.
                let shift = (luma - 0.5) * 0.24;
                [curve(r) * 0.5 + r * 0.5 + shift, g + shift * 0.1, curve(b) * 0.2 + b * 0.8 - shift]
            }
            Self::Warm => [r * 1.06 + 0.02, g * 1.01, b * 0.9],
            Self::Cool => [r * 0.92, g, b * 1.06 + 0.02],
            Self::Faded => [r * 0.84 + 0.1, g * 0.84 + 0.09, b * 0.8 + 0.12],
            Self::Bleach => {
                let grey = toward([luma; 3], 0.55);
                [curve(grey[0]), curve(grey[1]), curve(grey[2])]
            }
            Self::Sepia => [luma * 1.07 + 0.02, luma * 0.94, luma * 0.73],
            Self::Noir => [curve(curve(luma)); 3],
        }
    }
}

/// A table: what becomes of every colour.
#[derive(Debug, Clone)]
pub(super) struct Lut {
    steps: usize,
    /// Red runs fastest, then green, then blue.
    colors: Vec<Rgb01>,
    /// The colours that the first and the last step stand for.
    domain: (Rgb01, Rgb01),
}

impl Lut {
    /// The table of a look, mixed with the colours as they are. `strength` from 0 to 1.
    pub fn look(look: Look) -> Self {
        const STEPS: usize = 33;
        let step = |i: usize| i as f32 / (STEPS - 1) as f32;
        let colors = (0..STEPS.pow(3))
            .map(|i| look.of([step(i % STEPS), step(i / STEPS % STEPS), step(i / STEPS / STEPS)]))
            .map(|color| color.map(|channel| channel.clamp(0.0, 1.0)));
        Self { steps: STEPS, colors: colors.collect(), domain: ([0.0; 3], [1.0; 3]) }
    }

    /// The table in a `.cube` file.
    pub async fn read(file: &File, ctx: &NodeContext) -> Result<Self, NodeError> {
        if file.media().size_bytes > CUBE_MAX_BYTES {
            return Err(NodeError::invalid("lut", "the file is too large for a table of colours"));
        }
        let bytes = file.bytes(ctx).await?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        ctx.blocking(move || Self::parse(&text).map_err(|why| NodeError::invalid("lut", why))).await
    }

    /// Reads the `.cube` form. One-dimensional tables become three-dimensional ones.
    fn parse(text: &str) -> Result<Self, String> {
        let (mut steps, mut curve, mut colors) = (0, false, Vec::new());
        let mut domain = ([0.0; 3], [1.0; 3]);
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let mut words = line.split_whitespace();
            let first = words.next().unwrap_or_default();
            match first {
                "TITLE" => {}
                "LUT_3D_SIZE" | "LUT_1D_SIZE" => {
                    curve = first == "LUT_1D_SIZE";
                    let most = if curve { 65_536 } else { STEPS_MAX };
                    steps = words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
                    if !(2..=most).contains(&steps) {
                        return Err(format!("a table of colours has 2 to {most} steps"));
                    }
                }
                "DOMAIN_MIN" => domain.0 = triple(words).ok_or("`DOMAIN_MIN` is not three numbers")?,
                "DOMAIN_MAX" => domain.1 = triple(words).ok_or("`DOMAIN_MAX` is not three numbers")?,
                _ if first.starts_with(|c: char| c.is_ascii_alphabetic()) => {}
                _ => {
                    let color = triple(line.split_whitespace());
                    colors.push(color.ok_or_else(|| format!("`{line}` is not a colour of three numbers"))?);
                    if colors.len() > STEPS_MAX.pow(3) {
                        return Err("the table has more colours than it says".into());
                    }
                }
            }
        }
        let wanted = if curve { steps } else { steps.pow(3) };
        if steps == 0 || colors.len() != wanted {
            return Err(format!("the file is not a `.cube` table: {} colours instead of {wanted}", colors.len()));
        }
        if domain.0.iter().zip(domain.1).any(|(min, max)| *min >= max) {
            return Err("the table's domain is empty".into());
        }
        if !curve {
            return Ok(Self { steps, colors, domain });
        }
        const STEPS: usize = 33;
        let along = |i: usize, channel: usize| {
            let at = i as f32 / (STEPS - 1) as f32 * (steps - 1) as f32;
            let (low, share) = (at as usize, at.fract());
            let high = (low + 1).min(steps - 1);
            colors[low][channel] * (1.0 - share) + colors[high][channel] * share
        };
        let cube = (0..STEPS.pow(3))
            .map(|i| [along(i % STEPS, 0), along(i / STEPS % STEPS, 1), along(i / STEPS / STEPS, 2)])
            .collect();
        Ok(Self { steps: STEPS, colors: cube, domain })
    }

    /// What becomes of a colour: between the steps, the table is taken to be straight.
    pub fn of(&self, color: Rgb01) -> Rgb01 {
        let last = (self.steps - 1) as f32;
        let at: [(usize, f32); 3] = std::array::from_fn(|c| {
            let (min, max) = (self.domain.0[c], self.domain.1[c]);
            let place = ((color[c] - min) / (max - min)).clamp(0.0, 1.0) * last;
            let low = (place as usize).min(self.steps - 2);
            (low, place - low as f32)
        });
        let mut result = [0.0; 3];
        for corner in 0..8usize {
            let (mut index, mut weight, mut stride) = (0, 1.0, 1);
            for (c, (low, share)) in at.iter().enumerate() {
                let high = corner >> c & 1;
                index += (low + high) * stride;
                weight *= if high == 1 { *share } else { 1.0 - share };
                stride *= self.steps;
            }
            if weight > 0.0 {
                result.iter_mut().zip(self.colors[index]).for_each(|(sum, channel)| *sum += channel * weight);
            }
        }
        result.map(|channel| channel.clamp(0.0, 1.0))
    }

    /// As a Hald picture, mixed with the colours as they are. `strength` from 0 to 1.
    pub fn hald(&self, strength: f32) -> DynamicImage {
        let (side, steps) = (HALD_LEVEL.pow(3), HALD_LEVEL.pow(2));
        let step = |i: u32| i as f32 / (steps - 1) as f32;
        DynamicImage::ImageRgb8(RgbImage::from_fn(side, side, |x, y| {
            let i = y * side + x;
            let color = [step(i % steps), step(i / steps % steps), step(i / steps / steps)];
            let there = self.of(color);
            let mixed: [f32; 3] = std::array::from_fn(|c| color[c] + (there[c] - color[c]) * strength);
            Rgb(mixed.map(|channel| (channel * 255.0).round() as u8))
        }))
    }
}

fn triple<'w>(words: impl Iterator<Item = &'w str>) -> Option<Rgb01> {
    let numbers: Vec<f32> =
        words.map(|word| word.parse().ok().filter(|n: &f32| n.is_finite())).collect::<Option<_>>()?;
    numbers.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_read_and_looked_up_between_its_steps() {
        // Swaps red and blue.
        let mut text = "# made by hand\nTITLE \"swap\"\nLUT_3D_SIZE 2\n".to_owned();
        for i in 0..8 {
            text += &format!("{} {} {}\n", i >> 2 & 1, i >> 1 & 1, i & 1);
        }
        let lut = Lut::parse(&text).unwrap();
        let found = lut.of([0.25, 0.5, 1.0]);
        assert!(found.iter().zip([1.0, 0.5, 0.25]).all(|(a, b)| (a - b).abs() < 1e-6), "{found:?}");
        assert_eq!(lut.hald(0.0).into_rgb8().get_pixel(511, 511).0, [255; 3]);
    }

    #[test]
    fn what_is_no_table_is_refused() {
        for text in ["", "hello", "LUT_3D_SIZE 2\n0 0 0", "LUT_3D_SIZE 99999\n", "LUT_3D_SIZE 2\n0 0 nan\n"] {
            assert!(Lut::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_curve_is_a_table_too() {
        let lut = Lut::parse("LUT_1D_SIZE 2\n1 1 1\n0 0 0\n").unwrap();
        assert!((lut.of([0.25, 0.5, 0.75])[0] - 0.75).abs() < 1e-5);
    }
}
