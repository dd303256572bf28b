//! What goes into a node and what comes out of it, as lists to choose from.

use dioxus::prelude::*;
use shared::{
    graph::{Edge, EdgeId},
    id::NodeId,
    value::ValueType,
};

use crate::{
    canvas::{
        category,
        connect::PortRef,
        gesture::Scene,
        live::LiveScene,
        node::Face,
        state::{Canvas, use_canvas},
    },
    replica::view::CanvasViewStoreExt,
    ui::{Button, Glyph, IconButton, PortGlyph, Select, Size},
};

/// An input, and the wires that end in it.
#[derive(Debug, Clone, PartialEq)]
struct Input {
    name: String,
    value_type: ValueType,
    required: bool,
    many: bool,
    wires: Vec<(EdgeId, Edge)>,
}

#[component]
pub fn Inputs(id: NodeId) -> Element {
    let canvas = use_canvas();
    let inputs = use_memo(use_reactive!(|id| inputs_of(canvas, &id)));
    let inputs = inputs();
    if inputs.is_empty() {
        return rsx! {};
    }
    rsx! {
        ul { class: "outline-ports", aria_label: "Inputs",
            for input in inputs {
                InputLine { key: "{input.name}", id: id.clone(), input }
            }
        }
    }
}

fn inputs_of(canvas: Canvas, id: &NodeId) -> Vec<Input> {
    let Some(node) = canvas.view.nodes().get(id.clone()) else { return Vec::new() };
    let catalog = canvas.catalog();
    let node = node.read();
    let Some(spec) = catalog.of(&node) else { return Vec::new() };
    let wiring = canvas.wiring.read();
    let wires = |name: &str| wiring.get(id).and_then(|inputs| inputs.get(name)).cloned().unwrap_or_default();
    let ports = spec.inputs.iter().map(|port| Input {
        name: port.name.clone(),
        value_type: port.value_type.clone(),
        required: port.required,
        many: port.is_list(),
        wires: wires(&port.name),
    });
    // A setting may be wired too.
    let params = spec.params.iter().filter_map(|param| {
        let value_type = param.wire.clone()?;
        Some(Input { name: param.name.clone(), value_type, required: false, many: false, wires: wires(&param.name) })
    });
    ports.chain(params).collect()
}

#[component]
fn InputLine(id: NodeId, input: Input) -> Element {
    let canvas = use_canvas();
    let title = category::words(&input.name);
    let needed = input.required && input.wires.is_empty();
    let open = input.many || input.wires.is_empty();
    let port = PortRef::input(id, input.name.clone());
    // Read for the subscription: what may be connected follows from all nodes and wires.
    let _ = (canvas.view.nodes().len(), canvas.view.edges().len());
    let partners = if open && canvas.writable() { LiveScene(canvas).partners(&port, None) } else { Vec::new() };
    // Chosen first and connected then: a list that acts on its first arrow key cannot be walked by keyboard.
    let mut chosen = use_signal(|| 0usize);
    let at = chosen().min(partners.len().saturating_sub(1));
    let options = partners.iter().enumerate().map(|(index, partner)| {
        let output = category::words(&partner.port.name);
        (index.to_string(), format!("{}: {output}", node_name(canvas, &partner.port.node)))
    });
    let options: Vec<(String, String)> = options.collect();
    let picked = partners.get(at).map(|partner| partner.port.clone());
    rsx! {
        li { class: "outline-port", "data-input": "{input.name}",
            PortGlyph { value_type: input.value_type.clone(), filled: !input.wires.is_empty() }
            span { class: "outline-port-name",
                "{title} "
                small { "{input.value_type}" if needed { ", needed" } }
            }
            for (edge , wire) in input.wires.clone() {
                span { key: "{edge}", class: "outline-wire",
                    "from {node_name(canvas, &wire.from)}: {category::words(&wire.output)}"
                    IconButton {
                        glyph: Glyph::Unlink,
                        label: "Disconnect {title}",
                        size: Size::S,
                        disabled: !canvas.writable(),
                        onclick: move |_| {
                            canvas.replica().edit("disconnect", |edit| edit.disconnect(&edge));
                            canvas.replica().end_gesture();
                        },
                    }
                }
            }
            if let Some(picked) = picked {
                span { class: "outline-connect",
                    Select {
                        label: "What to connect to {title}",
                        value: at.to_string(),
                        options,
                        onchange: move |index: String| chosen.set(index.parse().unwrap_or(0)),
                    }
                    Button {
                        size: Size::S,
                        glyph: Glyph::Link,
                        aria_label: "Connect {title}",
                        onclick: move |_| canvas.connect(&picked, &port, None),
                        "Connect"
                    }
                }
            } else if open && canvas.writable() {
                span { class: "outline-wire", "nothing fits yet" }
            }
        }
    }
}

#[component]
pub fn Outputs(id: NodeId) -> Element {
    let canvas = use_canvas();
    let outputs = use_memo(use_reactive!(|id| outputs_of(canvas, &id)));
    let outputs = outputs();
    if outputs.is_empty() {
        return rsx! {};
    }
    rsx! {
        ul { class: "outline-ports", aria_label: "Outputs",
            for (name , value_type , goes_to) in outputs {
                li { key: "{name}", class: "outline-port",
                    PortGlyph { value_type: value_type.clone(), filled: !goes_to.is_empty() }
                    span { class: "outline-port-name",
                        "{category::words(&name)} "
                        small { "{value_type}" }
                    }
                    if !goes_to.is_empty() {
                        span { class: "outline-wire", "to {goes_to.join(\", \")}" }
                    }
                }
            }
        }
    }
}

fn outputs_of(canvas: Canvas, id: &NodeId) -> Vec<(String, ValueType, Vec<String>)> {
    let Some(node) = canvas.view.nodes().get(id.clone()) else { return Vec::new() };
    let catalog = canvas.catalog();
    let node = node.read();
    let Some(spec) = catalog.of(&node) else { return Vec::new() };
    let edges = canvas.view.edges();
    let edges = edges.read();
    let goes_to = |name: &str| {
        let leaving = edges.values().filter(|edge| edge.from == *id && edge.output == name);
        leaving.map(|edge| node_name(canvas, &edge.to)).collect()
    };
    spec.outputs.iter().map(|port| (port.name.clone(), port.value_type.clone(), goes_to(&port.name))).collect()
}

fn node_name(canvas: Canvas, id: &NodeId) -> String {
    let nodes = canvas.view.nodes();
    let nodes = nodes.read();
    let Some(node) = nodes.get(id) else { return String::new() };
    let catalog = canvas.catalog();
    let spec = catalog.get(&node.node_type);
    Face::of(node, spec).name(spec)
}
