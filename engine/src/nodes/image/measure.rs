//! What pictures are made of: colours, tones, differences, and what the file says of itself.

use std::io::Cursor;

use image::{DynamicImage, GenericImageView, ImageReader, Rgba, RgbaImage};
use serde_json::{Value as Json, json};

use crate::{Image, NodeContext, NodeError, Outputs, node};

use super::{
    picture::{decode, encode},
    size::scaled,
};

#[derive(Outputs)]
struct Palette {
    /// The colours, the most frequent first: `#aabbcc`.
    colors: Vec<String>,
    /// The colours with their shares: `[{"color": "#aabbcc", "share": 0.4}]`.
    shares: Json,
    /// The colours as stripes.
    image: Image,
}

/// Finds the few colours that a picture is made of.
#[node(
    "image.palette",
    title = "Palette",
    resource = "cpu",
    example = r#"{"inputs":{"image":"sample:photo2"},"params":{"count":5}}"#
)]
async fn palette(
    /// The picture.
    image: Image,
    /// How many colours.
    #[param(title = "Colours", default = 5, min = 1, max = 32)]
    count: u32,
    ctx: &NodeContext,
) -> Result<Palette, NodeError> {
    let picture = decode(&image, "image", ctx).await?;
    let work = move || {
        // A hundred pixels a side tell as much of the colours as all of them.
        let side =
            |side: u32| (f64::from(side) * 100.0 / f64::from(picture.width().max(picture.height()))).ceil() as u32;
        let small = scaled(&picture, None, (side(picture.width()).max(1), side(picture.height()).max(1)))?.into_rgba8();
        let pixels: Vec<[f32; 3]> =
            small.pixels().filter(|p| p.0[3] >= 128).map(|p| [p.0[0], p.0[1], p.0[2]].map(f32::from)).collect();
        if pixels.is_empty() {
            return Err(NodeError::invalid("image", "the picture is transparent: there are no colours"));
        }
        let found = clusters(&pixels, count as usize);
        let stripe = 64;
        let stripes = RgbaImage::from_fn(stripe * found.len() as u32, stripe, |x, _| {
            let [r, g, b] = found[(x / stripe) as usize].0;
            Rgba([r, g, b, 255])
        });
        Ok((found, encode(&DynamicImage::ImageRgb8(DynamicImage::ImageRgba8(stripes).into_rgb8()))?))
    };
    let (found, stripes) = ctx.blocking(work).await?;
    let colors: Vec<String> = found.iter().map(|([r, g, b], _)| format!("#{r:02x}{g:02x}{b:02x}")).collect();
    let share = |share: f64| (share * 1000.0).round() / 1000.0;
    let shares = colors.iter().zip(&found).map(|(color, (_, s))| json!({"color": color, "share": share(*s)})).collect();
    Ok(Palette { colors, shares, image: Image(ctx.store(stripes).await?) })
}

/// The means of groups of near colours, and the share of each, the largest first. Always the same for the same pixels.
fn clusters(pixels: &[[f32; 3]], count: usize) -> Vec<([u8; 3], f64)> {
    const ROUNDS: usize = 24;
    let square = |a: &[f32; 3], b: &[f32; 3]| a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f32>();
    // Begins with the mean, then always the pixel that is farthest from all that are there.
    let mean = |of: &mut dyn Iterator<Item = &[f32; 3]>| {
        let (sum, n) = of.fold(([0.0f32; 3], 0u32), |(sum, n), p| (std::array::from_fn(|c| sum[c] + p[c]), n + 1));
        (sum.map(|s| s / n.max(1) as f32), n)
    };
    let mut centers = vec![mean(&mut pixels.iter()).0];
    let mut far: Vec<f32> = pixels.iter().map(|p| square(p, &centers[0])).collect();
    while centers.len() < count {
        let Some((at, farthest)) = far.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)) else { break };
        if *farthest < 1.0 {
            break;
        }
        let center = pixels[at];
        centers.push(center);
        far.iter_mut().zip(pixels).for_each(|(far, p)| *far = far.min(square(p, &center)));
    }
    let mut shares = vec![0u32; centers.len()];
    for _ in 0..ROUNDS {
        let mut sums = vec![([0.0f32; 3], 0u32); centers.len()];
        for pixel in pixels {
            let nearest =
                (0..centers.len()).min_by(|a, b| square(pixel, &centers[*a]).total_cmp(&square(pixel, &centers[*b])));
            let (sum, n) = &mut sums[nearest.unwrap_or(0)];
            (0..3).for_each(|c| sum[c] += pixel[c]);
            *n += 1;
        }
        for (i, (sum, n)) in sums.iter().enumerate() {
            shares[i] = *n;
            if *n > 0 {
                centers[i] = sum.map(|s| s / *n as f32);
            }
        }
    }
    let mut found: Vec<([u8; 3], f64)> = centers
        .iter()
        .zip(&shares)
        .filter(|(_, n)| **n > 0)
        .map(|(c, n)| (c.map(|v| v.round() as u8), f64::from(*n) / pixels.len() as f64))
        .collect();
    found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    found
}

