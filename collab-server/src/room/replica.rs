//! The server's copy of one document: a yrs `Doc` that nothing unchecked gets into, and that a panic in yrs cannot take
//! the process down with.
//!
//! Owned by one room's task; knows nothing of connections or storage.

use std::{
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use shared::{
    document::{GraphDocument, OutputsDocument, new_doc, release},
    protocol::DocumentName,
};
use yrs::{
    Doc, IdSet, ReadTxn, StateVector, Transact,
    block::ClientID,
    updates::{decoder::Decode, encoder::Encode},
};

use super::{
    afresh::afresh,
    heads::Heads,
    store::{Snapshot, StoredDocument},
    update::{Fit, Outline, Roots, UpdateError, outline},
};

const GRAPH_ROOTS: Roots = &["meta", "nodes", "edges", "frames"];
const OUTPUTS_ROOTS: Roots = &["nodes", "runs"];

pub fn roots(name: DocumentName) -> Roots {
    match name {
        DocumentName::Graph(_) => GRAPH_ROOTS,
        DocumentName::Outputs(_) => OUTPUTS_ROOTS,
    }
}

/// The document's view as what it is.
#[derive(Debug)]
pub enum View {
    Graph(GraphDocument),
    Outputs(OutputsDocument),
}

pub struct Replica {
    doc: Doc,
    view: View,
    /// Updates of finished transactions that nobody has taken yet. Written by the yrs observer, taken by the methods
    /// here; a lock only because observers must be `Send`.
    changes: Arc<Mutex<Vec<Bytes>>>,
    /// The update for somebody who has nothing, kept until the next change: many who join at once cost one encoding.
    full: Option<Bytes>,
    /// Counts changes.
    version: u64,
    /// Counts how often the whole document was encoded.
    encodings: u64,
}

/// yrs refused, panicked, or was left with pieces it cannot place. The replica must be thrown away and loaded anew.
#[derive(Debug, thiserror::Error)]
#[error("the document could not take an update that passed every check")]
pub struct Broken;

/// A stored row that could not be read.
#[derive(Debug)]
pub struct BadRow {
    pub index: usize,
    pub reason: String,
}

/// What became of a stored row.
#[derive(Debug, PartialEq, Eq)]
pub enum RowFate {
    /// With what was new in it.
    Taken(Option<Bytes>),
    /// For a row that is not here yet.
    Waits,
    Unreadable(String),
}

#[derive(Debug, thiserror::Error)]
#[error("the stored snapshot is damaged")]
pub struct DamagedSnapshot;

impl Replica {
    pub fn new(name: DocumentName) -> Self {
        let doc = new_doc(None);
        let changes = Arc::new(Mutex::new(Vec::new()));
        let sink = changes.clone();
        doc.observe_update_v1("room", move |_, event| {
            sink.lock().unwrap_or_else(PoisonError::into_inner).push(event.update.clone().into());
        })
        .expect("nobody else holds a transaction on a new document");
        let view = match name {
            DocumentName::Graph(_) => View::Graph(GraphDocument::new(doc.clone())),
            DocumentName::Outputs(_) => View::Outputs(OutputsDocument::new(doc.clone())),
        };
        Self { doc, view, changes, full: None, version: 0, encodings: 0 }
    }

    /// Builds the document from what is stored. Rows that cannot be read are reported and left out.
    ///
    /// A row may stand on rows of other servers, but only on ones committed before it. So if each server's rows are
    /// taken in their order, some server's next row can always be taken.
    pub fn load(name: DocumentName, stored: &StoredDocument) -> Result<(Self, Vec<BadRow>), DamagedSnapshot> {
        let mut replica = Self::new(name);
        if let Some(snapshot) = &stored.snapshot {
            replica.take_snapshot(snapshot)?;
        }
        let mut bad = Vec::new();
        let mut waiting: Vec<usize> = (0..stored.log.len()).collect();
        let mut in_order = true;
        loop {
            let before = waiting.len();
            let mut stopped = BTreeSet::new();
            for index in std::mem::take(&mut waiting) {
                let row = &stored.log[index];
                if in_order && stopped.contains(&row.server) {
                    waiting.push(index);
                    continue;
                }
                match replica.take_row(name, &row.update) {
                    Ok(RowFate::Taken(_)) => {}
                    Ok(RowFate::Waits) => {
                        stopped.insert(row.server);
                        waiting.push(index);
                    }
                    Ok(RowFate::Unreadable(reason)) => bad.push(BadRow { index, reason }),
                    Err(Broken) => {
                        // What yrs half took must go: begin again without this row.
                        let mut rest = stored.clone();
                        bad.push(BadRow { index, reason: Broken.to_string() });
                        for row in &bad {
                            rest.log[row.index].update = Bytes::from_static(shared::protocol::EMPTY_UPDATE);
                        }
                        let (replica, more) = Self::load(name, &rest)?;
                        bad.extend(more);
                        return Ok((replica, bad));
                    }
                }
            }
            // A row is missing. Those that stand on it stay in the log, the others are shown.
            if waiting.len() == before && !std::mem::replace(&mut in_order, false) {
                return Ok((replica, bad));
            }
        }
    }

    /// Takes a stored row. Damaged ones, and those behind a hole, change nothing.
    pub fn take_row(&mut self, name: DocumentName, update: &[u8]) -> Result<RowFate, Broken> {
        match outline(update, roots(name)).and_then(|outline| self.fit(&outline, update)) {
            Ok(Fit::Whole) => self.apply(update).map(RowFate::Taken),
            Ok(Fit::Gap { .. }) => Ok(RowFate::Waits),
            Err(error) => Ok(RowFate::Unreadable(chain(&error))),
        }
    }

    /// Merges a snapshot in. Yields what was new in it.
    pub fn take_snapshot(&mut self, snapshot: &Snapshot) -> Result<Option<Bytes>, DamagedSnapshot> {
        if blake3::hash(&snapshot.state_v2).as_bytes() != &snapshot.hash {
            return Err(DamagedSnapshot);
        }
        let update = catch_unwind(|| yrs::Update::decode_v2(&snapshot.state_v2)).ok().and_then(Result::ok);
        self.integrate(update.ok_or(DamagedSnapshot)?).map_err(|Broken| DamagedSnapshot)
    }

    pub fn view(&self) -> &View {
        &self.view
    }

    /// The id under which this server writes into the document, a new one after every load.
    pub fn client_id(&self) -> u64 {
        self.doc.client_id().get()
    }

    /// How far the document has a client's structs.
    pub fn clock(&self, client: u64) -> u32 {
        self.doc.transact().state_vector().get(&ClientID::new(client))
    }

    pub fn state_vector(&self) -> StateVector {
        self.doc.transact().state_vector()
    }

    pub fn encoded_state_vector(&self) -> Vec<u8> {
        self.state_vector().encode_v1()
    }

    pub fn fit(&self, outline: &Outline, update: &[u8]) -> Result<Fit, UpdateError> {
        let known = self.state_vector();
        outline.fit(update, |client| known.get(&ClientID::new(client)))
    }

    /// Whether the update would change nothing.
    pub fn has(&self, outline: &Outline) -> bool {
        let txn = self.doc.transact();
        let known = txn.state_vector();
        if outline.clients.iter().any(|one| one.end_clock() > known.get(&ClientID::new(one.client))) {
            return false;
        }
        if outline.deletions.iter().all(|(_, ranges)| ranges.is_empty()) {
            return true;
        }
        let mut deletions = IdSet::new();
        for (client, ranges) in &outline.deletions {
            for range in ranges {
                deletions.insert(yrs::ID::new(ClientID::new(*client), range.start), range.end - range.start);
            }
        }
        deletions.diff_with(&txn.snapshot().delete_set);
        deletions.is_empty()
    }

    /// Applies an update that passed the strict decoder and fits. Yields what was new in it, if anything was.
    pub fn apply(&mut self, update: &[u8]) -> Result<Option<Bytes>, Broken> {
        let decoded = catch_unwind(|| yrs::Update::decode_v1(update)).ok().and_then(Result::ok).ok_or(Broken)?;
        self.integrate(decoded)
    }

    fn integrate(&mut self, update: yrs::Update) -> Result<Option<Bytes>, Broken> {
        let mut txn = self.doc.transact_mut();
        let applied = catch_unwind(AssertUnwindSafe(|| {
            let applied = txn.apply_update(update);
            txn.commit();
            applied
        }));
        match applied {
            Ok(Ok(())) => {
                let whole = txn.store().pending_update().is_none() && txn.store().pending_ds().is_none();
                drop(txn);
                if whole { Ok(self.take_changes()) } else { Err(Broken) }
            }
            Ok(Err(_)) => Err(Broken),
            Err(_) => {
                // Dropping a transaction that panicked would commit it, and a second panic would end the process. It is
                // left as it is; the document it locks is never used again.
                std::mem::forget(txn);
                Err(Broken)
            }
        }
    }

    /// Runs edits of the server itself. Yields their answer and what they changed.
    pub fn edit<R>(&mut self, f: impl FnOnce(&View) -> R) -> (R, Option<Bytes>) {
        let result = f(&self.view);
        (result, self.take_changes())
    }

    fn take_changes(&mut self) -> Option<Bytes> {
        let changes = std::mem::take(&mut *self.changes.lock().unwrap_or_else(PoisonError::into_inner));
        let merged = merge(changes)?;
        self.full = None;
        self.version += 1;
        Some(merged)
    }

    /// What a replica with `vector` lacks.
    pub fn diff(&self, vector: &StateVector) -> Bytes {
        self.doc.transact().encode_state_as_update_v1(vector).into()
    }

    /// The whole document as one update.
    pub fn full(&mut self) -> Bytes {
        let Self { doc, full, encodings, .. } = self;
        full.get_or_insert_with(|| {
            *encodings += 1;
            metrics::counter!("openflow_documents_encoded_total").increment(1);
            doc.transact().encode_state_as_update_v1(&StateVector::default()).into()
        })
        .clone()
    }

    pub fn forget_full(&mut self) {
        self.full = None;
    }

    /// Another number after every change.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// How often the whole document was encoded for somebody who joined.
    pub fn encodings(&self) -> u64 {
        self.encodings
    }

    /// Everybody who ever wrote into the document.
    pub fn clients(&self) -> Vec<u64> {
        self.state_vector().iter().map(|(client, _)| client.get()).collect()
    }

    /// The content without the past.
    pub fn afresh(&self) -> Bytes {
        afresh(&self.doc)
    }

    pub fn snapshot(&self, heads: Heads) -> Snapshot {
        let state_v2: Bytes = self.doc.transact().encode_state_as_update_v2(&StateVector::default()).into();
        let hash = blake3::hash(&state_v2).into();
        Snapshot { heads, state_v2, hash }
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        release(&self.doc);
    }
}

/// One update that says what several say.
pub fn merge(mut updates: Vec<Bytes>) -> Option<Bytes> {
    match updates.len() {
        0 | 1 => updates.pop(),
        _ => Some(yrs::merge_updates_v1(updates).expect("yrs wrote these updates itself").into()),
    }
}

/// An error with everything behind it, for the quarantine's notes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use shared::document::Origin;
    use uuid::Uuid;

    use super::*;
    use crate::room::{LogRow, ServerId};

    /// Each title stands on the one before.
    fn titles(count: usize) -> (DocumentName, Vec<Bytes>) {
        let name = DocumentName::Graph(Uuid::from_u128(7).into());
        let mut replica = Replica::new(name);
        let update = |replica: &mut Replica, title: String| {
            let edit = |view: &View| match view {
                View::Graph(graph) => graph.edit(Origin::Server, |edit| edit.set_title(&title)),
                View::Outputs(_) => unreachable!("a graph's name opens a graph"),
            };
            replica.edit(edit).1.expect("a new title")
        };
        let updates = (0..count).map(|number| update(&mut replica, number.to_string())).collect();
        (name, updates)
    }

    fn title(replica: &Replica) -> String {
        match replica.view() {
            View::Graph(graph) => graph.project().0.meta.title,
            View::Outputs(_) => unreachable!("a graph's name opens a graph"),
        }
    }

    /// By server, as the store yields them.
    fn stored(updates: Vec<Bytes>, server_of: impl Fn(usize) -> u128) -> StoredDocument {
        let mut log: Vec<LogRow> = updates
            .into_iter()
            .enumerate()
            .map(|(at, update)| LogRow {
                server: ServerId::from(Uuid::from_u128(server_of(at))),
                seq: at as u64,
                update,
            })
            .collect();
        log.sort_by_key(|row| (row.server, row.seq));
        StoredDocument { log, ..StoredDocument::default() }
    }

    #[test]
    fn rows_of_several_servers_that_stand_on_each_other_are_all_taken() {
        let (name, updates) = titles(40);
        for server_of in [|at| (at as u128 + 1) % 2, |at| 9 - (at as u128 % 7), |at| 9 - (at as u128 / 5)] {
            let (replica, bad) = Replica::load(name, &stored(updates.clone(), server_of)).expect("no snapshot");
            assert!(bad.is_empty());
            assert_eq!(title(&replica), "39");
        }
    }

    #[test]
    fn a_missing_row_hides_only_what_stands_on_it() {
        let (name, updates) = titles(10);
        let mut lacking = stored(updates, |at| at as u128 % 2);
        lacking.log.remove(3);
        let (replica, bad) = Replica::load(name, &lacking).expect("no snapshot");
        assert!(bad.is_empty());
        assert_eq!(title(&replica), "5");
    }
}
