//! A graph that is being put together from foreign parts: ids, names and numbers are made fit for a document here.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{ImportError, known};
use crate::{
    exchange::Limits,
    graph::{Edge, EdgeId, Graph, Node},
    id::NodeId,
    node::{Catalog, PortSpec},
};

/// Names of types, ports and parameters are cut here: below what the exchange format refuses.
const NAME_MAX: usize = 96;
/// Places further out are taken for nonsense.
const FAR: f64 = 1e6;

pub struct Build<'c> {
    catalog: &'c Catalog,
    pub graph: Graph,
    /// By the id that the node had.
    ids: BTreeMap<String, NodeId>,
}

impl<'c> Build<'c> {
    pub fn new(count: usize, limits: Limits, catalog: &'c Catalog) -> Result<Self, ImportError> {
        if count > limits.nodes {
            return Err(ImportError::TooMany { count, max: limits.nodes });
        }
        Ok(Self { catalog, graph: Graph::default(), ids: BTreeMap::new() })
    }

    /// Adds a node of a foreign kind. `params` by the names they have there.
    pub fn add(&mut self, foreign: &str, family: &str, class: &str, params: Vec<(String, Value)>) -> &mut Node {
        let id: NodeId = format!("n{}", self.ids.len() + 1).parse().expect("letters and digits");
        self.ids.insert(foreign.to_owned(), id.clone());
        let counterpart = known::counterpart(family, class).filter(|known| self.catalog.get(known.node_type).is_some());
        let node = match counterpart {
            Some(known) => {
                let mut node = Node::new(known.node_type);
                let spec = self.catalog.get(known.node_type);
                node.version = spec.map_or(1, |spec| spec.version);
                for (name, value) in params {
                    let name = known.params.iter().find(|(theirs, _)| *theirs == name);
                    if let Some((_, ours)) = name.filter(|_| is_plain(&value)) {
                        node.params.insert((*ours).into(), value);
                    }
                }
                node
            }
            None => {
                let mut node = Node::new(name_of(&format!("{family}.{class}")));
                for (name, value) in params {
                    node.params.insert(name_of(&name), crate::document::normalised(value));
                }
                node
            }
        };
        self.graph.nodes.entry(id).or_insert(node)
    }

    pub fn id(&self, foreign: &str) -> Option<&NodeId> {
        self.ids.get(foreign)
    }

    /// Pulls a wire between foreign ports; one whose ends are not there is left out.
    pub fn connect(&mut self, from: (&str, Output<'_>), to: (&str, &str)) {
        let (Some(source), Some(target)) = (self.ids.get(from.0).cloned(), self.ids.get(to.0).cloned()) else { return };
        let output = self.output(&source, from.1);
        let input = self.input(&target, to.1);
        let edge = Edge { from: source, output, to: target.clone(), input };
        let list = self.spec(&target).and_then(|spec| spec.input(&edge.input)).is_some_and(PortSpec::is_list);
        let id = if list {
            EdgeId::listed(&target, &edge.input, &format!("{:04}", self.graph.edges.len()))
        } else {
            EdgeId::single(&target, &edge.input)
        };
        // What is wired is not also a value.
        if let Some(node) = self.graph.nodes.get_mut(&target) {
            node.params.remove(&edge.input);
        }
        self.graph.edges.insert(id, edge);
    }

    fn spec(&self, id: &NodeId) -> Option<&'c crate::node::NodeSpec> {
        self.catalog.get(&self.graph.nodes.get(id)?.node_type)
    }

    fn output(&self, id: &NodeId, output: Output<'_>) -> String {
        match (self.spec(id), output) {
            (Some(spec), Output::Named(_, index) | Output::Index(index)) => {
                let port = spec.outputs.get(index).or(spec.outputs.first());
                port.map_or_else(|| format!("output_{index}"), |port| port.name.clone())
            }
            (None, Output::Named(name, _)) => name_of(name),
            (None, Output::Index(index)) => format!("output_{index}"),
        }
    }

    fn input(&self, id: &NodeId, name: &str) -> String {
        let Some(spec) = self.spec(id) else { return name_of(name) };
        if spec.input_type(name).is_some() {
            return name.to_owned();
        }
        spec.inputs.first().map_or_else(|| name_of(name), |port| port.name.clone())
    }
}

/// An output as the foreign format names it; the number is its place among the node's outputs.
#[derive(Debug, Clone, Copy)]
pub enum Output<'n> {
    Named(&'n str, usize),
    Index(usize),
}

/// A name that a document takes: printable, and not too long.
pub fn name_of(name: &str) -> String {
    let mut clean: String = name.chars().filter(|sign| !sign.is_control()).collect();
    let mut end = clean.len().min(NAME_MAX);
    while !clean.is_char_boundary(end) {
        end -= 1;
    }
    clean.truncate(end);
    if clean.is_empty() { "unnamed".into() } else { clean }
}

/// A place out of `[x, y]` or `{"0": x, "1": y}`, as ComfyUI has written it at different times.
pub fn pair(value: Option<&Value>) -> Option<[f64; 2]> {
    let at = |value: &Value, index: usize| match value {
        Value::Array(items) => items.get(index)?.as_f64(),
        Value::Object(entries) => entries.get(&index.to_string())?.as_f64(),
        _ => None,
    };
    let value = value?;
    let pair = [at(value, 0)?, at(value, 1)?];
    pair.iter().all(|length| length.is_finite() && length.abs() <= FAR).then(|| pair.map(f64::round))
}

/// `#rgb` or `#rrggbb`; anything else is no colour here.
pub fn color(value: Option<&Value>) -> Option<String> {
    let text = value?.as_str()?;
    let digits = text.strip_prefix('#')?;
    let valid = matches!(digits.len(), 3 | 6) && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    valid.then(|| text.to_ascii_lowercase())
}

/// An id out of a number or a text.
pub fn id_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn is_plain(value: &Value) -> bool {
    matches!(value, Value::String(_) | Value::Number(_) | Value::Bool(_))
}
