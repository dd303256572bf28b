//! What ports carry. A reroute has no type of its own: it carries what arrives at it, and with nothing wired in it asks for
//! what is wanted behind it.
//!
//! Pure.

use std::collections::BTreeMap;

use shared::{
    graph::{Edge, EdgeId, Node},
    id::NodeId,
    node::{Catalog, NodeRole},
    value::ValueType,
};

use super::{connect::PortRef, layout::Side};

/// The type of a reroute in documents.
pub const REROUTE: &str = "flow.reroute";

pub fn is_reroute(node: &Node, catalog: &Catalog) -> bool {
    catalog.get(&node.node_type).is_some_and(|spec| spec.role == NodeRole::Reroute)
}

/// What a port carries by its node alone, if the catalogue knows it.
pub fn own_type(node: &Node, port: &PortRef, catalog: &Catalog) -> Option<ValueType> {
    let spec = catalog.of(node)?;
    match port.side {
        Side::In => spec.input_type(&port.name).cloned(),
        Side::Out => spec.output_type(&port.name).cloned(),
    }
}

/// What a port carries in this graph.
pub fn port_type(
    port: &PortRef,
    nodes: &BTreeMap<NodeId, Node>,
    edges: &BTreeMap<EdgeId, Edge>,
    catalog: &Catalog,
) -> Option<ValueType> {
    let node = nodes.get(&port.node)?;
    if !is_reroute(node, catalog) {
        return own_type(node, port, catalog);
    }
    let end = |side| {
        let mut at = &port.node;
        // No more steps than there are nodes: wires may run in a circle.
        for _ in 0..=nodes.len() {
            let edge = edges.values().find(|edge| at == if side == Side::Out { &edge.to } else { &edge.from })?;
            let next = match side {
                Side::Out => PortRef::output(edge.from.clone(), edge.output.as_str()),
                Side::In => PortRef::input(edge.to.clone(), edge.input.as_str()),
            };
            at = if side == Side::Out { &edge.from } else { &edge.to };
            let node = nodes.get(at)?;
            if !is_reroute(node, catalog) {
                return own_type(node, &next, catalog);
            }
        }
        None
    };
    Some(end(Side::Out).or_else(|| end(Side::In)).unwrap_or(ValueType::Any))
}

#[cfg(test)]
mod tests {
    use shared::node::NodeSpec;

    use super::*;
    use crate::canvas::layout::tests::blur;

    fn catalog() -> Catalog {
        let mut spec: NodeSpec = blur();
        spec.node_type = REROUTE.into();
        spec.role = NodeRole::Reroute;
        spec.params.clear();
        for port in spec.inputs.iter_mut().chain(&mut spec.outputs) {
            (port.name, port.value_type) = ("value".into(), ValueType::Any);
        }
        [blur(), spec].into_iter().collect()
    }

    /// Wires as `a.image>r.value`; nodes that begin with `r` are reroutes.
    fn types(wires: &str, of: &str) -> String {
        let (mut nodes, mut edges) = (BTreeMap::new(), BTreeMap::new());
        let end = |text: &str| {
            let (node, port) = text.split_once('.').expect("node.port");
            (node.parse::<NodeId>().expect("an id"), port.to_owned())
        };
        for wire in wires.split_whitespace() {
            let (from, to) = wire.split_once('>').expect("a wire");
            let ((from, output), (to, input)) = (end(from), end(to));
            for id in [&from, &to] {
                let kind = if id.as_str().starts_with('r') { REROUTE } else { "image.blur" };
                nodes.insert(id.clone(), Node::new(kind));
            }
            edges.insert(EdgeId::single(&to, &input), Edge { from, output, to, input });
        }
        let (node, port) = end(of);
        let found = port_type(&PortRef::output(node, port), &nodes, &edges, &catalog());
        found.map_or_else(|| "nothing".to_owned(), |found| found.to_string())
    }

    #[test]
    fn a_reroute_carries_what_arrives_however_far_away() {
        assert_eq!(types("a.image>r1.value r1.value>r2.value", "r2.value"), "image");
        assert_eq!(types("a.image>b.image", "a.image"), "image");
        assert_eq!(types("a.image>b.image", "a.gone"), "nothing");
    }

    #[test]
    fn without_a_source_it_asks_for_what_is_wanted_behind_it() {
        assert_eq!(types("r1.value>r2.value r2.value>b.radius", "r1.value"), "number");
        assert_eq!(types("r1.value>r2.value", "r1.value"), "any");
        assert_eq!(types("r1.value>r2.value r2.value>r1.value", "r1.value"), "any", "in a circle");
    }
}
