//! Ports that follow from a node's parameters: pure, so that check, client and engine agree on them.
//!
//! Whatever stands in the parameters came from outside: what cannot be read gives no ports, and so problems at the wires
//! that name them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{Catalog, DynamicPorts, HostedModel, NodeRole, NodeSpec, PortSpec, comfy_inputs, comfy_outputs};
use crate::{
    effective::effective,
    exchange,
    graph::{Graph, Params},
    id::NodeId,
    shape::shapes,
    value::ValueType,
};

/// The most ports of one side that follow from parameters.
const PORTS_MAX: usize = 64;

/// How deep workflows within workflows are looked into.
const NESTING_MAX: usize = 8;

/// What a workflow takes and gives, by public name. No node's id is part of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Interface {
    #[serde(default)]
    pub inputs: Vec<InterfacePort>,
    #[serde(default)]
    pub outputs: Vec<InterfacePort>,
}

/// A named input or output of a workflow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InterfacePort {
    pub name: String,
    #[serde(rename = "type")]
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub value_type: ValueType,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
}

impl InterfacePort {
    fn port(&self) -> PortSpec {
        PortSpec::new(&self.name, self.value_type.clone(), &self.description)
    }
}

pub(super) fn with_ports(spec: &NodeSpec, ports: &DynamicPorts, params: &Params, catalog: &Catalog) -> NodeSpec {
    let mut spec = spec.clone();
    match ports {
        DynamicPorts::Cases { param } => {
            let cases = params.get(param).or_else(|| spec.param(param).map(|param| &param.default));
            let mut seen: BTreeSet<&str> = spec.outputs.iter().map(|port| port.name.as_str()).collect();
            let names = cases.and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str);
            let names: Vec<&str> = names.filter(|name| is_port_name(name) && seen.insert(name)).collect();
            let like = spec.outputs.first().cloned();
            let cases = names.into_iter().take(PORTS_MAX).map(|name| PortSpec {
                name: name.to_owned(),
                description: format!("Taken when the case is `{name}`."),
                ..like.clone().unwrap_or_else(|| PortSpec::new(name, ValueType::Any, ""))
            });
            spec.outputs = cases.chain(spec.outputs.iter().cloned()).collect();
        }
        DynamicPorts::Workflow => {
            let Some(interface) = params.get("source").and_then(|source| interface_at(source, catalog, NESTING_MAX))
            else {
                return spec;
            };
            // A parameter of this name would be taken for the input.
            let free = |port: &&InterfacePort| is_port_name(&port.name) && spec.param(&port.name).is_none();
            let ports = |ports: &[InterfacePort]| -> Vec<PortSpec> {
                ports.iter().filter(free).take(PORTS_MAX).map(InterfacePort::port).collect()
            };
            (spec.inputs, spec.outputs) = (ports(&interface.inputs), ports(&interface.outputs));
        }
        DynamicPorts::ComfyUi => {
            let workflow = params.get("workflow").unwrap_or(&Json::Null);
            let free = |port: &PortSpec| spec.param(&port.name).is_none();
            let inputs = comfy_inputs(workflow).into_iter().map(|input| input.port).filter(free).collect();
            let outputs = comfy_outputs(workflow).into_iter().map(|output| output.port).collect();
            (spec.inputs, spec.outputs) = (inputs, outputs);
        }
        DynamicPorts::Hosted => {
            let Some(model) = params.get("interface").and_then(HostedModel::read) else { return spec };
            let (inputs, outputs, more) = model.ports();
            (spec.inputs, spec.outputs) = (inputs, outputs);
            spec.params.extend(more);
        }
    }
    spec
}

fn is_port_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= 128 && !name.chars().any(char::is_control)
}

/// Of an embedded graph, what it says; of a linked workflow, what was noted when it was linked.
fn interface_at(source: &Json, catalog: &Catalog, nesting: usize) -> Option<Interface> {
    match source.get("graph") {
        Some(graph) if nesting > 0 => {
            let graph = exchange::read_value(graph).ok()?;
            Some(interface_of(&graph, catalog))
        }
        Some(_) => None,
        None => serde_json::from_value(source.get("interface")?.clone()).ok(),
    }
}

