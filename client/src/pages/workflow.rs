//! A workflow's page: opens the replica, shows the editor on it, and says why when that cannot be.

use std::rc::Rc;

use dioxus::prelude::*;
use shared::{
    api, exchange,
    graph::Graph,
    id::{UserId, WorkflowId},
    node::Catalog,
};

use super::starting::Starting;
use crate::{
    api::{Api, ApiError},
    dom,
    models::use_models_provider,
    pages::{app::AppView, editor::Editor},
    replica::{
        use_replica, use_replica_provider,
        view::{CanvasViewStoreExt, Closed, SaveState},
    },
    route::Route,
    session::use_session,
    ui::{Button, Tone, Variant, use_toaster},
};

/// How a workflow is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum View {
    Canvas,
    App,
}

#[component]
pub fn Workflow(id: WorkflowId) -> Element {
    rsx! { Load { id, shown: View::Canvas } }
}

/// The same as a form of its named inputs and outputs.
#[component]
pub fn App(id: WorkflowId) -> Element {
    rsx! { Load { id, shown: View::App } }
}

/// Loads what must be known before the replica can open: the person's role, and the server's kinds of nodes.
#[component]
fn Load(id: WorkflowId, shown: View) -> Element {
    let session = use_session();
    let workflow = use_resource(use_reactive!(|id| async move {
        let answer = Api.workflow(id).await;
        if let Err(error) = &answer {
            session.failed(error);
        }
        answer
    }));
    let workflow = workflow.read();
    match (&*workflow, session.catalog(), session.me()) {
        (Some(Ok(workflow)), Some(catalog), Some(me)) => rsx! {
            // A list, because a key outside of one is not looked at: the replica of another workflow is another one.
            for workflow in [workflow.clone()] {
                Open { key: "{workflow.id}", workflow, person: me.user.id, catalog: catalog.clone(), shown }
            }
        },
        (Some(Err(error)), _, _) => rsx! { Refused { error: error.clone() } },
        _ => rsx! { Starting {} },
    }
}

#[component]
fn Open(workflow: api::Workflow, person: UserId, catalog: Rc<Catalog>, shown: View) -> Element {
    let replica = use_replica_provider(&workflow, person, &catalog);
    use_models_provider(workflow.workspace);
    let view = replica.view();
    use_effect(move || {
        let title = view.meta().read().title.clone();
        dom::set_title(&if title.is_empty() {
            "Untitled – OpenFlow".into()
        } else {
            format!("{title} – OpenFlow")
        });
    });
    // Edits of this person that the server has not confirmed: what is left of them when the right to edit goes.
    let mut unsaved = use_signal(|| 0);
    use_effect(move || match view.save().cloned() {
        SaveState::Saved => unsaved.set(0),
        SaveState::Saving { unsaved: count } | SaveState::Offline { unsaved: count } => unsaved.set(count),
        SaveState::ReadOnly { .. } => {}
    });
    let revoked = view.closed().cloned() == Some(Closed::Revoked);
    let left_over = unsaved() > 0 && (revoked || !view.role().cloned().can_edit());
    rsx! {
        if left_over {
            KeepCopy { count: unsaved(), ondone: move |()| unsaved.set(0) }
        }
        match view.closed().cloned() {
            Some(closed) => rsx! { Ended { closed } },
            None if shown == View::App => rsx! { AppView {} },
            None => rsx! { Editor {} },
        }
    }
}

/// Offers edits that the server did not take as a workflow of one's own.
#[component]
fn KeepCopy(count: u32, ondone: EventHandler<()>) -> Element {
    let replica = use_replica();
    let toaster = use_toaster();
    let mut busy = use_signal(|| false);
    let keep = move |_| {
        let (view, source) = (replica.view(), replica.workflow());
        async move {
            busy.set(true);
            let graph = Graph {
                meta: view.meta().peek().clone(),
                nodes: view.nodes().peek().clone(),
                edges: view.edges().peek().clone(),
                frames: view.frames().peek().clone(),
            };
            let graph = serde_json::from_str(&exchange::write(&graph)).ok();
            match Api.keep_copy(&api::KeepCopy { source, graph }).await {
                Ok(workflow) => {
                    ondone.call(());
                    navigator().push(Route::Workflow { id: workflow.id });
                }
                Err(error) => toaster.say(Tone::Danger, error.sentence()),
            }
            busy.set(false);
        }
    };
    let changes =
        if count == 1 { "One change of yours was".to_owned() } else { format!("{count} changes of yours were") };
    rsx! {
        div { class: "keep-copy", role: "alert",
            p { "You can no longer edit this workflow. {changes} not saved in it." }
            Button { variant: Variant::Primary, busy: busy(), onclick: keep, "Keep my changes as a copy" }
            Button { onclick: move |_| ondone.call(()), "Discard" }
        }
    }
}

#[component]
fn Refused(error: ApiError) -> Element {
    use shared::error::ErrorCode;
    match error.code() {
        Some(ErrorCode::NotFound | ErrorCode::Forbidden) => rsx! { Ended { closed: Closed::NotFound } },
        _ => rsx! { Starting { error: error.sentence() } },
    }
}

/// The workflow is not, or no longer, open to this person.
#[component]
fn Ended(closed: Closed) -> Element {
    let (title, text) = match closed {
        Closed::NotFound => (
            "This workflow is not here",
            "It may have been deleted, or you may not have been invited to its workspace.",
        ),
        Closed::Deleted => ("This workflow was deleted", "Somebody deleted it while you had it open."),
        Closed::Revoked => ("You no longer have access", "Your access to this workspace was taken away."),
        Closed::SignedOut => ("You are signed out", "Sign in again to go on."),
        Closed::Renewed => ("This workflow was begun anew", "Reload the page: your changes are kept."),
        Closed::Fault => {
            ("This page and the server do not understand each other", "Reload the page to get the current version.")
        }
    };
    let session = use_session();
    use_effect(move || {
        if closed == Closed::SignedOut {
            spawn(session.reload());
        }
    });
    rsx! {
        main { class: "notice",
            h1 { "{title}" }
            p { "{text}" }
            Link { class: "button", to: Route::Home {}, "Go to your workflows" }
        }
    }
}
