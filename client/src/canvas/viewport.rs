//! Where the person looks: the one transform between canvas units and pixels on screen.
//!
//! Pure maths. Screen points are relative to the upper left corner of the canvas element.

use super::geometry::{Point, Rect};

pub const ZOOM_MIN: f64 = 0.05;
pub const ZOOM_MAX: f64 = 4.0;
/// Below this the text of a node cannot be read anyway, and boxes are drawn.
pub const BOXES_BELOW: f64 = 0.45;
/// Below this nobody sets a slider: cards show what is set as words, except the one that somebody turns to.
pub const QUIET_BELOW: f64 = 0.7;
/// Fitting never makes things larger than life.
const FIT_MAX: f64 = 1.0;
const FIT_MARGIN: f64 = 72.0;
/// Narrower screens, in pixels, are phones held upright.
const NARROW: f64 = 640.0;
/// What stays free on a phone beside the first node and above it, where the bars are.
const NARROW_MARGIN: Point = [24.0, 88.0];
/// The drawn region moves in steps of this many screen pixels, so that panning seldom changes what is drawn. Small steps:
/// each card that is drawn and not seen costs the browser in every frame in which anything moves.
const CULL_STEP: f64 = 32.0;

/// `screen = canvas * zoom + pan`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Viewport {
    pub pan: Point,
    pub zoom: f64,
}

impl Default for Viewport {
    fn default() -> Self {
        Self { pan: [0.0, 0.0], zoom: 1.0 }
    }
}

impl Viewport {
    pub fn screen_from_canvas(&self, point: Point) -> Point {
        [point[0] * self.zoom + self.pan[0], point[1] * self.zoom + self.pan[1]]
    }

    pub fn canvas_from_screen(&self, point: Point) -> Point {
        [(point[0] - self.pan[0]) / self.zoom, (point[1] - self.pan[1]) / self.zoom]
    }

    pub fn panned(&self, by_screen: Point) -> Self {
        Self { pan: [self.pan[0] + by_screen[0], self.pan[1] + by_screen[1]], zoom: self.zoom }
    }

    /// Zooms by `factor`; what is under `at_screen` stays there.
    pub fn zoomed(&self, at_screen: Point, factor: f64) -> Self {
        let zoom = (self.zoom * factor).clamp(ZOOM_MIN, ZOOM_MAX);
        let real = zoom / self.zoom;
        let pan = [0, 1].map(|axis| at_screen[axis] - (at_screen[axis] - self.pan[axis]) * real);
        Self { pan, zoom }
    }

    /// The part of the canvas that a screen of this size shows.
    pub fn visible(&self, screen_size: Point) -> Rect {
        let pos = self.canvas_from_screen([0.0, 0.0]);
        Rect::new(pos, [screen_size[0] / self.zoom, screen_size[1] / self.zoom])
    }

    /// What to draw: the visible part and a margin, snapped outwards so that it changes seldom.
    pub fn drawn(&self, screen_size: Point) -> Rect {
        // Steps of whole powers of two, so that zooming, too, seldom changes what is drawn.
        let step = CULL_STEP / self.zoom.log2().floor().exp2();
        let visible = self.visible(screen_size);
        let floor = |value: f64| (value / step).floor() * step;
        let ceil = |value: f64| (value / step).ceil() * step;
        let [left, top] = [floor(visible.x), floor(visible.y)];
        let right = ceil(visible.x + visible.width);
        let bottom = ceil(visible.y + visible.height);
        Rect::new([left, top], [right - left, bottom - top]).inflate(step / 4.0)
    }

    /// What to draw while the view moves: what is drawn already, as long as it shows everything in sight, else half a
    /// screen more on every side.
    pub fn drawn_ahead(&self, screen_size: Point, now: Rect) -> Rect {
        let visible = self.visible(screen_size);
        if now.covers(&visible) { now } else { visible.inflate(visible.width.min(visible.height) / 2.0) }
    }

    /// The viewport that shows all of `content` in the middle.
    pub fn fitting(content: Rect, screen_size: Point) -> Self {
        // Bars float over the surface: what is fitted keeps clear of them.
        let room = screen_size.map(|length| (length - 2.0 * FIT_MARGIN).max(80.0));
        let zoom = (room[0] / content.width.max(1.0)).min(room[1] / content.height.max(1.0));
        let zoom = zoom.clamp(ZOOM_MIN, FIT_MAX);
        Self::centered(content.center(), zoom, screen_size)
    }

    /// Where somebody begins who opens a workflow: before everything, or, on a phone where that would be boxes without
    /// words, before its first node.
    pub fn opening(content: Rect, first: Rect, screen_size: Point) -> Self {
        let everything = Self::fitting(content, screen_size);
        if screen_size[0] >= NARROW || !everything.draws_boxes() {
            return everything;
        }
        let zoom = ((screen_size[0] - 2.0 * NARROW_MARGIN[0]) / first.width.max(1.0)).clamp(BOXES_BELOW, FIT_MAX);
        let left = (screen_size[0] - first.width * zoom) / 2.0;
        Self { pan: [left - first.x * zoom, NARROW_MARGIN[1] - first.y * zoom], zoom }
    }

