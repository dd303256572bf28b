//! `workspaces`: make, list, rename, hand over, delete. Who is in them is `routes::members`.

use axum::{extract::State, http::StatusCode};
use serde::Deserialize;
use shared::{
    access::Role,
    api::{CreateWorkspace, PatchWorkspace, TransferWorkspace, Workspace},
    error::ErrorBody,
    id::WorkspaceId,
};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{AppJson, AppQuery, text::parse_name};
use crate::{
    access::WorkspaceAccess,
    auth::{CurrentUser, InPerson},
    db,
    error::AppError,
    room::RoomError,
    state::AppState,
};

/// More is no team but a script.
const MAX_WORKSPACES: usize = 200;

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_workspaces, create_workspace))
        .routes(routes!(rename_workspace, delete_workspace))
        .routes(routes!(transfer_workspace))
}

/// Where one is a member, one's own first.
#[utoipa::path(
    get, path = "/workspaces", tag = "workspaces",
    responses((status = 200, body = Vec<Workspace>), (status = 401, body = ErrorBody)),
)]
async fn list_workspaces(
    State(state): State<AppState>,
    current: CurrentUser,
) -> Result<AppJson<Vec<Workspace>>, AppError> {
    Ok(AppJson(readable(&state, &current).await?))
}

/// Those that the asking person or key reaches, with what they may there.
pub(super) async fn readable(state: &AppState, current: &CurrentUser) -> Result<Vec<Workspace>, AppError> {
    let mut workspaces = db::workspace::list(&state.db, current.user.id).await?;
    workspaces.retain(|workspace| current.limits.reaches(workspace.id));
    for workspace in &mut workspaces {
        workspace.role = current.limits.narrow(workspace.role);
    }
    Ok(workspaces)
}

/// Make a workspace for a team. Whoever makes it owns it.
#[utoipa::path(
    post, path = "/workspaces", tag = "workspaces", request_body = CreateWorkspace,
    responses(
        (status = 201, body = Workspace), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 409, body = ErrorBody),
    ),
)]
async fn create_workspace(
    State(state): State<AppState>,
    current: InPerson,
    AppJson(body): AppJson<CreateWorkspace>,
) -> Result<(StatusCode, AppJson<Workspace>), AppError> {
    let name = parse_name(&body.name, "name")?;
    if db::workspace::list(&state.db, current.user.id).await?.len() >= MAX_WORKSPACES {
        return Err(AppError::conflict("too many workspaces: delete or leave some"));
    }
    let id = WorkspaceId::from(Uuid::now_v7());
    let now = db::now();
    let mut tx = state.db.begin().await?;
    db::workspace::insert(&mut tx, id, &name, None, now).await?;
    db::workspace::set_member(&mut tx, id, current.user.id, Role::Owner, now).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, AppJson(Workspace { id, name, role: Role::Owner, personal: false })))
}

/// Rename.
#[utoipa::path(
    patch, path = "/workspaces/{id}", tag = "workspaces", params(("id" = WorkspaceId, Path)), request_body = PatchWorkspace,
    responses(
        (status = 200, body = Workspace), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
    ),
)]
async fn rename_workspace(
    State(state): State<AppState>,
    access: WorkspaceAccess,
    AppJson(body): AppJson<PatchWorkspace>,
) -> Result<AppJson<Workspace>, AppError> {
    access.require(Role::can_manage)?;
    let name = parse_name(&body.name, "name")?;
    db::workspace::rename(&state.db, access.workspace.id, &name).await?;
    Ok(AppJson(Workspace { name, ..access.workspace }))
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct DeleteQuery {
    /// The workspace's name, as it is spelled: so that nobody deletes one by accident.
    name: Option<String>,
}

/// Delete, with every workflow, run and key in it. There is no way back, so it asks for the name.
#[utoipa::path(
    delete, path = "/workspaces/{id}", tag = "workspaces", params(("id" = WorkspaceId, Path), DeleteQuery),
    responses(
        (status = 204), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
    ),
)]
async fn delete_workspace(
    State(state): State<AppState>,
    access: WorkspaceAccess,
    AppQuery(query): AppQuery<DeleteQuery>,
) -> Result<StatusCode, AppError> {
    access.require(Role::can_own)?;
    let id = access.workspace.id;
    if db::workspace::personal_owner(&state.db, id).await?.is_some() {
        return Err(AppError::conflict("somebody's own workspace cannot be deleted"));
    }
    if query.name.as_deref().map(str::trim) != Some(access.workspace.name.as_str()) {
        return Err(AppError::bad_request("`name`: must be the name of the workspace that is to be deleted"));
    }
    let mut tx = state.db.begin().await?;
    let workflows = db::workflow::ids_of(&mut tx, id).await?;
    // The rows first: from then on nobody is let in, and everything that hangs on them is gone with them.
    db::workspace::delete(&mut tx, id).await?;
    tx.commit().await?;
    for workflow in workflows {
        state.runs.cancel_workflow(workflow);
        match state.rooms.delete(workflow).await {
            Ok(()) | Err(RoomError::NotFound) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Hand the workspace over: the member becomes an owner, the asking owner an admin.
#[utoipa::path(
    post, path = "/workspaces/{id}/transfer", tag = "workspaces", params(("id" = WorkspaceId, Path)),
    request_body = TransferWorkspace,
    responses(
        (status = 200, body = Workspace), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
    ),
)]
async fn transfer_workspace(
    State(state): State<AppState>,
    access: WorkspaceAccess,
    AppJson(body): AppJson<TransferWorkspace>,
) -> Result<AppJson<Workspace>, AppError> {
    access.require(Role::can_own)?;
    let (id, now) = (access.workspace.id, db::now());
    let mut tx = state.db.begin().await?;
    db::workspace::lock(&mut tx, id).await?;
    if db::workspace::personal_owner(&mut tx, id).await?.is_some() {
        return Err(AppError::conflict("somebody's own workspace cannot be handed over"));
    }
    let members = db::workspace::members(&mut tx, id).await?;
    let role_of = |user| members.iter().find(|member| member.user == user).map(|member| member.role);
    // Asked again under the lock: two owners may hand it over to each other at once.
    if role_of(access.user.id) != Some(Role::Owner) {
        return Err(AppError::conflict("you own this workspace no longer"));
    }
    role_of(body.user).ok_or_else(|| AppError::not_found("member"))?;
    if body.user == access.user.id {
        return Err(AppError::conflict("you own this workspace already"));
    }
    db::workspace::set_member(&mut tx, id, body.user, Role::Owner, now).await?;
    db::workspace::set_member(&mut tx, id, access.user.id, Role::Admin, now).await?;
    tx.commit().await?;
    for user in [body.user, access.user.id] {
        state.rooms.role_changed(user, None).await;
    }
    Ok(AppJson(Workspace { role: Role::Admin, ..access.workspace }))
}
