//! Points and boxes. All in one space at a time; the space is in the name of the variable.

pub type Point = [f64; 2];

pub fn plus(a: Point, b: Point) -> Point {
    [a[0] + b[0], a[1] + b[1]]
}

pub fn minus(a: Point, b: Point) -> Point {
    [a[0] - b[0], a[1] - b[1]]
}

pub fn distance(a: Point, b: Point) -> f64 {
    let [x, y] = minus(a, b);
    x.hypot(y)
}

/// Upper left corner and size. A size is never negative.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Rect {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

impl Rect {
    pub fn new(pos: Point, size: Point) -> Self {
        Self { x: pos[0], y: pos[1], width: size[0], height: size[1] }
    }

    /// The box between two corners, given in any order.
    pub fn between(a: Point, b: Point) -> Self {
        let pos = [a[0].min(b[0]), a[1].min(b[1])];
        Self::new(pos, [(a[0] - b[0]).abs(), (a[1] - b[1]).abs()])
    }

    /// The same box where a unit is so many times as large.
    pub fn scaled(&self, by: f64) -> Self {
        Self { x: self.x * by, y: self.y * by, width: self.width * by, height: self.height * by }
    }

    pub fn center(&self) -> Point {
        [self.x + self.width / 2.0, self.y + self.height / 2.0]
    }

    pub fn contains(&self, point: Point) -> bool {
        let [x, y] = point;
        x >= self.x && x <= self.x + self.width && y >= self.y && y <= self.y + self.height
    }

    /// Whether all of `other` lies within.
    pub fn covers(&self, other: &Rect) -> bool {
        self.contains([other.x, other.y]) && self.contains([other.x + other.width, other.y + other.height])
    }

    pub fn intersects(&self, other: &Rect) -> bool {
        self.x <= other.x + other.width
            && other.x <= self.x + self.width
            && self.y <= other.y + other.height
            && other.y <= self.y + self.height
    }

    /// Larger by `margin` on every side.
    pub fn inflate(&self, margin: f64) -> Self {
        Self {
            x: self.x - margin,
            y: self.y - margin,
            width: self.width + 2.0 * margin,
            height: self.height + 2.0 * margin,
        }
    }

    pub fn union(&self, other: &Rect) -> Self {
        let pos = [self.x.min(other.x), self.y.min(other.y)];
        let right = (self.x + self.width).max(other.x + other.width);
        let bottom = (self.y + self.height).max(other.y + other.height);
        Self::new(pos, [right - pos[0], bottom - pos[1]])
    }

    /// The smallest box around all of them; `None` of nothing.
    pub fn around(rects: impl IntoIterator<Item = Rect>) -> Option<Self> {
        rects.into_iter().reduce(|all, rect| all.union(&rect))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corners_may_come_in_any_order() {
        assert_eq!(Rect::between([10.0, 5.0], [0.0, 20.0]), Rect::new([0.0, 5.0], [10.0, 15.0]));
    }

    #[test]
    fn boxes_that_touch_intersect_and_boxes_apart_do_not() {
        let rect = Rect::new([0.0, 0.0], [10.0, 10.0]);
        assert!(rect.intersects(&Rect::new([10.0, 10.0], [5.0, 5.0])));
        assert!(!rect.intersects(&Rect::new([11.0, 0.0], [5.0, 5.0])));
    }

    #[test]
    fn a_union_reaches_around_both() {
        let rects = [Rect::new([0.0, 0.0], [1.0, 1.0]), Rect::new([9.0, -4.0], [1.0, 1.0])];
        assert_eq!(Rect::around(rects), Some(Rect::new([0.0, -4.0], [10.0, 5.0])));
        assert_eq!(Rect::around([]), None);
    }
}
