//! The shared document of a workflow: a Yjs document, its edits, and its projection to plain data.
//!
//! [`GraphDocument`] is what editors write, [`OutputsDocument`] what the server alone writes; `docs/document.md` draws
//! both. Every change of a graph is a method of [`Edit`], so client, server and import cannot disagree on the shape.
//! Not here: sync, storage, rights. Called by the client's replica and the server's rooms.

mod edit;
mod insert;
mod json;
mod outputs;
mod outputs_node;
mod outputs_read;
mod outputs_value;
mod project;
mod restore;
mod run_settings;
mod text;
mod undo;
mod wires;
#[cfg(test)]
mod tests;

pub(crate) use self::json::{normalised, whole};
pub use self::{
    edit::Edit,
    insert::seed,
    outputs::OutputsDocument,
    text::EditError,
    undo::{UNDO_CAPTURE_MILLIS, UndoManager, undo_manager},
};

use std::sync::{Arc, Mutex};

use yrs::{ClientID, Doc, Map, MapRef, OffsetKind, Options, Out, ReadTxn, TextRef, Transact, WriteTxn};

use self::undo::Trash;
use crate::{
    check::Problem,
    graph::{Edge, EdgeId, Frame, Graph, Meta, Node},
    id::{FrameId, NodeId, WorkflowId},
};

/// The shape of graph documents that this build writes; `meta.schema` says what a document has.
pub const SCHEMA: i64 = 1;

/// The roots of a graph document. Nothing else may stand at the root.
const ROOTS: [&str; 4] = ["meta", "nodes", "edges", "frames"];

/// Who makes a change. Undo takes back what came from [`Origin::Ui`] of this replica, and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// The person at this client.
    Ui,
    Server,
    Engine,
    /// A whole graph that came in: seeding, templates.
    Import,
    /// What undo could not bring back by itself.
    Mend,
}

impl Origin {
    /// As it stands on a yrs transaction.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ui => "ui",
            Self::Server => "server",
            Self::Engine => "engine",
            Self::Import => "import",
            Self::Mend => "mend",
        }
    }
}

/// An empty Yjs document with our settings: text counted in UTF-16 code units as in browsers, deleted content collected.
///
/// Every replica needs a client id of its own, also after a reload: two writers under one id corrupt the document.
/// `None` draws 32 random bits, never 0; give one in tests only, below 2^53.
pub fn new_doc(client_id: Option<u64>) -> Doc {
    // Yjs draws 32 bits too. An id of 53 bits would cost more bytes in every update.
    let drawn = || u64::from(uuid::Uuid::new_v4().as_fields().0).max(1);
    let client_id = ClientID::new(client_id.unwrap_or_else(drawn));
    Doc::with_options(Options {
        client_id,
        offset_kind: OffsetKind::Utf16,
        skip_gc: false,
        // Removing stray formatting marks would make a mere reader write.
        cleanup_formatting: false,
        ..Options::default()
    })
}

/// Lets a document go that nobody uses any more: dropping its last handle frees it. What it shows afterwards is not what
/// it was. Does nothing while somebody holds a transaction on it.
///
/// In yrs 0.28.1 the place of a subdocument owns the document that it stands in, which owns the place. Every graph has
/// one, so without this every graph that was ever open would stay in memory.
pub fn release(doc: &Doc) {
    let Ok(mut txn) = doc.try_transact_mut() else { return };
    if let Some(meta) = txn.get_map("meta") {
        meta.remove(&mut txn, "outputs");
    }
}

/// The guid of a workflow's outputs subdocument, which is also the name of that document's room.
pub fn outputs_guid(workflow: WorkflowId) -> String {
    format!("{workflow}/outputs")
}

/// A workflow's graph as a Yjs document. Cloning shares the document.
#[derive(Debug, Clone)]
pub struct GraphDocument {
    doc: Doc,
    roots: Roots,
    /// What was deleted from here as [`Origin::Ui`], for undo. A lock only because a document may move between threads.
    trash: Arc<Mutex<Trash>>,
}

#[derive(Debug, Clone)]
struct Roots {
    meta: MapRef,
    nodes: MapRef,
    edges: MapRef,
    frames: MapRef,
}