/// What the graph takes and gives: its active nodes of role input and output, from top to bottom.
pub fn interface_of(graph: &Graph, catalog: &Catalog) -> Interface {
    let effective = effective(graph, catalog);
    let shapes = shapes(&effective, catalog);
    let mut by_place: Vec<&NodeId> = effective.nodes.keys().collect();
    let place = |id: &NodeId| effective.nodes[id].pos;
    by_place.sort_by(|a, b| {
        let ([ax, ay], [bx, by]) = (place(a), place(b));
        ay.total_cmp(&by).then(ax.total_cmp(&bx)).then(a.cmp(b))
    });
    let mut interface = Interface::default();
    for id in by_place {
        let node = &effective.nodes[id];
        let Some(spec) = catalog.get(&node.node_type) else { continue };
        let Some(name) = public_name(spec, &node.params) else { continue };
        let Some(port) = spec.outputs.first() else { continue };
        let description = node.title.clone().unwrap_or_default();
        let side = match spec.role {
            NodeRole::Input => &mut interface.inputs,
            NodeRole::Output => &mut interface.outputs,
            NodeRole::Step | NodeRole::Note | NodeRole::Reroute => continue,
        };
        if side.iter().all(|other| other.name != name) {
            let value_type = shapes.output_type(id, &port.name).unwrap_or_else(|| port.value_type.clone());
            let value_type = if shapes.depth(id) > 0 { value_type.listed() } else { value_type };
            side.push(InterfacePort { name: name.to_owned(), value_type, description });
        }
    }
    interface
}

/// The public name of a workflow's input or output. An empty one means that it is nobody's business outside.
pub fn public_name<'g>(spec: &'g NodeSpec, params: &'g Params) -> Option<&'g str> {
    let name = params.get("name").or_else(|| spec.param("name").map(|param| &param.default))?.as_str()?;
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        fixture::{catalog, graph},
        graph::Node,
    };

    fn with(dynamic: DynamicPorts, param: &str, value: Json) -> NodeSpec {
        let mut specs: Vec<NodeSpec> = catalog().iter().cloned().collect();
        let spec = specs.iter_mut().find(|spec| spec.node_type == "blur").unwrap();
        spec.dynamic = Some(dynamic);
        let catalog: Catalog = specs.into_iter().collect();
        let node = Node { params: [(param.to_owned(), value)].into(), ..Node::new("blur") };
        catalog.of(&node).unwrap().into_owned()
    }

    fn names(ports: &[PortSpec]) -> Vec<String> {
        ports.iter().map(|port| format!("{}: {}", port.name, port.value_type)).collect()
    }

    #[test]
    fn each_case_is_an_output() {
        let cases = DynamicPorts::Cases { param: "cases".into() };
        let spec = with(cases, "cases", json!(["day", "night", "day", "", 3, "image"]));
        assert_eq!(names(&spec.outputs), ["day: image", "night: image", "image: image"]);
    }

    #[test]
    fn an_embedded_graph_has_the_ports_of_its_named_nodes() {
        let mut inner = graph("a:photo; b:photo; c:blur; s:save; a.image -> c.image; c.image -> s.value");
        for (id, name, y) in [("a", "second", 9.0), ("b", "first", 1.0), ("s", "result", 5.0)] {
            let node = inner.nodes.get_mut(id).unwrap();
            node.params.insert("name".into(), json!(name));
            node.pos = [0.0, y];
        }
        let source = json!({"graph": exchange::write_value(&inner)});
        let spec = with(DynamicPorts::Workflow, "source", source);
        assert_eq!(names(&spec.inputs), ["first: image", "second: image"]);
    }

    #[test]
    fn a_linked_workflow_has_the_ports_that_were_noted() {
        let interface = json!({"inputs": [{"name": "n", "type": "number"}], "outputs": [{"name": "source", "type": "text"}, {"name": "t", "type": "list<text>"}]});
        let spec = with(DynamicPorts::Workflow, "source", json!({"workflow": "wf_x", "interface": interface}));
        assert_eq!((names(&spec.inputs), spec.outputs.len()), (vec!["n: number".to_owned()], 2));
        let spec = with(DynamicPorts::Workflow, "source", json!({"graph": {"nodes": 7}}));
        assert_eq!(names(&spec.inputs), ["image: image"], "what cannot be read changes nothing");
    }
}
