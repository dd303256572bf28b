//! A note: Markdown to read, and on a double click a field that several people write in at once.

use dioxus::prelude::*;
use shared::id::NodeId;

use crate::{
    canvas::state::{CanvasStateStoreExt, use_canvas},
    dom,
    replica::{PromptArea, view::CanvasViewStoreExt},
    ui::markdown,
};

/// The parameter that holds the words.
const TEXT: &str = "text";

#[component]
pub fn Note(id: NodeId) -> Element {
    let canvas = use_canvas();
    let text = use_memo({
        let id = id.clone();
        move || {
            let node = canvas.view.nodes().get(id.clone())?;
            let node = node.read();
            Some(node.params.get(TEXT)?.as_str()?.to_owned())
        }
    });
    let html = use_memo(move || text.read().as_deref().map(markdown::html).unwrap_or_default());
    let writing = canvas.state.renaming().read().as_ref() == Some(&id);
    let opened = id.clone();
    if writing {
        return rsx! {
            div {
                class: "note-writing",
                onmounted: move |_| {
                    // Not within the event: the focus fires events of its own.
                    spawn(async {
                        dom::focus_first(".note-writing textarea");
                    });
                },
                onfocusout: move |_| canvas.state.renaming().set(None),
                onkeydown: move |event| {
                    if event.key() == Key::Escape {
                        event.stop_propagation();
                        dom::leave_field();
                    }
                },
                PromptArea { node: id, param: TEXT, class: "note-field", label: "Note", placeholder: "Write here, in Markdown" }
            }
        };
    }
    rsx! {
        div {
            class: "note-words",
            ondoubleclick: move |event| {
                event.stop_propagation();
                if canvas.writable() {
                    canvas.state.renaming().set(Some(opened.clone()));
                }
            },
            if html.read().is_empty() {
                p { class: "quiet", if canvas.writable() { "Double-click to write." } else { "Nothing is written here." } }
            } else {
                div { class: "note-html", dangerous_inner_html: "{html}" }
            }
        }
    }
}
