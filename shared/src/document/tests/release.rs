//! Whether documents leave memory.

use std::sync::Arc;

use super::*;
use crate::document::{OutputsDocument, release};

/// Something that lives as long as the document does.
fn witness(doc: &Doc) -> Arc<()> {
    let witness = Arc::new(());
    let held = witness.clone();
    let callback = move |_: &yrs::TransactionMut<'_>, _: &yrs::UpdateEvent| assert!(Arc::strong_count(&held) > 0);
    doc.observe_update_v1("witness", callback).expect("nobody else holds a transaction");
    witness
}

#[test]
fn a_document_with_a_subdocument_leaves_memory_once_it_is_released() {
    let document = seeded(&Graph::default());
    let witness = witness(document.doc());
    release(document.doc());
    drop(document);
    assert_eq!(Arc::strong_count(&witness), 1);
}

/// Otherwise they would have to be released too. If this fails for a graph, yrs has mended it and [`release`] can go.
#[test]
fn only_a_subdocument_keeps_its_document_in_memory() {
    let outputs = OutputsDocument::new(new_doc(None));
    let of_outputs = witness(outputs.doc());
    drop(outputs);
    assert_eq!(Arc::strong_count(&of_outputs), 1);

    let graph = seeded(&Graph::default());
    let of_graph = witness(graph.doc());
    drop(graph);
    assert_eq!(Arc::strong_count(&of_graph), 2);
}

#[test]
fn a_document_in_use_is_not_touched() {
    let document = seeded(&Graph::default());
    let txn = document.doc().transact();
    release(document.doc());
    assert!(document.outputs_guid_in(&txn).is_some());
}
