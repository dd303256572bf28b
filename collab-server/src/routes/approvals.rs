//! `approvals`: what runs ask people, and the answers.

use axum::extract::State;
use shared::{
    access::Role,
    api::{AnswerApproval, AskedApproval},
    error::ErrorBody,
    id::{RunId, WorkflowId, WorkspaceId},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::AppJson;
use crate::{
    access::{RunAccess, WorkflowAccess, WorkspaceAccess},
    auth::CurrentUser,
    db::{self, approval::Of},
    error::AppError,
    run::approvals,
    state::AppState,
};

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_of_run, answer_approval))
        .routes(routes!(list_of_workflow))
        .routes(routes!(list_of_workspace))
}

/// Everything that the run asked, oldest first, with who answered what.
#[utoipa::path(
    get, path = "/runs/{id}/approvals", tag = "runs", params(("id" = RunId, Path)),
    responses(
        (status = 200, body = Vec<AskedApproval>), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody),
    ),
)]
async fn list_of_run(
    State(state): State<AppState>,
    access: RunAccess,
) -> Result<AppJson<Vec<AskedApproval>>, AppError> {
    let leader = access.run.joined.unwrap_or(access.run.id);
    Ok(AppJson(db::approval::list(&state.db, Of::Run(leader)).await?))
}

/// What runs of the workflow wait for, oldest first.
#[utoipa::path(
    get, path = "/workflows/{id}/approvals", tag = "runs", params(("id" = WorkflowId, Path)),
    responses(
        (status = 200, body = Vec<AskedApproval>), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody),
    ),
)]
async fn list_of_workflow(
    State(state): State<AppState>,
    access: WorkflowAccess,
) -> Result<AppJson<Vec<AskedApproval>>, AppError> {
    Ok(AppJson(db::approval::list(&state.db, Of::Workflow(access.workflow.id)).await?))
}

/// What runs in the workspace wait for, oldest first.
#[utoipa::path(
    get, path = "/workspaces/{id}/approvals", tag = "runs", params(("id" = WorkspaceId, Path)),
    responses(
        (status = 200, body = Vec<AskedApproval>), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody),
    ),
)]
async fn list_of_workspace(
    State(state): State<AppState>,
    access: WorkspaceAccess,
) -> Result<AppJson<Vec<AskedApproval>>, AppError> {
    Ok(AppJson(db::approval::list(&state.db, Of::Workspace(access.workspace.id)).await?))
}

/// Let what the run asks about pass, perhaps edited, or do not. The first answer counts; it cannot be taken back.
#[utoipa::path(
    post, path = "/runs/{id}/approvals", tag = "runs", params(("id" = RunId, Path)), request_body = AnswerApproval,
    responses(
        (status = 200, body = AskedApproval), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
    ),
)]
async fn answer_approval(
    State(state): State<AppState>,
    access: RunAccess,
    current: CurrentUser,
    AppJson(body): AppJson<AnswerApproval>,
) -> Result<AppJson<AskedApproval>, AppError> {
    access.require(Role::can_approve)?;
    Ok(AppJson(approvals::answer(&state, access.workspace, &access.run, &current.user, body).await?))
}
