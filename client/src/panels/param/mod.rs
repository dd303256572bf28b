//! One parameter: its name, its widget by kind, and its port where a wire may take its place.
//!
//! The same on the card, in the inspector, in the outline and, without a document behind it, in the app view's form.

mod changed;
mod color;
mod hosted;
mod json;
mod model;
mod number;
mod picker;
mod quiet;
mod row;
mod seed;
mod taken;
mod text;
mod tools;
mod workflow;

use dioxus::prelude::*;
use serde_json::Value as Json;
use shared::{id::NodeId, node::ParamKind};

use crate::{
    media::MediaField,
    replica::PromptArea,
    ui::{Select, Switch},
};

use color::ColorField;
use hosted::HOSTED;
use hosted::HostedField;
pub use hosted::HostedParams;
use json::JsonField;
use model::ModelField;
use number::NumberField;
pub use row::ParamRow;
use seed::SeedField;
use text::{LongText, TextField};
use tools::ToolsField;
use workflow::WorkflowField;

/// What a parameter's widget gets: what to show, and where to write.
#[derive(Clone, PartialEq)]
pub struct Bound {
    pub name: String,
    pub title: String,
    pub value: Json,
    pub disabled: bool,
    /// The seed that made the last result.
    pub used_seed: Option<u64>,
    /// A change; many of them while a hand moves something.
    pub onset: Callback<Json>,
    /// The hand is off: the next change is another step.
    pub onrest: Callback<()>,
}

impl Bound {
    pub fn set(&self, value: impl Into<Json>) {
        self.onset.call(value.into());
    }

    pub fn rest(&self) {
        self.onrest.call(());
    }

    pub fn set_and_rest(&self, value: impl Into<Json>) {
        self.set(value);
        self.rest();
    }
}

/// The widget of a kind. `node`: whose parameter it is, where prompts are texts that several people type into at once.
#[component]
pub fn Widget(bound: Bound, kind: ParamKind, description: String, node: Option<NodeId>) -> Element {
    let label = bound.title.clone();
    let Bound { name, disabled, value, .. } = bound.clone();
    match kind {
        ParamKind::Text => rsx! { TextField { bound, placeholder: "Not set" } },
        ParamKind::Model { capability } if capability == HOSTED => rsx! { HostedField { bound, node } },
        ParamKind::Model { capability } => rsx! { ModelField { bound, capability, node } },
        ParamKind::Prompt => match node {
            Some(node) => rsx! {
                PromptArea { key: "{node} {name}", node, param: name, class: "prompt", label, placeholder: description, rows: 3 }
            },
            None => rsx! { LongText { bound, placeholder: description } },
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
        ParamKind::Media { accept } => rsx! { MediaField { bound, accept } },
        ParamKind::Json => rsx! { JsonField { bound } },
        ParamKind::Workflow => rsx! { WorkflowField { bound, node } },
        ParamKind::Tools => rsx! { ToolsField { bound } },
    }
}

/// For styles: `number`, `choice`…
pub fn kind_name(kind: &ParamKind) -> &'static str {
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
        ParamKind::Workflow => "workflow",
        ParamKind::Tools => "tools",
        ParamKind::Model { .. } => "model",
    }
}
