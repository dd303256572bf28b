//! Edits that the server has not acknowledged: an entry for each tab, taken up by later ones.

use dioxus::prelude::*;
use shared::{
    diff::GraphDiff,
    document::{GraphDocument, new_doc},
    graph::Graph,
};
use wasm_bindgen_futures::spawn_local;

use super::{
    copy::{apply_kept, state_of},
    entry::{Entry, Meaning},
};
use crate::{
    dom::{Database, Shelf},
    replica::{Replica, view::CanvasViewStoreExt},
    sync::outbox::Unsaved,
};

impl Replica {
    /// Everything this person could not send from here, with the keys.
    pub(super) async fn entries(&self, database: &Database) -> Vec<(String, Entry)> {
        let found = database.with_prefix(Shelf::Unsent, &format!("{}.", self.kept_name())).await;
        found.into_iter().filter_map(|(key, bytes)| Some((key, Entry::from_bytes(&bytes)?))).collect()
    }

    /// What is unsaved here, to be kept. `None`: everything is saved.
    pub(super) fn own_entry(&self) -> Option<Entry> {
        let link = self.inner.link.borrow();
        let unsaved = Unsaved { edits: link.unsaved(), update: link.unsaved_update()? };
        let base = self.inner.kept.base.borrow();
        let diff = base.as_ref().map(|base| GraphDiff::between(base, &self.graph()));
        Some(Entry { unsaved, meaning: Meaning { generation: link.generation(), diff } })
    }

    /// Takes up what earlier tabs could not send. It may build on what only the server has: then it is complete after
    /// the next sync, and stays kept until then.
    pub(super) async fn adopt(&self) {
        let inner = &self.inner;
        let Some(database) = inner.kept.database() else { return };
        if !inner.view.role().peek().can_edit() {
            return;
        }
        let own = self.kept_key();
        for (key, Entry { unsaved, meaning }) in self.entries(database).await {
            let generation = inner.link.borrow().generation();
            if key.starts_with(&own) || !meaning.is_of(generation) || !inner.kept.adopted.borrow_mut().insert(key) {
                continue;
            }
            if apply_kept(inner.graph.doc(), &unsaved.update) {
                inner.link.borrow_mut().adopt(unsaved);
            }
        }
        if !inner.kept.live.get() {
            // What was taken up has entries that say what it means; this tab's begins here.
            inner.kept.base.replace(Some(self.graph()));
        }
    }

    /// Keeps what is unsaved, or gives up what need not be kept any longer. Answers whether nothing would be lost with
    /// this page.
    pub(super) async fn keep_unsaved(&self) -> bool {
        let inner = &self.inner;
        let Some(database) = inner.kept.database() else { return false };
        match self.own_entry() {
            Some(entry) => {
                if !inner.kept.live.get() {
                    // What edits without a connection build on may be newer than the last copy.
                    self.keep_copy(database).await;
                }
                let kept = database.put(Shelf::Unsent, &self.kept_key(), &entry.to_bytes()).await;
                inner.kept.edits.set(if kept { entry.unsaved.edits } else { 0 });
                kept
            }
            None => {
                if inner.kept.edits.take() > 0 {
                    database.remove(Shelf::Unsent, &self.kept_key()).await;
                }
                // Without a connection, what was taken up may only be waiting for what it builds on.
                if inner.kept.live.get() {
                    for key in inner.kept.adopted.take() {
                        database.remove(Shelf::Unsent, &key).await;
                    }
                }
                true
            }
        }
    }

    /// Begins to write what is unsaved; the browser finishes it after the page is gone.
    pub(in crate::replica) fn keep_on_leaving(&self) {
        let Some(database) = self.inner.kept.database() else { return };
        let Some(entry) = self.own_entry() else { return };
        let put = database.put(Shelf::Unsent, &self.kept_key(), &entry.to_bytes());
        let replica = self.clone();
        spawn_local(async move {
            if put.await {
                replica.inner.kept.edits.set(entry.unsaved.edits);
            }
        });
    }

    /// The graph with every edit of this person that the server has not taken, from this tab and earlier ones; `None` if
    /// there is none. For somebody who lost the right to edit meanwhile: it can be made a workflow of their own.
    pub async fn with_unsent(&self) -> Option<Graph> {
        let entries = match self.inner.kept.database() {
            Some(database) => self.entries(database).await,
            None => Vec::new(),
        };
        if entries.is_empty() && self.unsaved() == 0 {
            return None;
        }
        let generation = self.inner.link.borrow().generation();
        let (here, elsewhere): (Vec<_>, Vec<_>) =
            entries.into_iter().map(|(_, entry)| entry).partition(|entry| entry.meaning.is_of(generation));
        // In a document aside: this one shows what the server has.
        let aside = GraphDocument::new(new_doc(None));
        apply_kept(aside.doc(), &state_of(self.inner.graph.doc()));
        for entry in here {
            apply_kept(aside.doc(), &entry.unsaved.update);
        }
        let (mut graph, _) = aside.project();
        for diff in elsewhere.into_iter().filter_map(|entry| entry.meaning.diff) {
            diff.apply(&mut graph);
        }
        Some(graph)
    }
}
#[cfg(test)]
mod tests {
    use shared::document::Origin;

    use super::*;
    use crate::sync::outbox::Outbox;

    fn titled(document: &GraphDocument, title: &str) {
        document.edit(Origin::Ui, |edit| edit.set_title(title));
    }

    #[test]
    fn what_was_kept_is_not_collected_again_however_often_it_is_applied() {
        let before = GraphDocument::new(new_doc(None));
        let outbox = Outbox::observe(before.doc());
        titled(&before, "mine");
        let kept = outbox.take().unwrap();
        let after = GraphDocument::new(new_doc(None));
        let outbox = Outbox::observe(after.doc());
        for _ in 0..2 {
            assert!(apply_kept(after.doc(), &kept.update));
        }
        assert_eq!(after.project().0.meta.title, "mine");
        assert_eq!(outbox.edits(), 0);
        titled(&after, "and on");
        assert_eq!(outbox.edits(), 1);
        assert!(!apply_kept(after.doc(), b"nonsense"));
    }

    #[test]
    fn edits_of_several_tabs_all_arrive_in_any_order() {
        let server = GraphDocument::new(new_doc(None));
        titled(&server, "start");
        let tabs = [0, 1, 2].map(|_| {
            let tab = GraphDocument::new(new_doc(None));
            apply_kept(tab.doc(), &state_of(server.doc()));
            tab
        });
        let catalog = shared::node::Catalog::default();
        let updates: Vec<_> = tabs
            .iter()
            .enumerate()
            .map(|(n, tab)| {
                let outbox = Outbox::observe(tab.doc());
                let node = shared::graph::Node::new("note");
                tab.edit(Origin::Ui, |edit| edit.add_node(&format!("n{n}").parse().unwrap(), &node, &catalog));
                outbox.take().unwrap().update
            })
            .collect();
        for order in [[0, 1, 2], [2, 0, 1]] {
            let fresh = GraphDocument::new(new_doc(None));
            // Without what only the server has they wait, and are not lost.
            for at in order {
                apply_kept(fresh.doc(), &updates[at]);
                apply_kept(fresh.doc(), &updates[at]);
            }
            apply_kept(fresh.doc(), &state_of(server.doc()));
            let (graph, problems) = fresh.project();
            assert_eq!((graph.nodes.len(), graph.meta.title.as_str(), problems.len()), (3, "start", 0));
        }
    }
}
