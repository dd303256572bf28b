//! What changed since the version that is looked at, as a list to read.

use dioxus::prelude::*;
use shared::{diff::TextPiece, id::NodeId};

use super::lines::{Detail, Line, lines};
use crate::canvas::state::{CanvasStateStoreExt, use_canvas};

#[component]
pub fn ChangeList() -> Element {
    let canvas = use_canvas();
    let lines = use_memo(move || {
        let (diff, preview) = (canvas.since.read().clone()?, canvas.state.preview().cloned()?);
        Some(lines(&diff, &preview.graph, &canvas.replica().graph(), &canvas.catalog()))
    });
    let Some(lines) = lines() else { return rsx! {} };
    if lines.is_empty() {
        return rsx! { p { class: "version-since quiet", "Nothing changed since." } };
    }
    rsx! {
        p { class: "version-since", "Since this version" }
        ul { class: "change-list", aria_label: "Changes since this version",
            for (n , line) in lines.into_iter().enumerate() {
                li { key: "{n}", Row { line } }
            }
        }
    }
}

#[component]
fn Row(line: Line) -> Element {
    let canvas = use_canvas();
    let show = move |node: &NodeId| canvas.fit(Some([node.clone()].into()));
    rsx! {
        div { class: "change", "data-change": line.kind.as_str(),
            div { class: "change-head",
                span { class: "change-kind", "{line.kind.word()}" }
                if let Some(node) = line.node.clone() {
                    button { class: "change-title", r#type: "button", "data-tip": "Show it", onclick: move |_| show(&node), "{line.title}" }
                } else {
                    span { class: "change-title", "{line.title}" }
                }
            }
            for (n , detail) in line.details.into_iter().enumerate() {
                match detail {
                    Detail::Value { field, old, new } => rsx! {
                        p { key: "{n}", class: "change-value",
                            span { "{field}" }
                            del { "{old}" }
                            span { "aria-hidden": "true", "→" }
                            ins { "{new}" }
                        }
                    },
                    Detail::Text { field, pieces } => rsx! {
                        div { key: "{n}", class: "change-text",
                            span { "{field}" }
                            p {
                                for piece in pieces {
                                    match piece {
                                        TextPiece::Same(text) => rsx! { "{text}" },
                                        TextPiece::Removed(text) => rsx! { del { "{text}" } },
                                        TextPiece::Added(text) => rsx! { ins { "{text}" } },
                                    }
                                }
                            }
                        }
                    },
                }
            }
        }
    }
}
