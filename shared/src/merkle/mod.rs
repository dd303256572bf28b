//! Keys that say whether a result is still good: BLAKE3 in hexadecimal.
//!
//! Two kinds. A *node key* depends on the graph alone, all that stands before the node included: the client computes it
//! to mark results as stale. A *result key* depends on what actually came in: the engine looks results up with it, so
//! that a change which leaves a node's inputs the same ends there. How a node looks (place, title, color) never counts.

mod hash;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use self::hash::Hash;
use crate::{
    graph::{Edge, Graph, Node, Params},
    id::NodeId,
    node::{Catalog, DynamicPorts, NodeSpec},
    value::Value,
};

/// Raised when the same graph must no longer have the same keys.
const SCHEME: u64 = 1;

/// The key of every node, from an [`effective`](crate::effective::effective) graph. Nodes in or behind a circle have none.
pub fn node_keys(effective: &Graph, catalog: &Catalog) -> BTreeMap<NodeId, String> {
    let mut incoming: BTreeMap<&NodeId, Vec<&Edge>> = BTreeMap::new();
    let mut outgoing: BTreeMap<&NodeId, Vec<&NodeId>> = BTreeMap::new();
    for edge in effective.edges.values() {
        incoming.entry(&edge.to).or_default().push(edge);
        outgoing.entry(&edge.from).or_default().push(&edge.to);
    }
    let mut missing: BTreeMap<&NodeId, usize> =
        effective.nodes.keys().map(|id| (id, incoming.get(id).map_or(0, Vec::len))).collect();
    let mut ready: VecDeque<&NodeId> = missing.iter().filter(|(_, n)| **n == 0).map(|(id, _)| *id).collect();
    let mut keys = BTreeMap::new();
    while let Some(id) = ready.pop_front() {
        let Some(node) = effective.nodes.get(id) else { continue };
        let wires = incoming.get(id).map(Vec::as_slice).unwrap_or_default();
        keys.insert(id.clone(), node_key(node, catalog.of(node).as_deref(), wires, &keys));
        for next in outgoing.get(id).into_iter().flatten() {
            if let Some(left) = missing.get_mut(next) {
                *left -= 1;
                if *left == 0 {
                    ready.push_back(next);
                }
            }
        }
    }
    keys
}

fn node_key(node: &Node, spec: Option<&NodeSpec>, wires: &[&Edge], keys: &BTreeMap<NodeId, String>) -> String {
    if let Some(pin) = &node.pin {
        // Whatever the node would do, this is what it yields.
        let mut hash = Hash::new("pin");
        hash.values(&pin.values);
        return hash.finish();
    }
    let mut hash = Hash::new("node");
    hash.text(&node.node_type);
    // What runs is the version at hand, not the one the node was made with.
    hash.number(spec.map_or(node.version, |spec| spec.version).into());
    hash.params(spec, &node.params, |param| wires.iter().any(|wire| wire.input == param));
    // By input first, so that foreign edge ids give the same key; within a list, the order of edge ids is kept.
    let mut wires = wires.to_vec();
    wires.sort_by(|a, b| a.input.cmp(&b.input));
    hash.number(wires.len() as u64);
    for wire in wires {
        hash.text(&wire.input);
        hash.text(keys.get(&wire.from).map(String::as_str).unwrap_or_default());
        hash.text(&wire.output);
    }
    hash.finish()
}

/// The key of one execution: type and version, parameters with defaults, and the values that came in by input.
///
/// Media count by the blob they name, not by file name or poster. A parameter that is an input too counts as that.
pub fn result_key(spec: &NodeSpec, params: &Params, inputs: &BTreeMap<String, Vec<Value>>) -> String {
    let mut hash = Hash::new("result");
    hash.text(&spec.node_type);
    hash.number(spec.version.into());
    hash.params(Some(spec), params, |param| inputs.contains_key(param));
    if spec.dynamic == Some(DynamicPorts::Hosted) {
        // Further parameters follow from one of them: the type's spec does not list them.
        let listed = |name: &str| spec.param(name).is_some() || inputs.contains_key(name);
        hash.params(None, params, listed);
    }
    hash.number(inputs.len() as u64);
    for (input, values) in inputs {
        hash.text(input);
        hash.number(values.len() as u64);
        for value in values {
            hash.value(value);
        }
    }
    hash.finish()
}

/// The key of a whole run: what `targets` need of the graph (all of it if there are none). Equal runs have equal hashes.
pub fn graph_hash(effective: &Graph, targets: &[NodeId]) -> String {
    let needed = needed(effective, targets);
    let mut hash = Hash::new("graph");
    let targets: BTreeSet<&NodeId> = targets.iter().collect();
    hash.number(targets.len() as u64);
    for target in targets {
        hash.text(target.as_str());
    }
    for (id, node) in effective.nodes.iter().filter(|(id, _)| needed.contains(id)) {
        hash.text(id.as_str());
        hash.text(&node.node_type);
        hash.number(node.version.into());
        hash.params(None, &node.params, |_| false);
        if let Some(pin) = &node.pin {
            hash.text("pin");
            hash.values(&pin.values);
        }
        for (name, limit) in [("timeout", node.timeout_seconds), ("retries", node.retries)] {
            if let Some(limit) = limit {
                hash.text(name);
                hash.number(limit.into());
            }
        }
    }
    hash.text("edges");
    for (id, edge) in effective.edges.iter().filter(|(_, edge)| needed.contains(&edge.to)) {
        for text in [id.as_str(), edge.from.as_str(), &edge.output, edge.to.as_str(), &edge.input] {
            hash.text(text);
        }
    }
    hash.finish()
}

fn needed<'g>(graph: &'g Graph, targets: &'g [NodeId]) -> BTreeSet<&'g NodeId> {
    if targets.is_empty() {
        return graph.nodes.keys().collect();
    }
    let mut incoming: BTreeMap<&NodeId, Vec<&NodeId>> = BTreeMap::new();
    for edge in graph.edges.values() {
        incoming.entry(&edge.to).or_default().push(&edge.from);
    }
    let mut needed: BTreeSet<&NodeId> = targets.iter().collect();
    let mut queue: Vec<&NodeId> = targets.iter().collect();
    while let Some(id) = queue.pop() {
        for from in incoming.get(id).into_iter().flatten() {
            if needed.insert(from) {
                queue.push(from);
            }
        }
    }
    needed
}
