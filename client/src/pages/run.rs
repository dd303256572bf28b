//! A run that has ended, as a canvas to look at: the graph it worked on, with what each node made then.

use std::{collections::BTreeMap, rc::Rc};

use dioxus::prelude::*;
use shared::{
    api::{Run, Workflow},
    graph::Graph,
    id::{NodeId, RunId, WorkflowId},
    outputs::NodeOutput,
    run::{NodeFailure, NodeStatus, RunEvent},
    value::Values,
};

use super::starting::Starting;
use crate::{
    api::{Api, ApiError},
    canvas::{keyboard::use_keyboard, node::use_measure_provider, state::use_canvas_provider, surface::Surface},
    dom,
    models::use_models_provider,
    panels::{ContextMenu, Minimap, StatusWord, ZoomBar, dollars},
    replica::use_frozen_provider,
    route::Route,
    session::use_session,
    ui::{Button, Glyph, Icon},
};

/// What a look at a run needs.
#[derive(Clone, PartialEq)]
struct Past {
    workflow: Workflow,
    run: Run,
    graph: Rc<Graph>,
    outputs: BTreeMap<NodeId, NodeOutput>,
}

#[component]
pub fn PastRun(id: WorkflowId, run: RunId) -> Element {
    let session = use_session();
    let past = use_resource(use_reactive!(|id, run| async move {
        let answer = load(id, run).await;
        if let Err(error) = &answer {
            session.failed(error);
        }
        answer
    }));
    let past = past.read();
    match &*past {
        Some(Ok(Some(past))) => rsx! {
            // A list, because a key outside of one is not looked at: another run is another canvas.
            for past in [past.clone()] {
                Frozen { key: "{past.run.id}", past }
            }
        },
        Some(Ok(None)) => rsx! { StillRunning { id } },
        Some(Err(error)) => rsx! { Starting { error: error.sentence() } },
        None => rsx! { Starting {} },
    }
}

/// `None`: the run has not ended.
async fn load(id: WorkflowId, run: RunId) -> Result<Option<Past>, ApiError> {
    let run = Api.run(run).await?;
    if !run.status.is_final() {
        return Ok(None);
    }
    // A run that joined another shares its graph and its results.
    let worked = run.joined.unwrap_or(run.id);
    let (workflow, graph, events) =
        futures_util::join!(Api.workflow(id), Api.run_graph(worked), Api.run_events(worked));
    let outputs = outputs_of(worked, events?);
    Ok(Some(Past { workflow: workflow?, run, graph: Rc::new(graph?), outputs }))
}

/// What stood on each node when the run had ended.
fn outputs_of(run: RunId, events: Vec<RunEvent>) -> BTreeMap<NodeId, NodeOutput> {
    let ended = |status: NodeStatus, key: String, values: Values, error: Option<NodeFailure>| NodeOutput {
        run,
        status,
        progress: None,
        key,
        error,
        cost_usd: None,
        duration_millis: None,
        seed: None,
        text: String::new(),
        preview: Values::new(),
        values,
        items: None,
        approvals: Vec::new(),
        history: Vec::new(),
    };
    let mut outputs = BTreeMap::new();
    for event in events {
        match event {
            RunEvent::NodeFinished { node, key, outputs: values, cached, duration_millis, cost_usd, seed, items } => {
                let status = if cached { NodeStatus::Cached } else { NodeStatus::Done };
                let output = NodeOutput {
                    duration_millis: Some(duration_millis),
                    cost_usd,
                    seed,
                    items,
                    ..ended(status, key, values, None)
                };
                outputs.insert(node, output);
            }
            RunEvent::NodeFailed { node, failure } => {
                outputs.insert(node, ended(NodeStatus::Failed, String::new(), Values::new(), Some(failure)));
            }
            RunEvent::NodeSkipped { node, .. } => {
                outputs.insert(node, ended(NodeStatus::Skipped, String::new(), Values::new(), None));
            }
            RunEvent::NodeCancelled { node } => {
                outputs.insert(node, ended(NodeStatus::Cancelled, String::new(), Values::new(), None));
            }
            RunEvent::RunStarted { .. }
            | RunEvent::NodeStarted { .. }
            | RunEvent::NodeProgress { .. }
            | RunEvent::TextDelta { .. }
            | RunEvent::Preview { .. }
            | RunEvent::NodeWaiting { .. }
            | RunEvent::NodeAnswered { .. }
            | RunEvent::RunFinished { .. } => {}
        }
    }
    outputs
}

