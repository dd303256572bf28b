//! A parameter as the node's chosen model takes it: its range, its choices, or that it does not take it, and why.
//!
//! What is set stays set when another model is chosen, and is shown as what it is: outside of what the model takes. Rows
//! (`row`) ask here; what models take is `model_takes`.

use dioxus::prelude::*;
use serde_json::Value as Json;
use shared::{
    id::NodeId,
    node::{ParamKind, ParamSpec},
};

use super::{Bound, Widget};
use crate::{
    canvas::state::{Canvas, use_canvas},
    model_takes::{Limit, Takes, is_unset, plain, takes},
    models::{Models, use_models_when},
    replica::view::CanvasViewStoreExt,
    ui::{Button, Select, Size},
};

/// What a node's chosen model says about one of its parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Taken {
    /// The model, for people.
    model: String,
    takes: Takes,
}

impl Taken {
    /// For styles and tests: whether the value is within what the model takes.
    pub fn fault(&self, param: &ParamSpec, value: &Json) -> Option<String> {
        match &self.takes {
            Takes::Within(limit) => limit.fault(&self.model, value, &unit_of(&param.kind)),
            Takes::Nothing(why) if value != &param.default && !is_unset(value) => Some(why.clone()),
            Takes::Nothing(_) | Takes::Unheard(_) | Takes::Anything => None,
        }
    }
}

/// `None`: no model has a say in it, or none that is known.
pub fn use_taken(id: &NodeId, param: &ParamSpec) -> Memo<Option<Taken>> {
    let canvas = use_canvas();
    let chooses = use_hook(|| model_param(canvas, id).filter(|(chooser, _)| chooser.name != param.name));
    // A workflow without models never asks for the list of them.
    let models = use_models_when(chooses.is_some());
    let (id, name) = (id.clone(), param.name.clone());
    use_memo(move || {
        let (chooser, capability) = chooses.as_ref()?;
        said(canvas, models, &id, &name, chooser, capability)
    })
}

/// The parameter that chooses the node's model, and for what.
fn model_param(canvas: Canvas, id: &NodeId) -> Option<(ParamSpec, String)> {
    let node = canvas.view.nodes().get(id.clone())?;
    let catalog = canvas.catalog();
    catalog.get(&node.peek().node_type)?.params.iter().find_map(|param| match &param.kind {
        ParamKind::Model { capability } => Some((param.clone(), capability.clone())),
        _ => None,
    })
}

fn said(
    canvas: Canvas,
    models: Models,
    id: &NodeId,
    param: &str,
    chooser: &ParamSpec,
    capability: &str,
) -> Option<Taken> {
    let node = canvas.view.nodes().get(id.clone())?;
    let node = node.read();
    // Models of this machine have other limits than a vendor's of the same name.
    if node.params.get("connection").is_some_and(|connection| connection == "local") {
        return None;
    }
    let model = models.find(&plain(node.params.get(&chooser.name).unwrap_or(&chooser.default)))?;
    match takes(&model, capability, param) {
        Takes::Anything => None,
        takes => Some(Taken { model: model.name().to_owned(), takes }),
    }
}

/// The widget, within what the model takes.
#[component]
pub fn TakenWidget(bound: Bound, param: ParamSpec, taken: Option<Taken>, node: NodeId) -> Element {
    let fault = taken.as_ref().and_then(|taken| taken.fault(&param, &bound.value));
    let note = match taken.as_ref().map(|taken| &taken.takes) {
        Some(Takes::Nothing(why) | Takes::Unheard(why)) if fault.is_none() => Some(why.clone()),
        _ => None,
    };
    let untaken = taken.as_ref().is_some_and(|taken| matches!(taken.takes, Takes::Nothing(_)));
    let prompt = param.kind == ParamKind::Prompt;
    let leave = {
        let (bound, default) = (bound.clone(), param.default.clone());
        move |_| bound.set_and_rest(default.clone())
    };
    let ParamSpec { kind, description, optional, .. } = param;
    rsx! {
        match taken.map(|taken| taken.takes) {
            // There is nothing to set; a text stays a text, which may be wanted again with another model.
            Some(Takes::Nothing(_)) if !prompt && fault.is_none() => rsx! {},
            Some(Takes::Nothing(_)) if !prompt => rsx! {
                div { class: "param-untaken",
                    s { "{plain(&bound.value)}" }
                    Button { size: Size::S, disabled: bound.disabled, onclick: leave, "Remove" }
                }
            },
            Some(Takes::Within(limit)) => rsx! {
                Within { bound, kind, limit, description, leaves: optional, node }
            },
            _ => rsx! { Widget { bound, kind, description, node } },
        }
        if let Some(fault) = fault {
            p { class: "param-fault", role: "note", "{fault}" }
        } else if let Some(note) = note {
            p { class: "param-note", role: "note", "data-untaken": untaken, "{note}" }
        }
    }
}

/// A widget whose range or choices are the model's. `leaves`: it can be left to the model.
#[component]
fn Within(bound: Bound, kind: ParamKind, limit: Limit, description: String, leaves: bool, node: NodeId) -> Element {
    let listed = !limit.choices.is_empty()
        && matches!(kind, ParamKind::Number { .. } | ParamKind::Integer { .. } | ParamKind::Text);
    if !listed {
        return rsx! { Widget { bound, kind: limit.narrowed(&kind), description, node } };
    }
    let unit = unit_of(&kind);
    let text = kind == ParamKind::Text;
    let mut options = Vec::new();
    if leaves || text || is_unset(&bound.value) {
        options.push((String::new(), "The model’s own".to_owned()));
    }
    options.extend(limit.choices.iter().map(|choice| (plain(choice), format!("{}{unit}", plain(choice)))));
    let value = if is_unset(&bound.value) { String::new() } else { plain(&bound.value) };
    rsx! {
        Select {
            label: bound.title.clone(),
            value,
            options,
            disabled: bound.disabled,
            onchange: move |chosen: String| {
                let choice = limit.choices.iter().find(|choice| plain(choice) == chosen).cloned();
                bound.set_and_rest(choice.unwrap_or(if text { Json::from("") } else { Json::Null }));
            },
        }
    }
}

/// With a space before it; empty where there is none.
fn unit_of(kind: &ParamKind) -> String {
    match kind {
        ParamKind::Number { unit: Some(unit), .. } | ParamKind::Integer { unit: Some(unit), .. } => format!(" {unit}"),
        _ => String::new(),
    }
}
