//! nodetool's workflow JSON: a document with a `graph` in it, values and handles by name.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    ImportError,
    build::{Build, Output, pair},
};
use crate::{
    exchange::Limits,
    graph::{Frame, Graph, Mode},
    id::FrameId,
    node::Catalog,
};

const GROUP: &str = "nodetool.workflows.base_node.Group";

pub fn read(top: &Map<String, Value>, limits: Limits, catalog: &Catalog) -> Result<Option<Graph>, ImportError> {
    let graph = top.get("graph").and_then(Value::as_object).unwrap_or(top);
    let (Some(Value::Array(nodes)), Some(Value::Array(edges))) = (graph.get("nodes"), graph.get("edges")) else {
        return Ok(None);
    };
    let mut build = Build::new(nodes.len(), limits, catalog)?;
    let mut groups: BTreeMap<String, FrameId> = BTreeMap::new();
    let mut corners: BTreeMap<String, [f64; 2]> = BTreeMap::new();
    for node in nodes.iter().filter(|node| text(node, "type") == Some(GROUP)) {
        let Some(id) = text(node, "id") else { continue };
        let frame_id: FrameId = format!("g{}", groups.len() + 1).parse().expect("letters and digits");
        let pos = place(node);
        let size = ["width", "height"].map(|side| {
            let length = node.pointer(&format!("/ui_properties/{side}")).and_then(Value::as_f64);
            length.filter(|length| length.is_finite()).unwrap_or(400.0).clamp(1.0, 1e5)
        });
        let title = node.pointer("/data/headline").or_else(|| node.pointer("/data/name")).and_then(Value::as_str);
        let title = title.unwrap_or_default().to_owned();
        build.graph.frames.insert(frame_id.clone(), Frame { pos, size, title, color: None });
        groups.insert(id.to_owned(), frame_id);
        corners.insert(id.to_owned(), pos);
    }
    for node in nodes.iter().filter(|node| text(node, "type") != Some(GROUP)) {
        let (Some(id), Some(class)) = (text(node, "id"), text(node, "type")) else { continue };
        let mut params: Vec<(String, Value)> = Vec::new();
        for part in ["data", "dynamic_properties"] {
            let values = node.get(part).and_then(Value::as_object);
            params.extend(values.into_iter().flatten().map(|(name, value)| (name.clone(), plain(name, value))));
        }
        let parent = text(node, "parent_id");
        // A node in a group has its place from the group's corner.
        let corner = parent.and_then(|parent| corners.get(parent)).copied().unwrap_or_default();
        let pos = place(node);
        let made = build.add(id, "nodetool", class, params);
        made.pos = [pos[0] + corner[0], pos[1] + corner[1]];
        made.frame = parent.and_then(|parent| groups.get(parent)).cloned();
        made.title = node.pointer("/ui_properties/title").and_then(Value::as_str).map(str::to_owned);
        if node.pointer("/ui_properties/bypassed").and_then(Value::as_bool) == Some(true) {
            made.mode = Mode::Bypass;
        }
    }
    for edge in edges.iter().take(limits.nodes.saturating_mul(4)) {
        // Control edges start nodes; they carry nothing.
        if text(edge, "edge_type") == Some("control") {
            continue;
        }
        let ends = (text(edge, "source"), text(edge, "sourceHandle"), text(edge, "target"), text(edge, "targetHandle"));
        if let (Some(from), Some(output), Some(to), Some(input)) = ends {
            build.connect((from, Output::Named(output, 0)), (to, input));
        }
    }
    let mut graph = build.graph;
    graph.meta.title = top.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    graph.meta.description = top.get("description").and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok(Some(graph))
}

fn text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key)?.as_str()
}

fn place(node: &Value) -> [f64; 2] {
    let position = node.pointer("/ui_properties/position");
    let at = |axis: &str| position.and_then(|position| position.get(axis)).cloned().unwrap_or(Value::from(0));
    pair(Some(&Value::Array(vec![at("x"), at("y")]))).unwrap_or_default()
}

/// Comments are trees of a text editor; what is written in them is kept.
fn plain(name: &str, value: &Value) -> Value {
    if name != "comment" || value.is_string() {
        return value.clone();
    }
    let mut lines = Vec::new();
    collect(value, &mut lines, 0);
    Value::String(lines.join("\n"))
}

fn collect(value: &Value, lines: &mut Vec<String>, depth: usize) {
    if depth > 32 {
        return;
    }
    match value {
        Value::Object(entries) => {
            if let Some(text) = entries.get("text").and_then(Value::as_str) {
                lines.push(text.to_owned());
            }
            for value in entries.values().filter(|value| !value.is_string()) {
                collect(value, lines, depth + 1);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, lines, depth + 1)),
        _ => {}
    }
}
