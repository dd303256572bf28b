//! Workflows made with earlier versions of their nodes: renamed types, parameters and ports.
//!
//! The catalogue says what was renamed ([`NodeSpec::was`], [`NodeSpec::renamed`]), so every part that has a catalogue
//! migrates alike. Rooms do it when a document is opened, the plan before it runs a graph from a file.
//! A node of a type nobody knows is left as it is, data and all.

use std::collections::BTreeMap;

use crate::{
    graph::{Edge, EdgeId, Graph, Node},
    id::NodeId,
    node::{Catalog, NodeSpec},
};

/// What a migration changes: empty when the graph is up to date.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Migration {
    /// Nodes as they are to be.
    pub nodes: BTreeMap<NodeId, Node>,
    /// Wires that go, each with what takes its place.
    pub edges: Vec<(EdgeId, EdgeId, Edge)>,
}

impl Migration {
    /// What has to change in `graph`.
    pub fn of(graph: &Graph, catalog: &Catalog) -> Self {
        let mut migration = Self::default();
        for (id, node) in &graph.nodes {
            if let Some(node) = catalog.successor(node).and_then(|spec| migrated(node, spec)) {
                migration.nodes.insert(id.clone(), node);
            }
        }
        for (id, edge) in &graph.edges {
            // What the end was called when the node was made, it may be called otherwise now.
            let name = |node: &NodeId, port: &str| {
                let spec = migration.nodes.contains_key(node).then(|| catalog.successor(&graph.nodes[node])).flatten();
                spec.map_or_else(|| port.to_owned(), |spec| new_name(spec, &graph.nodes[node], port).to_owned())
            };
            let (output, input) = (name(&edge.from, &edge.output), name(&edge.to, &edge.input));
            if (&output, &input) != (&edge.output, &edge.input) {
                let new_id = renamed_id(id, edge, &input);
                migration.edges.push((id.clone(), new_id, Edge { output, input, ..edge.clone() }));
            }
        }
        migration
    }

    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty() && self.edges.is_empty()
    }

    pub fn apply(self, graph: &mut Graph) {
        graph.nodes.extend(self.nodes);
        for (old, new, edge) in self.edges {
            graph.edges.remove(&old);
            graph.edges.insert(new, edge);
        }
    }
}

/// Brings the graph up to date.
pub fn migrate(graph: &mut Graph, catalog: &Catalog) {
    Migration::of(graph, catalog).apply(graph);
}

impl Catalog {
    /// The spec that a node is read by: its own type's, or that of the type it has become.
    fn successor(&self, node: &Node) -> Option<&NodeSpec> {
        self.get(&node.node_type).or_else(|| self.iter().find(|spec| spec.was.contains(&node.node_type)))
    }
}

/// The node as its type wants it now; `None`: it is that already.
fn migrated(node: &Node, spec: &NodeSpec) -> Option<Node> {
    // A newer node than this build knows is not touched: see `ProblemCode::NewerVersion`.
    let same_type = node.node_type == spec.node_type;
    if (same_type && node.version >= spec.version) || node.version > spec.version {
        return None;
    }
    let mut params = BTreeMap::new();
    for (name, value) in &node.params {
        let new = new_name(spec, node, name);
        // Somebody may have set the new one already; that is the later word.
        if new == name || !node.params.contains_key(new) {
            params.insert(new.to_owned(), value.clone());
        }
    }
    Some(Node { node_type: spec.node_type.clone(), version: spec.version, params, ..node.clone() })
}

/// Follows renames, one after the other, in the order in which they were made.
fn new_name<'n>(spec: &'n NodeSpec, node: &Node, name: &'n str) -> &'n str {
    if node.node_type == spec.node_type && node.version >= spec.version {
        return name;
    }
    spec.renamed.iter().fold(name, |name, renamed| if renamed.from == name { &renamed.to } else { name })
}

fn renamed_id(id: &EdgeId, edge: &Edge, input: &str) -> EdgeId {
    let random = id.as_str().strip_prefix(EdgeId::single(&edge.to, &edge.input).as_str());
    match random.and_then(|rest| rest.strip_prefix(':')) {
        Some(random) => EdgeId::listed(&edge.to, input, random),
        None if id.as_str().contains(':') => EdgeId::single(&edge.to, input),
        // An imported graph may name its wires as it likes.
        None => id.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        fixture::{catalog, edge, edge_id, graph, id},
        node::Renamed,
    };

    /// `blur` was `soften`, its `radius` was `amount` and before that `size`, its output `image` was `picture`.
    fn newer() -> Catalog {
        let mut specs: Vec<NodeSpec> = catalog().iter().cloned().collect();
        let blur = specs.iter_mut().find(|spec| spec.node_type == "blur").unwrap();
        blur.version = 3;
        blur.was = vec!["soften".into()];
        let renamed = |from: &str, to: &str| Renamed { from: from.into(), to: to.into() };
        blur.renamed = vec![renamed("size", "amount"), renamed("amount", "radius"), renamed("picture", "image")];
        specs.into_iter().collect()
    }

    fn old() -> Graph {
        let mut graph = graph("a:photo; b:soften; c:blur; p:describe; x:pack.gone; a.image -> b.image");
        for (id, wire) in [("b:amount", "p.length -> b.amount"), ("c:image", "b.picture -> c.image")] {
            graph.edges.insert(edge_id(id), edge(wire));
        }
        graph.nodes.get_mut("b").unwrap().params =
            [("size".to_owned(), json!(7)), ("look".into(), json!("hard"))].into();
        graph.nodes.get_mut("c").unwrap().version = 3;
        graph.nodes.get_mut("x").unwrap().params.insert("size".into(), json!(1));
        graph
    }

    #[test]
    fn renamed_types_parameters_and_ports_are_followed() {
        let mut graph = old();
        migrate(&mut graph, &newer());
        let node = &graph.nodes["b"];
        assert_eq!((node.node_type.as_str(), node.version), ("blur", 3));
        assert_eq!(json!(node.params), json!({"radius": 7, "look": "hard"}));
        assert_eq!(graph.edges[&edge_id("b:radius")], edge("p.length -> b.radius"));
        assert_eq!(graph.edges[&edge_id("c:image")], edge("b.image -> c.image"));
        assert_eq!(graph.edges.len(), 3);
        assert!(Migration::of(&graph, &newer()).is_empty(), "a migrated graph is up to date");
    }

    #[test]
    fn what_nobody_knows_and_what_is_newer_stays() {
        let (before, mut graph) = (old(), old());
        graph.nodes.get_mut("c").unwrap().version = 4;
        graph.nodes.get_mut("c").unwrap().params.insert("size".into(), json!(2));
        migrate(&mut graph, &newer());
        assert_eq!(graph.nodes[&id("x")], before.nodes[&id("x")]);
        assert_eq!(graph.nodes["c"].params["size"], json!(2));
    }
}