    pub fn centered(center_canvas: Point, zoom: f64, screen_size: Point) -> Self {
        let pan = [0, 1].map(|axis| screen_size[axis] / 2.0 - center_canvas[axis] * zoom);
        Self { pan, zoom }
    }

    /// Whether cards are only looked at.
    pub fn is_quiet(&self) -> bool {
        self.zoom < QUIET_BELOW
    }

    pub fn draws_boxes(&self) -> bool {
        self.zoom < BOXES_BELOW
    }
}

/// How far one wheel event zooms. Proportional to the way the wheel went: pinching sends many small steps, a notched
/// wheel few large ones, which are capped so that one notch never jumps.
pub fn wheel_factor(delta_y: f64) -> f64 {
    (-delta_y.clamp(-60.0, 60.0) * 0.008).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCREEN: Point = [1200.0, 800.0];

    fn close(a: Point, b: Point) -> bool {
        (a[0] - b[0]).abs() < 1e-9 && (a[1] - b[1]).abs() < 1e-9
    }

    #[test]
    fn the_two_spaces_are_inverse() {
        let viewport = Viewport { pan: [31.0, -8.5], zoom: 0.7 };
        let point = [123.4, -99.0];
        assert!(close(viewport.canvas_from_screen(viewport.screen_from_canvas(point)), point));
    }

    #[test]
    fn zooming_keeps_what_is_under_the_pointer() {
        let viewport = Viewport { pan: [31.0, -8.5], zoom: 0.7 };
        let pointer = [640.0, 200.0];
        let before = viewport.canvas_from_screen(pointer);
        for factor in [0.2, 0.9, 1.3, 40.0] {
            assert!(close(viewport.zoomed(pointer, factor).canvas_from_screen(pointer), before));
        }
    }

    #[test]
    fn on_the_way_what_is_drawn_stays_until_something_else_comes_into_sight() {
        let rest = Viewport::default();
        let first = rest.drawn(SCREEN);
        let moved = rest.panned([-5.0, 0.0]);
        assert_eq!(moved.drawn_ahead(SCREEN, first), first);
        let further = rest.panned([-160.0, 0.0]);
        let ahead = further.drawn_ahead(SCREEN, first);
        assert!(ahead.covers(&further.visible(SCREEN)) && ahead != first);
        assert_eq!(further.panned([-399.0, 0.0]).drawn_ahead(SCREEN, ahead), ahead, "half a screen's height further");
        assert_ne!(further.panned([-401.0, 0.0]).drawn_ahead(SCREEN, ahead), ahead);
    }

    #[test]
    fn zoom_stays_between_a_twentieth_and_four() {
        let viewport = Viewport::default();
        assert_eq!(viewport.zoomed([0.0, 0.0], 1e6).zoom, ZOOM_MAX);
        assert_eq!(viewport.zoomed([0.0, 0.0], 1e-6).zoom, ZOOM_MIN);
    }

    #[test]
    fn fitting_shows_everything() {
        let content = Rect::new([-500.0, 40.0], [9000.0, 2000.0]);
        let viewport = Viewport::fitting(content, SCREEN);
        let visible = viewport.visible(SCREEN);
        assert!(visible.contains([content.x, content.y]));
        assert!(visible.contains([content.x + content.width, content.y + content.height]));
    }

    #[test]
    fn fitting_one_small_thing_does_not_blow_it_up() {
        let viewport = Viewport::fitting(Rect::new([0.0, 0.0], [10.0, 10.0]), SCREEN);
        assert_eq!(viewport.zoom, 1.0);
        assert!(close(viewport.screen_from_canvas([5.0, 5.0]), [600.0, 400.0]));
    }

    #[test]
    fn a_phone_opens_a_wide_workflow_at_its_first_node() {
        let (content, first) = (Rect::new([-500.0, 40.0], [4000.0, 900.0]), Rect::new([-500.0, 300.0], [320.0, 400.0]));
        let phone = [390.0, 844.0];
        let viewport = Viewport::opening(content, first, phone);
        assert!(!viewport.draws_boxes());
        let [left, top] = viewport.screen_from_canvas([first.x, first.y]);
        let right = viewport.screen_from_canvas([first.x + first.width, first.y])[0];
        assert!(left >= 24.0 && right <= 366.0 && top == 88.0, "{left} {right} {top}");
        assert_eq!(Viewport::opening(content, first, SCREEN), Viewport::fitting(content, SCREEN));
        assert_eq!(Viewport::opening(first, first, phone), Viewport::fitting(first, phone));
    }

    #[test]
    fn small_pans_draw_the_same_region() {
        let viewport = Viewport { pan: [-100.0, -100.0], zoom: 1.0 };
        assert_eq!(viewport.drawn(SCREEN), viewport.panned([-10.0, -10.0]).drawn(SCREEN));
        let drawn = viewport.drawn(SCREEN);
        assert!(drawn.contains([100.0, 100.0]) && drawn.contains([1300.0, 900.0]));
    }

    #[test]
    fn a_wheel_notch_and_its_reverse_cancel() {
        assert!((wheel_factor(120.0) * wheel_factor(-120.0) - 1.0).abs() < 1e-12);
        assert!(wheel_factor(-3.0) > 1.0 && wheel_factor(-3.0) < 1.05);
    }
}
