//! Every change a person or a program can make to a graph.
//!
//! One method per change, all on [`Edit`], which is one transaction. A change of what is not there (any more) does
//! nothing and answers `false`: another replica may have deleted it a moment ago. A change that would write what already
//! stands there writes nothing, because every write stays in the document's history for ever.

use std::sync::{Arc, Mutex, PoisonError};

use yrs::{Any, Map, MapPrelim, MapRef, Out, TransactionMut};

use super::{
    Roots,
    json::{any_from_json, any_number},
    project, text,
    undo::Trash,
    wires::edge_ends,
};
use crate::{
    graph::{Edge, EdgeId, Frame, Mode, Node, Pin},
    id::{FrameId, NodeId},
    node::{Catalog, ParamKind},
};

/// A running transaction on a graph document. Got from [`GraphDocument::edit`](super::GraphDocument::edit).
pub struct Edit<'a> {
    pub(super) txn: TransactionMut<'a>,
    pub(super) roots: Roots,
    /// Where deletions are remembered, if undo may have to bring them back.
    pub(super) trash: Option<Arc<Mutex<Trash>>>,
}

impl<'a> Edit<'a> {
    /// To read the document as it is in the middle of the edit.
    pub fn txn(&self) -> &TransactionMut<'a> {
        &self.txn
    }

    /// Adds a node with everything in it. Shared texts are made here for every prompt, so that two people can later
    /// type into one. Make a fresh id for each node: a second node under the same id replaces the first.
    pub fn add_node(&mut self, id: &NodeId, node: &Node, catalog: &Catalog) {
        let map = self.roots.nodes.insert(&mut self.txn, id.as_str(), MapPrelim::default());
        let params = map.insert(&mut self.txn, "params", MapPrelim::default());
        let spec = catalog.get(&node.node_type);
        for param in spec.iter().flat_map(|spec| &spec.params) {
            if param.kind == ParamKind::Prompt {
                let value = node.params.get(&param.name).unwrap_or(&param.default);
                text::insert_text(&params, &mut self.txn, &param.name, value.as_str().unwrap_or_default());
            }
        }
        self.complete_node(id, node);
    }

    /// Writes what `node` has and the node of that id lacks.
    pub(super) fn complete_node(&mut self, id: &NodeId, node: &Node) {
        let Some(map) = self.node_map(id) else { return };
        let params = self.params_map(&map);
        for (name, value) in &node.params {
            if let Ok(value) = any_from_json(value) {
                self.put_missing(&params, name, Some(value));
            }
        }
        self.complete_required(id, node);
        self.put_missing(&map, "size", node.size.and_then(pair));
        self.put_missing(&map, "title", node.title.as_deref().map(Any::from));
        self.put_missing(&map, "mode", Some(Any::from(node.mode.as_str())));
        self.put_missing(&map, "frame", node.frame.as_ref().map(|frame| Any::from(frame.as_str())));
        self.put_missing(&map, "color", node.color.as_deref().map(Any::from));
        self.put_missing(&map, "collapsed", node.collapsed.then_some(Any::Bool(true)));
        self.put_missing(&map, "z", node.z.as_deref().map(Any::from));
        self.put_missing(&map, "pin", node.pin.as_ref().and_then(pin_any));
        self.put_missing(&map, "timeout_seconds", node.timeout_seconds.map(Any::from));
        self.put_missing(&map, "retries", node.retries.map(Any::from));
    }

    /// Of that, only what no node can be without.
    pub(super) fn complete_required(&mut self, id: &NodeId, node: &Node) {
        let Some(map) = self.node_map(id) else { return };
        self.put_missing(&map, "type", Some(Any::from(node.node_type.as_str())));
        self.put_missing(&map, "version", Some(Any::from(node.version)));
        self.put_missing(&map, "pos", pair(node.pos));
    }

    pub(super) fn complete_frame_required(&mut self, id: &FrameId, frame: &Frame) {
        let Some(Out::YMap(map)) = self.roots.frames.get(&self.txn, id.as_str()) else { return };
        self.put_missing(&map, "pos", pair(frame.pos));
        self.put_missing(&map, "size", pair(frame.size));
    }

    /// Writes what `frame` has and the frame of that id lacks.
    pub(super) fn complete_frame(&mut self, id: &FrameId, frame: &Frame) {
        let Some(Out::YMap(map)) = self.roots.frames.get(&self.txn, id.as_str()) else { return };
        self.complete_frame_required(id, frame);
        self.put_missing(&map, "title", Some(Any::from(frame.title.as_str())));
        self.put_missing(&map, "color", frame.color.as_deref().map(Any::from));
    }

    /// Puts back a node that undo could not restore whole, under its old id, with wires whose ends are there.
    pub fn restore_node(&mut self, id: &NodeId, node: &Node, edges: &[(EdgeId, Edge)], catalog: &Catalog) {
        self.add_node(id, node, catalog);
        for (id, edge) in edges {
            if self.has_node(&edge.from) && self.has_node(&edge.to) {
                self.put_edge(id, edge);
            }
        }
    }

    /// Removes nodes together with the wires that touch them.
    pub fn remove_nodes(&mut self, ids: &[NodeId]) {
        let gone: std::collections::BTreeSet<&str> = ids.iter().map(NodeId::as_str).collect();
        let touching: Vec<String> = self
            .roots
            .edges
            .iter(&self.txn)
            .filter(|(_, edge)| edge_ends(edge).is_some_and(|(from, to)| gone.contains(from) || gone.contains(to)))
            .map(|(id, _)| id.to_owned())
            .collect();
        for edge in touching {
            self.roots.edges.remove(&mut self.txn, &edge);
        }
        for id in ids {
            self.take_node(id);
        }
    }

    /// Removes a node and leaves its wires, for whoever deals with those too.
    pub(super) fn take_node(&mut self, id: &NodeId) {
        if let (Some(trash), Some(node)) = (&self.trash, self.node(id)) {
            trash.lock().unwrap_or_else(PoisonError::into_inner).add_node(id.clone(), node);
        }
        if self.has_node(id) {
            self.roots.nodes.remove(&mut self.txn, id.as_str());
        }
    }

    /// Moves nodes to where they were dropped. During a drag, positions travel as presence: see `docs/document.md`.
    pub fn move_nodes(&mut self, moves: &[(NodeId, [f64; 2])]) {
        for (id, to) in moves {
            if let (Some(map), Some(to)) = (self.node_map(id), pair(*to)) {
                self.put(&map, "pos", Some(to));
            }
        }
    }

    /// `None` goes back to the size the node has by itself.
    pub fn resize_node(&mut self, id: &NodeId, size: Option<[f64; 2]>) -> bool {
        self.put_in_node(id, "size", size.and_then(pair))
    }

    /// Sets a literal value. A prompt takes a text, of which only what differs is written.
    ///
    /// `false`: there is no such node, or the value cannot stand there (no text for a prompt, nested too deep).
    pub fn set_param(&mut self, id: &NodeId, param: &str, value: serde_json::Value) -> bool {
        let Some(map) = self.node_map(id) else { return false };
        let params = self.params_map(&map);
        if let Some(Out::YText(text)) = params.get(&self.txn, param) {
            let Some(value) = value.as_str() else { return false };
            text::replace(&text, &mut self.txn, value);
            return true;
        }
        let Ok(value) = any_from_json(&value) else { return false };
        self.put(&params, param, Some(value));
        true
    }

    /// Goes back to the default. A prompt is emptied instead: taking its shared text away would cut off who types in it.
    pub fn clear_param(&mut self, id: &NodeId, param: &str) -> bool {
        let Some(map) = self.node_map(id) else { return false };
        let params = self.params_map(&map);
        match params.get(&self.txn, param) {
            Some(Out::YText(text)) => text::replace(&text, &mut self.txn, ""),
            _ => self.put(&params, param, None),
        }
        true
    }

    /// `None` or an empty text shows the type's own title again.
    pub fn set_node_title(&mut self, id: &NodeId, title: Option<&str>) -> bool {
        self.put_in_node(id, "title", title.filter(|title| !title.is_empty()).map(Any::from))
    }

    pub fn set_mode(&mut self, id: &NodeId, mode: Mode) -> bool {
        self.put_in_node(id, "mode", Some(Any::from(mode.as_str())))
    }

    pub fn set_collapsed(&mut self, id: &NodeId, collapsed: bool) -> bool {
        self.put_in_node(id, "collapsed", collapsed.then_some(Any::Bool(true)))
    }

    pub fn set_color(&mut self, id: &NodeId, color: Option<&str>) -> bool {
        self.put_in_node(id, "color", color.map(Any::from))
    }

    /// Puts a node into a frame, or out of it. The node's place on the canvas does not change.
    pub fn set_frame(&mut self, id: &NodeId, frame: Option<&FrameId>) -> bool {
        self.put_in_node(id, "frame", frame.map(|frame| Any::from(frame.as_str())))
    }

    /// Where the node stands in the drawing order: a fractional index.
    pub fn set_z(&mut self, id: &NodeId, z: Option<&str>) -> bool {
        self.put_in_node(id, "z", z.map(Any::from))
    }

    /// Pulls a wire. Into an input that takes one it replaces what was there; into a list it joins, once.
    pub fn add_frame(&mut self, id: &FrameId, frame: &Frame) {
        self.roots.frames.insert(&mut self.txn, id.as_str(), MapPrelim::default());
        self.update_frame(id, frame);
    }

    /// Makes a frame look like `frame`; what is equal already is not written.
    pub fn update_frame(&mut self, id: &FrameId, frame: &Frame) -> bool {
        let Some(Out::YMap(map)) = self.roots.frames.get(&self.txn, id.as_str()) else { return false };
        if let (Some(pos), Some(size)) = (pair(frame.pos), pair(frame.size)) {
            self.put(&map, "pos", Some(pos));
            self.put(&map, "size", Some(size));
        }
        self.put(&map, "title", Some(Any::from(frame.title.as_str())));
        self.put(&map, "color", frame.color.as_deref().map(Any::from));
        true
    }

    /// Removes a frame; its nodes stay where they are and belong to none.
    pub fn remove_frame(&mut self, id: &FrameId) -> bool {
        let members: Vec<MapRef> = self
            .roots
            .nodes
            .iter(&self.txn)
            .filter_map(|(_, node)| match node {
                Out::YMap(map) => Some(map),
                _ => None,
            })
            .filter(|map| map.get(&self.txn, "frame") == Some(Out::Any(Any::from(id.as_str()))))
            .collect();
        for map in members {
            self.put(&map, "frame", None);
        }
        self.take_frame(id)
    }

    /// Removes a frame and leaves its nodes naming it, for whoever deals with those too.
    pub(super) fn take_frame(&mut self, id: &FrameId) -> bool {
        if let (Some(trash), Some(frame)) = (&self.trash, self.frame(id)) {
            trash.lock().unwrap_or_else(PoisonError::into_inner).add_frame(id.clone(), frame);
        }
        self.roots.frames.remove(&mut self.txn, id.as_str()).is_some()
    }

    pub fn set_title(&mut self, title: &str) {
        let meta = self.roots.meta.clone();
        self.put(&meta, "title", Some(Any::from(title)));
    }

    pub fn set_description(&mut self, description: &str) {
        let meta = self.roots.meta.clone();
        self.put(&meta, "description", Some(Any::from(description)));
    }

    /// One node as it is in the middle of the edit.
    pub fn node(&self, id: &NodeId) -> Option<Node> {
        project::node(&self.txn, id, self.roots.nodes.get(&self.txn, id.as_str())?, &mut Vec::new())
    }

    pub fn frame(&self, id: &FrameId) -> Option<Frame> {
        project::frame(&self.txn, id, self.roots.frames.get(&self.txn, id.as_str())?, &mut Vec::new())
    }

    pub fn has_node(&self, id: &NodeId) -> bool {
        self.roots.nodes.contains_key(&self.txn, id.as_str())
    }

    pub(super) fn node_map(&self, id: &NodeId) -> Option<MapRef> {
        match self.roots.nodes.get(&self.txn, id.as_str()) {
            Some(Out::YMap(map)) => Some(map),
            _ => None,
        }
    }

    /// A node's parameters; made anew only if another program left the node without.
    pub(super) fn params_map(&mut self, node: &MapRef) -> MapRef {
        match node.get(&self.txn, "params") {
            Some(Out::YMap(params)) => params,
            _ => node.insert(&mut self.txn, "params", MapPrelim::default()),
        }
    }

    /// Writes a value unless it stands there already; `None` removes the key.
    pub(super) fn put(&mut self, map: &MapRef, key: &str, value: Option<Any>) {
        match value {
            Some(value) => {
                map.try_update(&mut self.txn, key, value);
            }
            None if map.contains_key(&self.txn, key) => {
                map.remove(&mut self.txn, key);
            }
            None => {}
        }
    }

    fn put_missing(&mut self, map: &MapRef, key: &str, value: Option<Any>) {
        if !map.contains_key(&self.txn, key) {
            self.put(map, key, value);
        }
    }

    pub(super) fn put_in_node(&mut self, id: &NodeId, key: &str, value: Option<Any>) -> bool {
        let Some(map) = self.node_map(id) else { return false };
        self.put(&map, key, value);
        true
    }
}

/// `None` for what is too long for a document, or nested too deep.
pub(super) fn pin_any(pin: &Pin) -> Option<Any> {
    let json = serde_json::to_value(pin).ok()?;
    (json.to_string().len() <= Pin::MAX_BYTES).then(|| any_from_json(&json).ok()).flatten()
}

/// `None` for what is no place on a canvas.
fn pair([x, y]: [f64; 2]) -> Option<Any> {
    (x.is_finite() && y.is_finite()).then(|| Any::Array(Arc::from([any_number(x), any_number(y)])))
}
