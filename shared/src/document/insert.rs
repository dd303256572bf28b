//! Whole graphs into a document: pasting and seeding.

use std::collections::BTreeMap;

use yrs::{Any, Doc, Map, OffsetKind, Options};

use super::{Edit, GraphDocument, Origin, SCHEMA, outputs_guid};
use crate::{
    graph::{Edge, Frame, Graph, Node},
    id::{FrameId, NodeId, WorkflowId},
    node::Catalog,
};

impl Edit<'_> {
    /// Adds a copy of `graph`, moved by `offset`, under fresh ids; answers which node became which.
    ///
    /// Wires and frames come along where both ends are part of `graph`. Its title and description do not.
    pub fn insert_graph(&mut self, graph: &Graph, catalog: &Catalog, offset: [f64; 2]) -> BTreeMap<NodeId, NodeId> {
        let moved = |pos: [f64; 2]| [pos[0] + offset[0], pos[1] + offset[1]];
        let frames: BTreeMap<&FrameId, FrameId> = graph.frames.keys().map(|id| (id, FrameId::random())).collect();
        let nodes: BTreeMap<NodeId, NodeId> = graph.nodes.keys().map(|id| (id.clone(), NodeId::random())).collect();
        for (id, frame) in &graph.frames {
            self.add_frame(&frames[id], &Frame { pos: moved(frame.pos), ..frame.clone() });
        }
        for (id, node) in &graph.nodes {
            let frame = node.frame.as_ref().and_then(|frame| frames.get(frame)).cloned();
            self.add_node(&nodes[id], &Node { pos: moved(node.pos), frame, ..node.clone() }, catalog);
        }
        for edge in graph.edges.values() {
            if let (Some(from), Some(to)) = (nodes.get(&edge.from), nodes.get(&edge.to)) {
                let edge = Edge { from: from.clone(), to: to.clone(), ..edge.clone() };
                // Not `connect`, which looks for other wires into the input: the nodes are new.
                let id = self.fresh_edge_id(&edge, catalog);
                self.put_edge(&id, &edge);
            }
        }
        nodes
    }
}

/// Fills a new workflow's document: `graph` with the ids it has, and the outputs subdocument.
///
/// Called by the server once, inside the transaction that creates the workflow. A client must never seed: two seeds of
/// one document would overwrite each other.
pub fn seed(document: &GraphDocument, workflow: WorkflowId, graph: &Graph, catalog: &Catalog) {
    document.edit(Origin::Import, |edit| {
        let meta = edit.roots.meta.clone();
        edit.put(&meta, "schema", Some(Any::from(SCHEMA)));
        edit.set_title(&graph.meta.title);
        edit.set_description(&graph.meta.description);
        let outputs = Doc::with_options(Options {
            guid: outputs_guid(workflow).into(),
            offset_kind: OffsetKind::Utf16,
            // Whoever shows outputs asks for them; a program that only reads the graph should not have to.
            auto_load: false,
            should_load: false,
            ..Options::default()
        });
        meta.insert(&mut edit.txn, "outputs", outputs);
        for (id, frame) in &graph.frames {
            edit.add_frame(id, frame);
        }
        for (id, node) in &graph.nodes {
            edit.add_node(id, node, catalog);
        }
        for (id, wire) in &graph.edges {
            edit.put_edge(id, wire);
        }
    });
}
