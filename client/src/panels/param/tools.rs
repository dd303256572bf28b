//! What an agent may use: nodes and workflows, chosen from a list. What a list cannot say, such as values that are fixed,
//! stands in the same list as JSON.

use dioxus::prelude::*;
use serde_json::{Value as Json, json};
use shared::{
    api::{Workflow, WorkflowInterface},
    id::WorkflowId,
    node::{Catalog, NodeSpec},
};

use super::{
    Bound,
    json::JsonField,
    picker::{Offer, Picker},
    workflow,
};
use crate::{
    api::Api,
    canvas::{category, state::Canvas},
    panels::rank,
    ui::{Button, Glyph, Icon, IconButton, Size},
};

/// What all vendors take.
const NAME_MAX: usize = 64;

/// One tool, as it is shown.
#[derive(Debug, Clone, PartialEq)]
struct Tool {
    glyph: Glyph,
    title: String,
    note: String,
}

#[component]
pub fn ToolsField(bound: Bound) -> Element {
    let canvas = use_hook(try_consume_context::<Canvas>);
    match canvas {
        Some(canvas) => rsx! { Listed { bound, canvas } },
        None => rsx! { JsonField { bound } },
    }
}

#[component]
fn Listed(bound: Bound, canvas: Canvas) -> Element {
    let mut open = use_signal(|| false);
    let mut as_json = use_signal(|| false);
    let entries = bound.value.as_array().cloned().unwrap_or_default();
    let catalog = canvas.catalog();
    let tools: Vec<Tool> = entries.iter().map(|entry| told(entry, &catalog)).collect();
    let disabled = bound.disabled;
    rsx! {
        if !tools.is_empty() {
            ul { class: "tools", aria_label: "{bound.title}",
                for (index , tool) in tools.into_iter().enumerate() {
                    li { key: "{index} {tool.title}", class: "tool",
                        span { class: "picker-glyph", Icon { glyph: tool.glyph, size: Size::S } }
                        span { class: "tool-words",
                            strong { "{tool.title}" }
                            small { "{tool.note}" }
                        }
                        IconButton {
                            glyph: Glyph::X,
                            size: Size::S,
                            label: "Take {tool.title} away",
                            disabled,
                            onclick: {
                                let (bound, entries) = (bound.clone(), entries.clone());
                                move |_| {
                                    let mut left = entries.clone();
                                    left.remove(index);
                                    bound.set_and_rest(left);
                                }
                            },
                        }
                    }
                }
            }
        }
        div { class: "link-line",
            Button { size: Size::S, glyph: Glyph::Plus, disabled, aria_haspopup: "dialog", onclick: move |_| open.set(true), "Add tools" }
            button {
                class: "text-button",
                r#type: "button",
                aria_expanded: as_json(),
                onclick: move |_| as_json.toggle(),
                "As JSON"
            }
        }
        if as_json() {
            JsonField { bound: bound.clone() }
        }
        if open() {
            ToolPicker { bound, canvas, entries, onclose: move |()| open.set(false) }
        }
    }
}

#[component]
fn ToolPicker(bound: Bound, canvas: Canvas, entries: Vec<Json>, onclose: EventHandler<()>) -> Element {
    let words = use_signal(String::new);
    let mut wrong = use_signal(|| None::<String>);
    let (this, workspace) = (canvas.replica().workflow(), canvas.replica().workspace());
    let listed = use_resource(move || async move { Api.workflows(Some(workspace)).await.unwrap_or_default() });
    let offers = {
        let listed = listed.read();
        offers(&canvas.catalog(), listed.as_deref().unwrap_or_default(), this, &words.read(), &entries)
    };
    rsx! {
        Picker {
            title: "Add tools",
            what: "nodes and workflows",
            offers: Some(offers),
            words,
            many: true,
            onpick: move |id: String| {
                wrong.set(None);
                if let Some(index) = entries.iter().position(|entry| is_of(entry, &id)) {
                    let mut left = entries.clone();
                    left.remove(index);
                    return bound.set_and_rest(left);
                }
                let Ok(workflow) = id.parse::<WorkflowId>() else {
                    let mut more = entries.clone();
                    more.push(json!(id));
                    return bound.set_and_rest(more);
                };
                let (bound, entries) = (bound.clone(), entries.clone());
                spawn(async move {
                    match Api.link_workflow(workflow).await {
                        Ok(linked) if linked.ports.outputs.is_empty() => {
                            wrong.set(Some(format!("{} has no named output that could be a result.", linked.title)));
                        }
                        Ok(linked) => {
                            let mut more = entries.clone();
                            more.push(tool_of(&linked, &entries));
                            bound.set_and_rest(more);
                        }
                        Err(error) => wrong.set(Some(error.sentence())),
                    }
                });
            },
            onclose,
        }
        if let Some(wrong) = wrong() {
            p { class: "param-wrong", role: "alert", "{wrong}" }
        }
    }
}

