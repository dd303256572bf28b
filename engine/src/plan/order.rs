//! From a checked graph to a plan.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use petgraph::{Direction, algo::toposort};
use shared::{
    graph::Graph,
    id::NodeId,
    merkle::{graph_hash, node_keys},
    node::{Lists, NodeRole, NodeSpec, public_name},
    shape::shapes,
};

use super::{Plan, PlanScope, PlannedAxis, PlannedNode, PlannedWire, inner::Within, restrict::wires_of};
use crate::{NodeKind, catalog};

/// The graph was checked: it has no circle, every type is known, and all lists fit. `within` has what
/// lies within nodes.
pub(super) fn order(graph: &Graph, scope: PlanScope<'_>, mut within: Within) -> Plan {
    let (wires, _) = wires_of(graph);
    let order = toposort(&wires, None).expect("the check refuses circles");
    let place: BTreeMap<&NodeId, usize> = order.iter().enumerate().map(|(at, n)| (&wires[*n], at)).collect();
    let shapes = shapes(graph, catalog());
    let mut incoming: BTreeMap<&NodeId, Vec<PlannedWire>> = BTreeMap::new();
    for (id, edge) in &graph.edges {
        let wired = shapes.wire(id).expect("a graph without circles has a shape everywhere");
        let from = place[&wired.from];
        let wire =
            PlannedWire { input: edge.input.clone(), from, output: wired.output.clone(), delivery: wired.delivery };
        incoming.entry(&edge.to).or_default().push(wire);
    }
    let mut keys = node_keys(graph, catalog());
    let fresh: BTreeSet<&NodeId> = scope.from.iter().collect();
    let (mut inputs, mut outputs) = (BTreeMap::new(), BTreeMap::new());
    let mut nodes: Vec<PlannedNode> = Vec::with_capacity(order.len());
    for (at, &n) in order.iter().enumerate() {
        let id = &wires[n];
        let node = &graph.nodes[id];
        let kind = NodeKind::find(&node.node_type).expect("the check refuses unknown types");
        let named = match kind.spec().role {
            NodeRole::Input => Some(&mut inputs),
            NodeRole::Output => Some(&mut outputs),
            NodeRole::Step | NodeRole::Note | NodeRole::Reroute => None,
        };
        if let (Some(named), Some(name)) = (named, public_name(kind.spec(), &node.params)) {
            named.insert(name.to_owned(), at);
        }
        let axes = shapes.path(id).into_iter().map(|axis| {
            let axis = &shapes.axes[axis];
            PlannedAxis { from: place[&axis.node], output: axis.output.clone() }
        });
        let spec: Cow<'static, NodeSpec> = catalog().of(node).expect("the check refuses unknown types");
        let wires_in = incoming.remove(id).unwrap_or_default();
        // Every node stands behind those it needs, so theirs is known.
        let fresh = fresh.contains(id) || wires_in.iter().any(|wire| nodes[wire.from].fresh);
        let dependants: Vec<usize> = wires.neighbors(n).map(|dependant| place[&wires[dependant]]).collect();
        nodes.push(PlannedNode {
            id: id.clone(),
            kind,
            races: races(&spec, node),
            spec,
            params: node.params.clone(),
            wires: wires_in,
            axes: axes.collect(),
            dependants,
            waits_for: wires.neighbors_directed(n, Direction::Incoming).count(),
            key: keys.remove(id).expect("every node of a graph without circles has a key"),
            pin: node.pin.clone(),
            timeout: node.timeout_seconds.map(|seconds| Duration::from_secs(seconds.into())),
            retries: node.retries.unwrap_or_default(),
            fresh,
            inner: within.plans.remove(id),
            tools: within.tools.remove(id).unwrap_or_default(),
        });
    }
    let mut hash = graph_hash(graph, scope.targets);
    let within = |node: &PlannedNode| {
        node.inner.iter().chain(node.tools.iter().filter_map(|tool| tool.plan())).cloned().collect::<Vec<_>>()
    };
    for (node, plan) in nodes.iter().flat_map(|node| within(node).into_iter().map(move |plan| (node, plan))) {
        // A link may name no version: what is within is what counts.
        let inner = plan.graph_hash();
        hash = blake3::hash(format!("{hash} with {} {inner}", node.id).as_bytes()).to_hex().to_string();
    }
    if !fresh.is_empty() {
        // Runs that begin anew elsewhere are not the same run.
        let from: Vec<&str> = fresh.iter().map(|id| id.as_str()).collect();
        hash = blake3::hash(format!("{hash} from {}", from.join(" ")).as_bytes()).to_hex().to_string();
    }
    Plan { graph_hash: hash, nodes, inputs, outputs }
}

/// Whether the node wants whichever value comes first.
fn races(spec: &NodeSpec, node: &shared::graph::Node) -> bool {
    let pick = node.params.get("pick").or_else(|| spec.param("pick").map(|param| &param.default));
    spec.inputs.iter().any(|port| port.lists == Lists::First) && pick.and_then(|pick| pick.as_str()) == Some("arrival")
}
