//! `runs`: start, watch, cancel, list.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::sse::{Event, KeepAlive, Sse},
};
use futures_util::{
    Stream, StreamExt,
    stream::{self, BoxStream},
};
use shared::{
    access::Role,
    api::{Run, StartRun},
    error::ErrorBody,
    id::{RunId, WorkflowId},
    run::RunEvent,
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::AppJson;
use crate::{
    access::{RunAccess, WorkflowAccess},
    db,
    error::AppError,
    run::{self, ActiveRun},
    state::AppState,
};

const LIST_MAX: u64 = 50;

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list_runs, start_run)).routes(routes!(open_run)).routes(routes!(cancel_run))
}

/// Outside the time limit of other routes.
pub fn streaming_routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(watch_run))
}

/// The latest 50 runs of a workflow, newest first.
#[utoipa::path(
    get, path = "/workflows/{id}/runs", tag = "runs", params(("id" = WorkflowId, Path)),
    responses((status = 200, body = Vec<Run>), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)),
)]
async fn list_runs(State(state): State<AppState>, access: WorkflowAccess) -> Result<AppJson<Vec<Run>>, AppError> {
    let runs = db::run::list(&state.db, access.workflow.id, LIST_MAX).await?;
    Ok(AppJson(runs.into_iter().map(|run| so_far(&state, run)).collect()))
}

/// Run the workflow as it is now, or some of its nodes and what they need.
///
/// Whatever happens to the document meanwhile, the run works on the graph of this moment. If an identical run is under
/// way, this one joins it: see `joined`.
#[utoipa::path(
    post, path = "/workflows/{id}/runs", tag = "runs", params(("id" = WorkflowId, Path)), request_body = StartRun,
    responses(
        (status = 201, body = Run), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody),
        (status = 429, body = ErrorBody),
    ),
)]
async fn start_run(
    State(state): State<AppState>,
    access: WorkflowAccess,
    AppJson(body): AppJson<StartRun>,
) -> Result<(StatusCode, AppJson<Run>), AppError> {
    access.require(Role::can_run)?;
    let run = run::start(&state, &access, body).await?;
    Ok((StatusCode::CREATED, AppJson(run)))
}

/// The run, with its results as far as they are there.
#[utoipa::path(
    get, path = "/runs/{id}", tag = "runs", params(("id" = RunId, Path)),
    responses((status = 200, body = Run), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)),
)]
async fn open_run(State(state): State<AppState>, access: RunAccess) -> AppJson<Run> {
    AppJson(so_far(&state, access.run))
}

/// Stop the run; what is finished stays. Runs that share its execution stop with it.
#[utoipa::path(
    post, path = "/runs/{id}/cancel", tag = "runs", params(("id" = RunId, Path)),
    responses(
        (status = 202, body = Run), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody),
    ),
)]
async fn cancel_run(State(state): State<AppState>, access: RunAccess) -> Result<(StatusCode, AppJson<Run>), AppError> {
    access.require(Role::can_run)?;
    if let Some(active) = state.runs.find(access.run.id) {
        active.cancel.cancel();
    }
    Ok((StatusCode::ACCEPTED, AppJson(so_far(&state, access.run))))
}

/// Adds what a run under way has reached.
fn so_far(state: &AppState, mut run: Run) -> Run {
    if !run.status.is_final()
        && let Some(active) = state.runs.find(run.id)
    {
        let so_far = active.summary();
        (run.outputs, run.failures, run.cost_usd) = (so_far.outputs, so_far.failures, so_far.cost_usd);
    }
    run
}

/// What happens in the run, from its start, as server-sent events. Ends with `run_finished`.
///
/// Of a run that has ended, the events come without progress and without the pieces of streamed texts, which the
/// results repeat. A browser that comes back sends `Last-Event-ID` and gets what it missed.
#[utoipa::path(
    get, path = "/runs/{id}/events", tag = "runs", params(("id" = RunId, Path)),
    responses(
        (status = 200, body = RunEvent, content_type = "text/event-stream"),
        (status = 401, body = ErrorBody), (status = 404, body = ErrorBody),
    ),
)]
async fn watch_run(
    State(state): State<AppState>,
    access: RunAccess,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, axum::Error>>>, AppError> {
    let seen = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse::<usize>().ok());
    let events: BoxStream<'static, Result<Event, axum::Error>> = match find_events(&state, access.run.id).await? {
        Events::Live(active) => live(active, seen.map_or(0, |last| last + 1)).boxed(),
        Events::Kept(events) => stream::iter(events).map(|event| to_event(&event)).boxed(),
    };
    let stop = state.shutdown.clone().cancelled_owned();
    Ok(Sse::new(events.take_until(stop)).keep_alive(KeepAlive::default()))
}

enum Events {
    Live(Arc<ActiveRun>),
    Kept(Vec<RunEvent>),
}

async fn find_events(state: &AppState, run: RunId) -> Result<Events, AppError> {
    // A run leaves the list of active ones a moment before its row is final.
    for _ in 0..100 {
        if let Some(active) = state.runs.find(run) {
            return Ok(Events::Live(active));
        }
        let events = db::run::events(&state.db, run).await?;
        if !events.is_empty() {
            return Ok(Events::Kept(events));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Err(AppError::unavailable("the run's events cannot be read now, try again"))
}

fn live(active: Arc<ActiveRun>, seen: usize) -> impl Stream<Item = Result<Event, axum::Error>> + Send {
    let waiting = VecDeque::<Arc<RunEvent>>::new();
    stream::unfold((active, seen, waiting), async |(active, seen, mut waiting)| {
        if waiting.is_empty() {
            waiting.extend(active.events_after(seen).await);
        }
        let event = waiting.pop_front()?;
        let event = to_event(&event).map(|event_of| event_of.id(seen.to_string()));
        Some((event, (active, seen + 1, waiting)))
    })
}

fn to_event(event: &RunEvent) -> Result<Event, axum::Error> {
    let json = serde_json::to_value(event).map_err(axum::Error::new)?;
    let name = json.get("event").and_then(serde_json::Value::as_str).unwrap_or("message");
    Event::default().event(name).json_data(&json)
}
