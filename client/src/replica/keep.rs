//! What outlives the page, in the browser's database: edits that could not be sent, and a copy of the documents, so
//! that a workflow opens without a connection where it was open before.
//!
//! Edits are kept by workflow, person and tab. Every later visit takes up what earlier tabs left, and a tab's entry is
//! removed only when the server has acknowledged what it holds or another entry holds it too; applying an update twice
//! does nothing, so several tabs can neither lose nor double anything.

use std::{
    cell::{Cell, OnceCell, RefCell},
    collections::BTreeSet,
};

use dioxus::prelude::*;
use gloo_timers::future::TimeoutFuture;
use shared::{
    document::{GraphDocument, new_doc},
    graph::Graph,
};
use wasm_bindgen_futures::spawn_local;
use yrs::{Doc, ReadTxn, StateVector, Transact, Update, updates::decoder::Decode};

use super::{Replica, Wake, renewal::Copy, view::CanvasViewStoreExt};
use crate::{
    dom::{self, Database, Listener, Shelf},
    sync::outbox::{KEPT, Unsaved},
};

/// Acknowledgements take milliseconds: what is unsaved for longer is worth keeping.
const KEEP_AFTER_MILLIS: u32 = 250;
/// A copy of the documents is written at most this often.
const COPY_EVERY_MILLIS: u32 = 4_000;

/// What of this replica is in the browser's database.
#[derive(Default)]
pub(super) struct Kept {
    database: OnceCell<Option<Database>>,
    /// How many unsaved edits the entry of this tab holds, as far as the browser confirmed.
    edits: Cell<u32>,
    /// Entries of earlier tabs that were taken up here.
    pub(super) adopted: RefCell<BTreeSet<String>>,
    /// What was shelved when an earlier document ended and is made again here, by key: to be acknowledged.
    pub(super) made_again: RefCell<BTreeSet<String>>,
    /// The server's state has arrived on this connection.
    live: Cell<bool>,
    /// The documents changed.
    pub(super) copy: Wake,
    /// The document was begun anew: what is unsaved here is kept as what it meant, and must not be kept as updates too.
    pub(super) renewed: Cell<bool>,
    /// The graph as it was when nothing was unsent last.
    pub(super) base: RefCell<Option<Graph>>,
}

impl Kept {
    pub(super) fn anything(&self) -> bool {
        self.edits.get() > 0 || !self.adopted.borrow().is_empty() || !self.made_again.borrow().is_empty()
    }

    pub(super) fn set_live(&self, live: bool) -> bool {
        self.live.replace(live)
    }

    /// Where updates of this document are kept; nowhere once it was begun anew.
    pub(super) fn database(&self) -> Option<&Database> {
        if self.renewed.get() { None } else { self.database.get()?.as_ref() }
    }
}

/// Looks after a page that goes away: sends and keeps what there is, and asks the person to stay if that is not enough.
pub fn watch_page(replica: &Replica) -> [Listener; 2] {
    let (leaving, asking) = (replica.clone(), replica.clone());
    [
        Listener::new(dom::window(), "pagehide", move |_| leaving.leave()),
        Listener::new(dom::window(), "beforeunload", move |event| {
            if asking.unsaved() > asking.inner.kept.edits.get() && !asking.inner.kept.renewed.get() {
                asking.keep_on_leaving();
                event.prevent_default();
            }
        }),
    ]
}

impl Replica {
    pub(super) fn unsaved(&self) -> u32 {
        self.inner.link.borrow().unsaved()
    }

    /// `{workflow}.{person}`
    pub(super) fn kept_name(&self) -> String {
        format!("{}.{}", self.inner.workflow, self.inner.person)
    }

    pub(super) fn kept_key(&self) -> String {
        format!("{}.{}", self.kept_name(), self.client_id())
    }

    /// Opens the database and, if the server has not answered before that, shows what was seen here last.
    pub(super) async fn open_kept(&self) {
        let inner = &self.inner;
        let database = Database::open().await;
        let _ = inner.kept.database.set(database);
        let Some(database) = inner.kept.database() else { return };
        let name = self.kept_name();
        if let Some(copy) = database.get(Shelf::Documents, &name).await.and_then(|bytes| Copy::from_bytes(&bytes)) {
            let outputs = database.get(Shelf::Documents, &format!("{name}/outputs")).await;
            let shown = apply_kept(inner.graph.doc(), &copy.state);
            if let Some(outputs) = outputs {
                apply_kept(inner.outputs.doc(), &outputs);
            }
            if shown {
                inner.kept.base.replace(copy.base);
                inner.link.borrow_mut().resume(copy.generation);
                self.adopt_kept().await;
                self.refresh();
                inner.view.synced().set(true);
            }
        }
        self.show_save_state();
    }

    /// The server's state is here. Once for every connection: what earlier tabs left is sent, and whatever unsent edits
    /// meant to a document that was begun anew is done again.
    pub(super) fn caught_up(&self) {
        self.inner.kept.copy.ring();
        if self.inner.kept.set_live(true) {
            return;
        }
        self.note_base();
        let replica = self.clone();
        spawn_local(async move {
            replica.adopt_kept().await;
            replica.apply_rebase().await;
            replica.refresh();
            // Asks the server what it lacks, which is answered with everything that was taken up.
            if replica.unsaved() > 0 {
                replica.inner.resync_due.set(true);
                replica.inner.outgoing.ring();
            }
            replica.show_save_state();
        });
    }

