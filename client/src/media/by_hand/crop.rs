//! A box on a picture: drawn and moved by hand, or by keyboard, in the picture's own pixels.

use dioxus::prelude::*;
use shared::value::Media;

use crate::{
    api::blob_url,
    media::stage,
    ui::{Button, Dialog, Variant},
};

/// Left, top, width and height, in the picture's pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CropBox {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
}

impl CropBox {
    /// As a crop's settings have it: a side of 0 goes up to the edge.
    pub fn of([left, top, width, height]: [f64; 4], picture: [f64; 2]) -> Self {
        let side = |length: f64, start: f64, whole: f64| if length > 0.0 { length } else { whole - start };
        Self { left, top, width: side(width, left, picture[0]), height: side(height, top, picture[1]) }.within(picture)
    }

    /// Between two corners, whichever is which.
    fn between(a: [f64; 2], b: [f64; 2], picture: [f64; 2]) -> Self {
        let (left, top) = (a[0].min(b[0]), a[1].min(b[1]));
        Self { left, top, width: (a[0] - b[0]).abs(), height: (a[1] - b[1]).abs() }.within(picture)
    }

    /// In whole pixels, of at least one, and inside the picture.
    fn within(self, [width, height]: [f64; 2]) -> Self {
        let left = self.left.round().clamp(0.0, (width - 1.0).max(0.0));
        let top = self.top.round().clamp(0.0, (height - 1.0).max(0.0));
        Self {
            left,
            top,
            width: self.width.round().clamp(1.0, (width - left).max(1.0)),
            height: self.height.round().clamp(1.0, (height - top).max(1.0)),
        }
    }

    /// Moved as a whole: its size stays.
    fn moved(self, by: [f64; 2], [width, height]: [f64; 2]) -> Self {
        let left = (self.left + by[0]).clamp(0.0, (width - self.width).max(0.0));
        let top = (self.top + by[1]).clamp(0.0, (height - self.height).max(0.0));
        Self { left, top, ..self }.within([width, height])
    }

    fn has(&self, [x, y]: [f64; 2]) -> bool {
        (self.left..=self.left + self.width).contains(&x) && (self.top..=self.top + self.height).contains(&y)
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Hand {
    /// Draws a new box from this corner.
    Draw([f64; 2]),
    /// Moves the box: where the hand was last.
    Move([f64; 2]),
}

/// `onset` gets the box when the person is done.
#[component]
pub fn CropDialog(media: Media, start: CropBox, onset: EventHandler<CropBox>, onclose: EventHandler<()>) -> Element {
    let picture = [f64::from(media.width.unwrap_or(1)), f64::from(media.height.unwrap_or(1))];
    let mut cut = use_signal(|| start);
    let mut hand = use_signal(|| None::<Hand>);
    let mut frame = use_signal(|| [1.0f64, 1.0]);
    let in_picture = move |x: f64, y: f64| [x / frame()[0] * picture[0], y / frame()[1] * picture[1]];
    let CropBox { left, top, width, height } = cut();
    let percent = |part: f64, whole: f64| part / whole * 100.0;
    let style = format!(
        "left: {}%; top: {}%; width: {}%; height: {}%",
        percent(left, picture[0]),
        percent(top, picture[1]),
        percent(width, picture[0]),
        percent(height, picture[1])
    );
    rsx! {
        Dialog {
            title: "Cut out",
            wide: true,
            onclose,
            footer: rsx! {
                p { class: "quiet tabular crop-facts", role: "status", "{width} × {height} px, from {left}, {top}" }
                Button { onclick: move |_| cut.set(CropBox { left: 0.0, top: 0.0, width: picture[0], height: picture[1] }), "Whole picture" }
                Button { variant: Variant::Primary, onclick: move |_| onset.call(cut()), "Use this part" }
            },
            div {
                class: "crop",
                tabindex: "0",
                role: "group",
                aria_label: "Box on the picture: arrows move it, Shift and arrows change its size",
                style: stage(&media),
                onresize: move |event| {
                    if let Ok(size) = event.get_border_box_size() {
                        frame.set([size.width.max(1.0), size.height.max(1.0)]);
                    }
                },
                onpointerdown: move |event| {
                    event.prevent_default();
                    let at = event.element_coordinates();
                    let at = in_picture(at.x, at.y);
                    hand.set(Some(if cut().has(at) && cut() != start_of(picture) { Hand::Move(at) } else { Hand::Draw(at) }));
                },
                onpointermove: move |event| {
                    let at = event.element_coordinates();
                    let at = in_picture(at.x, at.y);
                    match hand() {
                        Some(Hand::Draw(corner)) => cut.set(CropBox::between(corner, at, picture)),
                        Some(Hand::Move(last)) => {
                            let next = cut().moved([at[0] - last[0], at[1] - last[1]], picture);
                            cut.set(next);
                            hand.set(Some(Hand::Move(at)));
                        }
                        None => {}
                    }
                },
                onpointerup: move |_| hand.set(None),
                onpointerleave: move |_| hand.set(None),
                onkeydown: move |event| {
                    let step = picture[0].max(picture[1]) / 100.0;
                    let by = match event.key() {
                        Key::ArrowLeft => [-step, 0.0],
                        Key::ArrowRight => [step, 0.0],
                        Key::ArrowUp => [0.0, -step],
                        Key::ArrowDown => [0.0, step],
                        _ => return,
                    };
                    event.prevent_default();
                    let now = cut();
                    let next = if event.modifiers().shift() {
                        CropBox { width: now.width + by[0], height: now.height + by[1], ..now }.within(picture)
                    } else {
                        now.moved(by, picture)
                    };
                    cut.set(next);
                },
                img { src: blob_url(&media.blob), alt: "", draggable: "false" }
                span { class: "crop-box", style, aria_hidden: "true" }
            }
        }
    }
}

fn start_of([width, height]: [f64; 2]) -> CropBox {
    CropBox { left: 0.0, top: 0.0, width, height }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PICTURE: [f64; 2] = [100.0, 50.0];

    #[test]
    fn a_side_of_0_goes_up_to_the_edge() {
        let cut = CropBox::of([10.0, 5.0, 0.0, 0.0], PICTURE);
        assert_eq!(cut, CropBox { left: 10.0, top: 5.0, width: 90.0, height: 45.0 });
    }

    #[test]
    fn corners_may_come_in_any_order_and_from_outside() {
        let cut = CropBox::between([30.0, 70.0], [-5.0, 10.4], PICTURE);
        assert_eq!(cut, CropBox { left: 0.0, top: 10.0, width: 35.0, height: 40.0 });
        assert_eq!(CropBox::between([7.0, 7.0], [7.0, 7.0], PICTURE).width, 1.0);
    }

    #[test]
    fn a_moved_box_keeps_its_size() {
        let cut = CropBox { left: 10.0, top: 10.0, width: 20.0, height: 20.0 }.moved([999.0, -999.0], PICTURE);
        assert_eq!(cut, CropBox { left: 80.0, top: 0.0, width: 20.0, height: 20.0 });
    }
}
