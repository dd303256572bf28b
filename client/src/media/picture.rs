//! A picture, and a closer look at it: zoom at the pointer, drag, keys.

use dioxus::prelude::*;
use shared::value::Media;

use super::{aspect, facts};
use crate::{
    api::blob_url,
    ui::{Dialog, Glyph, Icon, IconButton, Size},
};

const ZOOM_MAX: f64 = 16.0;

#[component]
pub fn Picture(media: Media, #[props(default)] label: String) -> Element {
    let mut close_up = use_signal(|| false);
    let name = if label.is_empty() { media.name.clone().unwrap_or_else(|| "Result".into()) } else { label };
    rsx! {
        div { class: "picture-frame",
            img {
                class: "picture",
                src: blob_url(&media.blob),
                alt: "{name}",
                style: aspect(&media).map(|ratio| format!("aspect-ratio: {ratio}")),
                draggable: "false",
                loading: "lazy",
                decoding: "async",
            }
            div { class: "picture-tools",
                IconButton { glyph: Glyph::Maximize2, label: "Look closer", size: Size::S, onclick: move |_| close_up.set(true) }
            }
        }
        if close_up() {
            CloseUp { media: media.clone(), name: name.clone(), onclose: move |()| close_up.set(false) }
        }
    }
}

/// How a picture is looked at: by how much it is enlarged, and where its upper left corner is, as a share of the frame.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Look {
    zoom: f64,
    at: [f64; 2],
}

impl Look {
    const WHOLE: Self = Self { zoom: 1.0, at: [0.0, 0.0] };

    /// Enlarged so that the point of the picture under `point` stays there.
    fn zoomed(self, point: [f64; 2], factor: f64) -> Self {
        let zoom = (self.zoom * factor).clamp(1.0, ZOOM_MAX);
        let at = [0, 1].map(|axis| point[axis] - (point[axis] - self.at[axis]) * zoom / self.zoom);
        Self { zoom, at }.within()
    }

    fn moved(self, by: [f64; 2]) -> Self {
        Self { at: [self.at[0] + by[0], self.at[1] + by[1]], ..self }.within()
    }

    /// The picture always fills the frame.
    fn within(self) -> Self {
        Self { at: self.at.map(|at| at.clamp(1.0 - self.zoom, 0.0)), ..self }
    }
}

#[component]
fn CloseUp(media: Media, name: String, onclose: EventHandler<()>) -> Element {
    let mut look = use_signal(|| Look::WHOLE);
    let mut held = use_signal(|| None::<[f64; 2]>);
    let mut frame = use_signal(|| [1.0f64, 1.0]);
    let Look { zoom, at } = look();
    let (x, y) = (at[0] * 100.0, at[1] * 100.0);
    let percent = (zoom * 100.0).round();
    rsx! {
        Dialog { title: "{name}", wide: true, onclose,
            div {
                class: "close-up",
                tabindex: "0",
                role: "group",
                aria_label: "Picture at {percent} percent: plus, minus and arrows",
                style: aspect(&media).map(|ratio| format!("aspect-ratio: {ratio}")),
                onresize: move |event| {
                    if let Ok(size) = event.get_border_box_size() {
                        frame.set([size.width.max(1.0), size.height.max(1.0)]);
                    }
                },
                onwheel: move |event| {
                    event.prevent_default();
                    event.stop_propagation();
                    let down = event.delta().strip_units().y;
                    let point = event.element_coordinates();
                    let [width, height] = frame();
                    let next = look().zoomed([point.x / width, point.y / height], (-down * 0.002).exp());
                    look.set(next);
                },
                onpointerdown: move |event| {
                    let point = event.client_coordinates();
                    held.set(Some([point.x, point.y]));
                },
                onpointermove: move |event| {
                    let Some(last) = held() else { return };
                    let point = event.client_coordinates();
                    let [width, height] = frame();
                    let next = look().moved([(point.x - last[0]) / width, (point.y - last[1]) / height]);
                    look.set(next);
                    held.set(Some([point.x, point.y]));
                },
                onpointerup: move |_| held.set(None),
                onpointerleave: move |_| held.set(None),
                onkeydown: move |event| {
                    let next = match event.key() {
                        Key::Character(key) if key == "+" || key == "=" => look().zoomed([0.5, 0.5], 1.5),
                        Key::Character(key) if key == "-" => look().zoomed([0.5, 0.5], 1.0 / 1.5),
                        Key::ArrowLeft => look().moved([0.1, 0.0]),
                        Key::ArrowRight => look().moved([-0.1, 0.0]),
                        Key::ArrowUp => look().moved([0.0, 0.1]),
                        Key::ArrowDown => look().moved([0.0, -0.1]),
                        _ => return,
                    };
                    event.prevent_default();
                    look.set(next);
                },
                img {
                    src: blob_url(&media.blob),
                    alt: "{name}",
                    draggable: "false",
                    style: "transform: translate({x}%, {y}%) scale({zoom})",
                }
            }
            div { class: "close-up-foot",
                span { class: "quiet tabular", "{facts(&media)}" }
                IconButton { glyph: Glyph::ZoomOut, label: "Smaller", disabled: zoom <= 1.0, onclick: move |_| { let next = look().zoomed([0.5, 0.5], 1.0 / 1.5); look.set(next); } }
                span { class: "tabular close-up-zoom", role: "status", "{percent} %" }
                IconButton { glyph: Glyph::ZoomIn, label: "Larger", disabled: zoom >= ZOOM_MAX, onclick: move |_| { let next = look().zoomed([0.5, 0.5], 1.5); look.set(next); } }
                a { class: "icon-button", href: blob_url(&media.blob), download: "{name}", aria_label: "Download",
                    Icon { glyph: Glyph::Download }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_under_the_pointer_stays_there() {
        let look = Look::WHOLE.zoomed([0.25, 0.5], 2.0);
        assert_eq!(look, Look { zoom: 2.0, at: [-0.25, -0.5] });
        assert_eq!(look.zoomed([0.25, 0.5], 0.5), Look::WHOLE);
    }

    #[test]
    fn a_picture_cannot_be_lost() {
        assert_eq!(Look::WHOLE.moved([5.0, -5.0]), Look::WHOLE);
        let look = Look::WHOLE.zoomed([0.0, 0.0], 4.0).moved([-99.0, 99.0]);
        assert_eq!(look.at, [-3.0, 0.0]);
        assert_eq!(Look::WHOLE.zoomed([0.5, 0.5], 1e9).zoom, ZOOM_MAX);
    }
}
