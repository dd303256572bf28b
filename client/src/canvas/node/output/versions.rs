//! The versions of a result as a strip: flip through them, compare two, keep one, take its seed.

use dioxus::prelude::*;
use shared::{
    graph::Pin,
    id::NodeId,
    node::ParamKind,
    outputs::OutputVersion,
    value::{Value, Values},
};

use crate::{
    api::blob_url,
    canvas::state::{Canvas, use_canvas},
    dom,
    media::poster_of,
    replica::view::CanvasViewStoreExt,
    ui::{Glyph, Icon, IconButton, Size, Toaster, Tone, use_toaster},
};

#[component]
pub fn Versions(
    id: NodeId,
    history: Vec<OutputVersion>,
    pin: Option<Pin>,
    chosen: usize,
    onchoose: EventHandler<usize>,
    oncompare: EventHandler<()>,
) -> Element {
    let canvas = use_canvas();
    let toaster = use_toaster();
    let count = history.len();
    let current = history.get(chosen).cloned();
    let pinned = pin.as_ref().is_some_and(|pin| current.as_ref().is_some_and(|version| version.values == pin.values));
    let seed = current.as_ref().and_then(|version| version.seed).filter(|_| canvas.writable());
    let seed_param = seed.and_then(|_| seed_param(canvas, &id));
    let taken = id.clone();
    rsx! {
        div { class: "versions", role: "group", aria_label: "Versions of this result", "data-control": "true",
            IconButton {
                glyph: Glyph::ChevronLeft,
                label: "Earlier result",
                size: Size::S,
                disabled: chosen + 1 >= count,
                onclick: move |_| onchoose.call(chosen + 1),
            }
            div { class: "version-strip",
                // The newest stands at the right, as in a film strip.
                for (index , version) in history.iter().enumerate().rev() {
                    button {
                        key: "{version.run}",
                        class: "version-thumb",
                        r#type: "button",
                        aria_label: "Result {count - index} of {count}, made at {dom::time_of(&version.finished_at)}",
                        aria_pressed: if index == chosen { "true" } else { "false" },
                        "data-pinned": pin.as_ref().is_some_and(|pin| pin.values == version.values),
                        onclick: move |_| onchoose.call(index),
                        Thumb { values: version.values.clone(), number: count - index }
                    }
                }
            }
            IconButton {
                glyph: Glyph::ChevronRight,
                label: "Later result",
                size: Size::S,
                disabled: chosen == 0,
                onclick: move |_| onchoose.call(chosen.saturating_sub(1)),
            }
            IconButton { glyph: Glyph::Columns2, label: "Compare results", size: Size::S, onclick: move |_| oncompare.call(()) }
            if let (Some(seed), Some(param)) = (seed, seed_param) {
                IconButton {
                    glyph: Glyph::RotateCcw,
                    label: "Use its seed, {seed}",
                    size: Size::S,
                    onclick: move |_| {
                        canvas.replica().edit("use a seed", |edit| edit.set_param(&taken, &param, seed.into()));
                        canvas.replica().end_gesture();
                    },
                }
            }
            IconButton {
                glyph: if pinned { Glyph::PinOff } else { Glyph::Pin },
                label: if pinned { "Let it run again" } else { "Keep this result" },
                size: Size::S,
                pressed: pinned,
                disabled: !canvas.writable(),
                onclick: move |_| {
                    let next = if pinned { None } else { current.as_ref() };
                    set_pin(canvas, &id, next, toaster);
                },
            }
        }
    }
}

/// Keeps a version as the node's result; `None` lets the node run again.
pub fn set_pin(canvas: Canvas, id: &NodeId, version: Option<&OutputVersion>, toaster: Toaster) {
    let pin = version.map(|version| Pin { values: version.values.clone(), run: Some(version.run), seed: version.seed });
    let label = if pin.is_some() { "keep a result" } else { "let go of a result" };
    let kept = canvas.replica().edit(label, |edit| edit.set_pin(id, pin.as_ref()));
    canvas.replica().end_gesture();
    if kept == Some(false) {
        toaster.say(Tone::Danger, "This result is too large to be kept in the workflow.");
    }
}

fn seed_param(canvas: Canvas, id: &NodeId) -> Option<String> {
    let node = canvas.view.nodes().get(id.clone())?;
    let catalog = canvas.catalog();
    let spec = catalog.get(&node.read().node_type)?;
    spec.params.iter().find(|param| param.kind == ParamKind::Seed).map(|param| param.name.clone())
}

#[component]
fn Thumb(values: Values, number: usize) -> Element {
    if let Some(poster) = values.values().find_map(poster_of) {
        return rsx! { img { src: blob_url(&poster), alt: "", loading: "lazy", draggable: "false" } };
    }
    match values.values().next() {
        Some(Value::Text(text)) => {
            let words: String = text.chars().take(24).collect();
            rsx! { span { class: "thumb-words", aria_hidden: "true", "{words}" } }
        }
        Some(Value::Audio(_)) => rsx! { Icon { glyph: Glyph::AudioLines, size: Size::S } },
        _ => rsx! { span { class: "tabular", "{number}" } },
    }
}
