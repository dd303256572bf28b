//! Wires: which stand in a document, and under which ids.

use std::sync::Arc;

use yrs::{Any, Map, Out};

use super::{edit::Edit, project};
use crate::{
    graph::{Edge, EdgeId},
    id::NodeId,
    node::{Catalog, PortSpec},
};

impl Edit<'_> {
    pub fn connect(&mut self, edge: Edge, catalog: &Catalog) -> EdgeId {
        let others = self.edges_into(&edge.to, &edge.input);
        if let Some((id, _)) = others.iter().find(|(_, other)| *other == edge) {
            return id.clone();
        }
        let id = self.fresh_edge_id(&edge, catalog);
        if id == EdgeId::single(&edge.to, &edge.input) {
            // An imported graph may name its wires otherwise.
            for (other, _) in others.iter().filter(|(other, _)| *other != id) {
                self.disconnect(other);
            }
        }
        self.put_edge(&id, &edge);
        id
    }

    pub fn disconnect(&mut self, id: &EdgeId) -> bool {
        self.roots.edges.remove(&mut self.txn, id.as_str()).is_some()
    }

    /// Lets a wire begin at another output. In a list it keeps its place. `false`: there is no such wire.
    pub fn set_source(&mut self, id: &EdgeId, from: &NodeId, output: &str) -> bool {
        let Some(edge) = self.edge(id) else { return false };
        self.put_edge(id, &Edge { from: from.clone(), output: output.to_owned(), ..edge });
        true
    }

    pub(super) fn edge(&self, id: &EdgeId) -> Option<Edge> {
        project::edge(id, &self.roots.edges.get(&self.txn, id.as_str())?, &mut Vec::new())
    }

    pub(super) fn put_edge(&mut self, id: &EdgeId, edge: &Edge) {
        let entries = [
            ("from", edge.from.as_str()),
            ("output", edge.output.as_str()),
            ("to", edge.to.as_str()),
            ("input", edge.input.as_str()),
        ];
        let entries = entries.map(|(key, value)| (key.to_owned(), Any::from(value)));
        let edges = self.roots.edges.clone();
        self.put(&edges, id.as_str(), Some(Any::Map(Arc::new(entries.into()))));
    }

    /// The id of a wire that is new: the same for everyone where one wire may end, random where several may.
    pub(super) fn fresh_edge_id(&self, edge: &Edge, catalog: &Catalog) -> EdgeId {
        let node = self.node(&edge.to);
        let spec = node.as_ref().and_then(|node| catalog.of(node));
        if spec.is_some_and(|spec| spec.input(&edge.input).is_some_and(PortSpec::is_list)) {
            let random = uuid::Uuid::new_v4().simple().to_string();
            EdgeId::listed(&edge.to, &edge.input, &random)
        } else {
            EdgeId::single(&edge.to, &edge.input)
        }
    }

    fn edges_into(&self, to: &NodeId, input: &str) -> Vec<(EdgeId, Edge)> {
        self.roots
            .edges
            .iter(&self.txn)
            .filter(|(_, value)| edge_ends(value).is_some_and(|(_, end)| end == to.as_str()))
            .filter_map(|(id, value)| {
                let id = id.parse().ok()?;
                let edge = project::edge(&id, &value, &mut Vec::new())?;
                (edge.input == input).then_some((id, edge))
            })
            .collect()
    }
}

pub(super) fn edge_ends(edge: &Out) -> Option<(&str, &str)> {
    let Out::Any(Any::Map(map)) = edge else { return None };
    match (map.get("from"), map.get("to")) {
        (Some(Any::String(from)), Some(Any::String(to))) => Some((from, to)),
        _ => None,
    }
}
