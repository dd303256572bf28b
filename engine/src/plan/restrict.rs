//! What of an effective graph is executed.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::{
    graph::{DiGraph, NodeIndex},
    visit::{Dfs, Reversed},
};
use shared::{
    effective::source,
    graph::{Graph, Mode},
    id::NodeId,
};

use super::{PlanError, PlanScope};
use crate::catalog;

/// What is run where a person points at these: a reroute stands for what feeds it, and a note for nothing.
/// A node that is not there stays, to be told.
pub(super) fn meant(whole: &Graph, pointed_at: &[NodeId]) -> Vec<NodeId> {
    let mut found: Vec<NodeId> = Vec::with_capacity(pointed_at.len());
    let mut seen = BTreeSet::new();
    for id in pointed_at {
        let meant = if whole.nodes.contains_key(id) { source(whole, catalog(), id) } else { Some(id) };
        found.extend(meant.filter(|id| seen.insert(*id)).cloned());
    }
    found
}

/// What the scope asks for, and what that needs. `whole` is the graph before anything was left out.
pub(super) fn restrict(mut graph: Graph, whole: &Graph, scope: PlanScope<'_>) -> Result<Graph, PlanError> {
    for node in scope.targets.iter().chain(scope.from) {
        if !whole.nodes.contains_key(node) {
            return Err(PlanError::UnknownTarget { node: node.clone() });
        }
        if !graph.nodes.contains_key(node) {
            return Err(PlanError::LeftOut { node: node.clone() });
        }
    }
    if graph.nodes.is_empty() {
        return Err(PlanError::Empty);
    }
    let (wires, index) = wires_of(&graph);
    let mut targets: BTreeSet<NodeIndex> = scope.targets.iter().map(|target| index[target]).collect();
    for from in scope.from {
        let mut search = Dfs::new(&wires, index[from]);
        while let Some(n) = search.next(&wires) {
            targets.insert(n);
        }
    }
    if targets.is_empty() {
        let pinned = |id: &NodeId| graph.nodes[id].pin.is_some();
        if !graph.nodes.keys().any(pinned) {
            return Ok(graph);
        }
        let for_pins_only = for_pins_only(&graph, whole);
        targets = wires.node_indices().filter(|&n| !for_pins_only.contains(&wires[n])).collect();
    }
    let mut needed: BTreeSet<NodeId> = BTreeSet::new();
    let mut search = Dfs::empty(Reversed(&wires));
    for target in targets {
        search.move_to(target);
        while let Some(n) = search.next(Reversed(&wires)) {
            needed.insert(wires[n].clone());
        }
    }
    graph.nodes.retain(|id, _| needed.contains(id));
    graph.edges.retain(|_, edge| needed.contains(&edge.from) && needed.contains(&edge.to));
    Ok(graph)
}

/// Nodes whose every wire leads, in the end, to pinned nodes: those do not want it.
fn for_pins_only(graph: &Graph, whole: &Graph) -> BTreeSet<NodeId> {
    let pinned = |id: &NodeId| whole.nodes[id].mode == Mode::Active && whole.nodes[id].pin.is_some();
    let ends_here = |id: &NodeId| graph.nodes.contains_key(id);
    let led_to_pin: BTreeSet<&NodeId> = whole
        .edges
        .values()
        .filter(|edge| ends_here(&edge.from) && ends_here(&edge.to) && pinned(&edge.to))
        .map(|edge| &edge.from)
        .collect();
    let mut uses: BTreeMap<&NodeId, usize> = BTreeMap::new();
    let mut into: BTreeMap<&NodeId, Vec<&NodeId>> = BTreeMap::new();
    for edge in graph.edges.values() {
        *uses.entry(&edge.from).or_default() += 1;
        into.entry(&edge.to).or_default().push(&edge.from);
    }
    let unused = |id: &&NodeId, uses: &BTreeMap<&NodeId, usize>| uses.get(*id).is_none_or(|&n| n == 0);
    let mut queue: Vec<&NodeId> = led_to_pin.into_iter().filter(|id| unused(id, &uses) && !pinned(id)).collect();
    let mut gone: BTreeSet<NodeId> = BTreeSet::new();
    while let Some(id) = queue.pop() {
        if !gone.insert(id.clone()) {
            continue;
        }
        for &from in into.get(id).into_iter().flatten() {
            if let Some(left) = uses.get_mut(from) {
                *left -= 1;
                if *left == 0 && !pinned(from) {
                    queue.push(from);
                }
            }
        }
    }
    gone
}

/// The graph's wires, a node that takes two values from one other waiting for it once.
pub(super) fn wires_of(graph: &Graph) -> (DiGraph<NodeId, ()>, BTreeMap<NodeId, NodeIndex>) {
    let mut wires = DiGraph::with_capacity(graph.nodes.len(), graph.edges.len());
    let index: BTreeMap<NodeId, NodeIndex> =
        graph.nodes.keys().map(|id| (id.clone(), wires.add_node(id.clone()))).collect();
    let mut seen = BTreeSet::new();
    for edge in graph.edges.values() {
        let ends = (index[&edge.from], index[&edge.to]);
        // Not `update_edge`: it goes through all wires of a node, and some nodes have thousands.
        if seen.insert(ends) {
            wires.add_edge(ends.0, ends.1, ());
        }
    }
    (wires, index)
}
