//! A value as people see it: film, picture, sound, text, tree, table, grid. The same on cards, in the app view, in lists.

mod grid;
mod table;
mod tree;

use dioxus::prelude::*;
use shared::value::Value;

use super::{FileLink, Film, Picture, Sound};
use crate::ui::{Segment, Segmented};

use grid::Grid;
use table::{Table, rows_of};
use tree::Tree;

/// How much text is put on a page; all of it can be copied or downloaded.
const SHOWN_CHARS: usize = 20_000;

#[component]
pub fn Shown(value: Value) -> Element {
    match value {
        Value::Text(text) => {
            let cut: String = text.chars().take(SHOWN_CHARS).collect();
            let rest = text.chars().count().saturating_sub(SHOWN_CHARS);
            rsx! {
                div { class: "output-text", "data-scroll": "true", "data-control": "true", tabindex: "0", role: "group", aria_label: "Text",
                    "{cut}"
                    if rest > 0 {
                        span { class: "quiet", "… and {rest} more characters" }
                    }
                }
            }
        }
        Value::Number(number) => rsx! { p { class: "output-number tabular", "{number}" } },
        Value::Bool(yes) => rsx! { p { class: "output-number", if yes { "Yes" } else { "No" } } },
        Value::Json(json) => rsx! { Data { json } },
        Value::Image(media) | Value::Mask(media) => rsx! { Picture { media } },
        Value::Video(media) => rsx! { Film { media } },
        Value::Audio(media) => rsx! { Sound { media } },
        Value::File(media) => rsx! { FileLink { media } },
        Value::Embedding(numbers) => rsx! { p { class: "output-number", "{numbers.len()} numbers" } },
        Value::List(items) => rsx! { Grid { items } },
    }
}

/// A tree, and a table where the data has rows.
#[component]
fn Data(json: serde_json::Value) -> Element {
    let rows = rows_of(&json);
    let mut as_tree = use_signal(|| false);
    let name = use_hook(|| format!("data-{}", crate::dom::random()));
    let Some(rows) = rows else { return rsx! { Tree { json } } };
    rsx! {
        div { class: "data",
            Segmented {
                label: "Show as",
                name,
                value: if as_tree() { "tree" } else { "table" },
                options: vec![Segment::new("table", "Table"), Segment::new("tree", "Tree")],
                onchange: move |value| as_tree.set(value == "tree"),
            }
            if as_tree() {
                Tree { json }
            } else {
                Table { rows }
            }
        }
    }
}
