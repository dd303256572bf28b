//! What outlives the page, in the browser's database: [`unsent`] edits, and a [`copy`] of the documents, so that a
//! workflow opens without a connection where it was open before.
//!
//! Edits are kept by workflow, person and tab. Every later visit takes up what earlier tabs left, and an entry is removed
//! only when the server has acknowledged what it holds; applying an update twice does nothing, so several tabs can
//! neither lose nor double anything. If the document was [begun anew](anew) meanwhile, the edits are made again by what
//! they mean.

mod anew;
mod copy;
mod entry;
mod unsent;

use std::{
    cell::{Cell, OnceCell, RefCell},
    collections::BTreeSet,
};

use gloo_timers::future::TimeoutFuture;
use shared::graph::Graph;
use wasm_bindgen_futures::spawn_local;

use super::{Replica, Wake};
use crate::dom::{self, Database, Listener};

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
    adopted: RefCell<BTreeSet<String>>,
    /// The server's state has arrived on this connection.
    live: Cell<bool>,
    /// The documents changed.
    pub(super) copy: Wake,
    /// The document was begun anew, and this page is about to be loaded again: nothing of it is to be kept any more.
    outdated: Cell<bool>,
    /// The graph as it was when nothing was unsent last: what unsent edits began at.
    base: RefCell<Option<Graph>>,
}

impl Kept {
    pub(super) fn anything(&self) -> bool {
        self.edits.get() > 0 || !self.adopted.borrow().is_empty()
    }

    pub(super) fn set_live(&self, live: bool) -> bool {
        self.live.replace(live)
    }

    fn database(&self) -> Option<&Database> {
        if self.outdated.get() { None } else { self.database.get()?.as_ref() }
    }
}

/// Looks after a page that goes away: sends and keeps what there is, and asks the person to stay if that is not enough.
pub fn watch_page(replica: &Replica) -> [Listener; 2] {
    let (leaving, asking) = (replica.clone(), replica.clone());
    [
        Listener::new(dom::window(), "pagehide", move |_| leaving.leave()),
        Listener::new(dom::window(), "beforeunload", move |event| {
            let kept = &asking.inner.kept;
            if asking.unsaved() > kept.edits.get() && !kept.outdated.get() {
                asking.keep_on_leaving();
                event.prevent_default();
            }
        }),
    ]
}

impl Replica {
    fn unsaved(&self) -> u32 {
        self.inner.link.borrow().unsaved()
    }

    /// `{workflow}.{person}`
    fn kept_name(&self) -> String {
        format!("{}.{}", self.inner.workflow, self.inner.person)
    }

    fn kept_key(&self) -> String {
        format!("{}.{}", self.kept_name(), self.client_id())
    }

    /// Opens the database and, if the server has not answered before that, shows what was seen here last.
    pub(super) async fn open_kept(&self) {
        let _ = self.inner.kept.database.set(Database::open().await);
        if let Some(database) = self.inner.kept.database() {
            self.show_copy(database).await;
        }
        self.show_save_state();
    }

    /// The server's state is here. Once for every connection, what earlier tabs left is taken up and sent.
    pub(super) fn caught_up(&self) {
        self.inner.kept.copy.ring();
        if self.inner.kept.set_live(true) {
            return;
        }
        let replica = self.clone();
        spawn_local(async move {
            replica.adopt().await;
            replica.redo_in_this_generation().await;
            replica.refresh();
            // Asks the server what it lacks, which is answered with everything that was taken up.
            if replica.unsaved() > 0 {
                replica.inner.resync_due.set(true);
                replica.inner.outgoing.ring();
            }
            replica.show_save_state();
        });
    }

    /// Keeps what is unsaved whenever something is for longer than a moment.
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
        loop {
            self.inner.kept.copy.wait().await;
            self.note_base();
            if let Some(database) = self.inner.kept.database() {
                self.keep_copy(database).await;
            }
            TimeoutFuture::new(COPY_EVERY_MILLIS).await;
        }
    }

    /// Remembers the graph while nothing is unsent: what unsent edits will have begun at.
    pub(super) fn note_base(&self) {
        if self.unsaved() == 0 {
            let (graph, _) = self.inner.graph.project();
            self.inner.kept.base.replace(Some(graph));
        }
    }
}
