//! Graphs to run: large ones of trivial nodes, and small ones of what is measured.

use serde_json::Value as Json;
use shared::{
    graph::{Edge, EdgeId, Graph, Node},
    id::NodeId,
};

/// The id of the `at`th node.
pub fn id(at: usize) -> NodeId {
    named(&format!("n{at}"))
}

pub fn named(id: &str) -> NodeId {
    id.parse().expect("letters and digits are an id")
}

pub fn add(graph: &mut Graph, id: NodeId, node_type: &str, params: Json) {
    let mut node = Node::new(node_type);
    if let Json::Object(params) = params {
        node.params = params.into_iter().collect();
    }
    graph.nodes.insert(id, node);
}

/// A wire into an input that takes one.
pub fn wire(graph: &mut Graph, (from, output): (&NodeId, &str), (to, input): (&NodeId, &str)) {
    let edge = Edge { from: from.clone(), output: output.into(), to: to.clone(), input: input.into() };
    graph.edges.insert(EdgeId::single(to, input), edge);
}

/// Sums, each of them trivial.
fn sum(graph: &mut Graph, at: usize) {
    add(graph, id(at), "number.math", serde_json::json!({"operation": "max", "a": 1, "b": 2}));
}

/// One behind the other.
pub fn chain(nodes: usize) -> Graph {
    let mut graph = Graph::default();
    for at in 0..nodes {
        sum(&mut graph, at);
        if at > 0 {
            wire(&mut graph, (&id(at - 1), "number"), (&id(at), "a"));
        }
    }
    graph
}

/// All behind one.
pub fn fan_out(nodes: usize) -> Graph {
    let mut graph = Graph::default();
    for at in 0..nodes {
        sum(&mut graph, at);
        if at > 0 {
            wire(&mut graph, (&id(0), "number"), (&id(at), "a"));
        }
    }
    graph
}

/// Each behind its neighbours to the left and above.
pub fn grid(side: usize) -> Graph {
    let mut graph = Graph::default();
    for at in 0..side * side {
        sum(&mut graph, at);
        if at % side > 0 {
            wire(&mut graph, (&id(at - 1), "number"), (&id(at), "a"));
        }
        if at >= side {
            wire(&mut graph, (&id(at - side), "number"), (&id(at), "b"));
        }
    }
    graph
}

/// Nodes whose results are remembered, one behind the other.
pub fn remembered(nodes: usize) -> Graph {
    let mut graph = Graph::default();
    for at in 0..nodes {
        add(&mut graph, id(at), "code.run", serde_json::json!({"code": format!("{at}")}));
        if at > 0 {
            wire(&mut graph, (&id(at - 1), "value"), (&id(at), "input"));
        }
    }
    graph
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_graph_runs() {
        let engine = super::super::engine();
        for graph in [chain(5), fan_out(5), grid(3), remembered(3)] {
            super::super::done(&engine, &super::super::request(graph)).await.expect("a good end");
        }
    }
}
