//! How much changed, in numbers: what a list of versions says of each.

use serde::{Deserialize, Serialize};

use super::{EntryDiff, Field, GraphDiff};

/// Counts of a diff. A node counts once: as moved only if nothing else about it changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    pub added: usize,
    pub removed: usize,
    pub changed: usize,
    pub moved: usize,
    /// Wires that came, went or lead elsewhere.
    pub wires: usize,
    pub frames: usize,
    /// The title or the description.
    pub meta: bool,
}

impl Summary {
    pub(super) fn of(diff: &GraphDiff) -> Self {
        let mut summary = Self {
            wires: diff.edges.len(),
            frames: diff.frames.len(),
            meta: diff.meta.contains_key(&Field::Title) || diff.meta.contains_key(&Field::Description),
            ..Self::default()
        };
        for node in diff.nodes.values() {
            match node {
                EntryDiff::Added(_) => summary.added += 1,
                EntryDiff::Removed(_) => summary.removed += 1,
                EntryDiff::Changed(_) if node.is_only_moved() => summary.moved += 1,
                EntryDiff::Changed(_) => summary.changed += 1,
            }
        }
        summary
    }
}