#[derive(Outputs)]
struct Histogram {
    /// The histogram as a picture.
    image: Image,
    /// How light the picture is on the whole, 0 to 100.
    brightness: f64,
    /// How far tones lie from that, 0 to 100.
    contrast: f64,
    /// How many pixels have each tone: `{"red": [256 numbers], …}`.
    counts: Json,
}

/// Counts the tones of a picture: how much of it is dark, how much is light.
#[node("image.histogram", title = "Histogram", resource = "cpu", example = r#"{"inputs":{"image":"sample:photo2"}}"#)]
async fn histogram(
    /// The picture.
    image: Image,
    ctx: &NodeContext,
) -> Result<Histogram, NodeError> {
    let picture = decode(&image, "image", ctx).await?;
    let work = move || {
        let mut counts = [[0u32; 256]; 3];
        let (mut sum, mut squares) = (0.0, 0.0);
        let pixels = picture.into_rgba8();
        for Rgba([r, g, b, _]) in pixels.pixels() {
            for (c, value) in [r, g, b].into_iter().enumerate() {
                counts[c][usize::from(*value)] += 1;
            }
            let light = (0.2126 * f64::from(*r) + 0.7152 * f64::from(*g) + 0.0722 * f64::from(*b)) / 255.0 * 100.0;
            (sum, squares) = (sum + light, squares + light * light);
        }
        let count = f64::from(pixels.width()) * f64::from(pixels.height());
        let mean = sum / count;
        let spread = (squares / count - mean * mean).max(0.0).sqrt();
        // A picture with one tone only would flatten everything else.
        let mut all: Vec<u32> = counts.iter().flatten().copied().collect();
        all.sort_unstable();
        let tallest = f64::from(all[all.len() * 99 / 100].max(1));
        let drawn = RgbaImage::from_fn(512, 256, |x, y| {
            let bar = |c: usize| f64::from(counts[c][(x / 2) as usize]) / tallest * 250.0 >= f64::from(255 - y);
            let channel = |c: usize| if bar(c) { 230 } else { 22 };
            Rgba([channel(0), channel(1), channel(2), 255])
        });
        let drawn = encode(&DynamicImage::ImageRgb8(DynamicImage::ImageRgba8(drawn).into_rgb8()))?;
        let counts = json!({"red": counts[0][..], "green": counts[1][..], "blue": counts[2][..]});
        Ok((drawn, mean, spread, counts))
    };
    let (drawn, brightness, contrast, counts) = ctx.blocking(work).await?;
    Ok(Histogram { image: Image(ctx.store(drawn).await?), brightness, contrast, counts })
}