    /// Takes up what earlier tabs could not send. It may build on what only the server has: then it is complete after
    /// the next sync, and stays kept until then.
    pub(super) async fn adopt_kept(&self) {
        let inner = &self.inner;
        let Some(database) = inner.kept.database() else { return };
        if !inner.view.role().peek().can_edit() {
            return;
        }
        let own = self.kept_key();
        for (key, entry) in database.with_prefix(Shelf::Unsent, &format!("{}.", self.kept_name())).await {
            if key == own || !inner.kept.adopted.borrow_mut().insert(key) {
                continue;
            }
            if let Some(unsaved) = read_entry(&entry)
                && apply_kept(inner.graph.doc(), &unsaved.update)
            {
                inner.link.borrow_mut().adopt(unsaved);
            }
        }
    }

    /// Keeps what is unsaved, or gives up what need not be kept any longer.
    async fn keep_unsaved(&self) {
        let inner = &self.inner;
        let Some(database) = inner.kept.database() else { return };
        let (edits, update) = (self.unsaved(), inner.link.borrow().unsaved_update());
        let kept = match update {
            Some(update) => {
                if !inner.kept.live.get() {
                    // What edits without a connection build on may be newer than the last copy.
                    self.keep_copy(database).await;
                }
                if inner.kept.renewed.get() {
                    return;
                }
                let entry = entry(&Unsaved { edits, update });
                let kept = database.put(Shelf::Unsent, &self.kept_key(), &entry).await;
                inner.kept.edits.set(if kept { edits } else { 0 });
                kept
            }
            None => {
                if inner.kept.edits.take() > 0 {
                    database.remove(Shelf::Unsent, &self.kept_key());
                }
                self.clear_shelf();
                true
            }
        };
        // What was taken up is in this tab's entry, or with the server. Without a connection it may still be incomplete.
        if kept && inner.kept.live.get() {
            for key in inner.kept.adopted.take() {
                database.remove(Shelf::Unsent, &key);
            }
        }
    }

    /// Begins to write what is unsaved; the browser finishes it after the page is gone.
    pub(super) fn keep_on_leaving(&self) {
        let Some(database) = self.inner.kept.database() else { return };
        let (edits, update) = (self.unsaved(), self.inner.link.borrow().unsaved_update());
        let Some(update) = update else { return };
        let put = database.put(Shelf::Unsent, &self.kept_key(), &entry(&Unsaved { edits, update }));
        let replica = self.clone();
        spawn_local(async move {
            if put.await {
                replica.inner.kept.edits.set(edits);
            }
        });
    }

    pub(super) async fn keeping(&self) {
        loop {
            self.inner.keep.wait().await;
            if self.unsaved() > 0 {
                TimeoutFuture::new(KEEP_AFTER_MILLIS).await;
            }
            self.keep_unsaved().await;
        }
    }

    /// Keeps a copy of both documents, now and then while they change.
    pub(super) async fn copying(&self) {
        let inner = &self.inner;
        loop {
            inner.kept.copy.wait().await;
            self.note_base();
            if let Some(database) = inner.kept.database() {
                self.keep_copy(database).await;
            }
            TimeoutFuture::new(COPY_EVERY_MILLIS).await;
        }
    }

    async fn keep_copy(&self, database: &Database) {
        let inner = &self.inner;
        // Before that there is nothing, or a part.
        if *inner.view.synced().peek() {
            let name = self.kept_name();
            let copy = Copy {
                generation: inner.link.borrow().generation().map(str::to_owned),
                base: inner.kept.base.borrow().clone(),
                state: state_of(inner.graph.doc()),
            };
            database.put(Shelf::Documents, &name, &copy.to_bytes()).await;
            database.put(Shelf::Documents, &format!("{name}/outputs"), &state_of(inner.outputs.doc())).await;
        }
    }

    /// The graph with every edit of this person that the server has not taken, from this tab and earlier ones; `None` if
    /// there is none. For somebody who lost the right to edit meanwhile: it can be made a workflow of their own.
    pub async fn with_unsent(&self) -> Option<Graph> {
        let entries = match self.inner.kept.database() {
            Some(database) => database.with_prefix(Shelf::Unsent, &format!("{}.", self.kept_name())).await,
            None => Vec::new(),
        };
        if entries.is_empty() && self.unsaved() == 0 {
            return None;
        }
        // In a document aside: this one shows what the server has.
        let aside = GraphDocument::new(new_doc(None));
        apply_kept(aside.doc(), &state_of(self.inner.graph.doc()));
        for unsaved in entries.iter().filter_map(|(_, entry)| read_entry(entry)) {
            apply_kept(aside.doc(), &unsaved.update);
        }
        Some(aside.project().0)
    }
}

fn state_of(doc: &Doc) -> Vec<u8> {
    doc.transact().encode_state_as_update_v1(&StateVector::default())
}

/// Whether it was an update; one that does not fit is of no use to anybody.
fn apply_kept(doc: &Doc, update: &[u8]) -> bool {
    let Ok(update) = Update::decode_v1(update) else { return false };
    doc.transact_mut_with(KEPT).apply_update(update).is_ok()
}

/// The count, four bytes, before the update.
fn entry(unsaved: &Unsaved) -> Vec<u8> {
    [&unsaved.edits.to_le_bytes(), unsaved.update.as_slice()].concat()
}

fn read_entry(entry: &[u8]) -> Option<Unsaved> {
    let (edits, update) = entry.split_first_chunk::<4>()?;
    Some(Unsaved { edits: u32::from_le_bytes(*edits), update: update.to_vec() })
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
    fn an_entry_comes_back_as_it_was_kept() {
        let unsaved = Unsaved { edits: 300, update: vec![1, 2, 3] };
        assert_eq!(read_entry(&entry(&unsaved)), Some(unsaved));
        assert_eq!(read_entry(&[1, 2]), None);
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
