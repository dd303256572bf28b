//! What becomes of unsent edits when the server begins the document anew (close code 4409).
//!
//! Updates of the old document mean nothing in the new one, so what they meant is shelved as a diff of graphs, the page
//! opens the new document, and the edits are made there once more. The diff leaves the shelf when the server has
//! acknowledged them: until then every visit makes them again, which changes nothing where they are made already.
//! Called by [`super::connection`] when the document ends and by [`super::keep`] when the next one is here.

use dioxus::prelude::*;
use shared::{diff::GraphDiff, document::Edit, graph::Graph, node::Catalog};
use wasm_bindgen_futures::spawn_local;

use super::{
    Replica,
    view::{CanvasViewStoreExt, Closed},
};
use crate::dom::{self, Shelf};

/// A graph document as it was seen here last.
#[derive(Debug, PartialEq)]
pub(super) struct Copy {
    /// Of the document; unknown where no server said one.
    pub generation: Option<String>,
    /// What unsent edits began at.
    pub base: Option<Graph>,
    pub state: Vec<u8>,
}

impl Copy {
    /// The length of the head, four bytes, the head as JSON, and the state.
    pub fn to_bytes(&self) -> Vec<u8> {
        let base = self.base.as_ref().map(|base| GraphDiff::between(&Graph::default(), base));
        let head = serde_json::to_vec(&(&self.generation, base)).expect("a diff is JSON");
        [&(head.len() as u32).to_le_bytes(), head.as_slice(), self.state.as_slice()].concat()
    }

    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (len, rest) = bytes.split_first_chunk::<4>()?;
        let (head, state) = rest.split_at_checked(u32::from_le_bytes(*len) as usize)?;
        let (generation, base): (Option<String>, Option<GraphDiff>) = serde_json::from_slice(head).ok()?;
        let base = base.map(|diff| {
            let mut base = Graph::default();
            diff.apply(&mut base);
            base
        });
        Some(Self { generation, base, state: state.to_vec() })
    }
}

/// What the unsent edits between `base` and `mine` meant. Where nobody knows any more what they began at, it is everything
/// that is there: rather too much than an edit lost.
fn meant(base: Option<&Graph>, mine: &Graph) -> GraphDiff {
    GraphDiff::between(base.unwrap_or(&Graph::default()), mine)
}

/// Makes the edits of `diff`, and of those only what is not there already.
fn make_again(edit: &mut Edit<'_>, diff: &GraphDiff, catalog: &Catalog) {
    let mut target = edit.graph();
    diff.apply(&mut target);
    edit.restore(&target, catalog);
}

impl Replica {
    /// Remembers the graph while nothing is unsent: what unsent edits will have begun at.
    pub(super) fn note_base(&self) {
        if self.unsaved() == 0 {
            let (graph, _) = self.inner.graph.project();
            self.inner.kept.base.replace(Some(graph));
        }
    }

    /// The document was begun anew: what was not sent is kept as what it meant, and the page opens the new document.
    pub(super) fn rebase(&self) {
        let replica = self.clone();
        spawn_local(async move {
            if replica.shelve_unsent().await {
                dom::reload();
            } else {
                replica.inner.view.closed().set(Some(Closed::Renewed));
            }
        });
    }

    /// Puts on the shelf what unsent edits meant and takes away everything of the old document, both or neither.
    async fn shelve_unsent(&self) -> bool {
        let kept = &self.inner.kept;
        // Of earlier tabs too, as long as there is a document in which they can be read.
        self.adopt_kept().await;
        let Some(database) = kept.database() else { return false };
        let name = self.kept_name();
        let diff = (self.unsaved() > 0).then(|| meant(kept.base.borrow().as_ref(), &self.graph()));
        let diff = diff.map(|diff| serde_json::to_vec(&diff).expect("a diff is JSON"));
        // By time, so that what was meant later is also done later.
        let key = format!("{name}.{:015}.{}", dom::now_millis(), self.client_id());
        let puts: Vec<_> = diff.iter().map(|diff| (Shelf::Rebase, key.as_str(), diff.as_slice())).collect();
        let outputs = format!("{name}/outputs");
        let updates: Vec<_> = kept.adopted.borrow().iter().cloned().chain([self.kept_key()]).collect();
        let mut removals = vec![(Shelf::Documents, name.as_str()), (Shelf::Documents, &outputs)];
        removals.extend(updates.iter().map(|key| (Shelf::Unsent, key.as_str())));
        let written = database.write(&puts, &removals);
        // From here on nothing of the old document may be kept beside it, also not by the page that goes away.
        kept.renewed.set(true);
        let written = written.await;
        kept.renewed.set(written);
        written
    }

