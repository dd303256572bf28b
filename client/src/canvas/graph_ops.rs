//! What gestures mean for wires: healing, inserting, replacing, reaching. Pure; the document is written elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use shared::{
    effective::effective,
    graph::{Edge, EdgeId, Graph, Mode, Node},
    id::NodeId,
    node::{Catalog, NodeSpec, PortSpec},
};

use super::{connect::fitting_ports, layout::Side};

/// Which way along the wires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    Up,
    Down,
}

/// `start` and everything along the wires from there.
pub fn reach(edges: &BTreeMap<EdgeId, Edge>, start: &BTreeSet<NodeId>, stream: Stream) -> BTreeSet<NodeId> {
    let mut next: BTreeMap<&NodeId, Vec<&NodeId>> = BTreeMap::new();
    for edge in edges.values() {
        let (here, there) = match stream {
            Stream::Up => (&edge.to, &edge.from),
            Stream::Down => (&edge.from, &edge.to),
        };
        next.entry(here).or_default().push(there);
    }
    let mut seen = start.clone();
    let mut waiting: Vec<NodeId> = start.iter().cloned().collect();
    while let Some(node) = waiting.pop() {
        for &there in next.get(&node).into_iter().flatten() {
            if seen.insert(there.clone()) {
                waiting.push(there.clone());
            }
        }
    }
    seen
}

/// The wires that join what stood before `gone` to what stood behind it: what would flow if those were bypassed.
pub fn healed(graph: &Graph, gone: &BTreeSet<NodeId>, catalog: &Catalog) -> Vec<Edge> {
    let mut bypassed = graph.clone();
    for (id, node) in &mut bypassed.nodes {
        node.mode = if gone.contains(id) { Mode::Bypass } else { Mode::Active };
        node.pin = None;
    }
    let known: BTreeSet<&EdgeId> = graph
        .edges
        .iter()
        .filter(|(_, edge)| !gone.contains(&edge.from) && !gone.contains(&edge.to))
        .map(|(id, _)| id)
        .collect();
    let left = effective(&bypassed, catalog);
    left.edges.into_iter().filter(|(id, _)| !known.contains(id)).map(|(_, edge)| edge).collect()
}

/// The two wires that put `node` into `edge`; `None` if it does not fit, or hangs there already.
pub fn insertion(graph: &Graph, edge: &Edge, id: &NodeId, node: &Node, catalog: &Catalog) -> Option<[Edge; 2]> {
    if edge.from == *id || edge.to == *id {
        return None;
    }
    let spec = catalog.of(node)?;
    let spec_of = |id: &NodeId| graph.nodes.get(id).and_then(|node| catalog.of(node));
    let carried = spec_of(&edge.from)?.output_type(&edge.output)?.clone();
    let wanted = spec_of(&edge.to)?.input_type(&edge.input)?.clone();
    let (input, _) = *fitting_ports(&spec, Side::In, &carried).first()?;
    let (output, _) = *fitting_ports(&spec, Side::Out, &wanted).first()?;
    let into = Edge { from: edge.from.clone(), output: edge.output.clone(), to: id.clone(), input: input.into() };
    let out = Edge { from: id.clone(), output: output.into(), to: edge.to.clone(), input: edge.input.clone() };
    Some([into, out])
}

