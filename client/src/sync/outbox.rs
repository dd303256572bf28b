//! Local updates that no frame holds yet.

use yrs::{Doc, TransactionMut, UpdateEvent, merge_updates_v1};

use crate::replica::changes::Collected;

/// The origin of transactions that came from the server: everything else on the document was made here.
pub const REMOTE: &str = "remote";
/// The origin of what an earlier visit left in the browser. Its unsent edits are counted by the link, not collected
/// again, and they are no steps to undo.
pub const KEPT: &str = "kept";

const OBSERVER: &str = "outbox";

#[derive(Clone, Default)]
pub struct Outbox(Collected<Vec<Vec<u8>>>);

impl Outbox {
    /// Collects every update of `doc` that is made here now, undo included.
    pub fn observe(doc: &Doc) -> Self {
        let outbox = Self::default();
        let updates = outbox.0.clone();
        let record = move |txn: &TransactionMut<'_>, event: &UpdateEvent| {
            if ![REMOTE, KEPT].map(|origin| Some(origin.into())).contains(&txn.origin().cloned()) {
                updates.lock().push(event.update.clone());
            }
        };
        doc.observe_update_v1(OBSERVER, record).expect("no transaction is open on a new document");
        outbox
    }

    pub fn edits(&self) -> u32 {
        self.0.lock().len() as u32
    }

    /// All of them as one update.
    pub fn take(&self) -> Option<Unsaved> {
        let updates = self.0.take();
        let edits = updates.len() as u32;
        merged(updates).map(|update| Unsaved { edits, update })
    }

    /// Copies of all of them, which stay.
    pub fn peek(&self) -> Vec<Vec<u8>> {
        self.0.lock().clone()
    }
}

/// Edits that the server has not acknowledged, as one update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsaved {
    pub edits: u32,
    pub update: Vec<u8>,
}

/// One update that says what all of these say; `None` for none.
pub fn merged(mut updates: Vec<Vec<u8>>) -> Option<Vec<u8>> {
    match updates.len() {
        0 | 1 => updates.pop(),
        _ => Some(merge_updates_v1(updates).expect("the updates were encoded here")),
    }
}
