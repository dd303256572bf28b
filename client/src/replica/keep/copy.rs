//! Copies of both documents as they were seen last, and of which generation they are.

use dioxus::prelude::*;
use uuid::Uuid;
use yrs::{Doc, ReadTxn, StateVector, Transact, Update, updates::decoder::Decode};

use crate::{
    dom::{Database, Shelf},
    replica::{Replica, view::CanvasViewStoreExt},
    sync::outbox::KEPT,
};

/// The keys of the copies.
struct Keys {
    graph: String,
    outputs: String,
    /// Sixteen bytes: the generation of the graph.
    generation: String,
}

impl Replica {
    fn copy_keys(&self) -> Keys {
        let name = self.kept_name();
        Keys { outputs: format!("{name}/outputs"), generation: format!("{name}/generation"), graph: name }
    }

    /// Shows the copy, with what earlier tabs could not send.
    pub(super) async fn show_copy(&self, database: &Database) {
        let (inner, keys) = (&self.inner, self.copy_keys());
        let Some(graph) = database.get(Shelf::Documents, &keys.graph).await else { return };
        let outputs = database.get(Shelf::Documents, &keys.outputs).await;
        let generation = database.get(Shelf::Documents, &keys.generation).await;
        // The server has told of another generation meanwhile: the copy must not get into that one.
        let generation = generation.and_then(|bytes| Uuid::from_slice(&bytes).ok());
        let known = inner.link.borrow().generation();
        if known.is_some() && known != generation || !apply_kept(inner.graph.doc(), &graph) {
            return;
        }
        if let Some(outputs) = outputs {
            apply_kept(inner.outputs.doc(), &outputs);
        }
        if let Some(generation) = generation {
            inner.link.borrow_mut().resume(generation);
        }
        self.adopt().await;
        self.refresh();
        inner.view.synced().set(true);
    }

    pub(super) async fn keep_copy(&self, database: &Database) {
        let (inner, keys) = (&self.inner, self.copy_keys());
        // Before that there is nothing, or a part.
        if !*inner.view.synced().peek() {
            return;
        }
        let (graph, outputs) = (state_of(inner.graph.doc()), state_of(inner.outputs.doc()));
        let generation = inner.link.borrow().generation();
        let mut copy: Vec<(&str, &[u8])> = vec![(&keys.graph, &graph), (&keys.outputs, &outputs)];
        if let Some(generation) = &generation {
            copy.push((&keys.generation, generation.as_bytes()));
        }
        database.put_all(Shelf::Documents, &copy).await;
    }

    pub(super) async fn forget_copy(&self, database: &Database) {
        let keys = self.copy_keys();
        database.remove_all(Shelf::Documents, &[&keys.graph, &keys.outputs, &keys.generation]).await;
    }
}

pub(super) fn state_of(doc: &Doc) -> Vec<u8> {
    doc.transact().encode_state_as_update_v1(&StateVector::default())
}

/// Whether it was an update; one that does not fit is of no use to anybody.
pub(super) fn apply_kept(doc: &Doc, update: &[u8]) -> bool {
    let Ok(update) = Update::decode_v1(update) else { return false };
    doc.transact_mut_with(KEPT).apply_update(update).is_ok()
}
