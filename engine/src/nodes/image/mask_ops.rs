//! Masks made of masks: turned round, grown, softened, combined.

use image::{DynamicImage, GrayImage, imageops};
use imageproc::distance_transform::euclidean_squared_distance_transform;

use crate::{Choice, Mask, NodeContext, NodeError, node};

use super::picture::{decode_whole_mask, encode};

/// Swaps what is meant and what is not.
#[node("mask.invert", title = "Invert mask", resource = "cpu", example = r#"{"inputs":{"mask":"sample:mask"}}"#)]
async fn invert(
    /// The mask.
    mask: Mask,
    ctx: &NodeContext,
) -> Result<Mask, NodeError> {
    changed(&mask, ctx, |mut mask| {
        mask.iter_mut().for_each(|share| *share = 255 - *share);
        mask
    })
    .await
}

/// Makes the part that is meant larger, or smaller.
#[node(
    "mask.grow",
    title = "Grow mask",
    resource = "cpu",
    example = r#"{"inputs":{"mask":"sample:mask"},"params":{"distance":12}}"#
)]
async fn grow(
    /// The mask.
    mask: Mask,
    /// How far it grows; a negative number makes it smaller.
    #[param(title = "Distance", default = 8.0, min = -500.0, max = 500.0, step = 1.0, unit = "px")]
    distance: f64,
    ctx: &NodeContext,
) -> Result<Mask, NodeError> {
    changed(&mask, ctx, move |mask| grown(&mask, distance)).await
}

fn grown(mask: &GrayImage, distance: f64) -> GrayImage {
    if distance == 0.0 {
        return mask.clone();
    }
    // A shrinking mask is the other part growing.
    let shrinking = distance < 0.0;
    let part = |share: u8| if shrinking { 255 - share } else { share };
    let mut solid = mask.clone();
    solid.iter_mut().for_each(|share| *share = if part(*share) >= 128 { 255 } else { 0 });
    if solid.iter().all(|share| *share == 0) {
        return mask.clone();
    }
    let far = euclidean_squared_distance_transform(&solid);
    let mut grown = mask.clone();
    for (share, far) in grown.iter_mut().zip(far.iter()) {
        let reached = ((distance.abs() + 0.5 - far.sqrt()).clamp(0.0, 1.0) * 255.0).round() as u8;
        *share = part(part(*share).max(reached));
    }
    grown
}

/// Softens the edge of a mask.
#[node(
    "mask.feather",
    title = "Feather mask",
    resource = "cpu",
    example = r#"{"inputs":{"mask":"sample:mask"},"params":{"radius":10}}"#
)]
async fn feather(
    /// The mask.
    mask: Mask,
    /// How wide the edge gets.
    #[param(title = "Radius", default = 8.0, min = 0.0, max = 200.0, step = 0.5, unit = "px")]
    radius: f64,
    ctx: &NodeContext,
) -> Result<Mask, NodeError> {
    changed(&mask, ctx, move |mask| {
        if radius < 0.3 { mask } else { DynamicImage::ImageLuma8(mask).fast_blur(radius as f32).into_luma8() }
    })
    .await
}

#[derive(Debug, Clone, Copy, PartialEq, Choice)]
enum Together {
    #[choice(title = "Either of them")]
    Union,
    #[choice(title = "Both of them")]
    Intersection,
    #[choice(title = "The first without the second")]
    Difference,
    #[choice(title = "One of them only")]
    Either,
}

/// Makes one mask of two.
#[node(
    "mask.combine",
    title = "Combine masks",
    resource = "cpu",
    example = r#"{"inputs":{"first":"sample:mask","second":"sample:mask"},"params":{"together":"intersection"}}"#
)]
async fn combine(
    /// The first mask. It decides the size.
    first: Mask,
    /// The second mask.
    second: Mask,
    /// What is meant in the end.
    #[param(title = "Together", default = Together::Union)]
    together: Together,
    ctx: &NodeContext,
) -> Result<Mask, NodeError> {
    let second = decode_whole_mask(&second, "second", ctx).await?;
    let first = decode_whole_mask(&first, "first", ctx).await?;
    let work = move || {
        let (mut first, mut second) = (first, second);
        if second.dimensions() != first.dimensions() {
            second = imageops::resize(&second, first.width(), first.height(), imageops::FilterType::Triangle);
        }
        for (a, b) in first.iter_mut().zip(second.iter()) {
            *a = match together {
                Together::Union => (*a).max(*b),
                Together::Intersection => (*a).min(*b),
                Together::Difference => (*a).min(255 - *b),
                Together::Either => a.abs_diff(*b),
            };
        }
        encode(&DynamicImage::ImageLuma8(first))
    };
    Ok(Mask(ctx.store(ctx.blocking(work).await?).await?))
}

async fn changed(
    mask: &Mask,
    ctx: &NodeContext,
    change: impl FnOnce(GrayImage) -> GrayImage + Send + 'static,
) -> Result<Mask, NodeError> {
    let mask = decode_whole_mask(mask, "mask", ctx).await?;
    let bytes = ctx.blocking(move || encode(&DynamicImage::ImageLuma8(change(mask)))).await?;
    Ok(Mask(ctx.store(bytes).await?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Luma;

    #[test]
    fn growing_and_shrinking_meet_in_the_middle() {
        let disc = |radius: f64| {
            GrayImage::from_fn(64, 64, |x, y| {
                let far = (f64::from(x) - 32.0).hypot(f64::from(y) - 32.0);
                Luma([if far <= radius { 255 } else { 0 }])
            })
        };
        let count = |mask: &GrayImage| mask.iter().filter(|share| **share >= 128).count() as f64;
        let area = |radius: f64| std::f64::consts::PI * radius * radius;
        let (larger, smaller) = (count(&grown(&disc(12.0), 6.0)), count(&grown(&disc(12.0), -6.0)));
        assert!((larger / area(18.0) - 1.0).abs() < 0.06, "{larger}");
        assert!((smaller / area(6.0) - 1.0).abs() < 0.2, "{smaller}");
        assert_eq!(grown(&GrayImage::new(8, 8), 3.0), GrayImage::new(8, 8));
    }
}
