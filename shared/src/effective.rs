//! The graph a run executes: bypassed nodes short-circuited, muted ones gone with all that depends on them, and wires
//! that lead nowhere dropped.
//!
//! Pure: the client shows with it what a run would do, the engine plans with it, [`crate::merkle`] hashes it.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    graph::{Edge, EdgeId, Graph, Mode},
    id::NodeId,
    node::{Catalog, PortSpec},
    value::ValueType,
};

/// What is left of `graph` to execute. All nodes in it are active, and both ends of every wire are there.
pub fn effective(graph: &Graph, catalog: &Catalog) -> Graph {
    let mut left = graph.clone();
    left.edges.retain(|_, edge| graph.nodes.contains_key(&edge.from) && graph.nodes.contains_key(&edge.to));
    let with_mode = |mode| graph.nodes.iter().filter(move |(_, node)| node.mode == mode).map(|(id, _)| id);
    let mut wires = Wires::new(&left);
    for id in with_mode(Mode::Bypass) {
        bypass(&mut left, &mut wires, id, catalog);
    }
    mute(&mut left, with_mode(Mode::Mute));
    left
}

/// The edges at each node, so that a long chain of bypassed nodes costs no scan of all edges for each.
struct Wires {
    into: BTreeMap<NodeId, BTreeSet<EdgeId>>,
    out_of: BTreeMap<NodeId, BTreeSet<EdgeId>>,
}

impl Wires {
    fn new(graph: &Graph) -> Self {
        let mut wires = Self { into: BTreeMap::new(), out_of: BTreeMap::new() };
        for (id, edge) in &graph.edges {
            wires.add(id, edge);
        }
        wires
    }

    fn add(&mut self, id: &EdgeId, edge: &Edge) {
        self.into.entry(edge.to.clone()).or_default().insert(id.clone());
        self.out_of.entry(edge.from.clone()).or_default().insert(id.clone());
    }

    fn remove(&mut self, graph: &mut Graph, id: &EdgeId) -> Option<Edge> {
        let edge = graph.edges.remove(id)?;
        for (ends, node) in [(&mut self.into, &edge.to), (&mut self.out_of, &edge.from)] {
            if let Some(ids) = ends.get_mut(node) {
                ids.remove(id);
            }
        }
        Some(edge)
    }
}

/// Takes a node out. Each of its output wires goes on from where the first input that fits by type got its value.
fn bypass(graph: &mut Graph, wires: &mut Wires, id: &NodeId, catalog: &Catalog) {
    let incoming: Vec<EdgeId> = wires.into.get(id).into_iter().flatten().cloned().collect();
    let incoming: Vec<Edge> = incoming.iter().filter_map(|edge| wires.remove(graph, edge)).collect();
    let outgoing: Vec<EdgeId> = wires.out_of.get(id).into_iter().flatten().cloned().collect();
    for edge_id in outgoing {
        let Some(edge) = wires.remove(graph, &edge_id) else { continue };
        for (n, source) in sources(graph, id, &edge, &incoming, catalog).into_iter().enumerate() {
            let through = Edge { from: source.from.clone(), output: source.output.clone(), ..edge.clone() };
            // Behind the wire it stands for in the order of ids, which is the order of a list.
            let through_id = match n {
                0 => edge_id.clone(),
                n => {
                    let random = edge_id.as_str().rsplit(':').next().unwrap_or_default();
                    EdgeId::listed(&edge.to, &edge.input, &format!("{random}~{n:04}"))
                }
            };
            wires.add(&through_id, &through);
            graph.edges.insert(through_id, through);
        }
    }
    graph.nodes.remove(id);
}

/// Which of a bypassed node's incoming wires stand in for its outgoing wire `edge`: one, or for a list all of one input.
fn sources<'e>(graph: &Graph, id: &NodeId, edge: &Edge, incoming: &'e [Edge], catalog: &Catalog) -> Vec<&'e Edge> {
    let spec_of = |node: &NodeId| graph.nodes.get(node).and_then(|node| catalog.get(&node.node_type));
    let wanted = spec_of(&edge.to).and_then(|spec| spec.input_type(&edge.input));
    let given = |wire: &Edge| spec_of(&wire.from).and_then(|spec| spec.output_type(&wire.output));
    let fits = |wire: &Edge| match (wanted, given(wire)) {
        (Some(wanted), Some(given)) => wanted.accepts(given),
        // Of an unknown type nothing is known against it.
        _ => true,
    };
    let spec = spec_of(id);
    let output = spec.and_then(|spec| spec.output_type(&edge.output));
    // An input of the very type of the output is what a person means by "through"; then the order of the ports.
    let rank = |wire: &Edge| {
        let port = spec.and_then(|spec| spec.inputs.iter().position(|port| port.name == wire.input));
        let input = spec.and_then(|spec| spec.input_type(&wire.input));
        (input != output, port.unwrap_or(usize::MAX))
    };
    let mut candidates: Vec<&Edge> = incoming.iter().filter(|wire| wire.from != *id && fits(wire)).collect();
    candidates.sort_by_key(|wire| rank(wire));
    let Some(first) = candidates.first().copied() else { return Vec::new() };
    let collects = |port: Option<&PortSpec>| port.is_some_and(PortSpec::is_list);
    let both_lists = collects(spec.and_then(|spec| spec.input(&first.input)))
        && matches!(wanted, Some(ValueType::List(_)))
        && collects(spec_of(&edge.to).and_then(|spec| spec.input(&edge.input)));
    if both_lists { candidates.into_iter().filter(|wire| wire.input == first.input).collect() } else { vec![first] }
}

fn mute<'g>(graph: &mut Graph, muted: impl Iterator<Item = &'g NodeId>) {
    let mut gone: BTreeSet<NodeId> = muted.cloned().collect();
    if gone.is_empty() {
        return;
    }
    let mut dependants: BTreeMap<&NodeId, Vec<&NodeId>> = BTreeMap::new();
    for edge in graph.edges.values() {
        dependants.entry(&edge.from).or_default().push(&edge.to);
    }
    let mut queue: Vec<NodeId> = gone.iter().cloned().collect();
    while let Some(id) = queue.pop() {
        for dependant in dependants.get(&id).into_iter().flatten() {
            if gone.insert((*dependant).clone()) {
                queue.push((*dependant).clone());
            }
        }
    }
    graph.nodes.retain(|id, _| !gone.contains(id));
    graph.edges.retain(|_, edge| !gone.contains(&edge.from) && !gone.contains(&edge.to));
}
