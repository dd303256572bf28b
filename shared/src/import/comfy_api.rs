//! ComfyUI's API format: nodes by id, inputs by name, no places. They are laid out in columns along the wires.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    ImportError,
    build::{Build, Output, id_text},
};
use crate::{exchange::Limits, graph::Graph, id::NodeId, node::Catalog};

const COLUMN: f64 = 380.0;
const ROW: f64 = 260.0;

pub fn read(top: &Map<String, Value>, limits: Limits, catalog: &Catalog) -> Result<Option<Graph>, ImportError> {
    let is_node = |node: &Value| node.get("class_type").is_some_and(Value::is_string);
    if top.is_empty() || !top.values().all(is_node) {
        return Ok(None);
    }
    let mut build = Build::new(top.len(), limits, catalog)?;
    for (id, node) in top {
        let class = node["class_type"].as_str().unwrap_or_default();
        let inputs = node.get("inputs").and_then(Value::as_object);
        let literal = inputs.into_iter().flatten().filter(|(_, value)| wire(value, top).is_none());
        let params = literal.map(|(name, value)| (name.clone(), value.clone())).collect();
        let title = node.pointer("/_meta/title").and_then(Value::as_str).map(str::to_owned);
        build.add(id, "comfy", class, params).title = title;
    }
    for (id, node) in top {
        for (name, value) in node.get("inputs").and_then(Value::as_object).into_iter().flatten() {
            if let Some((from, index)) = wire(value, top) {
                build.connect((&from, Output::Index(index)), (id, name));
            }
        }
    }
    Ok(Some(in_columns(build.graph)))
}

/// `[source id, index of its output]`; a list of numbers that happens to look like that names no node.
fn wire(value: &Value, top: &Map<String, Value>) -> Option<(String, usize)> {
    let [from, index] = value.as_array()?.as_slice() else { return None };
    let from = id_text(from)?;
    let index = usize::try_from(index.as_u64()?).ok()?;
    top.contains_key(&from).then_some((from, index))
}

/// Each node one column to the right of the furthest that feeds it.
fn in_columns(mut graph: Graph) -> Graph {
    let mut column: BTreeMap<NodeId, usize> = graph.nodes.keys().map(|id| (id.clone(), 0)).collect();
    // As many rounds as a chain can be long; a circle, which no valid file has, ends with them.
    for _ in 0..graph.nodes.len().min(200) {
        let mut moved = false;
        for edge in graph.edges.values() {
            let wanted = column.get(&edge.from).map_or(0, |at| at + 1);
            if let Some(at) = column.get_mut(&edge.to).filter(|at| **at < wanted) {
                *at = wanted;
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
    let mut rows: BTreeMap<usize, usize> = BTreeMap::new();
    for (id, node) in &mut graph.nodes {
        let at = column.get(id).copied().unwrap_or(0);
        let row = rows.entry(at).or_default();
        node.pos = [at as f64 * COLUMN, *row as f64 * ROW];
        *row += 1;
    }
    graph
}
