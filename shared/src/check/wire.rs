//! Wires: ends, ports, types, circles.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::{algo::kosaraju_scc, graph::DiGraph};

use super::{Checked, Place, Problem, ProblemCode};
use crate::{
    graph::{Edge, EdgeId},
    id::NodeId,
    node::NodeSpec,
    shape::{Unrelated, shapes},
};

pub(super) fn check_wires(Checked { graph, catalog, .. }: Checked<'_>, problems: &mut Vec<Problem>) {
    let mut taken: BTreeSet<(&NodeId, &str)> = BTreeSet::new();
    for (id, edge) in &graph.edges {
        let missing: Vec<_> =
            [&edge.from, &edge.to].into_iter().filter(|end| !graph.nodes.contains_key(*end)).collect();
        if let Some(end) = missing.first() {
            let message = format!("the wire ends at node `{end}`, which is not there; it is ignored");
            problems.push(Problem::warning(Place::edge(id), ProblemCode::DanglingWire, message));
            continue;
        }
        let [from, to] = [&edge.from, &edge.to].map(|node| catalog.of(&graph.nodes[node]));
        check_ports(id, edge, from.as_deref(), to.as_deref(), problems);
        let is_list = to.is_none_or(|spec| spec.input(&edge.input).is_some_and(crate::node::PortSpec::is_list));
        if !is_list && !taken.insert((&edge.to, &edge.input)) {
            let message = format!("input `{}` of node `{}` takes one wire and has another", edge.input, edge.to);
            problems.push(Problem::error(Place::edge(id), ProblemCode::DuplicateWire, message));
        }
    }
}

/// Of a type that is not known, nothing is known against its ports.
fn check_ports(id: &EdgeId, edge: &Edge, from: Option<&NodeSpec>, to: Option<&NodeSpec>, problems: &mut Vec<Problem>) {
    let output = from.map(|spec| (spec, spec.output_type(&edge.output)));
    let input = to.map(|spec| (spec, spec.input_type(&edge.input)));
    if let Some((spec, None)) = output {
        let message = format!("`{}` has no output `{}`", spec.node_type, edge.output);
        problems.push(Problem::error(Place::edge(id), ProblemCode::UnknownPort, message));
    }
    if let Some((spec, None)) = input {
        let message = match spec.param(&edge.input) {
            Some(_) => format!("parameter `{}` of `{}` takes no wire", edge.input, spec.node_type),
            None => format!("`{}` has no input `{}`", spec.node_type, edge.input),
        };
        problems.push(Problem::error(Place::edge(id), ProblemCode::UnknownPort, message));
    }
    if let (Some((_, Some(output))), Some((_, Some(input)))) = (output, input)
        && !input.takes(output)
    {
        let message =
            format!("output `{}` is {output}, which input `{}` ({input}) does not take", edge.output, edge.input);
        problems.push(Problem::error(Place::edge(id), ProblemCode::TypeMismatch, message));
    }
}

/// One problem for each group of nodes that feed each other, at the first of them.
pub(super) fn check_cycles(Checked { effective, .. }: Checked<'_>, problems: &mut Vec<Problem>) {
    let mut wires: DiGraph<&NodeId, ()> = DiGraph::new();
    let index: BTreeMap<&NodeId, _> = effective.nodes.keys().map(|id| (id, wires.add_node(id))).collect();
    for edge in effective.edges.values() {
        if let (Some(from), Some(to)) = (index.get(&edge.from), index.get(&edge.to)) {
            wires.update_edge(*from, *to, ());
        }
    }
    // Not Tarjan's: petgraph's is recursive, and a workflow may be one long chain.
    for group in kosaraju_scc(&wires) {
        let feeds_itself = group.len() > 1 || group.iter().any(|n| wires.contains_edge(*n, *n));
        if !feeds_itself {
            continue;
        }
        let members: BTreeSet<&NodeId> = group.iter().map(|n| wires[*n]).collect();
        let names: Vec<String> = members.iter().map(|id| format!("`{id}`")).collect();
        let message = match names.as_slice() {
            [one] => format!("node {one} feeds itself"),
            many => format!("wires run in a circle through {}", many.join(", ")),
        };
        if let Some(first) = members.first() {
            problems.push(Problem::error(Place::node(first), ProblemCode::Cycle, message));
        }
    }
}

/// One problem for each node whose inputs come from lists that have nothing to do with each other, and for each wire
/// that turns out to bring something else than its port says.
pub(super) fn check_lists(Checked { effective, catalog, .. }: Checked<'_>, problems: &mut Vec<Problem>) {
    let shapes = shapes(effective, catalog);
    for Unrelated { node, inputs: [one, other] } in shapes.unrelated {
        let message = format!(
            "`{one}` and `{other}` come from lists that have nothing to do with each other: put a Zip before them to pair \
             their items, or a Cross to try every combination"
        );
        problems.push(Problem::error(Place::field(&node, &other), ProblemCode::UnrelatedLists, message));
    }
    for (id, brought) in shapes.mismatched {
        let place = Place::edge(&id);
        let told = |problem: &Problem| problem.place == place && problem.code == ProblemCode::TypeMismatch;
        if !problems.iter().any(told) {
            let edge = &effective.edges[&id];
            let message =
                format!("output `{}` brings {brought}, which input `{}` does not take", edge.output, edge.input);
            problems.push(Problem::error(place, ProblemCode::TypeMismatch, message));
        }
    }
}
