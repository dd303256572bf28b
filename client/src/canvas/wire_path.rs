//! The curve of a wire.

use super::geometry::{Point, distance};

/// Inner points of the cubic curve: wires leave to the right and arrive from the left.
fn handles(from: Point, to: Point) -> (Point, Point) {
    let [dx, dy] = [to[0] - from[0], (to[1] - from[1]).abs()];
    // Going back left needs room to turn; going ahead, half the way is the calmest curve.
    let reach =
        if dx >= 0.0 { (dx / 2.0).max((dx + dy).min(48.0)) } else { (48.0 - dx / 2.0).min(220.0) + dy.min(60.0) };
    ([from[0] + reach, from[1]], [to[0] - reach, to[1]])
}

/// The `d` of an SVG path.
pub fn path(from: Point, to: Point) -> String {
    let (a, b) = handles(from, to);
    let [x0, y0] = from;
    let [x3, y3] = to;
    format!("M{x0:.1} {y0:.1}C{:.1} {:.1} {:.1} {:.1} {x3:.1} {y3:.1}", a[0], a[1], b[0], b[1])
}

/// A point of the curve; `t` from 0 to 1.
fn point_at(from: Point, to: Point, t: f64) -> Point {
    let (a, b) = handles(from, to);
    let s = 1.0 - t;
    [0, 1].map(|axis| {
        s * s * s * from[axis] + 3.0 * s * s * t * a[axis] + 3.0 * s * t * t * b[axis] + t * t * t * to[axis]
    })
}

/// Half the way along.
pub fn middle(from: Point, to: Point) -> Point {
    point_at(from, to, 0.5)
}

/// Whether the curve passes this point within `reach`.
pub fn passes(from: Point, to: Point, point: Point, reach: f64) -> bool {
    (0..=24).any(|step| distance(point_at(from, to, f64::from(step) / 24.0), point) <= reach)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_begins_and_ends_at_its_ports() {
        let (from, to) = ([0.0, 0.0], [300.0, 80.0]);
        assert_eq!(point_at(from, to, 0.0), from);
        assert_eq!(point_at(from, to, 1.0), to);
        assert_eq!(path(from, to), "M0.0 0.0C150.0 0.0 150.0 80.0 300.0 80.0");
    }

    #[test]
    fn a_wire_going_back_bulges_out_on_both_sides() {
        let (from, to) = ([300.0, 0.0], [0.0, 200.0]);
        assert!(point_at(from, to, 0.1)[0] > from[0]);
        assert!(point_at(from, to, 0.9)[0] < to[0]);
    }

    #[test]
    fn a_curve_passes_its_middle_and_not_what_is_far() {
        let (from, to) = ([0.0, 0.0], [300.0, 80.0]);
        assert_eq!(middle(from, to), [150.0, 40.0]);
        assert!(passes(from, to, [152.0, 41.0], 12.0));
        assert!(!passes(from, to, [150.0, 140.0], 40.0));
    }
}
