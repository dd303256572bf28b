//! The way through the graph: each node after all it needs.

use std::{
    borrow::Cow,
    collections::{BTreeMap, VecDeque},
};

use super::{Axis, Delivery, Shapes, Unrelated, Wired, delivery};
use crate::{
    graph::{Edge, EdgeId, Graph, Node},
    id::NodeId,
    node::{Catalog, Lists, NodeSpec},
    value::ValueType,
};

struct Walk<'g> {
    graph: &'g Graph,
    specs: BTreeMap<&'g NodeId, Option<Cow<'g, NodeSpec>>>,
    into: BTreeMap<&'g NodeId, Vec<(&'g EdgeId, &'g Edge)>>,
    /// Where a list was made, as an index into the axes.
    opened: BTreeMap<(NodeId, String), usize>,
    /// Nodes that collect one wire and do nothing else: their list, opened again, is what was collected.
    collectors: BTreeMap<NodeId, Wired>,
    shapes: Shapes,
}

pub(super) fn walk(graph: &Graph, catalog: &Catalog) -> Shapes {
    let mut into: BTreeMap<&NodeId, Vec<(&EdgeId, &Edge)>> = BTreeMap::new();
    let mut out_of: BTreeMap<&NodeId, Vec<&NodeId>> = BTreeMap::new();
    for (id, edge) in &graph.edges {
        into.entry(&edge.to).or_default().push((id, edge));
        out_of.entry(&edge.from).or_default().push(&edge.to);
    }
    let specs = graph.nodes.iter().map(|(id, node)| (id, catalog.of(node))).collect();
    let mut missing: BTreeMap<&NodeId, usize> =
        graph.nodes.keys().map(|id| (id, into.get(id).map_or(0, Vec::len))).collect();
    let mut ready: VecDeque<&NodeId> = missing.iter().filter(|(_, n)| **n == 0).map(|(id, _)| *id).collect();
    let (opened, collectors, shapes) = (BTreeMap::new(), BTreeMap::new(), Shapes::default());
    let mut walk = Walk { graph, specs, into, opened, collectors, shapes };
    while let Some(id) = ready.pop_front() {
        let Some(node) = graph.nodes.get(id) else { continue };
        walk.visit(id, node);
        for next in out_of.get(id).into_iter().flatten() {
            if let Some(left) = missing.get_mut(next) {
                *left -= 1;
                if *left == 0 {
                    ready.push_back(next);
                }
            }
        }
    }
    walk.shapes
}

impl<'g> Walk<'g> {
    fn spec(&self, id: &NodeId) -> Option<&NodeSpec> {
        self.specs.get(id)?.as_deref()
    }

