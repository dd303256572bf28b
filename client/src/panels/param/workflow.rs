//! The workflow that a node stands for: chosen among those of the workspace, kept at a version, brought up to date, opened,
//! or made one's own. Without a document behind it, it is JSON.

use dioxus::prelude::*;
use serde_json::{Value as Json, json};
use shared::{
    api::{Workflow, WorkflowInterface},
    id::{NodeId, VersionId, WorkflowId},
};

use super::{
    Bound,
    json::JsonField,
    picker::{Offer, Picker},
};
use crate::{
    api::Api,
    canvas::state::Canvas,
    route::Route,
    ui::{Button, Glyph, Icon, Size},
};

/// What a node stands for, as its parameter says.
#[derive(Debug, Clone, PartialEq)]
enum Source {
    Nothing,
    Linked {
        workflow: WorkflowId,
        version: Option<VersionId>,
        title: String,
    },
    /// A graph of its own, of so many nodes.
    Own(usize),
}

impl Source {
    fn read(json: &Json) -> Self {
        if let Some(graph) = json.get("graph") {
            return Self::Own(graph["nodes"].as_object().map_or(0, serde_json::Map::len));
        }
        let id = |name: &str| json.get(name).and_then(Json::as_str);
        match id("workflow").and_then(|text| text.parse().ok()) {
            Some(workflow) => Self::Linked {
                workflow,
                version: id("version").and_then(|text| text.parse().ok()),
                title: id("title").unwrap_or("A workflow").to_owned(),
            },
            None => Self::Nothing,
        }
    }
}

/// What a link says: where it leads, and what is drawn of it without asking anybody.
pub fn link_to(linked: &WorkflowInterface) -> Json {
    json!({
        "workflow": linked.workflow, "version": linked.version, "title": linked.title, "interface": linked.ports,
    })
}

#[component]
pub fn WorkflowField(bound: Bound, node: Option<NodeId>) -> Element {
    let canvas = use_hook(try_consume_context::<Canvas>);
    match canvas.zip(node) {
        Some((canvas, node)) => rsx! { Chosen { bound, canvas, node } },
        None => rsx! { JsonField { bound } },
    }
}

