//! JSON as a tree that folds. What is large is cut, and says so.

use dioxus::prelude::*;
use serde_json::Value as Json;

/// How many entries of one object or list are drawn.
const ENTRIES: usize = 100;
/// Deeper ones are folded at first.
const OPEN_LEVELS: usize = 2;
const SHOWN_CHARS: usize = 2_000;

#[component]
pub fn Tree(json: Json) -> Element {
    rsx! {
        div { class: "output-json", "data-scroll": "true", "data-control": "true", tabindex: "0", role: "group", aria_label: "Data",
            Branch { json, level: 0 }
        }
    }
}

#[component]
fn Branch(name: Option<String>, json: Json, level: usize) -> Element {
    let entries: Vec<(String, Json)> = match &json {
        Json::Object(fields) => fields.iter().take(ENTRIES).map(|(key, value)| (key.clone(), value.clone())).collect(),
        Json::Array(items) => {
            items.iter().take(ENTRIES).enumerate().map(|(index, item)| (index.to_string(), item.clone())).collect()
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {
            return rsx! {
                div { class: "tree-leaf",
                    if let Some(name) = name {
                        span { class: "tree-key", "{name}" }
                    }
                    span { "data-leaf": leaf_kind(&json), "{leaf(&json)}" }
                }
            };
        }
    };
    let more = size(&json).saturating_sub(entries.len());
    rsx! {
        details { class: "tree", open: level < OPEN_LEVELS,
            summary {
                if let Some(name) = name {
                    span { class: "tree-key", "{name}" }
                }
                span { class: "tree-count", "{count(&json)}" }
            }
            for (key , value) in entries {
                Branch { key: "{key}", name: key.clone(), json: value, level: level + 1 }
            }
            if more > 0 {
                p { class: "tree-count", "and {more} more" }
            }
        }
    }
}

fn size(json: &Json) -> usize {
    match json {
        Json::Object(fields) => fields.len(),
        Json::Array(items) => items.len(),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => 0,
    }
}

fn count(json: &Json) -> String {
    match (json, size(json)) {
        (Json::Array(_), 1) => "1 item".into(),
        (Json::Array(_), many) => format!("{many} items"),
        (_, 1) => "1 field".into(),
        (_, many) => format!("{many} fields"),
    }
}

fn leaf_kind(json: &Json) -> &'static str {
    match json {
        Json::String(_) => "text",
        Json::Number(_) => "number",
        _ => "word",
    }
}

fn leaf(json: &Json) -> String {
    match json {
        Json::String(text) => text.chars().take(SHOWN_CHARS).collect(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_folded_says_how_much_it_holds() {
        assert_eq!(count(&json!([1])), "1 item");
        assert_eq!(count(&json!({"a": 1, "b": 2})), "2 fields");
        assert_eq!(count(&json!([])), "0 items");
    }
}
