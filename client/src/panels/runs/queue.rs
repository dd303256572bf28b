//! The workspace's queue: hold it back, let something go first, take something out.

use dioxus::prelude::*;
use shared::{
    api::{ChangeRun, QueuePlace, Run},
    run::RunStatus,
};

use super::StatusWord;
use crate::{
    api::{Api, ApiError},
    canvas::state::use_canvas,
    replica::view::CanvasViewStoreExt,
    session::use_session,
    ui::{Button, Glyph, IconButton, Size, Tone, use_toaster},
};

#[component]
pub fn Queue() -> Element {
    let canvas = use_canvas();
    let session = use_session();
    let toaster = use_toaster();
    let workspace = canvas.replica().workspace();
    // Asked again whenever a run of this workflow moves: those of others show with the next one.
    let moved = use_memo(move || {
        let runs = canvas.view.runs();
        let runs = runs.read();
        runs.iter()
            .filter(|(_, run)| !run.status.is_final())
            .map(|(id, run)| (*id, run.status, run.position))
            .collect::<Vec<_>>()
    });
    let mut queue = use_resource(move || {
        let _ = moved.read();
        async move { Api.queue(workspace).await.ok() }
    });
    let manages = session
        .me()
        .is_some_and(|me| me.workspaces.iter().any(|found| found.id == workspace && found.role.can_manage()));
    let me = session.me().map(|me| me.user.id);
    let edits = canvas.view.role().read().can_edit();
    let after = use_callback(move |answer: Result<(), ApiError>| {
        if let Err(error) = answer {
            toaster.say(Tone::Danger, error.sentence());
        }
        queue.restart();
    });
    let found = queue.read();
    let Some(Some(found)) = &*found else { return rsx! {} };
    // Who may hold the queue back can do so before anything waits in it.
    if found.runs.is_empty() && !found.paused && !manages {
        return rsx! {};
    }
    let paused = found.paused;
    let going: Vec<Run> = found.runs.clone();
    rsx! {
        section { class: "queue", "data-paused": paused, aria_labelledby: "queue-title",
            header { class: "queue-head",
                h3 { id: "queue-title", "Queue" }
                if paused {
                    span { class: "quiet", "Held back" }
                }
                if manages {
                    Button {
                        size: Size::S,
                        glyph: if paused { Glyph::Play } else { Glyph::Pause },
                        onclick: move |_| async move { after.call(Api.pause_queue(workspace, !paused).await.map(drop)) },
                        if paused { "Go on" } else { "Hold back" }
                    }
                }
            }
            ul { class: "run-list",
                for run in going {
                    Waiting { key: "{run.id}", mine: me == Some(run.started_by), edits, here: run.workflow == canvas.replica().workflow(), run, onchange: after }
                }
            }
        }
    }
}

#[component]
fn Waiting(run: Run, mine: bool, edits: bool, here: bool, onchange: Callback<Result<(), ApiError>>) -> Element {
    let id = run.id;
    let changeable = run.status == RunStatus::Queued && (mine || edits);
    let change = move |body: ChangeRun| async move { onchange.call(Api.change_run(id, &body).await.map(drop)) };
    let paused = run.paused;
    rsx! {
        li { class: "run-item", "data-queued": "{id}",
            span { class: "run-line-text",
                strong { "{run.started_by_name}" }
                small { class: "tabular",
                    if !here { "Another workflow" } else { "This workflow" }
                    if let Some(position) = run.position {
                        " · turn {position}"
                    }
                    if paused {
                        " · held back"
                    }
                }
            }
            StatusWord { status: run.status }
            if changeable {
                IconButton {
                    glyph: if paused { Glyph::Play } else { Glyph::Pause },
                    label: if paused { "Let this run go on" } else { "Hold this run back" },
                    size: Size::S,
                    "data-tip-side": "end",
                    onclick: move |_| change(ChangeRun { paused: Some(!paused), ..ChangeRun::default() }),
                }
                IconButton {
                    glyph: Glyph::ListStart,
                    label: "Put first",
                    size: Size::S,
                    "data-tip-side": "end",
                    onclick: move |_| change(ChangeRun { place: Some(QueuePlace::First), ..ChangeRun::default() }),
                }
            }
            if mine || edits {
                IconButton {
                    glyph: Glyph::X,
                    label: "Cancel this run",
                    size: Size::S,
                    "data-tip-side": "end",
                    onclick: move |_| async move { onchange.call(Api.cancel_run(id).await) },
                }
            }
        }
    }
}
