//! What differs between two graphs, field by field, and how one becomes the other.
//!
//! Pure: no document, no clock. Versions show and restore with it, forks and merges will compare three graphs with it,
//! which is why a diff is a set of independent changes, each with its old and new value under a (thing, field) address.
//! [`crate::document::Edit::apply_diff`] writes one into a document as ordinary edits.

mod field;
mod summary;
mod words;
#[cfg(test)]
mod tests;

pub use self::{
    field::{Field, UnknownField},
    summary::Summary,
    words::{TextPiece, text_pieces},
};

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use self::field::Entry;
use crate::{
    graph::{Edge, EdgeId, Frame, Graph, Node},
    id::{FrameId, NodeId},
};

/// Everything that has to change for one graph to become another.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GraphDiff {
    /// Title and description.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub meta: BTreeMap<Field, Change>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, EntryDiff<Node>>))]
    pub nodes: BTreeMap<NodeId, EntryDiff<Node>>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, EntryDiff<Edge>>))]
    pub edges: BTreeMap<EdgeId, EntryDiff<Edge>>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, EntryDiff<Frame>>))]
    pub frames: BTreeMap<FrameId, EntryDiff<Frame>>,
}

/// What became of one node, wire or frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum EntryDiff<T> {
    Added(T),
    /// As it was.
    Removed(T),
    /// By field: `pos`, `title`, `params.radius`.
    Changed(BTreeMap<Field, Change>),
}

/// Fields that differ. Never holds one whose two values are equal.
pub type Changes = BTreeMap<Field, Change>;

/// One field, before and after; absent where it had no value of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Change {
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub old: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub new: Option<Value>,
}

impl GraphDiff {
    /// What turns `old` into `new`.
    pub fn between(old: &Graph, new: &Graph) -> Self {
        Self {
            meta: changes(&old.meta, &new.meta),
            nodes: entries(&old.nodes, &new.nodes),
            edges: entries(&old.edges, &new.edges),
            frames: entries(&old.frames, &new.frames),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.meta.is_empty() && self.nodes.is_empty() && self.edges.is_empty() && self.frames.is_empty()
    }

    /// Writes the new values into `graph`, whatever stood there. On the old graph this yields the new one exactly.
    ///
    /// A changed field of something that `graph` does not have is left out.
    pub fn apply(&self, graph: &mut Graph) {
        alter(&mut graph.meta, &self.meta);
        apply_entries(&self.nodes, &mut graph.nodes);
        apply_entries(&self.edges, &mut graph.edges);
        apply_entries(&self.frames, &mut graph.frames);
    }

    /// The part of this that `graph` does not have yet.
    pub fn missing_in(&self, graph: &Graph) -> Self {
        let mut complete = graph.clone();
        self.apply(&mut complete);
        Self::between(graph, &complete)
    }

    /// What takes this back.
    pub fn inverse(&self) -> Self {
        Self {
            meta: inverse_changes(&self.meta),
            nodes: inverse_entries(&self.nodes),
            edges: inverse_entries(&self.edges),
            frames: inverse_entries(&self.frames),
        }
    }

    pub fn summary(&self) -> Summary {
        Summary::of(self)
    }
}

impl<T> EntryDiff<T> {
    /// Whether nothing but the place on the canvas differs.
    pub fn is_only_moved(&self) -> bool {
        match self {
            Self::Changed(changes) => changes.keys().all(|field| *field == Field::Pos),
            Self::Added(_) | Self::Removed(_) => false,
        }
    }
}

impl Change {
    /// Both values, if they are texts: the change of a prompt, for [`text_pieces`]. An absent value is an empty text.
    pub fn texts(&self) -> Option<(&str, &str)> {
        fn text(value: &Option<Value>) -> Option<&str> {
            value.as_ref().map_or(Some(""), Value::as_str)
        }
        text(&self.old).zip(text(&self.new))
    }

    fn inverse(&self) -> Self {
        Self { old: self.new.clone(), new: self.old.clone() }
    }
}

/// `null` is a value that a parameter can have, and not the same as none.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

fn changes<T: Entry>(old: &T, new: &T) -> Changes {
    if old == new {
        return Changes::new();
    }
    let (mut before, after) = (old.fields(), new.fields());
    let mut changes: Changes = after
        .into_iter()
        .map(|(field, new)| (field.clone(), Change { old: before.remove(&field), new: Some(new) }))
        .filter(|(_, change)| change.old != change.new)
        .collect();
    changes.extend(before.into_iter().map(|(field, old)| (field, Change { old: Some(old), new: None })));
    changes
}

fn entries<K: Ord + Clone, T: Entry>(old: &BTreeMap<K, T>, new: &BTreeMap<K, T>) -> BTreeMap<K, EntryDiff<T>> {
    let gone = old.iter().filter(|(id, _)| !new.contains_key(id));
    let gone = gone.map(|(id, entry)| (id.clone(), EntryDiff::Removed(entry.clone())));
    let there = new.iter().filter_map(|(id, entry)| {
        let diff = match old.get(id) {
            None => EntryDiff::Added(entry.clone()),
            Some(before) => EntryDiff::Changed(Some(changes(before, entry)).filter(|changes| !changes.is_empty())?),
        };
        Some((id.clone(), diff))
    });
    gone.chain(there).collect()
}

/// Leaves `entry` as it is if the changes would make it something that cannot be.
pub(crate) fn alter<T: Entry>(entry: &mut T, changes: &Changes) {
    if changes.is_empty() {
        return;
    }
    let mut fields = entry.fields();
    for (field, change) in changes {
        match &change.new {
            Some(new) => drop(fields.insert(field.clone(), new.clone())),
            None => drop(fields.remove(field)),
        }
    }
    if let Some(altered) = T::from_fields(fields) {
        *entry = altered;
    }
}

fn apply_entries<K: Ord + Clone, T: Entry>(diff: &BTreeMap<K, EntryDiff<T>>, to: &mut BTreeMap<K, T>) {
    for (id, entry) in diff {
        match entry {
            EntryDiff::Added(new) => drop(to.insert(id.clone(), new.clone())),
            EntryDiff::Removed(_) => drop(to.remove(id)),
            EntryDiff::Changed(changes) => {
                if let Some(there) = to.get_mut(id) {
                    alter(there, changes);
                }
            }
        }
    }
}

fn inverse_changes(changes: &Changes) -> Changes {
    changes.iter().map(|(field, change)| (field.clone(), change.inverse())).collect()
}

fn inverse_entries<K: Ord + Clone, T: Clone>(diff: &BTreeMap<K, EntryDiff<T>>) -> BTreeMap<K, EntryDiff<T>> {
    let inverse = |entry: &EntryDiff<T>| match entry {
        EntryDiff::Added(entry) => EntryDiff::Removed(entry.clone()),
        EntryDiff::Removed(entry) => EntryDiff::Added(entry.clone()),
        EntryDiff::Changed(changes) => EntryDiff::Changed(inverse_changes(changes)),
    };
    diff.iter().map(|(id, entry)| (id.clone(), inverse(entry))).collect()
}