/// Picks the colour of a place in a picture, as the mean of what is around it.
#[node(
    "image.color_at",
    title = "Pick colour",
    resource = "cpu",
    output = "color",
    example = r#"{"inputs":{"image":"sample:photo2"},"params":{"x":50,"y":50,"size":5}}"#
)]
async fn color_at(
    /// The picture.
    image: Image,
    /// How far from the left.
    #[param(title = "Across", default = 50.0, min = 0.0, max = 100.0, step = 0.5, unit = "%")]
    x: f64,
    /// How far from the top.
    #[param(title = "Down", default = 50.0, min = 0.0, max = 100.0, step = 0.5, unit = "%")]
    y: f64,
    /// The side of the square that is looked at.
    #[param(title = "Size", default = 1, min = 1, max = 1000, unit = "px")]
    size: u32,
    ctx: &NodeContext,
) -> Result<String, NodeError> {
    let picture = decode(&image, "image", ctx).await?;
    ctx.blocking(move || {
        let (width, height) = picture.dimensions();
        let begin = |share: f64, side: u32| {
            let middle = ((share / 100.0 * f64::from(side)) as u32).min(side - 1);
            middle.saturating_sub(size / 2)
        };
        let (left, top) = (begin(x, width), begin(y, height));
        let part = picture.crop_imm(left, top, size.min(width - left), size.min(height - top)).into_rgba8();
        let count = f64::from(part.width() * part.height());
        let mean = |c: usize| (part.pixels().map(|p| f64::from(p.0[c])).sum::<f64>() / count).round() as u8;
        Ok(format!("#{:02x}{:02x}{:02x}", mean(0), mean(1), mean(2)))
    })
    .await
}

#[derive(Outputs)]
struct Difference {
    /// Where the pictures differ: the lighter, the more.
    image: Image,
    /// How alike they are, 0 to 100: by structure (SSIM), as eyes see it.
    similarity: f64,
    /// The peak signal-to-noise ratio in dB. Absent: the pictures are the same.
    psnr: Option<f64>,
    /// Whether they are the same, pixel for pixel.
    same: bool,
}

/// Compares two pictures: how alike they are, and where they differ.
#[node(
    "image.compare",
    title = "Compare pictures",
    resource = "cpu",
    example = r#"{"inputs":{"first":"sample:photo2","second":"sample:photo6"}}"#
)]
async fn compare(
    /// The first picture. It decides the size.
    first: Image,
    /// The second picture.
    second: Image,
    ctx: &NodeContext,
) -> Result<Difference, NodeError> {
    let first = decode(&first, "first", ctx).await?;
    let second = decode(&second, "second", ctx).await?;
    let work = move || {
        let same_size = first.dimensions() == second.dimensions();
        let second = if same_size { second } else { scaled(&second, None, first.dimensions())? };
        let (a, b) = (first.to_rgba8(), second.to_rgba8());
        let squares: f64 = a.as_raw().iter().zip(b.as_raw()).map(|(a, b)| f64::from(a.abs_diff(*b)).powi(2)).sum();
        let mean = squares / a.as_raw().len() as f64;
        let differing = RgbaImage::from_fn(a.width(), a.height(), |x, y| {
            let (a, b) = (a.get_pixel(x, y).0, b.get_pixel(x, y).0);
            Rgba([a[0].abs_diff(b[0]), a[1].abs_diff(b[1]), a[2].abs_diff(b[2]), 255])
        });
        let drawn = encode(&DynamicImage::ImageRgb8(DynamicImage::ImageRgba8(differing).into_rgb8()))?;
        let psnr = (mean > 0.0).then(|| 10.0 * (255.0 * 255.0 / mean).log10());
        Ok((drawn, similarity(&first, &second) * 100.0, psnr))
    };
    let (drawn, similarity, psnr) = ctx.blocking(work).await?;
    Ok(Difference { image: Image(ctx.store(drawn).await?), similarity, same: psnr.is_none(), psnr })
}