#[component]
fn Frozen(past: Past) -> Element {
    let session = use_session();
    let (Some(catalog), Some(me)) = (session.catalog(), session.me()) else { return rsx! { Starting {} } };
    rsx! { Shown { past, catalog: ByAddress(catalog), person: me.user.id } }
}

/// The catalogue is one for the whole page.
#[derive(Clone)]
struct ByAddress(Rc<shared::node::Catalog>);

impl PartialEq for ByAddress {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

#[component]
fn Shown(past: Past, catalog: ByAddress, person: shared::id::UserId) -> Element {
    let Past { workflow, run, graph, outputs } = past;
    use_frozen_provider(&workflow, person, &catalog.0, &graph, outputs);
    use_models_provider(workflow.workspace);
    let canvas = use_canvas_provider();
    use_measure_provider(canvas);
    let space = use_keyboard(canvas);
    use_effect(move || {
        spawn(async move {
            // Nodes have their sizes two frames after they are there.
            for _ in 0..3 {
                dom::next_frame().await;
                canvas.look_from_the_start();
            }
        });
    });
    let title = if graph.meta.title.is_empty() { "Untitled".to_owned() } else { graph.meta.title.clone() };
    let when = format!("{}, {}", dom::day_of(&run.created_at), dom::time_of(&run.created_at));
    let took = run.started_at.as_deref().zip(run.finished_at.as_deref());
    let took = took.and_then(|(start, end)| dom::seconds_between(start, end));
    let cost = run.cost_usd.filter(|cost| *cost > 0.0);
    use_effect(use_reactive!(|title| dom::set_title(&format!("{title}, as it was run – OpenFlow"))));
    rsx! {
        main { class: "editor", "data-readonly": true, "data-past-run": "{run.id}",
            h1 { class: "spoken", "{title}, as it was run" }
            Surface { space }
            header { class: "top-bar",
                div { class: "bar-group",
                    Link { class: "icon-button", to: Route::Workflow { id: workflow.id }, aria_label: "Back to the workflow", "data-tip": "Back to the workflow", "data-tip-side": "start",
                        Icon { glyph: Glyph::ArrowLeft }
                    }
                    span { class: "past-title", "{title}" }
                }
                div { class: "bar-group past-facts", role: "status",
                    Icon { glyph: Glyph::History }
                    span {
                        "Run by "
                        strong { "{run.started_by_name}" }
                    }
                    span { class: "tabular quiet", "{when}" }
                    if let Some(seconds) = took {
                        span { class: "tabular quiet", "{seconds:.1} s" }
                    }
                    if let Some(cost) = cost {
                        span { class: "tabular quiet", "{dollars(cost)}" }
                    }
                    StatusWord { status: run.status }
                }
            }
            ZoomBar {}
            Minimap {}
            ContextMenu {}
        }
    }
}

#[component]
fn StillRunning(id: WorkflowId) -> Element {
    rsx! {
        main { class: "notice",
            h1 { "This run has not ended" }
            p { "What it makes appears on the workflow's own canvas." }
            Button { onclick: move |_| { navigator().replace(Route::Workflow { id }); }, "Watch it there" }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(json: serde_json::Value) -> RunEvent {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn a_node_shows_what_it_came_to() {
        let run: RunId = "run_00000000000070008000000000000000".parse().unwrap();
        let outputs = outputs_of(
            run,
            vec![
                event(json!({"event": "node_started", "node": "a", "key": "k"})),
                event(json!({"event": "node_finished", "node": "a", "key": "k", "cached": true, "duration_millis": 3,
                    "outputs": {"text": {"type": "text", "value": "hello"}}})),
                event(json!({"event": "node_skipped", "node": "b", "because": "c"})),
            ],
        );
        let statuses: Vec<_> = outputs.iter().map(|(id, output)| (id.as_str(), output.status)).collect();
        assert_eq!(statuses, [("a", NodeStatus::Cached), ("b", NodeStatus::Skipped)]);
        assert!(outputs.values().next().unwrap().values.contains_key("text"));
    }
}