/// What can be added, and what is among the tools already: workflows first, which are the team's own.
fn offers(catalog: &Catalog, listed: &[Workflow], this: WorkflowId, words: &str, entries: &[Json]) -> Vec<Offer> {
    let chosen: Vec<WorkflowId> = entries.iter().filter_map(workflow_of).collect();
    let mut offers = workflow::offers(listed, this, words, &chosen);
    let nodes = rank::search(catalog, words, None).into_iter().filter(|spec| spec.may_be_tool());
    offers.extend(nodes.map(|spec| Offer {
        id: spec.node_type.clone(),
        glyph: category::glyph(spec),
        title: spec.title.clone(),
        note: first_sentence(spec),
        chosen: entries.iter().any(|entry| is_of(entry, &spec.node_type)),
    }));
    offers
}

fn first_sentence(spec: &NodeSpec) -> String {
    spec.description.lines().next().unwrap_or_default().to_owned()
}

fn node_type_of(entry: &Json) -> Option<&str> {
    entry.as_str().or_else(|| entry.get("node")?.as_str())
}

fn workflow_of(entry: &Json) -> Option<WorkflowId> {
    entry.get("workflow")?.as_str()?.parse().ok()
}

/// Whether a tool is this type of node, or this workflow.
fn is_of(entry: &Json, id: &str) -> bool {
    node_type_of(entry) == Some(id) || workflow_of(entry).is_some_and(|workflow| workflow.to_string() == id)
}

fn told(entry: &Json, catalog: &Catalog) -> Tool {
    let said = |field: &str| entry.get(field).and_then(Json::as_str).filter(|text| !text.is_empty());
    if let Some(node_type) = node_type_of(entry) {
        let spec = catalog.get(node_type);
        let fixed = entry.get("params").and_then(Json::as_object).map_or(0, serde_json::Map::len);
        return Tool {
            glyph: spec.map_or(Glyph::CircleHelp, category::glyph),
            title: spec.map_or_else(|| node_type.to_owned(), |spec| spec.title.clone()),
            note: match (said("name"), fixed) {
                (Some(name), 0) => name.to_owned(),
                (name, 0) => name.unwrap_or(node_type).to_owned(),
                (name, 1) => format!("{}, 1 value fixed", name.unwrap_or(node_type)),
                (name, fixed) => format!("{}, {fixed} values fixed", name.unwrap_or(node_type)),
            },
        };
    }
    let note = said("name").unwrap_or("a tool without a name").to_owned();
    Tool { glyph: Glyph::Link, title: said("title").unwrap_or(&note).to_owned(), note }
}

/// A workflow as a tool, under a name that no other has.
fn tool_of(linked: &WorkflowInterface, entries: &[Json]) -> Json {
    let taken = |name: &str| {
        entries.iter().any(|entry| {
            let own = entry.get("name").and_then(Json::as_str).map(str::to_owned);
            own.or_else(|| node_type_of(entry).map(|node_type| node_type.replace('.', "_"))).as_deref() == Some(name)
        })
    };
    let base = name_of(&linked.title);
    let name = (1..).map(|n| if n == 1 { base.clone() } else { format!("{base}_{n}") }).find(|name| !taken(name));
    json!({
        "name": name, "title": linked.title, "description": format!("Runs the workflow “{}”.", linked.title),
        "workflow": linked.workflow, "version": linked.version,
    })
}

/// Letters, digits and `_`, as models call their tools.
fn name_of(title: &str) -> String {
    let lower = title.to_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    // Room is left for a number.
    let name: String = words.collect::<Vec<_>>().join("_").chars().take(NAME_MAX - 4).collect();
    if name.is_empty() { "workflow".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use shared::node::Interface;

    use super::*;

    fn linked(title: &str) -> WorkflowInterface {
        WorkflowInterface {
            workflow: uuid::Uuid::from_u128(7).into(),
            title: title.into(),
            version: None,
            changed: false,
            ports: Interface::default(),
        }
    }

    #[test]
    fn a_workflow_gets_a_name_that_models_can_call() {
        assert_eq!(name_of("Poster for “Über den Fluss”, no. 2"), "poster_for_ber_den_fluss_no_2");
        assert_eq!(name_of("夏"), "workflow");
        assert!(name_of(&"word ".repeat(40)).len() <= NAME_MAX);
        let first = tool_of(&linked("Text case"), &[json!("text.case")]);
        assert_eq!(first["name"], "text_case_2", "a node of the list is called so already");
        let second = tool_of(&linked("Text case"), &[json!("text.case"), first]);
        assert_eq!(second["name"], "text_case_3");
    }

    #[test]
    fn tools_are_told_as_people_know_them() {
        let catalog = Catalog::default();
        assert_eq!(told(&json!("no.such"), &catalog).title, "no.such");
        let fixed = json!({"node": "http.get", "name": "news", "params": {"url": "https://example.com/"}});
        assert_eq!(told(&fixed, &catalog).note, "news, 1 value fixed");
        assert_eq!(told(&json!({"name": "poster", "workflow": "x"}), &catalog).title, "poster");
        assert!(is_of(&fixed, "http.get") && !is_of(&fixed, "http.post"));
    }
}
