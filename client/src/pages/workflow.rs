//! A workflow's page: opens the replica, shows the editor on it, and says why when that cannot be.

use std::rc::Rc;

use dioxus::prelude::*;
use shared::{
    api,
    id::{UserId, WorkflowId},
    node::Catalog,
};

use super::starting::Starting;
use crate::{
    api::{Api, ApiError},
    dom,
    pages::editor::Editor,
    replica::{
        use_replica_provider,
        view::{CanvasViewStoreExt, Closed},
    },
    route::Route,
    session::use_session,
};

/// Loads what must be known before the replica can open: the person's role, and the server's kinds of nodes.
#[component]
pub fn Workflow(id: WorkflowId) -> Element {
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
            Open { key: "{workflow.id}", workflow: workflow.clone(), person: me.user.id, catalog }
        },
        (Some(Err(error)), _, _) => rsx! { Refused { error: error.clone() } },
        _ => rsx! { Starting {} },
    }
}

#[component]
fn Open(workflow: api::Workflow, person: UserId, catalog: Rc<Catalog>) -> Element {
    let replica = use_replica_provider(&workflow, person, &catalog);
    let view = replica.view();
    use_effect(move || {
        let title = view.meta().read().title.clone();
        dom::set_title(&if title.is_empty() {
            "Untitled – OpenFlow".into()
        } else {
            format!("{title} – OpenFlow")
        });
    });
    match view.closed().cloned() {
        Some(closed) => rsx! { Ended { closed } },
        None => rsx! { Editor {} },
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
