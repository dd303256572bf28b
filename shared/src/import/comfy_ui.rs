//! ComfyUI's UI format, versions 0.4 and 1: nodes with places and widgets by position, links by number, groups.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    ImportError,
    build::{Build, Output, color, id_text, name_of, pair},
    known,
};
use crate::{
    exchange::Limits,
    graph::{Frame, Graph, Mode},
    id::{FrameId, NodeId},
    node::Catalog,
};

pub fn read(top: &Map<String, Value>, limits: Limits, catalog: &Catalog) -> Result<Option<Graph>, ImportError> {
    let (Some(Value::Array(nodes)), Some(Value::Array(links))) = (top.get("nodes"), top.get("links")) else {
        return Ok(None);
    };
    let mut build = Build::new(nodes.len(), limits, catalog)?;
    let mut by_id: BTreeMap<String, &Value> = BTreeMap::new();
    let mut middles: Vec<(NodeId, [f64; 2])> = Vec::new();
    for node in nodes {
        let (Some(id), Some(class)) = (node.get("id").and_then(id_text), node.get("type").and_then(Value::as_str))
        else {
            continue;
        };
        let title = node.get("title").and_then(Value::as_str).or_else(|| subgraph_name(top, class));
        let class = if subgraph_name(top, class).is_some() { "subgraph" } else { class };
        let made = build.add(&id, "comfy", class, widgets(node, class));
        made.pos = pair(node.get("pos")).unwrap_or_default();
        made.title = title.map(str::to_owned);
        made.color = color(node.get("bgcolor")).or_else(|| color(node.get("color")));
        made.collapsed = node.pointer("/flags/collapsed").and_then(Value::as_bool).unwrap_or(false);
        made.mode = match node.get("mode").and_then(Value::as_u64) {
            Some(2) => Mode::Mute,
            Some(4) => Mode::Bypass,
            _ => Mode::Active,
        };
        let [x, y] = made.pos;
        // Sizes are not kept, but a node belongs where its middle is.
        let [width, height] = pair(node.get("size")).unwrap_or([200.0, 100.0]);
        middles.extend(build.id(&id).map(|id| (id.clone(), [x + width / 2.0, y + height / 2.0])));
        by_id.insert(id, node);
    }
    for link in links.iter().take(limits.nodes.saturating_mul(4)) {
        let Some(Link { from, from_slot, to, to_slot }) = Link::read(link) else { continue };
        let port = |node: &str, side: &str, slot: usize| {
            let name = by_id.get(node)?.get(side)?.get(slot)?.get("name")?.as_str()?;
            (!name.is_empty()).then(|| name.to_owned())
        };
        let output = port(&from, "outputs", from_slot).unwrap_or_else(|| format!("output_{from_slot}"));
        let input = port(&to, "inputs", to_slot).unwrap_or_else(|| format!("input_{to_slot}"));
        build.connect((&from, Output::Named(&output, from_slot)), (&to, &input));
    }
    let mut graph = build.graph;
    add_groups(&mut graph, top, &middles, limits);
    Ok(Some(graph))
}

/// The name of the subgraph whose id stands in a node's type.
fn subgraph_name<'t>(top: &'t Map<String, Value>, class: &str) -> Option<&'t str> {
    let subgraphs = top.get("definitions")?.get("subgraphs")?.as_array()?;
    let found = subgraphs.iter().find(|subgraph| subgraph.get("id").and_then(Value::as_str) == Some(class))?;
    Some(found.get("name").and_then(Value::as_str).unwrap_or("Subgraph"))
}

struct Link {
    from: String,
    from_slot: usize,
    to: String,
    to_slot: usize,
}

impl Link {
    /// Six items in a row, or an object, by the version of the file.
    fn read(link: &Value) -> Option<Self> {
        let slot = |value: &Value| usize::try_from(value.as_u64()?).ok().filter(|slot| *slot < 1000);
        match link {
            Value::Array(items) => Some(Self {
                from: id_text(items.get(1)?)?,
                from_slot: slot(items.get(2)?)?,
                to: id_text(items.get(3)?)?,
                to_slot: slot(items.get(4)?)?,
            }),
            Value::Object(entries) => Some(Self {
                from: id_text(entries.get("origin_id")?)?,
                from_slot: slot(entries.get("origin_slot")?)?,
                to: id_text(entries.get("target_id")?)?,
                to_slot: slot(entries.get("target_slot")?)?,
            }),
            _ => None,
        }
    }
}

/// Values by name: from an object, from the names that newer files give to widgets, or from what is known of the class.
fn widgets(node: &Value, class: &str) -> Vec<(String, Value)> {
    match node.get("widgets_values") {
        Some(Value::Object(values)) => values.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
        Some(Value::Array(values)) => {
            let names = widget_names(node, class, values);
            values
                .iter()
                .enumerate()
                .filter_map(|(index, value)| match names.get(index) {
                    Some(name) if name.is_empty() => None,
                    Some(name) => Some((name.clone(), value.clone())),
                    None => Some((format!("widget_{index}"), value.clone())),
                })
                .collect()
        }
        _ => Vec::new(),
    }
}

fn widget_names(node: &Value, class: &str, values: &[Value]) -> Vec<String> {
    let known = known::widgets(class);
    if !known.is_empty() {
        return known.iter().map(|name| (*name).to_owned()).collect();
    }
    let inputs = node.get("inputs").and_then(Value::as_array);
    let named = inputs.into_iter().flatten().filter_map(|input| input.pointer("/widget/name")?.as_str());
    let mut names: Vec<String> = Vec::new();
    for name in named {
        names.push(name.to_owned());
        // A seed is followed by what becomes of it after a run, which no input is named after.
        let after = values.get(names.len()).and_then(Value::as_str);
        if matches!(after, Some("fixed" | "increment" | "decrement" | "randomize")) {
            names.push(String::new());
        }
    }
    names
}

/// Groups hold what lies in them when the file is read; from then on membership is explicit.
fn add_groups(graph: &mut Graph, top: &Map<String, Value>, middles: &[(NodeId, [f64; 2])], limits: Limits) {
    let groups = top.get("groups").and_then(Value::as_array);
    for (n, group) in groups.into_iter().flatten().take(limits.nodes).enumerate() {
        let Some(bounding) = group.get("bounding").and_then(Value::as_array) else { continue };
        let numbers: Vec<f64> = bounding.iter().filter_map(Value::as_f64).filter(|length| length.is_finite()).collect();
        let [x, y, width, height] = numbers[..] else { continue };
        let id: FrameId = format!("g{}", n + 1).parse().expect("letters and digits");
        let title = group.get("title").and_then(Value::as_str).map(name_of).unwrap_or_default();
        let frame =
            Frame { pos: [x, y], size: [width.max(1.0), height.max(1.0)], title, color: color(group.get("color")) };
        for (node, [at_x, at_y]) in middles {
            let inside = *at_x >= x && *at_x <= x + width && *at_y >= y && *at_y <= y + height;
            if let Some(node) = graph.nodes.get_mut(node).filter(|_| inside) {
                node.frame = Some(id.clone());
            }
        }
        graph.frames.insert(id, frame);
    }
}