/// The mean structural similarity of windows of 8x8 pixels, each half over the next.
fn similarity(first: &DynamicImage, second: &DynamicImage) -> f64 {
    const SIDE: u32 = 8;
    const C1: f64 = (0.01 * 255.0) * (0.01 * 255.0);
    const C2: f64 = (0.03 * 255.0) * (0.03 * 255.0);
    let (a, b) = (first.to_luma8(), second.to_luma8());
    let steps = |side: u32| (0..=side.saturating_sub(SIDE)).step_by(SIDE as usize / 2);
    let (mut sum, mut windows) = (0.0, 0.0);
    for top in steps(a.height()) {
        for left in steps(a.width()) {
            let (right, bottom) = ((left + SIDE).min(a.width()), (top + SIDE).min(a.height()));
            let places = (top..bottom).flat_map(|y| (left..right).map(move |x| (x, y)));
            let (mut sa, mut sb, mut aa, mut bb, mut ab, mut n) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
            for (x, y) in places {
                let (p, q) = (f64::from(a.get_pixel(x, y).0[0]), f64::from(b.get_pixel(x, y).0[0]));
                (sa, sb, aa, bb, ab, n) = (sa + p, sb + q, aa + p * p, bb + q * q, ab + p * q, n + 1.0);
            }
            let (ma, mb) = (sa / n, sb / n);
            let (va, vb, cov) = (aa / n - ma * ma, bb / n - mb * mb, ab / n - ma * mb);
            sum += (2.0 * ma * mb + C1) * (2.0 * cov + C2) / ((ma * ma + mb * mb + C1) * (va + vb + C2));
            windows += 1.0;
        }
    }
    sum / windows
}

#[derive(Outputs)]
struct Metadata {
    /// The kind of file, for example `image/jpeg`.
    mime: String,
    /// Bits of each channel: 8 or 16.
    bits: f64,
    /// Whether anything may be transparent.
    has_alpha: bool,
    /// What the camera wrote down (EXIF), by name.
    exif: Json,
}

/// Reads what a picture file says of itself: bits, transparency, camera, exposure, date, place.
#[node(
    "image.metadata",
    title = "Picture metadata",
    resource = "cpu",
    example = r#"{"inputs":{"image":"sample:photo"}}"#
)]
async fn metadata(
    /// The picture.
    image: Image,
    ctx: &NodeContext,
) -> Result<Metadata, NodeError> {
    const FIELDS_MAX: usize = 200;
    const TEXT_MAX_CHARS: usize = 500;
    let picture = decode(&image, "image", ctx).await?;
    let bits = if super::picture::is_deep(&picture) { 16.0 } else { 8.0 };
    let has_alpha = picture.color().has_alpha();
    let bytes = image.bytes(ctx).await?;
    let exif = ctx
        .blocking(move || {
            let format = ImageReader::new(Cursor::new(&bytes)).with_guessed_format()?.format();
            let mut fields = serde_json::Map::new();
            // Most pictures have none: that is no failure.
            if format.is_some()
                && let Ok(found) = exif::Reader::new().read_from_container(&mut Cursor::new(&bytes))
            {
                for field in found.fields().filter(|field| field.ifd_num == exif::In::PRIMARY).take(FIELDS_MAX) {
                    let text: String = field.display_value().with_unit(&found).to_string();
                    fields.insert(field.tag.to_string(), text.chars().take(TEXT_MAX_CHARS).collect::<String>().into());
                }
            }
            Ok(Json::Object(fields))
        })
        .await?;
    Ok(Metadata { mime: image.media().mime.clone(), bits, has_alpha, exif })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clusters_are_the_colours_that_are_there() {
        let pixels = [vec![[255.0, 0.0, 0.0]; 60], vec![[0.0, 0.0, 255.0]; 30], vec![[0.0, 250.0, 0.0]; 10]].concat();
        let found = clusters(&pixels, 5);
        assert_eq!(found, [([255, 0, 0], 0.6), ([0, 0, 255], 0.3), ([0, 250, 0], 0.1)]);
    }

    #[test]
    fn a_picture_is_like_itself() {
        let picture =
            DynamicImage::ImageRgba8(RgbaImage::from_fn(32, 32, |x, y| Rgba([x as u8 * 8, y as u8 * 8, 9, 255])));
        assert!((similarity(&picture, &picture) - 1.0).abs() < 1e-9);
        assert!(similarity(&picture, &picture.fliph()) < 0.9);
    }
}
