//! What a node made, large and first: film, picture, sound, text as it is written, or data.

use dioxus::prelude::*;
use shared::{
    id::NodeId,
    outputs::NodeOutput,
    run::NodeStatus,
    value::{Value, Values},
};

use crate::{
    canvas::{category, state::use_canvas},
    media::{FileLink, Film, Picture, Sound},
    replica::view::CanvasViewStoreExt,
    ui::{Glyph, Icon, IconButton, Size},
};

/// `blank`: the picture in the place of a picture or film that is still to come.
#[component]
pub fn Output(id: NodeId, blank: Option<Glyph>) -> Element {
    let canvas = use_canvas();
    // 0: the newest; above: earlier versions, a view of this person's alone.
    let mut version = use_signal(|| 0usize);
    let output = use_memo({
        let id = id.clone();
        move || canvas.view.outputs().get(id.clone()).map(|output| output.cloned())
    });
    let stale = use_memo(move || canvas.view.stale().read().contains(&id));
    let output = output.read();
    let Some(output) = &*output else { return rsx! { Blank { glyph: blank } } };
    let count = output.history.len().max(1);
    let chosen = version().min(count - 1);
    let running = !output.status.is_final();
    let values = if running && !output.preview.is_empty() { &output.preview } else { values_of(output, chosen) };
    let waiting = !writing_now(output) && values.is_empty();
    let progress = output.progress.unwrap_or(0.0);
    let writing = writing_now(output);
    if !writing && values.is_empty() && output.status != NodeStatus::Running {
        return rsx! { Blank { glyph: blank } };
    }
    rsx! {
        div {
            class: "output",
            "data-running": running,
            "data-stale": stale() || chosen > 0,
            if output.status == NodeStatus::Running {
                span {
                    class: "node-progress",
                    "data-unknown": output.progress.is_none(),
                    style: "--part: {progress}",
                    role: "progressbar",
                    aria_label: "Progress",
                    aria_valuenow: "{(progress * 100.0).round()}",
                }
            }
            if waiting {
                Blank { glyph: blank }
            }
            if writing {
                div { class: "output-text writing", "data-scroll": "true", "data-output": "text", aria_live: "polite",
                    "{output.text}"
                    span { class: "writing-caret", aria_hidden: "true" }
                }
            } else {
                for (port, value) in values.iter() {
                    div { key: "{port}", class: "output-value", "data-output": "{port}",
                        if values.len() > 1 {
                            span { class: "output-name", "{category::words(port)}" }
                        }
                        Shown { value: value.clone() }
                    }
                }
            }
            if count > 1 && !running {
                div { class: "versions",
                    IconButton {
                        glyph: Glyph::ArrowLeft,
                        label: "Earlier result",
                        size: Size::S,
                        disabled: chosen + 1 == count,
                        onclick: move |_| version.set(chosen + 1),
                    }
                    span { class: "tabular", "{count - chosen} of {count}" }
                    IconButton {
                        glyph: Glyph::ChevronRight,
                        label: "Later result",
                        size: Size::S,
                        disabled: chosen == 0,
                        onclick: move |_| version.set(chosen.saturating_sub(1)),
                    }
                }
            }
        }
    }
}

/// Text is coming in now.
fn writing_now(output: &NodeOutput) -> bool {
    !output.status.is_final() && !output.text.is_empty()
}

/// Where a picture or film will be, so that the card does not jump when it comes.
#[component]
fn Blank(glyph: Option<Glyph>) -> Element {
    let Some(glyph) = glyph else { return rsx! {} };
    rsx! {
        div { class: "output blank", aria_hidden: "true",
            Icon { glyph, size: Size::L }
        }
    }
}

fn values_of(output: &NodeOutput, version: usize) -> &Values {
    // The history begins with the newest, which stands in `values` as well.
    match output.history.get(version).filter(|_| version > 0) {
        Some(earlier) => &earlier.values,
        None => &output.values,
    }
}

/// How many items of a list are shown.
const SHOWN_ITEMS: usize = 12;
/// How much text is put on a card; all of it can be copied.
const SHOWN_CHARS: usize = 20_000;

#[component]
pub fn Shown(value: Value) -> Element {
    match value {
        Value::Text(text) => {
            let cut: String = text.chars().take(SHOWN_CHARS).collect();
            rsx! { div { class: "output-text", "data-scroll": "true", "data-control": "true", "{cut}" } }
        }
        Value::Number(number) => rsx! { p { class: "output-number tabular", "{number}" } },
        Value::Bool(yes) => rsx! { p { class: "output-number", if yes { "Yes" } else { "No" } } },
        Value::Json(json) => {
            let text = serde_json::to_string_pretty(&json).unwrap_or_default();
            let cut: String = text.chars().take(SHOWN_CHARS).collect();
            rsx! { pre { class: "output-json", "data-scroll": "true", "data-control": "true", "{cut}" } }
        }
        Value::Image(media) | Value::Mask(media) => rsx! { Picture { media } },
        Value::Video(media) => rsx! { Film { media } },
        Value::Audio(media) => rsx! { Sound { media } },
        Value::File(media) => rsx! { FileLink { media } },
        Value::Embedding(numbers) => rsx! { p { class: "output-number", "{numbers.len()} numbers" } },
        Value::List(items) => {
            let more = items.len().saturating_sub(SHOWN_ITEMS);
            rsx! {
                div { class: "output-list",
                    for item in items.into_iter().take(SHOWN_ITEMS) {
                        Shown { value: item }
                    }
                    if more > 0 {
                        p { class: "quiet", "and {more} more" }
                    }
                }
            }
        }
    }
}
