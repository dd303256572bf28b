//! `workspaces` and their members.

use axum::{extract::State, http::StatusCode};
use serde::Deserialize;
use shared::{
    access::Role,
    api::{AddMember, Member, Workspace},
    error::ErrorBody,
    id::{UserId, WorkspaceId},
};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{AppJson, auth::parse_name};
use crate::{access::WorkspaceAccess, auth::CurrentUser, db, error::AppError, state::AppState};

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list_workspaces, create_workspace)).routes(routes!(list_members, add_member))
}

/// `POST /api/workspaces`
#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct CreateWorkspace {
    name: String,
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
    Ok(AppJson(db::workspace::list(&state.db, current.user.id).await?))
}

/// Make a workspace for a team. Whoever makes it owns it.
#[utoipa::path(
    post, path = "/workspaces", tag = "workspaces", request_body = CreateWorkspace,
    responses((status = 201, body = Workspace), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody)),
)]
async fn create_workspace(
    State(state): State<AppState>,
    current: CurrentUser,
    AppJson(body): AppJson<CreateWorkspace>,
) -> Result<(StatusCode, AppJson<Workspace>), AppError> {
    let name = parse_name(&body.name, "name")?;
    let id = WorkspaceId::from(Uuid::now_v7());
    let now = db::now();
    let mut tx = state.db.begin().await?;
    db::workspace::insert(&mut tx, id, &name, None, now).await?;
    db::workspace::set_member(&mut tx, id, current.user.id, Role::Owner, now).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, AppJson(Workspace { id, name, role: Role::Owner })))
}

/// Who is in the workspace.
#[utoipa::path(
    get, path = "/workspaces/{id}/members", tag = "workspaces", params(("id" = WorkspaceId, Path)),
    responses((status = 200, body = Vec<Member>), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)),
)]
async fn list_members(
    State(state): State<AppState>,
    access: WorkspaceAccess,
) -> Result<AppJson<Vec<Member>>, AppError> {
    Ok(AppJson(db::workspace::members(&state.db, access.workspace.id).await?))
}

/// Add a person who has an account, or give a member another role.
#[utoipa::path(
    post, path = "/workspaces/{id}/members", tag = "workspaces", params(("id" = WorkspaceId, Path)), request_body = AddMember,
    responses(
        (status = 200, body = Member), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
    ),
)]
async fn add_member(
    State(state): State<AppState>,
    access: WorkspaceAccess,
    AppJson(body): AppJson<AddMember>,
) -> Result<AppJson<Member>, AppError> {
    access.require(Role::can_manage)?;
    let person = db::user::find_by_email(&state.db, body.email.trim()).await?;
    let person = person.ok_or_else(|| AppError::not_found("person"))?;
    let now = db::now();

    let mut tx = state.db.begin().await?;
    // Two owners who demote each other at once must not leave a workspace nobody owns.
    db::workspace::lock(&mut tx, access.workspace.id).await?;
    let members = db::workspace::members(&mut tx, access.workspace.id).await?;
    check_role_change(access.workspace.role, &members, person.id(), body.role)?;
    db::workspace::set_member(&mut tx, access.workspace.id, person.id(), body.role, now).await?;
    tx.commit().await?;
    // Open sockets look the new role up at once, instead of keeping the old one until they reconnect.
    state.rooms.role_changed(person.id(), None).await;

    let member = Member { user: person.id(), name: person.name, email: person.email, role: body.role };
    Ok(AppJson(member))
}

/// Ownership is given and taken by owners only, and somebody always has it.
fn check_role_change(acting: Role, members: &[Member], person: UserId, new: Role) -> Result<(), AppError> {
    let old = members.iter().find(|member| member.user == person).map(|member| member.role);
    let touches_owner = new == Role::Owner || old == Some(Role::Owner);
    if touches_owner && acting != Role::Owner {
        return Err(AppError::forbidden("only an owner makes or changes an owner"));
    }
    let owners = members.iter().filter(|member| member.role == Role::Owner).count();
    if old == Some(Role::Owner) && new != Role::Owner && owners == 1 {
        return Err(AppError::conflict("a workspace needs an owner: make another member one first"));
    }
    Ok(())
}
