//! For tests: a small catalog, and graphs written as text.

use serde_json::json;

use crate::{
    graph::{Edge, EdgeId, Graph, Node},
    id::NodeId,
    node::{Catalog, ChoiceOption, NodeRole, NodeSpec, ParamKind, ParamSpec, PortSpec, Resource},
};

pub fn id(text: &str) -> NodeId {
    text.parse().unwrap()
}

pub fn edge_id(text: &str) -> EdgeId {
    text.parse().unwrap()
}

/// `a.image -> b.image`
pub fn edge(text: &str) -> Edge {
    let (from, to) = text.split_once("->").unwrap();
    let end = |text: &str| {
        let (node, port) = text.trim().split_once('.').unwrap();
        (id(node), port.to_owned())
    };
    let ((from, output), (to, input)) = (end(from), end(to));
    Edge { from, output, to, input }
}

/// Nodes as `name:type` (types of [`catalog`]), wires as `a.image -> b.image`; a line or `;` each.
pub fn graph(text: &str) -> Graph {
    let mut graph = Graph::default();
    for part in text.split([';', '\n']).map(str::trim).filter(|part| !part.is_empty()) {
        if part.contains("->") {
            let edge = edge(part);
            let single = EdgeId::single(&edge.to, &edge.input);
            let listed = EdgeId::listed(&edge.to, &edge.input, &format!("{:02}", graph.edges.len()));
            graph.edges.insert(if edge.input == "images" { listed } else { single }, edge);
        } else {
            let (name, node_type) = part.split_once(':').unwrap();
            graph.nodes.insert(id(name), Node::new(node_type));
        }
    }
    graph
}

/// `text`, `photo` (an input), `blur`, `collage` (a list), `describe`, `save` (an output), `remark` (a note) and `reroute` (a
/// reroute point).
pub fn catalog() -> Catalog {
    let param = |name: &str, kind, default| ParamSpec {
        name: name.into(),
        title: name.into(),
        description: String::new(),
        kind,
        default,
        optional: false,
        wire: None,
        advanced: false,
    };
    let name = || param("name", ParamKind::Text, json!(""));
    let mut radius = param(
        "radius",
        ParamKind::Number { min: Some(0.0), max: Some(100.0), step: None, unit: Some("px".into()) },
        json!(4),
    );
    radius.wire = Some("number".parse().unwrap());
    let options = ["soft", "hard"].map(|value| ChoiceOption { value: value.into(), title: value.into() });
    let look = param("look", ParamKind::Choice { options: options.into() }, json!("soft"));
    let count = param("count", ParamKind::Integer { min: Some(1), max: Some(8), unit: None }, json!(1));
    let file = param("file", ParamKind::Media { accept: "image".parse().unwrap() }, json!(null));
    [
        spec("text", &[], &["text: text"], vec![param("text", ParamKind::Prompt, json!(""))]),
        NodeSpec { role: NodeRole::Input, ..spec("photo", &[], &["image: image"], vec![name(), file]) },
        spec("blur", &["image: image!"], &["image: image"], vec![radius, look]),
        spec("collage", &["images: list<image>!", "text: text"], &["images: list<image>", "image: image"], vec![count]),
        spec(
            "describe",
            &["image: image!", "text: text"],
            &["text: text", "length: number"],
            vec![
                param("model", ParamKind::Model { capability: "text.chat".into() }, json!(null)),
                param("seed", ParamKind::Seed, json!(null)),
                param("tint", ParamKind::Color, json!("#ffffff")),
                param("strict", ParamKind::Bool, json!(false)),
            ],
        ),
        NodeSpec { role: NodeRole::Output, ..spec("save", &["value: any!"], &[], vec![name()]) },
        NodeSpec {
            role: NodeRole::Note,
            ..spec("remark", &[], &[], vec![param("text", ParamKind::Prompt, json!(""))])
        },
        NodeSpec { role: NodeRole::Reroute, ..spec("reroute", &["value: any!"], &["value: any"], vec![]) },
    ]
    .into_iter()
    .collect()
}

fn spec(node_type: &str, inputs: &[&str], outputs: &[&str], params: Vec<ParamSpec>) -> NodeSpec {
    let port = |text: &&str| {
        let (name, value_type) = text.split_once(": ").unwrap();
        let plain = PortSpec::new(name, value_type.trim_end_matches('!').parse().unwrap(), "");
        PortSpec { required: value_type.ends_with('!'), ..plain }
    };
    NodeSpec {
        node_type: node_type.into(),
        version: 1,
        title: node_type.into(),
        summary: String::new(),
        description: String::new(),
        role: NodeRole::Step,
        resource: Resource::Light,
        cacheable: true,
        inputs: inputs.iter().map(port).collect(),
        outputs: outputs.iter().map(port).collect(),
        params,
        dynamic: None,
        was: Vec::new(),
        renamed: Vec::new(),
        example: json!({}),
    }
}