    /// Makes again what was shelved. Without the right to write it stays shelved.
    pub(super) async fn apply_rebase(&self) {
        let kept = &self.inner.kept;
        let Some(database) = kept.database() else { return };
        let catalog = self.catalog();
        for (key, bytes) in database.with_prefix(Shelf::Rebase, &format!("{}.", self.kept_name())).await {
            let known = kept.made_again.borrow().contains(&key);
            let Ok(diff) = serde_json::from_slice::<GraphDiff>(&bytes) else { continue };
            if !known && self.edit("changes made before", |edit| make_again(edit, &diff, &catalog)).is_some() {
                self.end_gesture();
                kept.made_again.borrow_mut().insert(key);
            }
        }
    }

    /// The server has everything that was made here.
    pub(super) fn clear_shelf(&self) {
        let Some(database) = self.inner.kept.database() else { return };
        for key in self.inner.kept.made_again.take() {
            database.remove(Shelf::Rebase, &key);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use shared::{
        document::{GraphDocument, Origin, new_doc},
        graph::Node,
    };

    use super::*;

    fn note(text: &str) -> Node {
        let mut node = Node::new("note");
        node.params.insert("text".into(), json!(text));
        node
    }

    fn graph(nodes: &[(&str, &str)]) -> Graph {
        let mut graph = Graph::default();
        graph.nodes.extend(nodes.iter().map(|(id, text)| (id.parse().unwrap(), note(text))));
        graph
    }

    fn document(graph: &Graph) -> GraphDocument {
        let document = GraphDocument::new(new_doc(None));
        document.edit(Origin::Ui, |edit| edit.restore(graph, &Catalog::default()));
        document
    }

    fn again(document: &GraphDocument, diff: &GraphDiff) {
        document.edit(Origin::Ui, |edit| make_again(edit, diff, &Catalog::default()));
    }

    #[test]
    fn a_copy_comes_back_as_it_was_kept() {
        for base in [None, Some(graph(&[("a", "one")]))] {
            let copy = Copy { generation: Some("7".into()), base, state: vec![1, 2, 3] };
            assert_eq!(Copy::from_bytes(&copy.to_bytes()), Some(copy));
        }
        assert_eq!(Copy::from_bytes(&[9, 0, 0, 0, 1]), None);
    }

    #[test]
    fn edits_are_made_again_beside_what_others_wrote_and_once_however_often() {
        let base = graph(&[("a", "one"), ("b", "two"), ("gone", "")]);
        let mine = graph(&[("a", "one, and more"), ("b", "two"), ("c", "new")]);
        let diff = meant(Some(&base), &mine);
        let new = document(&graph(&[("a", "one"), ("b", "theirs"), ("gone", ""), ("d", "theirs")]));
        let expected = graph(&[("a", "one, and more"), ("b", "theirs"), ("c", "new"), ("d", "theirs")]);
        for _ in 0..2 {
            again(&new, &diff);
            assert_eq!(new.project().0.nodes, expected.nodes);
        }
    }

    #[test]
    fn a_second_pass_writes_nothing() {
        let diff = meant(Some(&graph(&[("a", "one")])), &graph(&[("a", "two"), ("b", "new")]));
        let new = document(&graph(&[("a", "one")]));
        again(&new, &diff);
        let outbox = crate::sync::outbox::Outbox::observe(new.doc());
        again(&new, &diff);
        assert_eq!(outbox.edits(), 0);
    }

    #[test]
    fn without_a_base_nothing_is_lost_and_nothing_taken_away() {
        let new = document(&graph(&[("a", "one"), ("theirs", "")]));
        again(&new, &meant(None, &graph(&[("a", "mine")])));
        assert_eq!(new.project().0.nodes, graph(&[("a", "mine"), ("theirs", "")]).nodes);
    }
}