    fn visit(&mut self, id: &'g NodeId, node: &'g Node) {
        let wires = self.into.get(id).cloned().unwrap_or_default();
        let mut deepest: Option<(usize, &'g str)> = None;
        let mut arriving: BTreeMap<&'g str, Vec<ValueType>> = BTreeMap::new();
        for (edge_id, edge) in wires {
            let Some((wired, value_type, fits)) = self.wired(edge) else { continue };
            if !fits {
                self.shapes.mismatched.push((edge_id.clone(), value_type.clone()));
            }
            if let Some(axis) = self.axis_of(&wired) {
                deepest = Some(match deepest {
                    None => (axis, edge.input.as_str()),
                    Some((other, of)) => match self.deeper(other, axis) {
                        Some(deeper) if deeper == other => (other, of),
                        Some(deeper) => (deeper, edge.input.as_str()),
                        None => {
                            let inputs = [of.to_owned(), edge.input.clone()];
                            self.shapes.unrelated.push(Unrelated { node: id.clone(), inputs });
                            (other, of)
                        }
                    },
                });
            }
            arriving.entry(edge.input.as_str()).or_default().push(value_type);
            self.shapes.wires.insert(edge_id.clone(), wired);
        }
        if let Some((axis, _)) = deepest {
            self.shapes.over.insert(id.clone(), axis);
        }
        self.note_types(id, node, &arriving);
        self.note_collector(id);
    }

    /// What the wire delivers, of which type that is, and whether the input takes it.
    fn wired(&self, edge: &Edge) -> Option<(Wired, ValueType, bool)> {
        let (lists, input) = match self.spec(&edge.to) {
            Some(spec) => match spec.input(&edge.input) {
                Some(port) => (port.lists, port.value_type.clone()),
                None => (Lists::Whole, spec.input_type(&edge.input)?.clone()),
            },
            None => (Lists::Whole, ValueType::Any),
        };
        let from = self.output_type(&edge.from, &edge.output)?;
        let mapped = self.shapes.axis(&edge.from).is_some();
        // A wire that cannot work is a problem of its own; until then it brings what it has.
        let known = delivery(lists, &input, &from, mapped);
        let delivery = known.unwrap_or(Delivery::Direct);
        let value_type = match delivery {
            Delivery::Direct => from,
            Delivery::Each => from.item().clone(),
            Delivery::Collected => from.listed(),
        };
        let mut wired = Wired { from: edge.from.clone(), output: edge.output.clone(), delivery };
        // Opened or paired again, a collected list is still the one it was made of: places and all.
        if let Some(source) = self.collectors.get(&edge.from) {
            let reopened = match (delivery, lists) {
                (Delivery::Each, _) => Some(Delivery::Direct),
                (Delivery::Direct, Lists::Paired) => Some(Delivery::Collected),
                _ => None,
            };
            if let Some(delivery) = reopened {
                wired = Wired { delivery, ..source.clone() };
            }
        }
        Some((wired, value_type, known.is_some()))
    }

    fn output_type(&self, node: &NodeId, output: &str) -> Option<ValueType> {
        if let Some(known) = self.shapes.output_type(node, output) {
            return Some(known);
        }
        match self.spec(node) {
            Some(spec) => spec.output_type(output).cloned(),
            None => Some(ValueType::Any),
        }
    }

    /// The innermost axis on which the wire's values lie; opens it where that is due.
    fn axis_of(&mut self, wired: &Wired) -> Option<usize> {
        let parent = self.shapes.axis(&wired.from);
        match wired.delivery {
            Delivery::Direct => parent,
            Delivery::Collected => parent.and_then(|axis| self.shapes.axes[axis].parent),
            Delivery::Each => {
                let output = self.axis_name(&wired.from, &wired.output);
                let key = (wired.from.clone(), output.clone());
                if let Some(&axis) = self.opened.get(&key) {
                    return Some(axis);
                }
                let depth = self.shapes.depth_of(parent) + 1;
                let axis = self.shapes.axes.len();
                self.shapes.axes.push(Axis { node: wired.from.clone(), output, parent, depth });
                self.opened.insert(key, axis);
                Some(axis)
            }
        }
    }

    fn axis_name(&self, node: &NodeId, output: &str) -> String {
        // A pin says nothing about which of its items belong together.
        let pinned = self.graph.nodes.get(node).is_some_and(|node| node.pin.is_some());
        let aligned = self.spec(node).filter(|_| !pinned).and_then(|spec| {
            let of = spec.outputs.iter().find(|port| port.name == output)?;
            of.aligned.then(|| spec.outputs.iter().find(|port| port.aligned)).flatten()
        });
        aligned.map_or(output, |port| &port.name).to_owned()
    }

    /// The one of two axes that lies below the other.
    fn deeper(&self, a: usize, b: usize) -> Option<usize> {
        let axes = &self.shapes.axes;
        let (upper, lower) = if axes[a].depth <= axes[b].depth { (a, b) } else { (b, a) };
        let mut above = std::iter::successors(Some(lower), |&axis| axes[axis].parent);
        above.any(|axis| axis == upper).then_some(lower)
    }

    /// Notes the types of outputs that carry what arrives, and of pinned lists.
    fn note_types(&mut self, id: &NodeId, node: &Node, arriving: &BTreeMap<&str, Vec<ValueType>>) {
        let Some(spec) = self.spec(id) else { return };
        let mut types = Vec::new();
        for port in &spec.outputs {
            let pinned = node.pin.as_ref().and_then(|pin| pin.values.get(&port.name));
            let known = match (pinned, &port.same_as) {
                (Some(value), _) => {
                    // What a mapped node made is pinned as a list.
                    let list = matches!(value, crate::value::Value::List(_)) && !port.value_type.is_list();
                    list.then(|| port.value_type.clone().listed())
                }
                (None, Some(input)) => match arriving.get(input.as_str()).map(Vec::as_slice) {
                    Some([first, others @ ..]) if others.iter().all(|other| other == first) => {
                        Some(if port.value_type.is_list() { first.clone().listed() } else { first.clone() })
                    }
                    _ => None,
                },
                (None, None) => None,
            };
            types.extend(known.map(|known| (port.name.clone(), known)));
        }
        for (port, known) in types {
            self.shapes.types.insert((id.clone(), port), known);
        }
    }

    fn note_collector(&mut self, id: &NodeId) {
        let only_collects = |spec: &NodeSpec| {
            matches!(&*spec.inputs, [input] if input.lists == Lists::Collect)
                && matches!(&*spec.outputs, [output] if output.same_as.is_some())
        };
        let Some([(edge, _)]) = self.into.get(id).map(Vec::as_slice) else { return };
        if self.spec(id).is_some_and(only_collects)
            && let Some(wired) = self.shapes.wires.get(edge)
            && wired.delivery == Delivery::Collected
            // A list for each item, flattened, has other places than what it was made of.
            && self.output_type(&wired.from, &wired.output).is_some_and(|from| !from.is_list())
        {
            self.collectors.insert(id.clone(), wired.clone());
        }
    }
}
