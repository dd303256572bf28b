//! A hosted model: its address is pasted, and "Fetch" asks the server what the model takes and gives. What comes back stands
//! in the node from then on, and everybody's canvas draws the same ports and settings from it.

use dioxus::prelude::*;
use shared::{
    id::NodeId,
    node::{DynamicPorts, HostedModel},
};

use super::{Bound, ParamRow, text::TextField};
use crate::{
    api::Api,
    canvas::{
        node::use_spec,
        state::{Canvas, use_canvas},
    },
    estimate::{Estimates, words},
    models::use_models,
    replica::view::CanvasViewStoreExt,
    ui::{Button, Size},
};

/// As the node calls what it does.
pub const HOSTED: &str = "model.hosted";

#[component]
pub fn HostedField(bound: Bound, node: Option<NodeId>) -> Element {
    let canvas = use_hook(try_consume_context::<Canvas>);
    let place = canvas.zip(node.clone());
    // Without a document behind it there is no place for what is fetched.
    let Some((canvas, node)) = place else { return rsx! { TextField { bound, placeholder: "Not set" } } };
    rsx! { Fetched { bound, canvas, node } }
}

#[component]
fn Fetched(bound: Bound, canvas: Canvas, node: NodeId) -> Element {
    let models = use_models();
    let estimates = use_hook(try_consume_context::<Estimates>);
    let paid = estimates.and_then(|estimates| estimates.of_node(&node)).and_then(|call| words(&[call]));
    let paid = paid.filter(|words| !words.payer.is_empty());
    let mut asking = use_signal(|| false);
    let mut wrong = use_signal(|| None::<String>);
    let note = use_memo({
        let node = node.clone();
        move || {
            let node = canvas.view.nodes().get(node.clone())?;
            let node = node.read();
            node.params.get("interface").and_then(HostedModel::read)
        }
    });
    // What is typed counts at once: a press of the button comes sooner than what the document tells.
    let mut draft = use_signal(|| None::<String>);
    let typed = draft().unwrap_or_else(|| bound.value.as_str().unwrap_or_default().to_owned());
    let fetch = {
        let (bound, typed) = (bound.clone(), typed.clone());
        move |_| {
            let (bound, node, reference) = (bound.clone(), node.clone(), typed.trim().to_owned());
            asking.set(true);
            wrong.set(None);
            spawn(async move {
                let key = key_name(canvas, &node);
                match Api.hosted_model(models.workspace(), &reference, key.as_deref()).await {
                    Ok(interface) => {
                        canvas.replica().edit("fetch model", |edit| {
                            edit.set_param(&node, "model", reference.clone().into());
                            edit.set_param(&node, "interface", interface);
                        });
                        draft.set(None);
                        bound.rest();
                    }
                    Err(error) => wrong.set(Some(error.to_string().trim_start_matches("`reference`: ").to_owned())),
                }
                asking.set(false);
            });
        }
    };
    rsx! {
        input {
            class: "input",
            r#type: "text",
            aria_label: "{bound.title}",
            placeholder: "fal.ai or replicate.com address",
            spellcheck: "false",
            value: "{typed}",
            disabled: bound.disabled,
            oninput: move |event| draft.set(Some(event.value())),
            onchange: {
                let bound = bound.clone();
                move |event: FormEvent| {
                    bound.set_and_rest(event.value());
                    draft.set(None);
                }
            },
        }
        div { class: "hosted-line",
            Button { size: Size::S, disabled: bound.disabled || asking() || typed.trim().is_empty(), onclick: fetch,
                if asking() { "Fetching…" } else { "Fetch" }
            }
            if let Some(note) = note() {
                small { class: "hosted-note", "data-endpoint": "{note.endpoint}", {summary(&note)} }
            }
        }
        if let Some(paid) = paid {
            p { class: "model-paid tabular", "{paid.price} · {paid.payer}" }
        }
        if let Some(wrong) = wrong() {
            p { class: "param-wrong", role: "alert", "{wrong}" }
        }
    }
}

/// Which of several keys of one provider the node names.
fn key_name(canvas: Canvas, node: &NodeId) -> Option<String> {
    let node = canvas.view.nodes().get(node.clone())?;
    let node = node.peek();
    let (_, name) = node.params.get("connection")?.as_str()?.split_once(':')?;
    Some(name.trim().to_owned())
}

/// `fal · fal-ai/flux/dev · 5 inputs`.
fn summary(note: &HostedModel) -> String {
    let count = note.inputs.len();
    let inputs = if count == 1 { "1 input".to_owned() } else { format!("{count} inputs") };
    // A version is sixty digits long.
    let name = note.endpoint.split(':').next().unwrap_or_default();
    format!("{} · {name} · {inputs}", note.provider)
}

/// The settings that follow from what was fetched. Nothing for all other nodes.
#[component]
pub fn HostedParams(id: NodeId, on_card: bool) -> Element {
    let canvas = use_canvas();
    let spec = use_spec(canvas, &id);
    let spec = spec.read();
    let catalog = canvas.catalog();
    let hosted = spec.as_ref().filter(|spec| spec.dynamic == Some(DynamicPorts::Hosted));
    let own = hosted.and_then(|spec| catalog.get(&spec.node_type));
    let params = hosted.zip(own).map(|(all, own)| all.params.iter().filter(|param| own.param(&param.name).is_none()));
    rsx! {
        for param in params.into_iter().flatten().cloned() {
            // Another kind is another widget, and not the same with other properties.
            ParamRow { key: "{param.name}:{super::kind_name(&param.kind)}", id: id.clone(), param, on_card }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value as Json;

    use super::*;

    #[test]
    fn a_fetched_model_is_told_in_a_line() {
        let read = |json: Json| HostedModel::read(&json).expect("a note");
        let one = serde_json::json!({
            "provider": "replicate", "endpoint": "meta/musicgen:671ac645", "inputs": [{"name": "prompt", "kind": "text"}],
        });
        assert_eq!(summary(&read(one)), "replicate · meta/musicgen · 1 input");
        let none = serde_json::json!({"provider": "fal", "endpoint": "fal-ai/flux/dev"});
        assert_eq!(summary(&read(none)), "fal · fal-ai/flux/dev · 0 inputs");
    }
}
