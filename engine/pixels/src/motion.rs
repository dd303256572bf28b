//! How a camera moved from one grey frame to the next: blocks are looked for again, and a move is fitted to them.
//!
//! Not optical flow for effects: coarse, for small frames. `engine::media::video_meta` calls it for pairs of frames.

/// A grey picture, one byte a pixel, line by line.
#[derive(Debug, Clone, Copy)]
pub struct Gray<'p> {
    /// Width times height bytes.
    pub pixels: &'p [u8],
    /// Pixels in a line.
    pub width: usize,
    /// Lines.
    pub height: usize,
}

/// What happened between two frames. Lengths are shares of the frame's width and height.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Movement {
    /// How far the whole picture went to the right.
    pub right: f64,
    /// How far the whole picture went down.
    pub down: f64,
    /// How much it grew: 0.1 is a tenth.
    pub growth: f64,
    /// The share of the blocks that went along with that, 0 to 1.
    pub together: f64,
    /// How far blocks went on average, wherever to.
    pub travelled: f64,
}

const COLUMNS: usize = 6;
const ROWS: usize = 4;
/// How far a block is looked for, in pixels.
const REACH: i32 = 8;
/// Blocks that vary less than this about their mean look alike everywhere: they tell nothing.
const TEXTURE_MIN: f64 = 3.0;
/// A block went along with the fit when it is this near, in pixels.
const NEAR: f64 = 1.2;

/// A block: its centre relative to the frame's, and where it went, in pixels.
type Went = (f64, f64, f64, f64);

/// The movement from `before` to `after`. `None`: the frames hold too little to tell, or differ in size.
pub fn movement(before: Gray<'_>, after: Gray<'_>) -> Option<Movement> {
    let (width, height) = (before.width, before.height);
    let alike = (after.width, after.height) == (width, height);
    let whole = before.pixels.len() >= width * height && after.pixels.len() >= width * height;
    let side = (width / (COLUMNS + 1)).min(height / (ROWS + 1));
    let reach = REACH as usize;
    if !alike || !whole || side < 6 || width < 2 * reach + side || height < 2 * reach + side {
        return None;
    }
    let mut blocks: Vec<Went> = Vec::with_capacity(COLUMNS * ROWS);
    for row in 0..ROWS {
        for column in 0..COLUMNS {
            let left = reach + (width - 2 * reach - side) * column / (COLUMNS - 1);
            let top = reach + (height - 2 * reach - side) * row / (ROWS - 1);
            if texture(before, left, top, side) >= TEXTURE_MIN {
                let (dx, dy) = found_again(before, after, left, top, side);
                let x = left as f64 + side as f64 / 2.0 - width as f64 / 2.0;
                let y = top as f64 + side as f64 / 2.0 - height as f64 / 2.0;
                blocks.push((x, y, dx, dy));
            }
        }
    }
    // Fewer say nothing of the camera.
    if blocks.len() < 6 {
        return None;
    }
    let travelled = blocks.iter().map(|(_, _, dx, dy)| (dx / width as f64).hypot(dy / height as f64)).sum::<f64>();
    let mut fitted = fit(&blocks);
    for _ in 0..3 {
        let inliers: Vec<Went> = blocks.iter().filter(|block| miss(fitted, block) <= NEAR).copied().collect();
        if inliers.len() < 4 {
            break;
        }
        fitted = fit(&inliers);
    }
    let together = blocks.iter().filter(|block| miss(fitted, block) <= NEAR).count() as f64 / blocks.len() as f64;
    Some(Movement {
        right: fitted.0 / width as f64,
        down: fitted.1 / height as f64,
        growth: fitted.2,
        together,
        travelled: travelled / blocks.len() as f64,
    })
}

/// The mean distance from the mean.
fn texture(frame: Gray<'_>, left: usize, top: usize, side: usize) -> f64 {
    let lines = || (top..top + side).map(|y| &frame.pixels[y * frame.width + left..y * frame.width + left + side]);
    let count = (side * side) as f64;
    let mean = lines().flatten().map(|&pixel| f64::from(pixel)).sum::<f64>() / count;
    lines().flatten().map(|&pixel| (f64::from(pixel) - mean).abs()).sum::<f64>() / count
}

fn difference(a: Gray<'_>, b: Gray<'_>, at: (usize, usize), moved: (i32, i32), side: usize) -> u32 {
    let (left, top) = at;
    let to_left = (left as i32 + moved.0) as usize;
    let to_top = (top as i32 + moved.1) as usize;
    (0..side)
        .map(|line| {
            let from = (top + line) * a.width + left;
            let to = (to_top + line) * b.width + to_left;
            let pairs = a.pixels[from..from + side].iter().zip(&b.pixels[to..to + side]);
            pairs.map(|(a, b)| u32::from(a.abs_diff(*b))).sum::<u32>()
        })
        .sum()
}

