//! When others last changed what. No store: whoever wants to know has just seen a change.

use std::collections::BTreeMap;

use shared::{graph::EdgeId, id::NodeId};

use super::changes::GraphChanges;

#[derive(Default)]
pub struct Others {
    nodes: BTreeMap<NodeId, u64>,
    edges: BTreeMap<EdgeId, u64>,
}

impl Others {
    pub fn did(&mut self, changes: &GraphChanges, now: u64) {
        self.nodes.extend(changes.nodes.iter().map(|node| (node.clone(), now)));
        self.edges.extend(changes.edges.iter().map(|edge| (edge.clone(), now)));
    }

    /// How many milliseconds ago somebody changed this node.
    pub fn node(&self, node: &NodeId, now: u64) -> Option<u64> {
        self.nodes.get(node).map(|at| now.saturating_sub(*at))
    }

    /// How many milliseconds ago somebody put in, changed or took away this wire.
    pub fn edge(&self, edge: &EdgeId, now: u64) -> Option<u64> {
        self.edges.get(edge).map(|at| now.saturating_sub(*at))
    }
}