/// What becomes of a node's wires when another kind takes its place: a port of the same name first, then one that fits.
/// Wires that fit nowhere are left out.
pub fn rewired(graph: &Graph, id: &NodeId, spec: &NodeSpec, catalog: &Catalog) -> Vec<Edge> {
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let mut kept = Vec::new();
    let spec_of = |id: &NodeId| graph.nodes.get(id).and_then(|node| catalog.of(node));
    for edge in graph.edges.values().filter(|edge| edge.to == *id && edge.from != *id) {
        let carried = spec_of(&edge.from).and_then(|from| from.output_type(&edge.output).cloned());
        let Some(carried) = carried else { continue };
        let mut fitting = fitting_ports(spec, Side::In, &carried);
        fitting.sort_by_key(|(name, _)| *name != edge.input);
        let many = |name: &str| spec.input(name).is_some_and(PortSpec::is_list);
        let free = fitting.into_iter().map(|(name, _)| name).find(|name| many(name) || !taken.contains(*name));
        if let Some(input) = free {
            taken.insert(input.into());
            kept.push(Edge { input: input.into(), ..edge.clone() });
        }
    }
    for edge in graph.edges.values().filter(|edge| edge.from == *id && edge.to != *id) {
        let wanted = spec_of(&edge.to).and_then(|to| to.input_type(&edge.input).cloned());
        let Some(wanted) = wanted else { continue };
        let mut fitting = fitting_ports(spec, Side::Out, &wanted);
        fitting.sort_by_key(|(name, _)| *name != edge.output);
        if let Some((output, _)) = fitting.first() {
            kept.push(Edge { output: (*output).into(), ..edge.clone() });
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canvas::layout::tests::blur;

    fn chain() -> (Graph, Catalog) {
        let mut graph = Graph::default();
        let ids: Vec<NodeId> = ["a", "b", "c"].iter().map(|id| id.parse().unwrap()).collect();
        for id in &ids {
            graph.nodes.insert(id.clone(), Node::new("image.blur"));
        }
        for pair in ids.windows(2) {
            let edge =
                Edge { from: pair[0].clone(), output: "image".into(), to: pair[1].clone(), input: "image".into() };
            graph.edges.insert(EdgeId::single(&pair[1], "image"), edge);
        }
        (graph, [blur()].into_iter().collect())
    }

    fn id(text: &str) -> NodeId {
        text.parse().unwrap()
    }

    fn line(edge: &Edge) -> String {
        format!("{}.{} -> {}.{}", edge.from, edge.output, edge.to, edge.input)
    }

    #[test]
    fn along_the_wires_goes_one_way() {
        let (graph, _) = chain();
        assert_eq!(reach(&graph.edges, &[id("b")].into(), Stream::Up), [id("a"), id("b")].into());
        assert_eq!(reach(&graph.edges, &[id("b")].into(), Stream::Down), [id("b"), id("c")].into());
    }

    #[test]
    fn what_stood_before_goes_on_to_what_stood_behind() {
        let (graph, catalog) = chain();
        let healed = healed(&graph, &[id("b")].into(), &catalog);
        assert_eq!(healed.iter().map(line).collect::<Vec<_>>(), ["a.image -> c.image"]);
    }

    #[test]
    fn the_end_of_a_chain_leaves_nothing_to_heal() {
        let (graph, catalog) = chain();
        assert_eq!(super::healed(&graph, &[id("c")].into(), &catalog), []);
    }

    #[test]
    fn a_node_goes_into_a_wire_that_fits_on_both_sides() {
        let (mut graph, catalog) = chain();
        graph.nodes.insert(id("d"), Node::new("image.blur"));
        let edge = graph.edges[&EdgeId::single(&id("b"), "image")].clone();
        let wires = insertion(&graph, &edge, &id("d"), &graph.nodes[&id("d")], &catalog).expect("it fits");
        assert_eq!(wires.iter().map(line).collect::<Vec<_>>(), ["a.image -> d.image", "d.image -> b.image"]);
        assert_eq!(insertion(&graph, &edge, &id("b"), &graph.nodes[&id("b")], &catalog), None);
        assert_eq!(insertion(&graph, &edge, &id("d"), &Node::new("from.the.future"), &catalog), None);
    }

    #[test]
    fn a_replaced_node_keeps_the_wires_that_fit() {
        let (graph, catalog) = chain();
        let mut other = blur();
        other.node_type = "image.sharpen".into();
        other.outputs[0].name = "result".into();
        let kept = rewired(&graph, &id("b"), &other, &catalog);
        assert_eq!(kept.iter().map(line).collect::<Vec<_>>(), ["a.image -> b.image", "b.result -> c.image"]);
    }
}
