//! Lining up: what is moved catches on the edges and middles of what stands around, and lines show on what.
//!
//! Pure.

use super::geometry::{Point, Rect};

/// How near, in screen pixels, an edge has to come to be caught.
const CATCH: f64 = 6.0;

/// A line from one thing to another it lines up with, in canvas units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Guide {
    pub from: Point,
    pub to: Point,
}

/// How far `around` goes when the hand went `wanted`, and the lines it catches on.
pub fn snapped(around: Rect, wanted: Point, others: &[Rect], zoom: f64) -> (Point, Vec<Guide>) {
    let catch = CATCH / zoom;
    let rough = wanted.map(f64::round);
    let mut delta = rough;
    let mut guides = Vec::new();
    for axis in [0, 1] {
        let start = stops(&around, axis).map(|stop| stop + rough[axis]);
        let near = others.iter().flat_map(|other| {
            // The same kind of line only: an edge on an edge, a middle on a middle.
            let there = stops(other, axis);
            [(0, 0), (0, 2), (1, 1), (2, 0), (2, 2)].map(|(own, its)| (there[its] - start[own], there[its], other))
        });
        let caught = near.filter(|(by, _, _)| by.abs() <= catch).min_by(|(a, _, one), (b, _, two)| {
            // Of equally near lines the one whose owner is nearer.
            a.abs().total_cmp(&b.abs()).then(gap(&around, one).total_cmp(&gap(&around, two)))
        });
        if let Some((by, at, other)) = caught {
            delta[axis] = rough[axis] + by;
            guides.push((axis, at, *other));
        }
    }
    let moved = Rect { x: around.x + delta[0], y: around.y + delta[1], ..around };
    let guides = guides.into_iter().map(|(axis, at, other)| {
        let both = moved.union(&other);
        match axis {
            0 => Guide { from: [at, both.y], to: [at, both.y + both.height] },
            _ => Guide { from: [both.x, at], to: [both.x + both.width, at] },
        }
    });
    (delta, guides.collect())
}

fn stops(rect: &Rect, axis: usize) -> [f64; 3] {
    let (start, length) = if axis == 0 { (rect.x, rect.width) } else { (rect.y, rect.height) };
    [start, start + length / 2.0, start + length]
}

fn gap(a: &Rect, b: &Rect) -> f64 {
    super::geometry::distance(a.center(), b.center())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_near_another_is_caught_and_shown() {
        let moving = Rect::new([0.0, 0.0], [100.0, 50.0]);
        let other = Rect::new([300.0, 200.0], [80.0, 80.0]);
        let (delta, guides) = snapped(moving, [150.2, 197.0], &[other], 1.0);
        assert_eq!(delta, [150.0, 200.0]);
        assert_eq!(guides, [Guide { from: [150.0, 200.0], to: [380.0, 200.0] }]);
    }

    #[test]
    fn the_hand_is_surer_when_zoomed_in() {
        let moving = Rect::new([0.0, 0.0], [100.0, 50.0]);
        let other = Rect::new([300.0, 200.0], [80.0, 80.0]);
        assert_eq!(snapped(moving, [150.0, 197.0], &[other], 4.0).0, [150.0, 197.0]);
        assert_eq!(snapped(moving, [150.0, 180.0], &[other], 0.2).0, [150.0, 200.0]);
    }

    #[test]
    fn nothing_around_leaves_the_way_whole() {
        assert_eq!(snapped(Rect::default(), [3.4, 5.6], &[], 1.0), ([3.0, 6.0], vec![]));
    }
}
