//! Finding words in the workflow, in names, kinds and values, and replacing them in texts.

use dioxus::prelude::*;
use serde_json::Value;
use shared::{graph::Node, id::NodeId};

use crate::{
    canvas::{
        node::Face,
        state::{Canvas, CanvasStateStoreExt, Overlay, use_canvas},
    },
    replica::view::CanvasViewStoreExt,
    ui::{Button, Glyph, IconButton, Size, Variant},
};

#[component]
pub fn Find() -> Element {
    let canvas = use_canvas();
    if *canvas.state.overlay().read() != Some(Overlay::Find) {
        return rsx! {};
    }
    rsx! { Open {} }
}

#[component]
fn Open() -> Element {
    let canvas = use_canvas();
    let mut words = use_signal(String::new);
    let mut instead = use_signal(String::new);
    let mut at = use_signal(|| 0usize);
    let found = use_memo(move || {
        let words = words.read();
        let catalog = canvas.catalog();
        let nodes = canvas.view.nodes();
        let nodes = nodes.read();
        let named = nodes.iter().map(|(id, node)| {
            let spec = catalog.get(&node.node_type);
            (id, node, Face::of(node, spec).name(spec))
        });
        named.filter(|(_, node, name)| says(node, name, &words)).map(|(id, _, _)| id.clone()).collect::<Vec<NodeId>>()
    });
    let count = found.read().len();
    let close = move || canvas.state.overlay().set(None);
    let go = use_callback(move |step: isize| {
        let found = found.peek();
        if found.is_empty() {
            return;
        }
        let next = (*at.peek() as isize + step).rem_euclid(found.len() as isize) as usize;
        at.set(next);
        canvas.go_to(&found[next]);
    });
    rsx! {
        section {
            class: "find",
            role: "dialog",
            aria_label: "Find in this workflow",
            onkeydown: move |event| {
                event.stop_propagation();
                match event.key() {
                    Key::Escape => close(),
                    Key::Enter if event.modifiers().shift() => go.call(-1),
                    _ => {}
                }
            },
            div { class: "find-row",
                input {
                    class: "input",
                    r#type: "text",
                    aria_label: "Find",
                    placeholder: "Find",
                    onmounted: move |event| {
                        spawn(async move {
                            // Closed again already: nothing to focus.
                            let _ = event.set_focus(true).await;
                        });
                    },
                    oninput: move |event| {
                        words.set(event.value());
                        at.set(0);
                        go.call(0);
                    },
                    onkeydown: move |event| {
                        if event.key() == Key::Enter && !event.modifiers().shift() {
                            go.call(1);
                        }
                    },
                }
                span { class: "find-count tabular", role: "status",
                    if words.read().is_empty() {
                        ""
                    } else if count == 0 {
                        "None"
                    } else {
                        "{at() + 1} of {count}"
                    }
                }
                IconButton { glyph: Glyph::X, label: "Close", size: Size::S, onclick: move |_| close() }
            }
            if canvas.writable() {
                div { class: "find-row",
                    input {
                        class: "input",
                        r#type: "text",
                        aria_label: "Replace with",
                        placeholder: "Replace with",
                        oninput: move |event| instead.set(event.value()),
                    }
                    Button {
                        variant: Variant::Secondary,
                        size: Size::S,
                        disabled: count == 0,
                        onclick: move |_| replace_all(canvas, &words.peek(), &instead.peek()),
                        "Replace all"
                    }
                }
            }
        }
    }
}

/// One step for undo, however many texts change.
fn replace_all(canvas: Canvas, words: &str, instead: &str) {
    let nodes = canvas.view.nodes().peek().clone();
    let changed: Vec<(NodeId, String, String)> = nodes
        .iter()
        .flat_map(|(id, node)| node.params.iter().map(move |(name, value)| (id, name, value)))
        .filter_map(|(id, name, value)| Some((id.clone(), name.clone(), replaced(value.as_str()?, words, instead)?)))
        .collect();
    if changed.is_empty() {
        return;
    }
    canvas.replica().edit("replace text", |edit| {
        for (id, name, text) in changed {
            edit.set_param(&id, &name, text.into());
        }
    });
    canvas.replica().end_gesture();
}

fn says(node: &Node, name: &str, words: &str) -> bool {
    let words = words.trim().to_lowercase();
    let has = |text: &str| text.to_lowercase().contains(&words);
    let values = || node.params.values().filter_map(Value::as_str);
    !words.is_empty() && (has(name) || has(&node.node_type) || values().any(has))
}

/// The text with every find replaced, whatever its case; `None` if there is none.
fn replaced(text: &str, words: &str, instead: &str) -> Option<String> {
    if words.is_empty() {
        return None;
    }
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, length)) = position(rest, words) {
        out.push_str(&rest[..before]);
        out.push_str(instead);
        rest = &rest[before + length..];
    }
    let any = rest.len() != text.len();
    out.push_str(rest);
    any.then_some(out)
}

/// Where `words` stand next, and how many bytes they have there: another case may be of another length.
fn position(text: &str, words: &str) -> Option<(usize, usize)> {
    let wanted: Vec<char> = words.chars().flat_map(char::to_lowercase).collect();
    text.char_indices().find_map(|(start, _)| {
        let mut left = wanted.iter().peekable();
        for (at, sign) in text[start..].char_indices() {
            for lower in sign.to_lowercase() {
                if left.next() != Some(&lower) {
                    return None;
                }
            }
            if left.peek().is_none() {
                return Some((start, at + sign.len_utf8()));
            }
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_find_is_replaced_whatever_its_case() {
        assert_eq!(replaced("A boat, a BOAT, boats", "boat", "ship").as_deref(), Some("A ship, a ship, ships"));
        assert_eq!(replaced("Straße über Ähren", "Ä", "E").as_deref(), Some("Straße über Ehren"));
        assert_eq!(replaced("nothing", "boat", "ship"), None);
        // What was put in is not searched again.
        assert_eq!(replaced("aa", "a", "aa").as_deref(), Some("aaaa"));
    }

    #[test]
    fn names_kinds_and_values_are_searched() {
        let mut node = Node::new("text.input");
        node.params.insert("value".into(), "A quiet harbour".into());
        assert!(says(&node, "Text", "HARBOUR") && says(&node, "Text", "text.in"));
        assert!(!says(&node, "Text", "boat") && !says(&node, "Text", " "));
    }
}
