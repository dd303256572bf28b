//! `local-models`: the models on this machine. Everybody sees them; the server's first account manages them.

use std::{collections::BTreeMap, time::Duration};

use axum::{
    extract::State,
    http::StatusCode,
    response::sse::{Event, KeepAlive, Sse},
};
use engine::{Download, LocalError, LocalModel, ModelName};
use futures_util::{Stream, StreamExt, stream};
use serde::{Deserialize, Serialize};
use shared::{error::ErrorBody, id::UserId};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{AppJson, AppQuery};
use crate::{
    auth::{CurrentUser, InPerson},
    db,
    error::AppError,
    state::AppState,
};

/// Eyes want no more.
const EVENTS_APART: Duration = Duration::from_millis(250);

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list_local_models, fetch_local_model, delete_local_model))
}

/// Outside the time limit of other routes.
pub fn streaming_routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(watch_local_models))
}

#[derive(Serialize, ToSchema)]
struct LocalModels {
    #[schema(value_type = Vec<Object>)]
    models: Vec<LocalModel>,
    downloads: Vec<DownloadShown>,
    /// Whether the person who asks may fetch and delete.
    manageable: bool,
}

#[derive(Serialize, ToSchema)]
struct DownloadShown {
    name: String,
    done_bytes: u64,
    total_bytes: u64,
    /// Why it ended without a model. It goes with the next attempt.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

fn shown(downloads: BTreeMap<String, Download>) -> Vec<DownloadShown> {
    let shown = downloads.into_iter().map(|(name, Download { progress, error })| DownloadShown {
        name,
        done_bytes: progress.done_bytes,
        total_bytes: progress.total_bytes,
        error,
    });
    shown.collect()
}

/// The models on the server's machine, with size and last use, and those that are being fetched.
#[utoipa::path(
    get, path = "/local-models", tag = "nodes",
    responses((status = 200, body = LocalModels), (status = 401, body = ErrorBody)),
)]
async fn list_local_models(
    current: CurrentUser,
    State(state): State<AppState>,
) -> Result<AppJson<LocalModels>, AppError> {
    let local = state.local_models.clone();
    let models = tokio::task::spawn_blocking(move || local.list()).await.map_err(AppError::internal)?;
    let models = models.map_err(refusal)?;
    let downloads = shown(state.local_models.downloads());
    let manageable = manages(&state, current.user.id).await?;
    Ok(AppJson(LocalModels { models, downloads, manageable }))
}

/// How far downloads are, as server-sent events named `downloads`. Ends when none is under way.
#[utoipa::path(
    get, path = "/local-models/events", tag = "nodes",
    responses(
        (status = 200, body = Vec<DownloadShown>, content_type = "text/event-stream"),
        (status = 401, body = ErrorBody),
    ),
)]
async fn watch_local_models(
    _: CurrentUser,
    State(state): State<AppState>,
) -> Sse<impl Stream<Item = Result<Event, axum::Error>>> {
    let stop = state.shutdown.clone().cancelled_owned();
    let downloads = state.local_models.watch_downloads();
    let events = stream::unfold(Some((downloads, true)), |watched| async move {
        let (mut watched, first) = watched?;
        if !first {
            watched.changed().await.ok()?;
            tokio::time::sleep(EVENTS_APART).await;
        }
        let downloads = watched.borrow_and_update().clone();
        let under_way = downloads.values().any(|download| download.error.is_none());
        let event = Event::default().event("downloads").json_data(shown(downloads));
        // The state in which the stream ends is told, so that nobody misses a failure.
        Some((event, under_way.then_some((watched, false))))
    });
    Sse::new(events.take_until(stop)).keep_alive(KeepAlive::default())
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FetchLocalModel {
    /// `org/name`, `org/name@revision`, or `org/name:file.gguf`.
    name: String,
}

/// Fetch a model of the hub, in the background: the list and its events say how far it is.
#[utoipa::path(
    post, path = "/local-models", tag = "nodes", request_body = FetchLocalModel,
    responses(
        (status = 202), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
    ),
)]
async fn fetch_local_model(
    person: InPerson,
    State(state): State<AppState>,
    AppJson(body): AppJson<FetchLocalModel>,
) -> Result<StatusCode, AppError> {
    require_manager(&state, person.user.id).await?;
    let name = parse_name(&body.name)?;
    if !matches!(name, ModelName::Hub { .. }) {
        return Err(AppError::bad_request("`name`: only models of the hub can be fetched, such as `org/name`"));
    }
    let download = state.local_models.begin_download(&name).map_err(refusal)?;
    let stop = state.shutdown.clone();
    tokio::spawn(async move {
        tokio::select! {
            fetched = download.run(None, &|_| ()) => {
                if let Err(error) = fetched {
                    tracing::info!(model = %name, error = &error as &dyn std::error::Error, "a model could not be fetched");
                }
            }
            // What has arrived is kept.
            () = stop.cancelled() => {}
        }
    });
    Ok(StatusCode::ACCEPTED)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeleteQuery {
    name: String,
}

/// Delete a model from the server's machine, or end its download and delete what has arrived.
#[utoipa::path(
    delete, path = "/local-models", tag = "nodes", params(("name" = String, Query)),
    responses(
        (status = 204), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
    ),
)]
async fn delete_local_model(
    person: InPerson,
    State(state): State<AppState>,
    AppQuery(query): AppQuery<DeleteQuery>,
) -> Result<StatusCode, AppError> {
    require_manager(&state, person.user.id).await?;
    state.local_models.delete(&parse_name(&query.name)?).await.map_err(refusal)?;
    Ok(StatusCode::NO_CONTENT)
}

/// The disk is the server's and not a workspace's: whoever set the server up decides about it.
async fn manages(state: &AppState, user: UserId) -> Result<bool, AppError> {
    Ok(db::user::first(&state.db).await? == Some(user))
}

async fn require_manager(state: &AppState, user: UserId) -> Result<(), AppError> {
    match manages(state, user).await? {
        true => Ok(()),
        false => Err(AppError::forbidden("only the first account of this server manages its models")),
    }
}

fn parse_name(text: &str) -> Result<ModelName, AppError> {
    match text.parse::<ModelName>() {
        Ok(ModelName::Path(_)) => Err(AppError::bad_request("`name`: models have no paths here")),
        Ok(name) => Ok(name),
        Err(error) => Err(AppError::bad_request(format!("`name`: {error}"))),
    }
}

fn refusal(error: LocalError) -> AppError {
    match error {
        LocalError::NotHere { .. } => AppError::not_found("model"),
        LocalError::Busy { .. } => AppError::conflict(error.to_string()),
        LocalError::Io(source) => AppError::internal(source),
        other => AppError::bad_request(other.to_string()),
    }
}
