//! A card: its outside (place, selection, state) and its inside (face, output, ports, parameters).

use dioxus::prelude::*;
use shared::{
    id::NodeId,
    node::{DynamicPorts, NodeRole, NodeSpec, ParamKind, ParamSpec},
};

use super::{
    approve::Approvals,
    css_color,
    face::{Face, use_face},
    failure::Failure,
    head::Head,
    measure::use_measure,
    note::Note,
    output::Output,
    outside::{Outside, use_outside},
    ports::Ports,
    quiet::provide_quiet,
    reroute::Reroute,
};
use crate::{
    canvas::{
        category, layout,
        state::{Canvas, use_canvas},
    },
    dom,
    panels::{
        on_picture::OnPicture,
        param::{HostedParams, ParamRow},
    },
};

#[component]
pub fn NodeCard(id: NodeId) -> Element {
    let canvas = use_canvas();
    let measure = use_measure();
    let outside = use_outside(canvas, &id, Canvas::card_position);
    let face = use_face(canvas, &id);
    let mut hovered = provide_quiet(canvas, outside);
    // A removed node can be asked to render once more.
    let (Some(outside), Some(face)) = (outside(), face()) else { return rsx! {} };
    let catalog = canvas.catalog();
    let spec = catalog.get(&face.node_type);
    let Outside { x, y, .. } = outside;
    let person = outside.holder.as_ref().map(|(_, color)| format!("--person: {color};")).unwrap_or_default();
    let tint = face.color.as_ref().map(|color| format!("--tint: {};", css_color(color))).unwrap_or_default();
    let height = face.height.map(|height| format!("min-height: {height}px;")).unwrap_or_default();
    let measured = id.clone();
    rsx! {
        article {
            class: "node",
            id: "{dom::node_element(id.as_str())}",
            "data-node": "{id}",
            "data-type": "{face.node_type}",
            "data-status": outside.status,
            "data-stale": outside.stale,
            "data-selected": outside.selected,
            "data-held": outside.held,
            "data-eased": outside.eased,
            "data-problem": outside.problem,
            "data-mode": face.mode.as_str(),
            "data-collapsed": face.collapsed,
            "data-role": spec.and_then(role_name),
            "data-held-by": outside.holder.as_ref().map(|(name, _)| name.clone()),
            aria_label: face.name(spec),
            style: "translate: {x}px {y}px; width: {face.width}px; {height}{person}{tint}",
            onresize: move |_| measure.later(&measured),
            // A finger that is put on a card selects it, which will do.
            onpointerenter: move |event| {
                if event.pointer_type() != "touch" {
                    hovered.set(true);
                }
            },
            onpointerleave: move |_| hovered.set(false),
            if let Some((name, _)) = &outside.holder {
                span { class: "holder", "{name}" }
            }
            match spec.map(|spec| spec.role) {
                Some(NodeRole::Reroute) => rsx! { Reroute { id: id.clone() } },
                Some(NodeRole::Note) => rsx! {
                    Note { id: id.clone() }
                    span { class: "corner", "data-corner": "true", aria_hidden: "true" }
                },
                Some(NodeRole::Input | NodeRole::Step | NodeRole::Output) | None => rsx! {
                    Inside { id: id.clone(), face: face.clone() }
                },
            }
        }
    }
}

/// For styles, of what is drawn otherwise than as a card.
pub fn role_name(spec: &NodeSpec) -> Option<&'static str> {
    match spec.role {
        NodeRole::Note => Some("note"),
        NodeRole::Reroute => Some("reroute"),
        NodeRole::Input | NodeRole::Step | NodeRole::Output => None,
    }
}

#[component]
fn Inside(id: NodeId, face: Face) -> Element {
    let canvas = use_canvas();
    let catalog = canvas.catalog();
    let spec = catalog.get(&face.node_type);
    let Some(spec) = spec else {
        return rsx! {
            Head { id: id.clone(), face: face.clone() }
            div { class: "unknown",
                p { "This server does not know nodes of the type " code { "{face.node_type}" } "." }
                p { class: "quiet", "Its settings are kept. Mute or delete it to run the rest." }
            }
            Ports { id, folded: true }
        };
    };
    if face.collapsed {
        return rsx! {
            Head { id: id.clone(), face: face.clone() }
            Ports { id, folded: true }
        };
    }
    // What a node loads is its picture: first, and edge to edge. What an input node gives out stands in its fields.
    let is_media = |param: &&ParamSpec| matches!(param.kind, ParamKind::Media { .. });
    let loaded = spec.params.iter().find(is_media).cloned();
    // A file is known by what is seen of it: the name that the app view asks for it by can wait.
    let can_wait = |param: &ParamSpec| param.advanced || (loaded.is_some() && spec.role == NodeRole::Input);
    let (first, folded): (Vec<&ParamSpec>, Vec<&ParamSpec>) =
        spec.params.iter().filter(|param| !is_media(param)).partition(|param| !can_wait(param));
    let (rows, surplus) = first.split_at(first.len().min(layout::CARD_PARAMS));
    let rows: Vec<ParamSpec> = rows.iter().copied().cloned().collect();
    let folded: Vec<ParamSpec> = surplus.iter().copied().chain(folded).cloned().collect();
    let is_hosted = spec.dynamic == Some(DynamicPorts::Hosted);
    rsx! {
        Head { id: id.clone(), face: face.clone() }
        if let Some(param) = loaded {
            ParamRow { key: "{param.name}", id: id.clone(), param, on_card: true }
        } else if spec.role != NodeRole::Input {
            Output { id: id.clone(), blank: layout::shows_media(spec).then(|| category::glyph(spec)) }
        }
        Ports { id: id.clone(), folded: false }
        if !rows.is_empty() || !folded.is_empty() {
            div { class: "params",
                for param in rows {
                    ParamRow { key: "{param.name}", id: id.clone(), param, on_card: true }
                }
                if is_hosted {
                    HostedParams { id: id.clone(), on_card: true }
                }
                if !folded.is_empty() {
                    Folded { id: id.clone(), params: folded }
                }
            }
        }
        OnPicture { id: id.clone() }
        Approvals { id: id.clone() }
        Failure { id: id.clone() }
        span { class: "corner", "data-corner": "true", aria_hidden: "true" }
    }
}

/// Shown on demand, except what a wire ends in.
#[component]
fn Folded(id: NodeId, params: Vec<ParamSpec>) -> Element {
    let canvas = use_canvas();
    let mut open = use_signal(|| false);
    let wired = {
        let wiring = canvas.wiring.read();
        wiring.get(&id).map(|inputs| inputs.keys().cloned().collect::<Vec<_>>()).unwrap_or_default()
    };
    let shown = params.iter().filter(|param| open() || wired.contains(&param.name)).cloned();
    let hidden = params.iter().filter(|param| !wired.contains(&param.name)).count();
    rsx! {
        for param in shown {
            ParamRow { key: "{param.name}", id: id.clone(), param, on_card: true }
        }
        if hidden > 0 {
            button {
                class: "more",
                r#type: "button",
                aria_expanded: if open() { "true" } else { "false" },
                onclick: move |_| open.toggle(),
                if open() { "Fewer settings" } else if hidden == 1 { "1 more setting" } else { "{hidden} more settings" }
            }
        }
    }
}
