//! Pictures pulled into another shape.

/// Draws `target` pixels, each looked up in an RGBA picture of `size` at the place that `from` says. Between pixels it
/// mixes the four around; transparent ones do not colour their neighbours. Outside of the picture nothing is drawn.
///
/// `from` is a matrix, row by row, that turns (x, y, 1) of the target into the picture's place, times a weight.
pub fn warp(pixels: &[u8], size: (u32, u32), target: (u32, u32), from: &[f64; 9]) -> Vec<u8> {
    let (width, height) = (i64::from(size.0), i64::from(size.1));
    let mut drawn = vec![0u8; target.0 as usize * target.1 as usize * 4];
    if pixels.len() < (width * height * 4) as usize {
        return drawn;
    }
    for (i, to) in drawn.chunks_exact_mut(4).enumerate() {
        let (x, y) = ((i % target.0 as usize) as f64 + 0.5, (i / target.0 as usize) as f64 + 0.5);
        let weight = from[6] * x + from[7] * y + from[8];
        if weight.abs() < 1e-12 {
            continue;
        }
        let at_x = (from[0] * x + from[1] * y + from[2]) / weight - 0.5;
        let at_y = (from[3] * x + from[4] * y + from[5]) / weight - 0.5;
        if !(at_x > -1.0 && at_y > -1.0 && at_x < width as f64 && at_y < height as f64) {
            continue;
        }
        let (left, top) = (at_x.floor() as i64, at_y.floor() as i64);
        let (share_x, share_y) = (at_x - left as f64, at_y - top as f64);
        let mut sum = [0.0; 4];
        for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
            let (px, py) = (left + dx, top + dy);
            if px < 0 || py < 0 || px >= width || py >= height {
                continue;
            }
            let share =
                (if dx == 1 { share_x } else { 1.0 - share_x }) * (if dy == 1 { share_y } else { 1.0 - share_y });
            let at = ((py * width + px) * 4) as usize;
            let alpha = f64::from(pixels[at + 3]) * share;
            for c in 0..3 {
                sum[c] += f64::from(pixels[at + c]) * alpha;
            }
            sum[3] += alpha;
        }
        if sum[3] > 0.0 {
            for c in 0..3 {
                to[c] = (sum[c] / sum[3]).round() as u8;
            }
            to[3] = sum[3].round().min(255.0) as u8;
        }
    }
    drawn
}

/// The matrix that brings the corners of a box of `size` (clockwise from the upper left) to `corners`. `None`: they do
/// not span an area.
pub fn projection(size: (f64, f64), corners: [(f64, f64); 4]) -> Option<[f64; 9]> {
    let [(x0, y0), (x1, y1), (x2, y2), (x3, y3)] = corners;
    let (dx1, dx2, sx) = (x1 - x2, x3 - x2, x0 - x1 + x2 - x3);
    let (dy1, dy2, sy) = (y1 - y2, y3 - y2, y0 - y1 + y2 - y3);
    let area = dx1 * dy2 - dx2 * dy1;
    if area.abs() < 1e-9 {
        return None;
    }
    let (g, h) = ((sx * dy2 - dx2 * sy) / area, (dx1 * sy - sx * dy1) / area);
    let (w, d) = size;
    Some([
        (x1 - x0 + g * x1) / w,
        (x3 - x0 + h * x3) / d,
        x0,
        (y1 - y0 + g * y1) / w,
        (y3 - y0 + h * y3) / d,
        y0,
        g / w,
        h / d,
        1.0,
    ])
}

/// The matrix that undoes `m`. `None`: nothing does.
pub fn inverse(m: &[f64; 9]) -> Option<[f64; 9]> {
    let minor = |a: usize, b: usize, c: usize, d: usize| m[a] * m[d] - m[b] * m[c];
    let (c0, c1, c2) = (minor(4, 5, 7, 8), minor(5, 3, 8, 6), minor(3, 4, 6, 7));
    let whole = m[0] * c0 + m[1] * c1 + m[2] * c2;
    if whole.abs() < 1e-15 || !whole.is_finite() {
        return None;
    }
    let all = [
        c0,
        minor(2, 1, 8, 7),
        minor(1, 2, 4, 5),
        c1,
        minor(0, 2, 6, 8),
        minor(2, 0, 5, 3),
        c2,
        minor(1, 0, 7, 6),
        minor(0, 1, 3, 4),
    ];
    Some(all.map(|c| c / whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corners_go_where_they_are_sent_and_come_back() {
        let corners = [(10.0, 5.0), (90.0, 12.0), (80.0, 70.0), (0.0, 60.0)];
        let there = projection((100.0, 50.0), corners).unwrap();
        let back = inverse(&there).unwrap();
        let apply = |m: &[f64; 9], (x, y): (f64, f64)| {
            let w = m[6] * x + m[7] * y + m[8];
            ((m[0] * x + m[1] * y + m[2]) / w, (m[3] * x + m[4] * y + m[5]) / w)
        };
        for (from, to) in [(0.0, 0.0), (100.0, 0.0), (100.0, 50.0), (0.0, 50.0)].into_iter().zip(corners) {
            let (x, y) = apply(&there, from);
            assert!((x - to.0).abs() < 1e-9 && (y - to.1).abs() < 1e-9);
            let (x, y) = apply(&back, to);
            assert!((x - from.0).abs() < 1e-9 && (y - from.1).abs() < 1e-9);
        }
        assert_eq!(projection((1.0, 1.0), [(0.0, 0.0), (1.0, 0.0), (2.0, 0.0), (3.0, 0.0)]), None);
    }

    #[test]
    fn a_picture_that_goes_nowhere_stays_itself() {
        let pixels: Vec<u8> = (0..6 * 4 * 4).map(|i| if i % 4 == 3 { 255 } else { i as u8 }).collect();
        let still = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0];
        assert_eq!(warp(&pixels, (6, 4), (6, 4), &still), pixels);
    }
}
