//! `workflows/{id}/versions`: list, name, look into, compare, restore, delete.

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};
use serde::Deserialize;
use shared::{
    access::Role,
    diff::GraphDiff,
    error::ErrorBody,
    exchange,
    graph::Graph,
    id::{VersionId, WorkflowId},
    version::{CreateVersion, PatchVersion, Version, VersionReason},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{AppJson, AppPath, AppQuery};
use crate::{
    access::WorkflowAccess,
    db,
    error::AppError,
    state::AppState,
    version::{self, Kept},
};

const LIST_MAX: u64 = 100;
const MAX_NAME_CHARS: usize = 200;

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_versions, create_version))
        .routes(routes!(open_version, change_version, delete_version))
        .routes(routes!(export_version))
        .routes(routes!(compare_version))
        .routes(routes!(restore_version))
}

#[derive(Deserialize)]
struct VersionPath {
    version: VersionId,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Only versions older than this one.
    #[param(value_type = Option<String>)]
    before: Option<VersionId>,
}

/// The latest 100 versions, newest first; more with `before`.
#[utoipa::path(
    get, path = "/workflows/{id}/versions", tag = "versions", params(("id" = WorkflowId, Path), ListQuery),
    responses((status = 200, body = Vec<Version>), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)),
)]
async fn list_versions(
    State(state): State<AppState>,
    access: WorkflowAccess,
    AppQuery(query): AppQuery<ListQuery>,
) -> Result<AppJson<Vec<Version>>, AppError> {
    Ok(AppJson(db::version::list(&state.db, access.workflow.id, query.before, LIST_MAX).await?))
}

/// Keep the workflow as it is now under a name. Named versions are never thinned out.
#[utoipa::path(
    post, path = "/workflows/{id}/versions", tag = "versions", params(("id" = WorkflowId, Path)),
    request_body = CreateVersion,
    responses(
        (status = 201, body = Version), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
    ),
)]
async fn create_version(
    State(state): State<AppState>,
    access: WorkflowAccess,
    AppJson(body): AppJson<CreateVersion>,
) -> Result<(StatusCode, AppJson<Version>), AppError> {
    access.require(Role::can_edit)?;
    let name = parse_name(&body.name)?;
    let workflow = access.workflow.id;
    match version::keep_present(&state, workflow, VersionReason::Named, Some(&name)).await? {
        Kept::New(id) => Ok((StatusCode::CREATED, AppJson(version::find(&state, workflow, id).await?))),
        Kept::Same(_) => Err(AppError::conflict("nothing changed since the latest version, which has a name already")),
        Kept::Gone => Err(AppError::not_found("workflow")),
    }
}

/// One version, without its graph.
#[utoipa::path(
    get, path = "/workflows/{id}/versions/{version}", tag = "versions",
    params(("id" = WorkflowId, Path), ("version" = VersionId, Path)),
    responses((status = 200, body = Version), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)),
)]
async fn open_version(
    State(state): State<AppState>,
    access: WorkflowAccess,
    AppPath(path): AppPath<VersionPath>,
) -> Result<AppJson<Version>, AppError> {
    Ok(AppJson(version::find(&state, access.workflow.id, path.version).await?))
}

/// Rename, or keep for good.
#[utoipa::path(
    patch, path = "/workflows/{id}/versions/{version}", tag = "versions",
    params(("id" = WorkflowId, Path), ("version" = VersionId, Path)), request_body = PatchVersion,
    responses(
        (status = 200, body = Version), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
    ),
)]
async fn change_version(
    State(state): State<AppState>,
    access: WorkflowAccess,
    AppPath(path): AppPath<VersionPath>,
    AppJson(body): AppJson<PatchVersion>,
) -> Result<AppJson<Version>, AppError> {
    access.require(Role::can_edit)?;
    let workflow = access.workflow.id;
    version::find(&state, workflow, path.version).await?;
    let name = match body.name.as_deref().map(str::trim) {
        None => None,
        Some("") => Some(None),
        Some(name) => Some(Some(parse_name(name)?)),
    };
    let name = name.as_ref().map(Option::as_deref);
    db::version::change(&state.db, path.version, name, body.pinned).await?;
    Ok(AppJson(version::find(&state, workflow, path.version).await?))
}

/// Give a version up.
#[utoipa::path(
    delete, path = "/workflows/{id}/versions/{version}", tag = "versions",
    params(("id" = WorkflowId, Path), ("version" = VersionId, Path)),
    responses(
        (status = 204), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
    ),
)]
async fn delete_version(
    State(state): State<AppState>,
    access: WorkflowAccess,
    AppPath(path): AppPath<VersionPath>,
) -> Result<StatusCode, AppError> {
    access.require(Role::can_edit)?;
    match db::version::delete(&state.db, access.workflow.id, &[path.version]).await? {
        0 => Err(AppError::not_found("version")),
        _ => Ok(StatusCode::NO_CONTENT),
    }
}

/// What the version holds, in the exchange format.
#[utoipa::path(
    get, path = "/workflows/{id}/versions/{version}/graph", tag = "versions",
    params(("id" = WorkflowId, Path), ("version" = VersionId, Path)),
    responses((status = 200, body = Graph), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)),
)]
async fn export_version(
    State(state): State<AppState>,
    access: WorkflowAccess,
    AppPath(path): AppPath<VersionPath>,
) -> Result<impl IntoResponse, AppError> {
    let graph = version::graph(&state, access.workflow.id, path.version).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], exchange::write(&graph)))
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct CompareQuery {
    /// The version to compare with. Absent: the workflow as it is now.
    #[param(value_type = Option<String>)]
    to: Option<VersionId>,
}

/// What changed from this version to another, or to now: by node and field, with old and new values.
#[utoipa::path(
    get, path = "/workflows/{id}/versions/{version}/diff", tag = "versions",
    params(("id" = WorkflowId, Path), ("version" = VersionId, Path), CompareQuery),
    responses((status = 200, body = GraphDiff), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)),
)]
async fn compare_version(
    State(state): State<AppState>,
    access: WorkflowAccess,
    AppPath(path): AppPath<VersionPath>,
    AppQuery(query): AppQuery<CompareQuery>,
) -> Result<AppJson<GraphDiff>, AppError> {
    let workflow = access.workflow.id;
    let old = version::graph(&state, workflow, path.version).await?;
    let new = match query.to {
        Some(to) => version::graph(&state, workflow, to).await?,
        None => state.rooms.graph(workflow).await?.0,
    };
    Ok(AppJson(GraphDiff::between(&old, &new)))
}

/// Make the workflow read what the version holds. Answers what that changed; what was there before is a version now.
#[utoipa::path(
    post, path = "/workflows/{id}/versions/{version}/restore", tag = "versions",
    params(("id" = WorkflowId, Path), ("version" = VersionId, Path)),
    responses(
        (status = 200, body = GraphDiff), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
    ),
)]
async fn restore_version(
    State(state): State<AppState>,
    access: WorkflowAccess,
    AppPath(path): AppPath<VersionPath>,
) -> Result<AppJson<GraphDiff>, AppError> {
    access.require(Role::can_edit)?;
    Ok(AppJson(version::restore(&state, access.workflow.id, path.version, access.user.id).await?))
}

fn parse_name(text: &str) -> Result<String, AppError> {
    let name = text.trim();
    let short = name.chars().count() <= MAX_NAME_CHARS;
    if name.is_empty() || !short || name.chars().any(char::is_control) {
        return Err(AppError::bad_request(format!("`name`: one line of 1 to {MAX_NAME_CHARS} characters")));
    }
    Ok(name.to_owned())
}
