//! What changed since the version that is looked at, marked on the canvas: what came, what changed and moved around the
//! nodes themselves, and what went as ghosts where it was.

use dioxus::prelude::*;
use shared::{
    diff::{Change, EntryDiff, Field},
    graph::Node,
    id::NodeId,
};

use super::{
    geometry::Point,
    layout::NodeLayout,
    state::{Canvas, use_canvas},
};

/// A box on the canvas.
#[derive(Debug, Clone, PartialEq)]
struct Mark {
    key: String,
    change: &'static str,
    /// What it says at its corner.
    word: String,
    at: Point,
    size: Point,
}

#[component]
pub fn PreviewMarks() -> Element {
    let canvas = use_canvas();
    let marks = use_memo(move || marks(canvas));
    rsx! {
        div { class: "preview-marks", "aria-hidden": "true",
            for mark in marks() {
                div {
                    key: "{mark.key}",
                    class: "preview-mark",
                    "data-change": mark.change,
                    style: "translate: {mark.at[0]}px {mark.at[1]}px; width: {mark.size[0]}px; height: {mark.size[1]}px",
                    span { "{mark.word}" }
                }
            }
        }
    }
}

fn marks(canvas: Canvas) -> Vec<Mark> {
    let Some(diff) = canvas.since.read().clone() else { return Vec::new() };
    diff.nodes.iter().flat_map(|(id, entry)| marks_of(canvas, id, entry)).collect()
}

fn marks_of(canvas: Canvas, id: &NodeId, entry: &EntryDiff<Node>) -> Vec<Mark> {
    let around = |change, word: &str| {
        let rect = canvas.rect(id)?;
        let mark = Mark {
            key: id.to_string(),
            change,
            word: word.into(),
            at: [rect.x, rect.y],
            size: [rect.width, rect.height],
        };
        Some(mark)
    };
    match entry {
        EntryDiff::Added(_) => around("added", "Added").into_iter().collect(),
        EntryDiff::Removed(node) => {
            let catalog = canvas.catalog();
            let spec = catalog.get(&node.node_type);
            let size = NodeLayout::estimated_size(node, spec);
            let title = node.title.clone().or_else(|| spec.map(|spec| spec.title.clone()));
            let word = format!("Removed: {}", title.unwrap_or_else(|| node.node_type.clone()));
            vec![Mark { key: id.to_string(), change: "removed", word, at: node.pos, size }]
        }
        EntryDiff::Changed(changes) => {
            let word = if entry.is_only_moved() { "Moved" } else { "Changed" };
            let now = around(if entry.is_only_moved() { "moved" } else { "changed" }, word);
            let before = changes.get(&Field::Pos).and_then(old_pos).zip(now.as_ref().map(|now| now.size));
            let before = before.map(|(at, size)| Mark {
                key: format!("{id}:before"),
                change: "before",
                word: "Was here".into(),
                at,
                size,
            });
            before.into_iter().chain(now).collect()
        }
    }
}

fn old_pos(change: &Change) -> Option<Point> {
    let old = change.old.as_ref()?.as_array()?;
    Some([old.first()?.as_f64()?, old.get(1)?.as_f64()?])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_move_tells_where_it_began() {
        let change = Change { old: Some(json!([3, 4.5])), new: Some(json!([0, 0])) };
        assert_eq!(old_pos(&change), Some([3.0, 4.5]));
        assert_eq!(old_pos(&Change { old: None, new: Some(json!([0, 0])) }), None);
    }
}
