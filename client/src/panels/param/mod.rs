//! One parameter: its name, its widget by kind, and its port where a wire may take its place.
//!
//! The same on the card and in the inspector. A wired parameter is greyed and says where its value comes from.

mod color;
mod json;
mod number;
mod seed;
mod text;

use dioxus::prelude::*;
use serde_json::Value as Json;
use shared::{
    id::NodeId,
    node::{ParamKind, ParamSpec},
};

use crate::{
    canvas::{
        connect::PortRef,
        node::{Face, Port},
        state::{Canvas, use_canvas},
    },
    media::MediaField,
    replica::{PromptArea, view::CanvasViewStoreExt},
    ui::{Glyph, Icon, Select, Size, Switch},
};

use color::ColorField;
use json::JsonField;
use number::NumberField;
use seed::SeedField;
use text::TextField;

/// What a parameter's widget gets: where to write, and what to show.
#[derive(Clone, PartialEq)]
pub struct Bound {
    pub canvas: Canvas,
    pub id: NodeId,
    pub name: String,
    pub title: String,
    pub value: Json,
    pub disabled: bool,
}

impl Bound {
    /// One edit, and one undo step until the gesture ends.
    pub fn set(&self, value: impl Into<Json>) {
        let value = value.into();
        let label = format!("set {}", self.title.to_lowercase());
        self.canvas.replica().edit(&label, |edit| edit.set_param(&self.id, &self.name, value));
    }

    /// The hand is off: the next change is another step.
    pub fn rest(&self) {
        self.canvas.replica().end_gesture();
    }

    pub fn set_and_rest(&self, value: impl Into<Json>) {
        self.set(value);
        self.rest();
    }
}

#[component]
pub fn ParamRow(id: NodeId, param: ParamSpec, on_card: bool) -> Element {
    let canvas = use_canvas();
    let name = param.name.clone();
    let value = use_memo({
        let (id, name, default) = (id.clone(), name.clone(), param.default.clone());
        move || {
            let node = canvas.view.nodes().get(id.clone());
            node.and_then(|node| node.read().params.get(&name).cloned()).unwrap_or_else(|| default.clone())
        }
    });
    let source = use_memo({
        let (id, name) = (id.clone(), name.clone());
        move || source_name(canvas, &id, &name)
    });
    let editor = use_memo({
        let (id, name) = (id.clone(), name.clone());
        move || who_edits(canvas, &id, &name)
    });
    let wired = source().is_some();
    let disabled = wired || !canvas.writable();
    let bound =
        Bound { canvas, id: id.clone(), name: name.clone(), title: param.title.clone(), value: value(), disabled };
    let inline = matches!(param.kind, ParamKind::Bool | ParamKind::Color);
    rsx! {
        div {
            class: "param",
            "data-param": "{name}",
            "data-kind": kind_name(&param.kind),
            "data-wired": wired,
            "data-inline": inline,
            style: editor().map(|(_, color)| format!("--person: {color}")),
            "data-editing": editor().map(|(person, _)| person),
            if on_card && let Some(wire) = &param.wire {
                Port { port: PortRef::input(id.clone(), name.clone()), value_type: wire.clone(), required: false }
            }
            div { class: "param-head",
                span { class: "param-title", title: "{param.description}", "{param.title}" }
                if let Some((person, _)) = editor() {
                    span { class: "param-editing", "{person} is editing" }
                }
                if let Some(source) = source() {
                    span { class: "param-source", title: "Comes through a wire",
                        Icon { glyph: Glyph::Link, size: Size::S }
                        "{source}"
                    }
                }
            }
            if !wired {
                div { class: "param-body",
                    Widget { bound, kind: param.kind.clone(), description: param.description.clone() }
                }
            }
        }
    }
}

#[component]
fn Widget(bound: Bound, kind: ParamKind, description: String) -> Element {
    let label = bound.title.clone();
    let Bound { id, name, disabled, value, .. } = bound.clone();
    match kind {
        ParamKind::Text => rsx! { TextField { bound, placeholder: "Not set" } },
        ParamKind::Model { capability } => rsx! { TextField { bound, placeholder: "A model for {capability}" } },
        ParamKind::Prompt => rsx! {
            PromptArea { key: "{id} {name}", node: id, param: name, class: "prompt", label, placeholder: description, rows: 3 }
        },
        ParamKind::Number { min, max, step, unit } => rsx! {
            NumberField { bound, min, max, step: step.unwrap_or(0.0), unit, whole: false }
        },
        ParamKind::Integer { min, max, unit } => rsx! {
            NumberField { bound, min: min.map(|min| min as f64), max: max.map(|max| max as f64), step: 1.0, unit, whole: true }
        },
        ParamKind::Bool => rsx! {
            Switch { label, on: value.as_bool().unwrap_or(false), disabled, onchange: move |on: bool| bound.set_and_rest(on) }
        },
        ParamKind::Choice { options } => rsx! {
            Select {
                label,
                value: value.as_str().unwrap_or_default(),
                options: options.into_iter().map(|option| (option.value, option.title)).collect::<Vec<_>>(),
                disabled,
                onchange: move |chosen: String| bound.set_and_rest(chosen),
            }
        },
        ParamKind::Color => rsx! { ColorField { bound } },
        ParamKind::Seed => rsx! { SeedField { bound } },
        ParamKind::Media { accept } => rsx! { MediaField { id, param: name, label, accept, value, disabled } },
        ParamKind::Json => rsx! { JsonField { bound } },
    }
}

/// For styles: `number`, `choice`…
fn kind_name(kind: &ParamKind) -> &'static str {
    match kind {
        ParamKind::Text => "text",
        ParamKind::Prompt => "prompt",
        ParamKind::Number { .. } | ParamKind::Integer { .. } => "number",
        ParamKind::Bool => "bool",
        ParamKind::Choice { .. } => "choice",
        ParamKind::Color => "color",
        ParamKind::Seed => "seed",
        ParamKind::Media { .. } => "media",
        ParamKind::Json => "json",
        ParamKind::Model { .. } => "model",
    }
}

/// The name of the node whose wire stands in for the value.
fn source_name(canvas: Canvas, id: &NodeId, input: &str) -> Option<String> {
    let from = {
        let wiring = canvas.wiring.read();
        wiring.get(id)?.get(input)?.first()?.1.from.clone()
    };
    let node = canvas.view.nodes().get(from)?;
    let node = node.read();
    let catalog = canvas.catalog();
    let spec = catalog.get(&node.node_type);
    Some(Face::of(&node, spec).name(spec))
}

/// Name and colour of somebody else whose caret is in this parameter.
fn who_edits(canvas: Canvas, id: &NodeId, param: &str) -> Option<(String, String)> {
    let people = canvas.view.people();
    let people = people.read();
    let editing = people
        .values()
        .find(|person| person.editing.as_ref().is_some_and(|editing| editing.node == *id && editing.param == param));
    let user = editing?.user.as_ref()?;
    Some((user.name.clone(), crate::canvas::node::css_color(&user.color).to_owned()))
}
