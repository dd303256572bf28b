//! `generations`: the records of what was made, who lets them be training data, and taking things out of them.

use axum::{
    body::{Body, Bytes},
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};
use futures_util::stream;
use serde::Deserialize;
use shared::{
    access::Role,
    api::{AllowTraining, Generation, TRAINING_POLICY_VERSION, Training},
    error::ErrorBody,
    id::{GenerationId, WorkspaceId},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{AppJson, AppPath, AppQuery};
use crate::{access::WorkspaceAccess, auth::InPerson, db, error::AppError, state::AppState};

const LIST_MAX: u64 = 200;
/// Records that an export reads at once.
const PAGE: u64 = 200;

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(open_training))
        .routes(routes!(set_policy))
        .routes(routes!(set_consent))
        .routes(routes!(list_generations))
        .routes(routes!(redact_generation))
}

/// Outside the time limit of other routes.
pub fn streaming_routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(export_generations))
}

#[derive(Deserialize)]
struct GenerationPath {
    generation: GenerationId,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    /// Only records older than this one: the last one of the page before.
    #[param(value_type = Option<String>)]
    before: Option<GenerationId>,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ExportQuery {
    /// Only what may be training data.
    #[serde(default)]
    training: bool,
}

/// Whether the workspace, and the asking person in it, let what they make be training data.
#[utoipa::path(
    get, path = "/workspaces/{id}/training", tag = "generations", params(("id" = WorkspaceId, Path)),
    responses((status = 200, body = Training), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)),
)]
async fn open_training(State(state): State<AppState>, access: WorkspaceAccess) -> Result<AppJson<Training>, AppError> {
    training(&state, &access).await
}

async fn training(state: &AppState, access: &WorkspaceAccess) -> Result<AppJson<Training>, AppError> {
    let (workspace_allows, consent) = db::generation::training(&state.db, access.workspace.id, access.user.id).await?;
    Ok(AppJson(Training { workspace_allows, consent, policy_version: TRAINING_POLICY_VERSION }))
}

/// Let the workspace's members decide for themselves, or let nobody. It counts for what was made before, too.
#[utoipa::path(
    put, path = "/workspaces/{id}/training/policy", tag = "generations", params(("id" = WorkspaceId, Path)),
    request_body = AllowTraining,
    responses(
        (status = 200, body = Training), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody),
    ),
)]
async fn set_policy(
    State(state): State<AppState>,
    access: WorkspaceAccess,
    _: InPerson,
    AppJson(body): AppJson<AllowTraining>,
) -> Result<AppJson<Training>, AppError> {
    access.require(Role::can_manage)?;
    db::generation::set_policy(&state.db, access.workspace.id, body.allowed).await?;
    training(&state, &access).await
}

/// Let what oneself makes in this workspace be training data, or do not. What was made before consent never is; taking
/// it back counts for everything.
#[utoipa::path(
    put, path = "/workspaces/{id}/training/consent", tag = "generations", params(("id" = WorkspaceId, Path)),
    request_body = AllowTraining,
    responses(
        (status = 200, body = Training), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody),
    ),
)]
async fn set_consent(
    State(state): State<AppState>,
    access: WorkspaceAccess,
    _: InPerson,
    AppJson(body): AppJson<AllowTraining>,
) -> Result<AppJson<Training>, AppError> {
    db::generation::set_consent(&state.db, access.workspace.id, access.user.id, body.allowed).await?;
    training(&state, &access).await
}

/// What was made in the workspace, newest first, 200 at a time.
#[utoipa::path(
    get, path = "/workspaces/{id}/generations", tag = "generations", params(("id" = WorkspaceId, Path), ListQuery),
    responses(
        (status = 200, body = Vec<Generation>), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody),
    ),
)]
async fn list_generations(
    State(state): State<AppState>,
    access: WorkspaceAccess,
    AppQuery(query): AppQuery<ListQuery>,
) -> Result<AppJson<Vec<Generation>>, AppError> {
    let kept = db::generation::list(&state.db, access.workspace.id, query.before, LIST_MAX).await?;
    let published = kept.into_iter().map(|kept| state.generations.published(kept, access.user.id));
    Ok(AppJson(published.collect()))
}

/// All records of the workspace as JSONL, oldest first.
#[utoipa::path(
    get, path = "/workspaces/{id}/generations/export", tag = "generations",
    params(("id" = WorkspaceId, Path), ExportQuery),
    responses(
        (status = 200, body = String, content_type = "application/jsonl"), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
    ),
)]
async fn export_generations(
    State(state): State<AppState>,
    access: WorkspaceAccess,
    AppQuery(query): AppQuery<ExportQuery>,
) -> Result<impl IntoResponse, AppError> {
    access.require(Role::can_manage)?;
    let pages = stream::try_unfold(Some(None), move |next: Option<Option<GenerationId>>| {
        let (state, access) = (state.clone(), access.clone());
        async move {
            let Some(after) = next else { return Ok::<_, db::DbError>(None) };
            let kept = db::generation::after(&state.db, access.workspace.id, after, PAGE).await?;
            let Some(last) = kept.last().map(|kept| kept.id) else { return Ok(None) };
            let is_last = (kept.len() as u64) < PAGE;
            let published = kept.into_iter().map(|kept| state.generations.published(kept, access.user.id));
            let chosen = published.filter(|generation| generation.training_ok || !query.training);
            let lines: String = chosen.map(|generation| format!("{}\n", generation.record)).collect();
            Ok(Some((Bytes::from(lines), (!is_last).then_some(Some(last)))))
        }
    });
    Ok(([(header::CONTENT_TYPE, "application/jsonl")], Body::from_stream(pages)))
}

/// Take what was asked and what came out of a record, for good. One's own, or as an admin anybody's.
///
/// The media themselves stay where workflows show them.
#[utoipa::path(
    delete, path = "/workspaces/{id}/generations/{generation}", tag = "generations",
    params(("id" = WorkspaceId, Path), ("generation" = GenerationId, Path)),
    responses(
        (status = 204), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody),
    ),
)]
async fn redact_generation(
    State(state): State<AppState>,
    access: WorkspaceAccess,
    _: InPerson,
    AppPath(path): AppPath<GenerationPath>,
) -> Result<StatusCode, AppError> {
    let kept = db::generation::find(&state.db, access.workspace.id, path.generation).await?;
    let kept = kept.ok_or_else(|| AppError::not_found("generation"))?;
    access.require(if kept.user == access.user.id { Role::can_read } else { Role::can_manage })?;
    state.generations.redact(&kept).await?;
    Ok(StatusCode::NO_CONTENT)
}
