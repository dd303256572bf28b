//! The app view: a workflow as a form of its named inputs, and its named results. For people who only run it, and for
//! phones. Nothing here writes the document: what is filled in goes along with the run.

mod form;
mod results;

use std::collections::BTreeMap;

use dioxus::prelude::*;
use gloo_timers::future::TimeoutFuture;
use serde_json::Value as Json;
use shared::{
    api::{Run, StartRun},
    run::RunStatus,
};

use crate::{
    api::Api,
    panels::param::{Bound, Widget, kind_name},
    replica::{use_replica, view::CanvasViewStoreExt},
    route::Route,
    ui::{Button, Empty, Glyph, Icon, Progress, Size, ThemeSwitch, Tone, Variant, use_toaster},
};

use form::{FormField, form_of};
use results::Results;

/// How often a run under way is asked how far it is.
const ASK_MILLIS: u32 = 700;

#[component]
pub fn AppView() -> Element {
    let replica = use_replica();
    let toaster = use_toaster();
    let view = replica.view();
    let (graph_of, workflow) = (replica.clone(), replica.workflow());
    let form = use_memo(move || {
        // Read for the subscription; the graph itself comes from the document.
        let _ = (view.nodes().read(), view.edges().read());
        form_of(&graph_of.graph(), &graph_of.catalog())
    });
    let given = use_signal(BTreeMap::<String, Json>::new);
    let mut run = use_signal(|| None::<Run>);
    let mut busy = use_signal(|| false);
    let going = run.read().as_ref().is_some_and(|run| !run.status.is_final());
    let runnable = view.role().read().can_run() && view.synced().cloned();
    let start = use_callback(move |()| {
        if busy() {
            return;
        }
        busy.set(true);
        // Only inputs that are still asked.
        let asked = form.peek().fields.iter().map(|field| field.name.clone()).collect::<Vec<_>>();
        let mut inputs = given.peek().clone();
        inputs.retain(|name, _| asked.contains(name));
        spawn(async move {
            match Api.start_run(workflow, &StartRun { inputs, ..StartRun::default() }).await {
                Ok(started) => {
                    let id = started.id;
                    run.set(Some(started));
                    while run.peek().as_ref().is_some_and(|run| run.id == id && !run.status.is_final()) {
                        TimeoutFuture::new(ASK_MILLIS).await;
                        // A failed question is asked again: the run goes on without us.
                        if let Ok(now) = Api.run(id).await {
                            run.set(Some(now));
                        }
                    }
                }
                Err(error) => toaster.say(Tone::Danger, error.sentence()),
            }
            busy.set(false);
        });
    });
    let cancel = move |_| async move {
        let id = run.peek().as_ref().map(|run| run.id);
        if let Some(id) = id
            && let Err(error) = Api.cancel_run(id).await
        {
            toaster.say(Tone::Danger, error.sentence());
        }
    };
    let title = view.meta().read().title.clone();
    let title = if title.is_empty() { "Untitled".to_owned() } else { title };
    let description = view.meta().read().description.clone();
    rsx! {
        div { class: "app-view",
            header { class: "app-head",
                Link { class: "icon-button", to: Route::Home {}, aria_label: "All workflows", Icon { glyph: Glyph::ArrowLeft } }
                h1 { "{title}" }
                ThemeSwitch {}
                Link { class: "button", to: Route::Workflow { id: workflow },
                    Icon { glyph: Glyph::Blocks }
                    "Open canvas"
                }
            }
            main { class: "app-body",
                form {
                    class: "app-form",
                    onsubmit: move |event| {
                        event.prevent_default();
                        start.call(());
                    },
                    if !description.is_empty() {
                        p { class: "app-text", "{description}" }
                    }
                    for field in form().fields {
                        Field { key: "{field.name}", field, given, disabled: !runnable }
                    }
                    if form.read().fields.is_empty() && view.synced().cloned() {
                        p { class: "quiet", "This workflow asks nothing. Give an input node a name, and it is asked here." }
                    }
                    div { class: "app-run",
                        Button {
                            variant: Variant::Primary,
                            size: Size::L,
                            glyph: Glyph::Play,
                            submit: true,
                            busy: busy(),
                            disabled: !runnable || view.nodes().is_empty(),
                            "Run"
                        }
                        if going {
                            Button { size: Size::L, glyph: Glyph::Square, onclick: cancel, "Cancel" }
                        }
                        if !runnable && view.synced().cloned() {
                            p { class: "quiet", "Your role lets you look. Ask for the role Runner to run it." }
                        }
                    }
                }
                section { class: "app-results", aria_label: "Results", aria_live: "polite",
                    if let Some(run) = run() {
                        if going {
                            p { class: "quiet", role: "status", if run.status == RunStatus::Queued { "Waiting for its turn…" } else { "Working…" } }
                            Progress { label: "Run" }
                        }
                        Results { run, results: form().results }
                    } else {
                        Empty { glyph: Glyph::Sparkles, title: "Results appear here", text: "Fill in what is asked and press Run." }
                    }
                }
            }
        }
    }
}

#[component]
fn Field(field: FormField, mut given: Signal<BTreeMap<String, Json>>, disabled: bool) -> Element {
    let name = field.name.clone();
    let onset = use_callback(move |value: Json| {
        given.write().insert(name.clone(), value);
    });
    let onrest = use_callback(|()| {});
    let value = given.read().get(&field.name).cloned().unwrap_or_else(|| field.value.clone());
    let bound =
        Bound { name: field.name.clone(), title: field.title.clone(), value, disabled, used_seed: None, onset, onrest };
    rsx! {
        div { class: "app-field", "data-field": "{field.name}", "data-kind": kind_name(&field.kind),
            span { class: "app-label", "{field.title}" }
            Widget { bound, kind: field.kind.clone(), description: field.description.clone() }
        }
    }
}
