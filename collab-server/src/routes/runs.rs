//! `runs`: start, watch, cancel, list; and the queue they wait in.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{
        IntoResponse,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::{Stream, StreamExt};
use serde::Deserialize;
use shared::{
    access::Role,
    api::{ChangeQueue, ChangeRun, Run, RunPriority, RunQueue, StartRun},
    error::ErrorBody,
    exchange,
    graph::Graph,
    id::{RunId, UserId, WorkflowId, WorkspaceId},
    run::{RunEvent, RunStatus},
};
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{AppJson, AppQuery};
use crate::{
    access::{RunAccess, WorkflowAccess, WorkspaceAccess, until_revoked},
    auth::CurrentUser,
    db::{self, run::RunFilter},
    error::AppError,
    run,
    state::AppState,
};

const LIST_LEN: u64 = 50;
const LIST_MAX: u64 = 200;

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_runs, start_run))
        .routes(routes!(open_run, change_run))
        .routes(routes!(export_run))
        .routes(routes!(open_queue, change_queue))
        .routes(routes!(cancel_run))
}

/// Outside the time limit of other routes.
pub fn streaming_routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(watch_run))
}

/// Which runs a list is about.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ListRuns {
    /// Only runs in this state.
    status: Option<RunStatus>,
    /// Only runs that this person started.
    #[param(value_type = Option<String>)]
    started_by: Option<UserId>,
    /// Only runs older than this one: the last one of the page before.
    #[param(value_type = Option<String>)]
    before: Option<RunId>,
    /// At most this many, up to 200. Default: 50.
    limit: Option<u64>,
}

/// The runs of a workflow, newest first, page by page.
#[utoipa::path(
    get, path = "/workflows/{id}/runs", tag = "runs", params(("id" = WorkflowId, Path), ListRuns),
    responses(
        (status = 200, body = Vec<Run>), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody),
    ),
)]
async fn list_runs(
    State(state): State<AppState>,
    access: WorkflowAccess,
    AppQuery(list): AppQuery<ListRuns>,
) -> Result<AppJson<Vec<Run>>, AppError> {
    let filter = RunFilter {
        statuses: list.status.into_iter().collect(),
        started_by: list.started_by,
        before: list.before,
        limit: list.limit.unwrap_or(LIST_LEN).clamp(1, LIST_MAX),
    };
    let runs = db::run::list(&state.db, access.workflow.id, &filter).await?;
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

/// The graph that the run works on, as it was when it was started: with the seeds that were counted for it, whatever has
/// been edited since.
#[utoipa::path(
    get, path = "/runs/{id}/graph", tag = "runs", params(("id" = RunId, Path)),
    responses((status = 200, body = Graph), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)),
)]
async fn export_run(State(state): State<AppState>, access: RunAccess) -> Result<impl IntoResponse, AppError> {
    let graph = run::graph(&state, access.run.id).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], exchange::write(&graph)))
}

/// Hold back, reorder or prioritise a run that waits.
///
/// People take turns: a place counts among the waiting runs of the same person. Editors may change anybody's runs,
/// runners their own; a high priority is for editors.
#[utoipa::path(
    patch, path = "/runs/{id}", tag = "runs", params(("id" = RunId, Path)), request_body = ChangeRun,
    responses(
        (status = 200, body = Run), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
    ),
)]
async fn change_run(
    State(state): State<AppState>,
    access: RunAccess,
    current: CurrentUser,
    AppJson(body): AppJson<ChangeRun>,
) -> Result<AppJson<Run>, AppError> {
    let own = access.run.started_by == current.user.id || body == ChangeRun::default();
    let own = own && body.priority != Some(RunPriority::High);
    access.require(if own { Role::can_run } else { Role::can_edit })?;
    run::queue::change(&state, &access.run, body).await?;
    let run = db::run::find(&state.db, access.run.id).await?;
    Ok(AppJson(run.ok_or_else(|| AppError::not_found("run"))?))
}

/// What is executed and what waits in a workspace, in the order of turns.
#[utoipa::path(
    get, path = "/workspaces/{id}/queue", tag = "runs", params(("id" = WorkspaceId, Path)),
    responses((status = 200, body = RunQueue), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)),
)]
async fn open_queue(State(state): State<AppState>, access: WorkspaceAccess) -> Result<AppJson<RunQueue>, AppError> {
    Ok(AppJson(run::queue::list(&state, access.workspace.id).await?))
}

/// Hold a workspace's queue back, or let it go on. What is executed already goes on.
#[utoipa::path(
    patch, path = "/workspaces/{id}/queue", tag = "runs", params(("id" = WorkspaceId, Path)),
    request_body = ChangeQueue,
    responses(
        (status = 200, body = RunQueue), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody),
    ),
)]
async fn change_queue(
    State(state): State<AppState>,
    access: WorkspaceAccess,
    AppJson(body): AppJson<ChangeQueue>,
) -> Result<AppJson<RunQueue>, AppError> {
    access.require(Role::can_manage)?;
    run::queue::set_paused(&state, access.workspace.id, body.paused).await?;
    Ok(AppJson(run::queue::list(&state, access.workspace.id).await?))
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
    run::queue::cancel(&state, &access.run).await?;
    let run = db::run::find(&state.db, access.run.id).await?.unwrap_or(access.run);
    Ok((StatusCode::ACCEPTED, AppJson(so_far(&state, run))))
}

/// Adds what a run under way has reached.
fn so_far(state: &AppState, mut run: Run) -> Run {
    if !run.status.is_final()
        && let Some(active) = state.runs.find(run.joined.unwrap_or(run.id))
    {
        let so_far = active.summary();
        (run.outputs, run.failures, run.cost_usd) = (so_far.outputs, so_far.failures, so_far.cost_usd);
    }
    run
}

/// What happens in the run, from its start, as server-sent events. Ends with `run_finished`.
///
/// Of a run that has ended, the events come without progress and without the pieces of streamed texts, which the
/// results repeat. A browser that comes back sends `Last-Event-ID` and gets what it missed. The stream ends when its
/// reader may no longer read the workflow, or is signed out.
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
    current: CurrentUser,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, axum::Error>>>, AppError> {
    let seen = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.split_once('-'));
    let seen = seen.and_then(|(attempt, number)| Some((attempt.parse().ok()?, number.parse().ok()?)));
    let shutdown = state.shutdown.clone().cancelled_owned();
    let revoked = until_revoked(state.clone(), current, access.run.workflow);
    let stop = async move {
        tokio::select! {
            () = shutdown => {}
            () = revoked => {}
        }
    };
    let events = run::tail(state, &access.run, seen).map(|told| {
        let event = to_event(&told.event)?;
        Ok(match told.at {
            Some((attempt, number)) => event.id(format!("{attempt}-{number}")),
            None => event,
        })
    });
    Ok(Sse::new(events.take_until(stop)).keep_alive(KeepAlive::default()))
}

fn to_event(event: &RunEvent) -> Result<Event, axum::Error> {
    let json = serde_json::to_value(event).map_err(axum::Error::new)?;
    let name = json.get("event").and_then(serde_json::Value::as_str).unwrap_or("message");
    Event::default().event(name).json_data(&json)
}
