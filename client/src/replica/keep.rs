//! Edits that could not be sent outlive the tab: kept in the browser, sent by the next visit to the workflow.
//!
//! Kept per workflow, person and tab, only while something is unsaved. Applying an update twice does nothing, so nothing
//! here has to be exact.

use gloo_timers::future::TimeoutFuture;
use yrs::{Transact, Update, updates::decoder::Decode};

use super::Replica;
use crate::dom::{self, Listener};

/// Acknowledgements take milliseconds: what is unsaved for longer is worth keeping.
const KEEP_AFTER_MILLIS: u32 = 1_000;
/// Browsers give a site about 5 MiB in all, as text.
const KEEP_MAX_BYTES: usize = 2 * 1024 * 1024;
/// The origin of recovered edits: they count as made here, but are no steps to undo.
const RECOVERED: &str = "recovered";

/// Looks after a page that goes away: sends and keeps what there is, and asks the person to stay if that is not enough.
pub fn watch_page(replica: &Replica) -> [Listener; 2] {
    let (leaving, asking) = (replica.clone(), replica.clone());
    [
        Listener::new(dom::window(), "pagehide", move |_| leaving.leave()),
        Listener::new(dom::window(), "beforeunload", move |event| {
            if asking.unsaved() > 0 && !asking.keep_unsaved() {
                event.prevent_default();
            }
        }),
    ]
}

impl Replica {
    fn unsaved(&self) -> u32 {
        self.inner.link.borrow().unsaved()
    }

    /// `openflow.unsaved.{workflow}.{person}.`
    fn kept_prefix(&self) -> String {
        format!("openflow.unsaved.{}.{}.", self.inner.workflow, self.inner.person)
    }

    fn kept_key(&self) -> String {
        format!("{}{}", self.kept_prefix(), self.client_id())
    }

    /// Answers whether all that is unsaved is kept.
    pub(super) fn keep_unsaved(&self) -> bool {
        let update = self.inner.link.borrow().unsaved_update();
        let key = self.kept_key();
        match update {
            Some(update) if update.len() <= KEEP_MAX_BYTES => {
                dom::store_bytes(&key, &update);
                self.inner.kept.set(true);
                dom::stored_bytes(&key).is_some_and(|kept| kept == update)
            }
            Some(_) => false,
            None => {
                if self.inner.kept.take() {
                    dom::forget(&key);
                }
                true
            }
        }
    }

    pub(super) async fn keeping(&self) {
        loop {
            self.inner.keep.wait().await;
            if self.unsaved() > 0 {
                TimeoutFuture::new(KEEP_AFTER_MILLIS).await;
            }
            self.keep_unsaved();
        }
    }

    /// Takes up what earlier tabs could not send. After the first sync, because it may build on what only the server has.
    pub(super) fn recover(&self) {
        if !self.may_write() {
            return;
        }
        let keys = dom::stored_keys(&self.kept_prefix());
        let updates: Vec<Update> = keys
            .iter()
            .filter_map(|key| dom::stored_bytes(key))
            .filter_map(|bytes| Update::decode_v1(&bytes).ok())
            .collect();
        if !updates.is_empty() {
            let mut txn = self.inner.graph.doc().transact_mut_with(RECOVERED);
            for update in updates {
                // One that does not fit is of no use to anybody.
                let _ = txn.apply_update(update);
            }
            drop(txn);
            self.keep_unsaved();
        }
        for key in keys.iter().filter(|key| **key != self.kept_key()) {
            dom::forget(key);
        }
    }
}
