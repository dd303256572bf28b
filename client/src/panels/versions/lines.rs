//! A diff as lines to read. Pure: what they look like is `changes`.

use serde_json::Value;
use shared::{
    diff::{Changes, EntryDiff, Field, GraphDiff, TextPiece, text_pieces},
    graph::{Graph, Node},
    id::NodeId,
    node::Catalog,
};

/// Longest value shown, in characters.
const VALUE_MAX: usize = 60;

/// One thing that changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub kind: Kind,
    pub title: String,
    /// The node to show, if it is still there.
    pub node: Option<NodeId>,
    pub details: Vec<Detail>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Added,
    Removed,
    Changed,
    Moved,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Detail {
    Value { field: String, old: String, new: String },
    Text { field: String, pieces: Vec<TextPiece> },
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
            Self::Moved => "moved",
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Added => "Added",
            Self::Removed => "Removed",
            Self::Changed => "Changed",
            Self::Moved => "Moved",
        }
    }
}

/// `old` and `now` name the nodes.
pub fn lines(diff: &GraphDiff, old: &Graph, now: &Graph, catalog: &Catalog) -> Vec<Line> {
    let mut lines = Vec::new();
    if !diff.meta.is_empty() {
        lines.push(changed("Workflow".into(), None, details(&diff.meta, None)));
    }
    let name = |id: &NodeId| {
        let node = now.nodes.get(id).or_else(|| old.nodes.get(id));
        node.map_or_else(|| id.to_string(), |node| title(node, catalog))
    };
    for (id, entry) in &diff.nodes {
        let (title, node) = (name(id), Some(id.clone()));
        lines.push(match entry {
            EntryDiff::Added(_) => Line { kind: Kind::Added, title, node, details: vec![] },
            EntryDiff::Removed(_) => Line { kind: Kind::Removed, title, node: None, details: vec![] },
            EntryDiff::Changed(_) if entry.is_only_moved() => Line { kind: Kind::Moved, title, node, details: vec![] },
            EntryDiff::Changed(changes) => {
                changed(title, node, details(changes, now.nodes.get(id).map(|node| (node, catalog))))
            }
        });
    }
    for (id, entry) in &diff.edges {
        let edge = now.edges.get(id).or_else(|| old.edges.get(id));
        let title = edge.map_or_else(
            || id.to_string(),
            |edge| format!("{} → {}, {}", name(&edge.from), name(&edge.to), edge.input),
        );
        let kind = match entry {
            EntryDiff::Added(_) => Kind::Added,
            EntryDiff::Removed(_) => Kind::Removed,
            EntryDiff::Changed(_) => Kind::Changed,
        };
        lines.push(Line { kind, title, node: None, details: vec![] });
    }
    for (id, entry) in &diff.frames {
        let frame = now.frames.get(id).or_else(|| old.frames.get(id));
        let title = frame.map(|frame| frame.title.clone()).filter(|title| !title.is_empty());
        let title = format!("Frame {}", title.unwrap_or_default());
        lines.push(match entry {
            EntryDiff::Added(_) => Line { kind: Kind::Added, title, node: None, details: vec![] },
            EntryDiff::Removed(_) => Line { kind: Kind::Removed, title, node: None, details: vec![] },
            EntryDiff::Changed(_) if entry.is_only_moved() => {
                Line { kind: Kind::Moved, title, node: None, details: vec![] }
            }
            EntryDiff::Changed(changes) => changed(title, None, details(changes, None)),
        });
    }
    lines
}

fn changed(title: String, node: Option<NodeId>, details: Vec<Detail>) -> Line {
    Line { kind: Kind::Changed, title, node, details }
}

fn title(node: &Node, catalog: &Catalog) -> String {
    let own = node.title.clone().filter(|title| !title.trim().is_empty());
    own.or_else(|| catalog.get(&node.node_type).map(|spec| spec.title.clone()))
        .unwrap_or_else(|| node.node_type.clone())
}

fn details(changes: &Changes, node: Option<(&Node, &Catalog)>) -> Vec<Detail> {
    let spec = node.and_then(|(node, catalog)| catalog.get(&node.node_type));
    let detail = |(field, change): (&Field, &shared::diff::Change)| {
        let name = match field {
            Field::Param(name) => {
                let spec = spec.and_then(|spec| spec.params.iter().find(|param| param.name == *name));
                spec.map_or_else(|| name.clone(), |spec| spec.title.clone())
            }
            field => field.to_string(),
        };
        let long = |text: &str| text.contains(char::is_whitespace);
        match change.texts() {
            Some((old, new)) if long(old) || long(new) => Detail::Text { field: name, pieces: text_pieces(old, new) },
            _ => Detail::Value { field: name, old: value(&change.old), new: value(&change.new) },
        }
    };
    changes.iter().filter(|(field, _)| **field != Field::Pos).map(detail).collect()
}

/// As it is read, not as it is stored: texts without quotes, nothing as a dash.
fn value(value: &Option<Value>) -> String {
    let text = match value {
        None | Some(Value::Null) => "–".to_owned(),
        Some(Value::String(text)) if text.is_empty() => "–".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    if text.chars().count() <= VALUE_MAX {
        return text;
    }
    text.chars().take(VALUE_MAX).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_change_is_a_line_with_its_values() {
        let graph = |value: Value| shared::exchange::read_value(&value).unwrap();
        let old = graph(json!({
            "openflow": 1,
            "nodes": {
                "a": {"type": "blur", "params": {"radius": 4, "prompt": "a red fox"}},
                "b": {"type": "photo"}, "c": {"type": "photo", "title": "Cat"},
            },
            "edges": {"a:image": {"from": "b", "output": "image", "to": "a", "input": "image"}},
        }));
        let new = graph(json!({
            "openflow": 1,
            "nodes": {
                "a": {"type": "blur", "params": {"radius": 9, "prompt": "a blue fox"}},
                "b": {"type": "photo", "pos": [1, 2]}, "d": {"type": "photo"},
            },
            "edges": {},
        }));
        let lines = lines(&GraphDiff::between(&old, &new), &old, &new, &Catalog::default());
        let told: Vec<_> = lines.iter().map(|line| format!("{} {}", line.kind.word(), line.title)).collect();
        assert_eq!(told, ["Changed blur", "Moved photo", "Removed Cat", "Added photo", "Removed photo → blur, image"]);
        let radius = Detail::Value { field: "radius".into(), old: "4".into(), new: "9".into() };
        assert_eq!(lines[0].details[1], radius);
        let Detail::Text { pieces, .. } = &lines[0].details[0] else { panic!("{:?}", lines[0]) };
        assert!(pieces.contains(&TextPiece::Removed("red".into())), "{pieces:?}");
    }

    #[test]
    fn a_long_value_is_cut() {
        assert_eq!(value(&Some("x".repeat(100).into())).chars().count(), VALUE_MAX + 1);
        assert_eq!(value(&None), "–");
    }
}
