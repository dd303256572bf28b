//! Graphs as text, one chain of wires a line.
//!
//! `a:test.number{"value":2} -> sum:test.sum` makes two nodes and wires the first output of `a` to the first input of
//! `sum`. Ports are named where that is not enough: `a[rest] -> b(other)`. A node has its type the first time only.

use std::collections::BTreeMap;

use engine::catalog;
use shared::{
    graph::{Edge, EdgeId, Graph, Node},
    id::NodeId,
};

pub fn id(text: &str) -> NodeId {
    text.parse().unwrap()
}

pub fn graph(text: &str) -> Graph {
    let mut graph = Graph::default();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let steps: Vec<Step> = line.split(" -> ").map(Step::read).collect();
        for step in &steps {
            if let Some(node_type) = step.node_type {
                let mut node = Node::new(node_type);
                node.version = catalog().get(node_type).map_or(1, |spec| spec.version);
                node.params = step.params.map(|json| serde_json::from_str(json).unwrap()).unwrap_or_default();
                graph.nodes.insert(id(step.id), node);
            }
        }
        for pair in steps.windows(2) {
            connect(&mut graph, &pair[0], &pair[1]);
        }
    }
    graph
}

fn connect(graph: &mut Graph, from: &Step, to: &Step) {
    let spec = |step: &Step| catalog().of(&graph.nodes[&id(step.id)]).map(|spec| spec.into_owned());
    let output = from.output.map(str::to_owned).or_else(|| Some(spec(from)?.outputs.first()?.name.clone()));
    let input = to.input.map(str::to_owned).or_else(|| {
        let spec = spec(to)?;
        let param = || spec.params.iter().find(|param| param.wire.is_some()).map(|param| param.name.clone());
        spec.inputs.first().map(|port| port.name.clone()).or_else(param)
    });
    let (output, input) = (output.unwrap_or("out".into()), input.unwrap_or("in".into()));
    let to_id = id(to.id);
    let is_list = spec(to).is_some_and(|spec| spec.input(&input).is_some_and(|port| port.is_list()));
    let edge_id = match is_list {
        // Lists are in the order of edge ids: here, of writing.
        true => EdgeId::listed(&to_id, &input, &format!("{:05}", graph.edges.len())),
        false => EdgeId::single(&to_id, &input),
    };
    graph.edges.insert(edge_id, Edge { from: id(from.id), output, to: to_id, input });
}

struct Step<'t> {
    id: &'t str,
    node_type: Option<&'t str>,
    params: Option<&'t str>,
    output: Option<&'t str>,
    input: Option<&'t str>,
}

impl<'t> Step<'t> {
    fn read(text: &'t str) -> Self {
        let (mut text, mut params) = (text.trim(), None);
        if let (Some(begin), Some(end)) = (text.find('{'), text.rfind('}')) {
            params = Some(&text[begin..=end]);
            assert_eq!(end + 1, text.len(), "ports are named where the node has no parameters: {text}");
            text = &text[..begin];
        }
        let mut ports = BTreeMap::new();
        for (open, close) in [('[', ']'), ('(', ')')] {
            if let Some(rest) = text.strip_suffix(close) {
                let (before, port) = rest.rsplit_once(open).unwrap();
                ports.insert(open, port);
                text = before;
            }
        }
        let (id, node_type) = text.split_once(':').map_or((text, None), |(id, node_type)| (id, Some(node_type)));
        Self { id, node_type, params, output: ports.get(&'[').copied(), input: ports.get(&'(').copied() }
    }
}
