//! What a node made, large and first: the newest result, or an earlier one that this person looks at.

mod compare;
mod versions;

use dioxus::prelude::*;
use shared::{graph::Pin, id::NodeId, outputs::NodeOutput, run::NodeStatus, value::Values};

use crate::{
    canvas::{category, state::use_canvas},
    media::Shown,
    replica::view::CanvasViewStoreExt,
    ui::{Glyph, Icon, Size},
};

use compare::Compare;
use versions::Versions;
pub use versions::set_pin;

/// `blank`: the picture in the place of a picture or film that is still to come.
#[component]
pub fn Output(id: NodeId, blank: Option<Glyph>) -> Element {
    let canvas = use_canvas();
    // 0: the newest; above: earlier versions, a view of this person's alone.
    let mut version = use_signal(|| 0usize);
    let mut comparing = use_signal(|| false);
    let output = use_memo({
        let id = id.clone();
        move || canvas.view.outputs().get(id.clone()).map(|output| output.cloned())
    });
    let pin = use_memo({
        let id = id.clone();
        move || canvas.view.nodes().get(id.clone()).and_then(|node| node.read().pin.clone())
    });
    let stale = use_memo({
        let id = id.clone();
        move || canvas.view.stale().read().contains(&id)
    });
    let output = output.read();
    let pin = pin.read();
    let Some(output) = &*output else {
        // Pinned elsewhere, or in a copy: the pin is all there is.
        return match &*pin {
            Some(pin) => rsx! { div { class: "output", ValuesShown { values: pin.values.clone() } } },
            None => rsx! { Blank { glyph: blank } },
        };
    };
    let count = output.history.len().max(1);
    let chosen = version().min(count - 1);
    let running = !output.status.is_final();
    let values = shown_values(output, pin.as_ref(), chosen, running);
    let progress = output.progress.unwrap_or(0.0);
    let writing = running && !output.text.is_empty();
    let waiting = !writing && values.is_empty();
    if waiting && output.status != NodeStatus::Running {
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
                    aria_valuenow: output.progress.map(|part| format!("{:.0}", part * 100.0)),
                }
            }
            if waiting {
                Blank { glyph: blank }
            }
            if writing {
                div { class: "output-text writing", "data-scroll": "true", "data-output": "text", tabindex: "0", role: "group", aria_label: "Text that is being written",
                    "{output.text}"
                    span { class: "writing-caret", aria_hidden: "true" }
                }
            } else {
                ValuesShown { values: values.clone() }
            }
            if count > 1 && !running {
                Versions {
                    id: id.clone(),
                    history: output.history.clone(),
                    pin: pin.clone(),
                    chosen,
                    onchoose: move |to| version.set(to),
                    oncompare: move |()| comparing.set(true),
                }
            }
        }
        if comparing() {
            Compare { history: output.history.clone(), first: chosen, onclose: move |()| comparing.set(false) }
        }
    }
}

/// What is looked at: a preview while it runs, the chosen version, or the pinned result, which is what others get.
fn shown_values<'o>(output: &'o NodeOutput, pin: Option<&'o Pin>, chosen: usize, running: bool) -> &'o Values {
    if running && !output.preview.is_empty() {
        return &output.preview;
    }
    // The history begins with the newest, which stands in `values` as well.
    match (output.history.get(chosen).filter(|_| chosen > 0), pin) {
        (Some(earlier), _) => &earlier.values,
        (None, Some(pin)) if !running => &pin.values,
        (None, _) => &output.values,
    }
}

#[component]
fn ValuesShown(values: Values) -> Element {
    let many = values.len() > 1;
    rsx! {
        for (port , value) in values {
            div { key: "{port}", class: "output-value", "data-output": "{port}",
                if many {
                    span { class: "output-name", "{category::words(&port)}" }
                }
                Shown { value }
            }
        }
    }
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