#[component]
fn Chosen(bound: Bound, canvas: Canvas, node: NodeId) -> Element {
    let mut open = use_signal(|| false);
    let mut busy = use_signal(|| false);
    let mut wrong = use_signal(|| None::<String>);
    let source = Source::read(&bound.value);
    let name = match &source {
        Source::Nothing => "Choose a workflow".to_owned(),
        Source::Linked { title, .. } => title.clone(),
        Source::Own(_) => "A graph of its own".to_owned(),
    };
    let link = {
        let bound = bound.clone();
        move |workflow: WorkflowId| {
            let bound = bound.clone();
            busy.set(true);
            wrong.set(None);
            spawn(async move {
                match Api.link_workflow(workflow).await {
                    Ok(linked) => bound.set_and_rest(link_to(&linked)),
                    Err(error) => wrong.set(Some(error.sentence())),
                }
                busy.set(false);
            });
        }
    };
    let this = canvas.replica().workflow();
    let detach = move |_| {
        let node = node.clone();
        busy.set(true);
        wrong.set(None);
        spawn(async move {
            // The graph comes with the document, like everybody's edits.
            if let Err(error) = Api.detach_workflow(this, &node).await {
                wrong.set(Some(error.sentence()));
            }
            busy.set(false);
        });
    };
    let disabled = bound.disabled || busy();
    rsx! {
        button {
            class: "model-pick",
            r#type: "button",
            aria_label: "{bound.title}: {name}",
            aria_haspopup: "dialog",
            disabled,
            onclick: move |_| open.set(true),
            span { class: "model-name", "{name}" }
            Icon { glyph: Glyph::ChevronDown, size: Size::S }
        }
        match source {
            Source::Linked { workflow, version, .. } => rsx! {
                div { class: "link-line",
                    State {
                        workflow,
                        version,
                        disabled,
                        onupdate: {
                            let mut link = link.clone();
                            move |()| link(workflow)
                        },
                    }
                    Link { class: "text-button", to: Route::Workflow { id: workflow }, new_tab: true, "Open" }
                    button { class: "text-button", r#type: "button", disabled, onclick: detach, "Detach" }
                }
            },
            Source::Own(count) => rsx! {
                p { class: "link-line quiet", if count == 1 { "1 node" } else { "{count} nodes" } }
            },
            Source::Nothing => rsx! {},
        }
        if let Some(wrong) = wrong() {
            p { class: "param-wrong", role: "alert", "{wrong}" }
        }
        if open() {
            WorkflowPicker {
                title: "Choose a workflow",
                canvas,
                onpick: {
                    let mut link = link.clone();
                    move |workflow: WorkflowId| {
                        open.set(false);
                        link(workflow);
                    }
                },
                onclose: move |()| open.set(false),
            }
        }
    }
}

/// Whether the linked workflow has changed since.
#[component]
fn State(workflow: WorkflowId, version: Option<VersionId>, disabled: bool, onupdate: EventHandler<()>) -> Element {
    let told = use_resource(use_reactive!(|workflow, version| async move { Api.interface(workflow, version).await }));
    let told = told.read();
    match &*told {
        None => rsx! {},
        Some(Err(error)) => rsx! { span { class: "param-wrong", role: "status", "{error.sentence()}" } },
        Some(Ok(_)) if version.is_none() => rsx! { span { class: "quiet", "Always the newest" } },
        Some(Ok(told)) if told.changed => rsx! {
            Button { size: Size::S, glyph: Glyph::RefreshCw, disabled, onclick: move |_| onupdate.call(()), "Update" }
        },
        Some(Ok(_)) => rsx! { span { class: "quiet", "Up to date" } },
    }
}

/// The workflows of the workspace, but for the one that is open: a workflow cannot contain itself.
#[component]
pub fn WorkflowPicker(
    title: String,
    canvas: Canvas,
    onpick: Callback<WorkflowId>,
    onclose: EventHandler<()>,
) -> Element {
    let words = use_signal(String::new);
    let (this, workspace) = (canvas.replica().workflow(), canvas.replica().workspace());
    let listed = use_resource(move || async move { Api.workflows(Some(workspace)).await.unwrap_or_default() });
    let offers = listed.read().as_ref().map(|listed| offers(listed, this, &words.read(), &[]));
    rsx! {
        Picker {
            title,
            what: "workflows",
            offers,
            words,
            onpick: move |id: String| {
                if let Ok(id) = id.parse() {
                    onpick.call(id);
                }
            },
            onclose,
        }
    }
}

/// What there is for these words.
pub fn offers(listed: &[Workflow], this: WorkflowId, words: &str, chosen: &[WorkflowId]) -> Vec<Offer> {
    let words = words.to_lowercase();
    let means = |workflow: &&Workflow| {
        let text = format!("{} {}", workflow.title, workflow.description).to_lowercase();
        words.split_whitespace().all(|word| text.contains(word))
    };
    let fitting = listed.iter().filter(|workflow| workflow.id != this).filter(means);
    fitting
        .map(|workflow| Offer {
            id: workflow.id.to_string(),
            glyph: Glyph::Link,
            title: if workflow.title.trim().is_empty() { "Untitled".to_owned() } else { workflow.title.clone() },
            note: match (workflow.description.trim(), workflow.node_count) {
                ("", 1) => "1 node".to_owned(),
                ("", count) => format!("{count} nodes"),
                (description, _) => description.to_owned(),
            },
            chosen: chosen.contains(&workflow.id),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_a_link_a_graph_or_nothing() {
        let id = WorkflowId::from(uuid::Uuid::from_u128(7)).to_string();
        let linked = Source::read(&json!({"workflow": id, "version": null, "title": "Poster", "interface": {}}));
        assert!(matches!(linked, Source::Linked { version: None, ref title, .. } if title == "Poster"), "{linked:?}");
        assert_eq!(Source::read(&json!({"graph": {"nodes": {"a": {}, "b": {}}}})), Source::Own(2));
        assert_eq!(Source::read(&json!({"workflow": "nonsense"})), Source::Nothing);
        assert_eq!(Source::read(&Json::Null), Source::Nothing);
    }
}
