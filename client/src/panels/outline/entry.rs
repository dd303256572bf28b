//! One node in the outline: its name and state in a line, and everything about it below.

use std::collections::BTreeSet;

use dioxus::prelude::*;
use shared::id::NodeId;

use super::{
    entry_id,
    wires::{Inputs, Outputs},
};
use crate::{
    canvas::{
        category,
        node::{Actions, Approvals, Failure, Output, status_words, use_face},
        state::use_canvas,
    },
    panels::param::ParamRow,
    ui::{Button, Glyph, Icon, Size, Variant},
};

#[component]
pub fn Entry(id: NodeId, open: bool) -> Element {
    let canvas = use_canvas();
    let face = use_face(canvas, &id);
    // A removed node can be asked to render once more.
    let Some(face) = face() else { return rsx! {} };
    let catalog = canvas.catalog();
    let spec = catalog.get(&face.node_type);
    let name = face.name(spec);
    let state = status_words(canvas, &id, face.mode);
    let fault = canvas.faulty.read().get(&id).map(|problem| category::told(&problem.message));
    let (target, doomed) = (id.clone(), id.clone());
    rsx! {
        li { class: "outline-entry", "data-outline": "{id}", "data-open": open,
            button {
                id: entry_id(&id),
                class: "outline-line",
                r#type: "button",
                aria_expanded: if open { "true" } else { "false" },
                onclick: move |_| {
                    if open {
                        canvas.select(BTreeSet::new());
                    } else {
                        canvas.go_to(&target);
                    }
                },
                Icon { glyph: spec.map_or(Glyph::CircleHelp, category::glyph) }
                span { class: "outline-name", "{name}" }
                if fault.is_some() {
                    Icon { glyph: Glyph::TriangleAlert, size: Size::S }
                    span { class: "spoken", "has a problem" }
                }
                if let Some(state) = state {
                    small { "{state}" }
                }
                Icon { glyph: if open { Glyph::ChevronDown } else { Glyph::ChevronRight }, size: Size::S }
            }
            if open {
                div { class: "outline-body",
                    if let Some(fault) = fault {
                        p { class: "inspector-fault",
                            Icon { glyph: Glyph::TriangleAlert, size: Size::S }
                            "{fault}"
                        }
                    }
                    NameField { id: id.clone(), name: face.title.clone().unwrap_or_default(), kind: spec.map(|spec| spec.title.clone()).unwrap_or_default() }
                    Inputs { id: id.clone() }
                    if let Some(spec) = spec {
                        for param in spec.params.iter().cloned() {
                            ParamRow { key: "{param.name}", id: id.clone(), param, on_card: false }
                        }
                    }
                    Outputs { id: id.clone() }
                    Approvals { id: id.clone() }
                    Failure { id: id.clone() }
                    Output { id: id.clone() }
                    Actions { nodes: BTreeSet::from([id.clone()]) }
                    div { class: "actions",
                        Button {
                            size: Size::S,
                            variant: Variant::Danger,
                            glyph: Glyph::Trash2,
                            disabled: !canvas.writable(),
                            onclick: move |_| {
                                canvas.select(BTreeSet::from([doomed.clone()]));
                                canvas.delete_selection();
                            },
                            "Delete {name}"
                        }
                    }
                }
            }
        }
    }
}

#[component]
fn NameField(id: NodeId, name: String, kind: String) -> Element {
    let canvas = use_canvas();
    rsx! {
        label { class: "param outline-field",
            span { class: "param-title", "Name" }
            input {
                class: "input",
                r#type: "text",
                value: "{name}",
                placeholder: "{kind}",
                disabled: !canvas.writable(),
                onchange: move |event| {
                    let title = event.value().trim().to_owned();
                    let title = (!title.is_empty()).then_some(title.as_str());
                    canvas.replica().edit("rename", |edit| edit.set_node_title(&id, title));
                    canvas.replica().end_gesture();
                },
            }
        }
    }
}