impl GraphDocument {
    /// Takes over a document from [`new_doc`], empty or filled by updates. Writes nothing into it.
    pub fn new(doc: Doc) -> Self {
        let roots = {
            let mut txn = doc.transact_mut();
            let [meta, nodes, edges, frames] = ROOTS.map(|root| txn.get_or_insert_map(root));
            Roots { meta, nodes, edges, frames }
        };
        Self { doc, roots, trash: Arc::default() }
    }

    pub fn doc(&self) -> &Doc {
        &self.doc
    }

    /// The whole graph as plain data. Never fails: what cannot be read is left out and named in the problems.
    ///
    /// These problems are about the document's shape. What is wrong with the graph itself says [`crate::check::check`].
    pub fn project(&self) -> (Graph, Vec<Problem>) {
        self.project_in(&self.doc.transact())
    }

    /// [`GraphDocument::project`] with a pause every few milliseconds, for who has others to attend to. What changes in
    /// the pauses may be in it or not.
    pub async fn project_in_parts(&self, pause: impl AsyncFnMut()) -> (Graph, Vec<Problem>) {
        project::graph_in_parts(&self.roots, &self.doc, pause).await
    }

    /// [`GraphDocument::project`] inside a running transaction.
    pub fn project_in<T: ReadTxn>(&self, txn: &T) -> (Graph, Vec<Problem>) {
        project::graph(&self.roots, txn)
    }

    /// Title and description.
    pub fn meta_in<T: ReadTxn>(&self, txn: &T) -> Meta {
        project::meta(&self.roots, txn, &mut Vec::new())
    }

    /// One node as it is now, for a view that follows changes.
    pub fn node_in<T: ReadTxn>(&self, txn: &T, id: &NodeId) -> Option<Node> {
        project::node(txn, id, self.roots.nodes.get(txn, id.as_str())?, &mut Vec::new())
    }

    pub fn edge_in<T: ReadTxn>(&self, txn: &T, id: &EdgeId) -> Option<Edge> {
        project::edge(id, &self.roots.edges.get(txn, id.as_str())?, &mut Vec::new())
    }

    pub fn frame_in<T: ReadTxn>(&self, txn: &T, id: &FrameId) -> Option<Frame> {
        project::frame(txn, id, self.roots.frames.get(txn, id.as_str())?, &mut Vec::new())
    }

    /// The shared text behind a prompt parameter, to follow what others type and to keep carets in place.
    pub fn prompt_in<T: ReadTxn>(&self, txn: &T, node: &NodeId, param: &str) -> Option<TextRef> {
        let Some(Out::YMap(node)) = self.roots.nodes.get(txn, node.as_str()) else { return None };
        let Some(Out::YMap(params)) = node.get(txn, "params") else { return None };
        let Some(Out::YText(text)) = params.get(txn, param) else { return None };
        Some(text)
    }

    /// The guid of the outputs subdocument, as seeded by the server; `None` before that has arrived.
    pub fn outputs_guid_in<T: ReadTxn>(&self, txn: &T) -> Option<String> {
        match self.roots.meta.get(txn, "outputs") {
            Some(Out::YDoc(outputs)) => Some(outputs.guid().to_string()),
            _ => None,
        }
    }

    /// The `nodes` root, to observe.
    pub fn nodes(&self) -> &MapRef {
        &self.roots.nodes
    }

    /// The `edges` root, to observe.
    pub fn edges(&self) -> &MapRef {
        &self.roots.edges
    }

    /// The `frames` root, to observe.
    pub fn frames(&self) -> &MapRef {
        &self.roots.frames
    }

    /// The `meta` root, to observe.
    pub fn meta(&self) -> &MapRef {
        &self.roots.meta
    }

    /// Runs edits in one transaction: others see all of them or none, and undo takes them back together.
    ///
    /// Must not be called while another transaction on the document is open: natively that waits for ever, in a
    /// browser it panics.
    pub fn edit<R>(&self, origin: Origin, f: impl FnOnce(&mut Edit<'_>) -> R) -> R {
        let trash = (origin == Origin::Ui).then(|| self.trash.clone());
        let mut edit = Edit { txn: self.doc.transact_mut_with(origin.as_str()), roots: self.roots.clone(), trash };
        f(&mut edit)
    }
}
