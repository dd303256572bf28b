//! Everything about the selected node: what it does, all its settings, its last result.

use std::collections::BTreeSet;

use dioxus::prelude::*;
use shared::{id::NodeId, node::DynamicPorts};

use super::param::{HostedParams, ParamRow};
use crate::{
    canvas::{
        category,
        node::{Actions, StatusChip, use_face, use_spec},
        state::{CanvasStateStoreExt, use_canvas},
    },
    replica::view::CanvasViewStoreExt,
    ui::{Button, Glyph, Icon, PortGlyph, Size, Variant, use_toaster},
};

#[component]
pub fn Inspector() -> Element {
    let canvas = use_canvas();
    let toaster = use_toaster();
    let selection = canvas.state.selection().cloned();
    let mut chosen = selection.into_iter();
    match (chosen.next(), chosen.len()) {
        (None, _) => rsx! {
            div { class: "side-empty",
                p { "Select a node to see its settings." }
                p { class: "quiet", "{canvas.view.nodes().len()} nodes, {canvas.view.edges().len()} wires" }
            }
        },
        (Some(id), 0) => rsx! { OneNode { key: "{id}", id } },
        (Some(_), more) => rsx! {
            div { class: "side-empty",
                p { "{more + 1} nodes selected" }
                Actions { nodes: canvas.state.selection().cloned() }
                div { class: "side-actions",
                    Button {
                        size: Size::S,
                        glyph: Glyph::Copy,
                        disabled: !canvas.writable(),
                        onclick: move |_| canvas.obey(crate::canvas::keys::Command::Duplicate, toaster),
                        "Duplicate"
                    }
                    Button {
                        size: Size::S,
                        variant: Variant::Danger,
                        glyph: Glyph::Trash2,
                        disabled: !canvas.writable(),
                        onclick: move |_| canvas.delete_selection(),
                        "Delete"
                    }
                }
            }
        },
    }
}

#[component]
fn OneNode(id: NodeId) -> Element {
    let canvas = use_canvas();
    let face = use_face(canvas, &id);
    let made = use_memo({
        let id = id.clone();
        move || {
            let output = canvas.view.outputs().get(id.clone())?;
            let output = output.read();
            Some((output.duration_millis, output.cost_usd, output.seed))
        }
    });
    let fault = canvas.faulty.read().get(&id).map(|problem| category::told(&problem.message));
    // A removed node can be asked to render once more.
    let Some(face) = face() else { return rsx! {} };
    let catalog = canvas.catalog();
    let spec = catalog.get(&face.node_type);
    rsx! {
        section { class: "inspector",
            div { class: "inspector-head",
                h3 { "{face.name(spec)}" }
                StatusChip { id: id.clone(), mode: face.mode }
            }
            code { class: "inspector-type", "{face.node_type}" }
            Actions { nodes: BTreeSet::from([id.clone()]) }
            if let Some(fault) = fault {
                p { class: "inspector-fault",
                    Icon { glyph: Glyph::TriangleAlert, size: Size::S }
                    "{fault}"
                }
            }
            if let Some(spec) = spec {
                p { class: "inspector-text", "{spec.description}" }
                for param in spec.params.iter().cloned() {
                    ParamRow { key: "{param.name}", id: id.clone(), param, on_card: false }
                }
                if spec.dynamic == Some(DynamicPorts::Hosted) {
                    HostedParams { id: id.clone(), on_card: false }
                }
                PortList { id: id.clone() }
            }
            if let Some((duration, cost, seed)) = made() {
                h4 { "Last result" }
                dl { class: "inspector-facts",
                    if let Some(millis) = duration {
                        dt { "Time" }
                        dd { class: "tabular", "{millis as f64 / 1000.0:.2} s" }
                    }
                    if let Some(cost) = cost {
                        dt { "Cost" }
                        dd { class: "tabular", "${cost:.4}" }
                    }
                    if let Some(seed) = seed {
                        dt { "Seed" }
                        dd { class: "tabular", "{seed}" }
                    }
                }
            }
        }
    }
}

/// What goes in and comes out, with the ports that follow from the node's own settings.
#[component]
fn PortList(id: NodeId) -> Element {
    let canvas = use_canvas();
    let spec = use_spec(canvas, &id);
    let spec = spec.read();
    let Some(spec) = spec.as_ref().filter(|spec| !spec.inputs.is_empty() || !spec.outputs.is_empty()) else {
        return rsx! {};
    };
    let inputs = spec.inputs.iter().map(|port| ("in", port));
    rsx! {
        h4 { "Inputs and outputs" }
        ul { class: "inspector-ports",
            for (side , port) in inputs.chain(spec.outputs.iter().map(|port| ("out", port))) {
                li { key: "{side}:{port.name}",
                    PortGlyph { value_type: port.value_type.clone(), filled: side == "out" }
                    strong { "{category::words(&port.name)}" }
                    code { "{port.value_type}" }
                    if !port.description.is_empty() {
                        small { "{port.description}" }
                    }
                }
            }
        }
    }
}
