//! How unsent edits are written down: as the update they are, and by what they mean.
//!
//! The update fits the generation of the document it was made in, where applying it twice does nothing. The meaning fits
//! any, should that one be gone.

use serde::{Deserialize, Serialize};
use shared::diff::GraphDiff;
use uuid::Uuid;

use crate::sync::outbox::Unsaved;

/// The unsent edits of one tab.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub unsaved: Unsaved,
    pub meaning: Meaning,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Meaning {
    /// What the update was made in. `None`: it was never said.
    pub generation: Option<Uuid>,
    /// From the graph without these edits to the one with them. `None`: the graph without them was never seen.
    pub diff: Option<GraphDiff>,
}

impl Entry {
    /// The count and the length of the meaning, four bytes each, the meaning as JSON, the update.
    pub fn to_bytes(&self) -> Vec<u8> {
        let meaning = serde_json::to_vec(&self.meaning).unwrap_or_default();
        let numbers = [self.unsaved.edits, u32::try_from(meaning.len()).unwrap_or_default()];
        [&numbers.map(u32::to_le_bytes).concat(), meaning.as_slice(), &self.unsaved.update].concat()
    }

    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (edits, rest) = bytes.split_first_chunk::<4>()?;
        let (len, rest) = rest.split_first_chunk::<4>()?;
        let (meaning, update) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*len)).ok()?)?;
        let meaning = serde_json::from_slice(meaning).ok()?;
        Some(Self { unsaved: Unsaved { edits: u32::from_le_bytes(*edits), update: update.to_vec() }, meaning })
    }
}

impl Meaning {
    /// Whether the update can be merged into that generation. Where either is not known, the server will say.
    pub fn is_of(&self, generation: Option<Uuid>) -> bool {
        self.generation.zip(generation).is_none_or(|(own, here)| own == here)
    }
}

#[cfg(test)]
mod tests {
    use shared::graph::Graph;

    use super::*;

    fn titled(title: &str) -> Graph {
        let mut graph = Graph::default();
        graph.meta.title = title.into();
        graph
    }

    fn entry(generation: Option<Uuid>) -> Entry {
        let diff = Some(GraphDiff::between(&titled("before"), &titled("after")));
        Entry { unsaved: Unsaved { edits: 300, update: vec![1, 2, 3] }, meaning: Meaning { generation, diff } }
    }

    #[test]
    fn an_entry_comes_back_as_it_was_kept() {
        for generation in [None, Some(Uuid::from_u128(9))] {
            let kept = entry(generation).to_bytes();
            assert_eq!(Entry::from_bytes(&kept), Some(entry(generation)));
            // Cut anywhere before its update, it is none.
            let whole = kept.len() - 3;
            assert!((0..whole).all(|end| Entry::from_bytes(&kept[..end]).is_none()));
        }
    }

    #[test]
    fn an_update_is_for_its_own_generation_only() {
        let [here, there] = [9, 10].map(|n| Some(Uuid::from_u128(n)));
        let meaning = entry(here).meaning;
        assert!(meaning.is_of(here) && meaning.is_of(None) && !meaning.is_of(there));
        assert!(entry(None).meaning.is_of(there));
    }
}
