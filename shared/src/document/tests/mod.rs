//! What the documents promise, tested from outside: through edits, updates and projections.

mod converge;
mod edits;
mod growth;
mod hostile;
mod outputs;
mod release;
mod undo;

use yrs::{Doc, ReadTxn, StateVector, Transact, Update, updates::decoder::Decode};

use super::{GraphDocument, Origin, new_doc, seed};
use crate::{
    fixture,
    graph::{Graph, Node},
    id::{NodeId, WorkflowId},
};

/// A document with `graph` in it, as the server makes it.
fn seeded(graph: &Graph) -> GraphDocument {
    let document = GraphDocument::new(new_doc(Some(1)));
    seed(&document, workflow(), graph, &fixture::catalog());
    document
}

fn workflow() -> WorkflowId {
    WorkflowId::from(uuid::Uuid::from_u128(7))
}

/// Another replica of `document`.
fn replica(document: &GraphDocument, client_id: u64) -> GraphDocument {
    let other = GraphDocument::new(new_doc(Some(client_id)));
    send(document.doc(), other.doc());
    other
}

/// Everything `from` has that `to` lacks.
fn send(from: &Doc, to: &Doc) {
    let known = to.transact().state_vector();
    let update = from.transact().encode_diff_v1(&known);
    apply(to, &update);
}

fn exchange(a: &GraphDocument, b: &GraphDocument) {
    send(a.doc(), b.doc());
    send(b.doc(), a.doc());
}

fn apply(doc: &Doc, update: &[u8]) {
    doc.transact_mut_with("remote").apply_update(Update::decode_v1(update).unwrap()).unwrap();
}

fn encoded_len(doc: &Doc) -> usize {
    doc.transact().encode_state_as_update_v1(&StateVector::default()).len()
}

fn encoded_len_v2(doc: &Doc) -> usize {
    doc.transact().encode_state_as_update_v2(&StateVector::default()).len()
}

fn graph_of(document: &GraphDocument) -> Graph {
    let (graph, problems) = document.project();
    assert_eq!(problems, [], "the document has its proper shape");
    graph
}

fn ui<R>(document: &GraphDocument, f: impl FnOnce(&mut super::Edit<'_>) -> R) -> R {
    document.edit(Origin::Ui, f)
}

fn node_of(document: &GraphDocument, id: &NodeId) -> Option<Node> {
    document.node_in(&document.doc().transact(), id)
}

fn text_of(document: &GraphDocument, node: &str, param: &str) -> String {
    let node = node_of(document, &fixture::id(node)).unwrap();
    node.params[param].as_str().unwrap().to_owned()
}
