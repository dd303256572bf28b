//! Workflows as nodes of others: what they take and give, linking one, and making a linked one one's own.

use axum::{extract::State, http::StatusCode};
use serde::Deserialize;
use shared::{
    access::Role,
    api::WorkflowInterface,
    error::ErrorBody,
    id::{NodeId, VersionId, WorkflowId},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{AppJson, AppPath, AppQuery};
use crate::{access::WorkflowAccess, error::AppError, run::linked, state::AppState};

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(open_interface)).routes(routes!(link_workflow)).routes(routes!(detach_workflow))
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct InterfaceQuery {
    /// As it was in this version. Absent: as it is now.
    #[param(value_type = Option<String>)]
    version: Option<VersionId>,
}

#[derive(Deserialize)]
struct NodePath {
    node: NodeId,
}

/// The workflow's named inputs and outputs. No node's id is part of them.
///
/// With the version of a link, `changed` says that there is a newer one.
#[utoipa::path(
    get, path = "/workflows/{id}/interface", tag = "workflows", params(("id" = WorkflowId, Path), InterfaceQuery),
    responses(
        (status = 200, body = WorkflowInterface), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody),
    ),
)]
async fn open_interface(
    State(state): State<AppState>,
    access: WorkflowAccess,
    AppQuery(query): AppQuery<InterfaceQuery>,
) -> Result<AppJson<WorkflowInterface>, AppError> {
    Ok(AppJson(linked::interface(&state, &access, query.version).await?))
}

/// Keep the workflow as it is now as a version that others can link, and say what it takes and gives.
#[utoipa::path(
    post, path = "/workflows/{id}/links", tag = "workflows", params(("id" = WorkflowId, Path)),
    responses(
        (status = 201, body = WorkflowInterface), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody),
    ),
)]
async fn link_workflow(
    State(state): State<AppState>,
    access: WorkflowAccess,
) -> Result<(StatusCode, AppJson<WorkflowInterface>), AppError> {
    access.require(Role::can_run)?;
    Ok((StatusCode::CREATED, AppJson(linked::link(&state, &access).await?)))
}

/// Make the graph of a linked workflow part of this one. From then on it follows nobody's changes.
#[utoipa::path(
    post, path = "/workflows/{id}/nodes/{node}/detach", tag = "workflows",
    params(("id" = WorkflowId, Path), ("node" = String, Path)),
    responses(
        (status = 204), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
    ),
)]
async fn detach_workflow(
    State(state): State<AppState>,
    access: WorkflowAccess,
    AppPath(path): AppPath<NodePath>,
) -> Result<StatusCode, AppError> {
    access.require(Role::can_edit)?;
    linked::detach(&state, &access, &path.node).await?;
    Ok(StatusCode::NO_CONTENT)
}
