//! A diff into a document, as ordinary edits: restoring a version, and later what a fork takes over.
//!
//! Only what differs is written, prompts word by word, so what others do meanwhile stays where the diff says nothing.

use yrs::{Any, Map, MapRef, Out, Text};

use super::{Edit, json::any_from_json, project, text};
use crate::{
    diff::{Changes, EntryDiff, Field, GraphDiff, alter},
    graph::{Edge, EdgeId, Frame, Graph, Node},
    id::{FrameId, NodeId},
    node::Catalog,
};

impl Edit<'_> {
    /// The whole graph as it is in the middle of the edit.
    pub fn graph(&self) -> Graph {
        project::graph(&self.roots, &self.txn).0
    }

    /// Makes the document read `target`; answers what had to change.
    ///
    /// A prompt that `target` lacks is emptied, not removed: see [`Edit::clear_param`].
    pub fn restore(&mut self, target: &Graph, catalog: &Catalog) -> GraphDiff {
        let diff = GraphDiff::between(&self.graph(), target);
        self.apply_diff(&diff, catalog);
        diff
    }

    /// Writes the new values of `diff`. Changes of what is not there (any more) are left out.
    pub fn apply_diff(&mut self, diff: &GraphDiff, catalog: &Catalog) {
        let meta = self.roots.meta.clone();
        for (field, change) in &diff.meta {
            let text = change.new.as_ref().and_then(|text| text.as_str()).unwrap_or_default();
            match field {
                Field::Title | Field::Description => self.put(&meta, &field.to_string(), Some(Any::from(text))),
                _ => {}
            }
        }
        for (id, frame) in &diff.frames {
            self.apply_frame(id, frame);
        }
        for (id, node) in &diff.nodes {
            self.apply_node(id, node, catalog);
        }
        // Last, so that no wire leads to a node that is still to come.
        for (id, edge) in &diff.edges {
            self.apply_edge(id, edge);
        }
    }

    fn apply_frame(&mut self, id: &FrameId, diff: &EntryDiff<Frame>) {
        match diff {
            EntryDiff::Added(frame) => self.add_frame(id, frame),
            // Who belongs to it is each node's own field, and part of the diff.
            EntryDiff::Removed(_) => drop(self.take_frame(id)),
            EntryDiff::Changed(changes) => {
                if let Some(mut frame) = self.frame(id) {
                    alter(&mut frame, changes);
                    self.update_frame(id, &frame);
                }
            }
        }
    }

    fn apply_node(&mut self, id: &NodeId, diff: &EntryDiff<Node>, catalog: &Catalog) {
        match diff {
            EntryDiff::Added(node) => self.add_node(id, node, catalog),
            EntryDiff::Removed(_) => self.take_node(id),
            EntryDiff::Changed(changes) if changes.contains_key(&Field::Type) => {
                // Another type has other prompts, and those are made with the node.
                if let Some(mut node) = self.node(id) {
                    alter(&mut node, changes);
                    self.take_node(id);
                    self.add_node(id, &node, catalog);
                }
            }
            EntryDiff::Changed(changes) => {
                if let Some(map) = self.node_map(id) {
                    self.apply_node_fields(&map, changes);
                }
            }
        }
    }

    fn apply_node_fields(&mut self, map: &MapRef, changes: &Changes) {
        for (field, change) in changes {
            let value = change.new.as_ref().and_then(|value| any_from_json(value).ok());
            match field {
                Field::Param(name) => self.apply_param(map, name, value),
                // Every node says its mode.
                Field::Mode => self.put(map, "mode", Some(value.unwrap_or_else(|| Any::from("active")))),
                field => self.put(map, &field.to_string(), value),
            }
        }
    }

    fn apply_param(&mut self, node: &MapRef, name: &str, value: Option<Any>) {
        let params = self.params_map(node);
        match (params.get(&self.txn, name), value) {
            (Some(Out::YText(text)), Some(Any::String(new))) => text::rework(&text, &mut self.txn, &new),
            (Some(Out::YText(text)), None) => {
                let len = text.len(&self.txn);
                if len > 0 {
                    text.remove_range(&mut self.txn, 0, len);
                }
            }
            (_, value) => self.put(&params, name, value),
        }
    }

    fn apply_edge(&mut self, id: &EdgeId, diff: &EntryDiff<Edge>) {
        match diff {
            EntryDiff::Added(edge) => self.put_edge(id, edge),
            EntryDiff::Removed(_) => drop(self.disconnect(id)),
            EntryDiff::Changed(changes) => {
                if let Some(mut edge) = self.edge(id) {
                    alter(&mut edge, changes);
                    self.put_edge(id, &edge);
                }
            }
        }
    }
}
