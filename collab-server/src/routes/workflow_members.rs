//! `workflows/{id}/members`: who may what in one workflow, where that differs from the workspace.

use axum::extract::State;
use shared::{
    access::{Role, effective_role, may_override},
    api::{SetWorkflowRole, WorkflowMember},
    error::ErrorBody,
    id::{UserId, WorkflowId},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{AppJson, AppPath};
use crate::{access::WorkflowAccess, auth::InPerson, db, error::AppError, state::AppState};

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list_workflow_members)).routes(routes!(set_workflow_role))
}

/// Everybody who can open the workflow, and as what.
#[utoipa::path(
    get, path = "/workflows/{id}/members", tag = "workflows", params(("id" = WorkflowId, Path)),
    responses((status = 200, body = Vec<WorkflowMember>), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)),
)]
async fn list_workflow_members(
    State(state): State<AppState>,
    access: WorkflowAccess,
) -> Result<AppJson<Vec<WorkflowMember>>, AppError> {
    Ok(AppJson(members(&state, &access).await?))
}

/// Give a member another role in this workflow, or the one of the workspace again. It counts at once, for open sockets
/// too.
#[utoipa::path(
    put, path = "/workflows/{id}/members/{user}", tag = "workflows",
    params(("id" = WorkflowId, Path), ("user" = UserId, Path)), request_body = SetWorkflowRole,
    responses(
        (status = 200, body = WorkflowMember), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
    ),
)]
async fn set_workflow_role(
    State(state): State<AppState>,
    access: WorkflowAccess,
    _: InPerson,
    path: AppPath<(WorkflowId, UserId)>,
    AppJson(body): AppJson<SetWorkflowRole>,
) -> Result<AppJson<WorkflowMember>, AppError> {
    let AppPath((_, user)) = path;
    access.require(Role::can_manage)?;
    let workflow = access.workflow.id;
    let member = members(&state, &access).await?.into_iter().find(|member| member.user == user);
    let mut member = member.ok_or_else(|| AppError::not_found("member"))?;
    if !may_override(access.workflow.role, member.workspace_role, body.role) {
        return Err(AppError::forbidden("you cannot give this person this role here"));
    }
    match body.role {
        Some(role) => db::workflow_role::set(&state.db, workflow, user, role).await?,
        None => db::workflow_role::clear(&state.db, workflow, user).await?,
    }
    state.rooms.role_changed(user, Some(workflow)).await;
    member.workflow_role = body.role;
    member.role = effective_role(member.workspace_role, body.role);
    Ok(AppJson(member))
}

async fn members(state: &AppState, access: &WorkflowAccess) -> Result<Vec<WorkflowMember>, AppError> {
    let overridden = db::workflow_role::list(&state.db, access.workflow.id).await?;
    let members = db::workspace::members(&state.db, access.workflow.workspace).await?;
    let members = members.into_iter().map(|member| {
        let workflow_role = overridden.iter().find(|(user, _)| *user == member.user).map(|(_, role)| *role);
        WorkflowMember {
            user: member.user,
            name: member.name,
            email: member.email,
            workspace_role: member.role,
            workflow_role,
            role: effective_role(member.role, workflow_role),
        }
    });
    Ok(members.collect())
}