/// Where a block went, to a fraction of a pixel.
fn found_again(before: Gray<'_>, after: Gray<'_>, left: usize, top: usize, side: usize) -> (f64, f64) {
    let cost = |dx: i32, dy: i32| difference(before, after, (left, top), (dx, dy), side);
    let mut best = (cost(0, 0), 0, 0);
    for dy in -REACH..=REACH {
        for dx in -REACH..=REACH {
            let found = cost(dx, dy);
            if found < best.0 {
                best = (found, dx, dy);
            }
        }
    }
    let (least, dx, dy) = best;
    // The lowest point of the parabola through the best place and its neighbours.
    let refined = |at: i32, one: &dyn Fn(i32) -> u32| {
        if at.abs() == REACH {
            return f64::from(at);
        }
        let (a, b, c) = (f64::from(one(at - 1)), f64::from(least), f64::from(one(at + 1)));
        let curvature = a - 2.0 * b + c;
        let shift = if curvature > 0.0 { ((a - c) / (2.0 * curvature)).clamp(-0.5, 0.5) } else { 0.0 };
        f64::from(at) + shift
    };
    (refined(dx, &|dx| cost(dx, dy)), refined(dy, &|dy| cost(dx, dy)))
}

/// The shift and growth that fit the blocks best (least squares).
fn fit(blocks: &[Went]) -> (f64, f64, f64) {
    let count = blocks.len() as f64;
    let mean = |of: fn(&Went) -> f64| blocks.iter().map(of).sum::<f64>() / count;
    let (x, y, dx, dy) = (mean(|b| b.0), mean(|b| b.1), mean(|b| b.2), mean(|b| b.3));
    let spread: f64 = blocks.iter().map(|b| (b.0 - x).powi(2) + (b.1 - y).powi(2)).sum();
    let along: f64 = blocks.iter().map(|b| (b.0 - x) * (b.2 - dx) + (b.1 - y) * (b.3 - dy)).sum();
    let growth = if spread > 0.0 { along / spread } else { 0.0 };
    (dx - growth * x, dy - growth * y, growth)
}

fn miss((right, down, growth): (f64, f64, f64), &(x, y, dx, dy): &Went) -> f64 {
    (dx - right - growth * x).hypot(dy - down - growth * y)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: (usize, usize) = (160, 90);

    /// A smooth, irregular pattern, seen from elsewhere and from nearer.
    fn seen(right: f64, down: f64, growth: f64) -> Vec<u8> {
        let (width, height) = SIZE;
        let at = |x: f64, y: f64| {
            128.0 + 50.0 * (x * 0.31 + (y * 0.17).sin() * 2.0).sin() + 50.0 * (y * 0.27 + (x * 0.11).cos() * 2.0).cos()
        };
        let pixel = |x: usize, y: usize| {
            let (cx, cy) = (width as f64 / 2.0, height as f64 / 2.0);
            let x = (x as f64 - cx - right) / (1.0 + growth) + cx;
            let y = (y as f64 - cy - down) / (1.0 + growth) + cy;
            at(x, y) as u8
        };
        (0..height).flat_map(|y| (0..width).map(move |x| pixel(x, y))).collect()
    }

    fn between(before: &[u8], after: &[u8]) -> Option<Movement> {
        let gray = |pixels| Gray { pixels, width: SIZE.0, height: SIZE.1 };
        movement(gray(before), gray(after))
    }

    #[test]
    fn a_shift_and_a_growth_are_found() {
        for (right, down, growth) in [(0.0, 0.0, 0.0), (3.5, 0.0, 0.0), (0.0, -2.0, 0.0), (0.0, 0.0, 0.05)] {
            let found = between(&seen(0.0, 0.0, 0.0), &seen(right, down, growth)).unwrap();
            let off = (found.right * 160.0 - right, found.down * 90.0 - down, found.growth - growth);
            assert!(
                off.0.abs() < 0.4 && off.1.abs() < 0.4 && off.2.abs() < 0.008,
                "{right} {down} {growth}: {found:?}"
            );
            assert!(found.together > 0.8, "{found:?}");
        }
    }

    #[test]
    fn a_plain_frame_says_nothing() {
        let plain = vec![90; SIZE.0 * SIZE.1];
        assert_eq!(between(&plain, &plain), None);
        assert_eq!(between(&plain, &[]), None);
    }
}
