//! A mask painted on a picture: a brush and a rubber of any size, by mouse, pen or finger, and every stroke can be taken
//! back. What comes out is a PNG of the picture's size: white where it was painted.

use dioxus::{prelude::*, web::WebEventExt};
use shared::value::Media;

use super::painting::{Painting, Step};
use crate::{
    api::blob_url,
    dom::{File, Paint},
    media::stage,
    ui::{Button, Dialog, Glyph, IconButton, Segment, Segmented, Slider, Variant},
};

/// Seen on any picture; what is written down is white.
const COLOR: [u8; 3] = [255, 64, 129];
const BRUSH_MIN: f64 = 2.0;

/// `start`: a mask to go on with. `onset` gets the file when the person is done.
#[component]
pub fn MaskDialog(media: Media, start: Option<Media>, onset: EventHandler<File>, onclose: EventHandler<()>) -> Element {
    let picture = [media.width.unwrap_or(1), media.height.unwrap_or(1)];
    let largest = f64::from(picture[0].min(picture[1])) / 2.0;
    let mut painting = use_signal(Painting::default);
    let mut paint = use_signal(|| None::<Paint>);
    let mut width = use_signal(|| (largest / 5.0).max(BRUSH_MIN).round());
    let mut erases = use_signal(|| false);
    let mut held = use_signal(|| false);
    let mut busy = use_signal(|| false);
    let mut over = use_signal(|| None::<[f64; 2]>);
    let mut frame = use_signal(|| [1.0f64, 1.0]);
    let in_picture = move |x: f64, y: f64| {
        let [w, h] = frame();
        [x / w * f64::from(picture[0]), y / h * f64::from(picture[1])]
    };
    let start_url = start.map(|mask| blob_url(&mask.blob));
    let redraw = use_callback({
        let start_url = start_url.clone();
        move |()| {
            let Some(paint) = paint.peek().clone() else { return };
            let start_url = start_url.clone();
            spawn(async move {
                paint.clear();
                if let Some(url) = start_url {
                    paint.trace(&url, COLOR).await;
                }
                // Read only now: the hand may have gone on while the picture was loaded.
                for step in painting.peek().steps() {
                    show(&paint, step);
                }
            });
        }
    });
    let mut step = move |step: Step| {
        if let Some(paint) = paint.peek().as_ref() {
            show(paint, &step);
        }
        painting.write().begin(step);
    };
    let mut take_back = move || {
        painting.write().undo();
        redraw.call(());
    };
    let mut bring_back = move || {
        painting.write().redo();
        redraw.call(());
    };
    let (can_undo, can_redo) = (painting.read().can_undo(), painting.read().can_redo());
    let ring = over().map(|[x, y]| {
        let size = width() * frame()[0] / f64::from(picture[0]);
        format!("translate: {}px {}px; width: {size}px; height: {size}px", x - size / 2.0, y - size / 2.0)
    });
    let name = "mask.png";
    rsx! {
        Dialog {
            title: "Paint a mask",
            wide: true,
            onclose,
            footer: rsx! {
                Button { onclick: move |_| step(Step::Clear), "Clear" }
                Button { onclick: move |_| step(Step::Invert), "Invert" }
                span { class: "mask-gap" }
                Button {
                    variant: Variant::Primary,
                    busy: busy(),
                    onclick: move |_| {
                        let Some(paint) = paint.peek().clone() else { return };
                        busy.set(true);
                        spawn(async move {
                            if let Some(file) = paint.png(name).await {
                                onset.call(file);
                            }
                            busy.set(false);
                        });
                    },
                    "Use this mask"
                }
            },
            div { class: "mask-tools",
                Segmented {
                    label: "Tool",
                    name: "mask-tool",
                    value: if erases() { "erase" } else { "paint" },
                    options: vec![
                        Segment::with("paint", "Paint", Glyph::Paintbrush),
                        Segment::with("erase", "Erase", Glyph::Eraser),
                    ],
                    onchange: move |value| erases.set(value == "erase"),
                }
                span { class: "quiet", "Brush" }
                Slider {
                    label: "Size of the brush, in pixels of the picture",
                    value: width(),
                    min: BRUSH_MIN,
                    max: largest.max(BRUSH_MIN + 1.0),
                    step: 1.0,
                    oninput: move |value| width.set(value),
                    onchange: |_| {},
                }
                span { class: "tabular quiet mask-size", "{width()} px" }
                IconButton { glyph: Glyph::Undo2, label: "Take the last stroke back", disabled: !can_undo, onclick: move |_| take_back() }
                IconButton { glyph: Glyph::Redo2, label: "Bring the stroke back", disabled: !can_redo, onclick: move |_| bring_back() }
            }
            div {
                class: "mask",
                tabindex: "0",
                role: "group",
                aria_label: "Picture to paint on. Brackets change the size of the brush, E changes between brush and rubber",
                style: stage(&media),
                onresize: move |event| {
                    if let Ok(size) = event.get_border_box_size() {
                        frame.set([size.width.max(1.0), size.height.max(1.0)]);
                    }
                },
                onkeydown: move |event| {
                    let Key::Character(key) = event.key() else { return };
                    let command = event.modifiers().ctrl() || event.modifiers().meta();
                    match key.as_str() {
                        "z" if command && !event.modifiers().shift() => take_back(),
                        "z" | "Z" | "y" if command => bring_back(),
                        "[" => width.set((width() / 1.25).max(BRUSH_MIN).round()),
                        "]" => width.set((width() * 1.25).min(largest.max(BRUSH_MIN)).round()),
                        "e" => erases.toggle(),
                        _ => return,
                    }
                    event.prevent_default();
                },
                img { src: blob_url(&media.blob), alt: "", draggable: "false" }
                canvas {
                    width: "{picture[0]}",
                    height: "{picture[1]}",
                    onmounted: move |event| {
                        paint.set(Paint::from_element(&event.as_web_event()));
                        redraw.call(());
                    },
                    onpointerdown: move |event| {
                        event.prevent_default();
                        if let Some(paint) = paint.peek().as_ref() {
                            paint.hold(event.pointer_id());
                        }
                        let at = event.element_coordinates();
                        let points = vec![in_picture(at.x, at.y)];
                        step(Step::Stroke { points, width: width(), erases: erases() });
                        held.set(true);
                    },
                    onpointermove: move |event| {
                        let at = event.element_coordinates();
                        over.set(Some([at.x, at.y]));
                        if held() {
                            let new = painting.write().extend(in_picture(at.x, at.y));
                            if let (Some(dab), Some(paint)) = (new, paint.peek().as_ref()) {
                                paint.dab(dab, &css());
                            }
                        }
                    },
                    onpointerup: move |_| held.set(false),
                    onpointercancel: move |_| held.set(false),
                    onpointerleave: move |_| over.set(None),
                }
                if let Some(ring) = ring {
                    span { class: "mask-ring", "data-erases": erases(), style: ring, aria_hidden: "true" }
                }
            }
        }
    }
}

fn show(paint: &Paint, step: &Step) {
    match step {
        Step::Stroke { .. } => step.dabs().into_iter().for_each(|dab| paint.dab(dab, &css())),
        Step::Clear => paint.clear(),
        Step::Invert => paint.invert(&css()),
    }
}

fn css() -> String {
    let [red, green, blue] = COLOR;
    format!("rgb({red} {green} {blue})")
}
