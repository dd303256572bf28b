//! `workspaces/{id}/members`: who is in a workspace, and as what.
//!
//! Every change is made under the workspace's lock, so that a workspace always has an owner, and reaches open sockets
//! before it is answered.

use axum::{extract::State, http::StatusCode};
use shared::{
    access::{Role, may_change_role},
    api::{AddMember, Member, PatchMember},
    error::ErrorBody,
    id::{UserId, WorkspaceId},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{AppJson, AppPath};
use crate::{
    access::WorkspaceAccess,
    auth::{ClientAddress, InPerson},
    db::{self, Tx},
    error::AppError,
    state::AppState,
};

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list_members, add_member)).routes(routes!(change_member, remove_member))
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
        (status = 429, body = ErrorBody),
    ),
)]
async fn add_member(
    State(state): State<AppState>,
    access: WorkspaceAccess,
    client: ClientAddress,
    AppJson(body): AppJson<AddMember>,
) -> Result<AppJson<Member>, AppError> {
    access.require(Role::can_manage)?;
    let Some(person) = db::user::find_by_email(&state.db, body.email.trim()).await? else {
        // Otherwise this would tell at leisure who has an account.
        state.throttle.check_guess(client)?;
        return Err(AppError::not_found("person"));
    };
    let mut tx = state.db.begin().await?;
    change(&mut tx, &access, person.id(), Change::Take(body.role)).await?;
    tx.commit().await?;
    state.rooms.role_changed(person.id(), None).await;
    Ok(AppJson(Member { user: person.id(), name: person.name, email: person.email, role: body.role }))
}

/// Give a member another role.
#[utoipa::path(
    patch, path = "/workspaces/{id}/members/{user}", tag = "workspaces",
    params(("id" = WorkspaceId, Path), ("user" = UserId, Path)), request_body = PatchMember,
    responses(
        (status = 200, body = Member), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
    ),
)]
async fn change_member(
    State(state): State<AppState>,
    access: WorkspaceAccess,
    path: AppPath<(WorkspaceId, UserId)>,
    AppJson(body): AppJson<PatchMember>,
) -> Result<AppJson<Member>, AppError> {
    let AppPath((_, user)) = path;
    access.require(Role::can_manage)?;
    let mut tx = state.db.begin().await?;
    let member = change(&mut tx, &access, user, Change::Keep(body.role)).await?;
    tx.commit().await?;
    state.rooms.role_changed(user, None).await;
    let member = member.ok_or_else(|| AppError::not_found("member"))?;
    Ok(AppJson(Member { role: body.role, ..member }))
}

/// Remove a member, or leave oneself. Whoever goes is sent away from open workflows at once.
#[utoipa::path(
    delete, path = "/workspaces/{id}/members/{user}", tag = "workspaces",
    params(("id" = WorkspaceId, Path), ("user" = UserId, Path)),
    responses(
        (status = 204), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody),
    ),
)]
async fn remove_member(
    State(state): State<AppState>,
    access: WorkspaceAccess,
    _: InPerson,
    path: AppPath<(WorkspaceId, UserId)>,
) -> Result<StatusCode, AppError> {
    let AppPath((_, user)) = path;
    let leaves = user == access.user.id;
    if !leaves {
        access.require(Role::can_manage)?;
    }
    let mut tx = state.db.begin().await?;
    change(&mut tx, &access, user, Change::Remove).await?;
    tx.commit().await?;
    state.rooms.role_changed(user, None).await;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Clone, Copy)]
enum Change {
    /// A role for anybody: who is no member becomes one.
    Take(Role),
    /// Another role for somebody who is a member.
    Keep(Role),
    Remove,
}

impl Change {
    fn role(self) -> Option<Role> {
        match self {
            Self::Take(role) | Self::Keep(role) => Some(role),
            Self::Remove => None,
        }
    }
}

/// Checks and writes a new role, or an end of membership. Yields the member as they were; `None` for a new one.
async fn change(
    tx: &mut Tx,
    access: &WorkspaceAccess,
    user: UserId,
    change: Change,
) -> Result<Option<Member>, AppError> {
    let workspace = access.workspace.id;
    // Two owners who demote each other at once must not leave a workspace nobody owns.
    db::workspace::lock(tx, workspace).await?;
    let members = db::workspace::members(&mut *tx, workspace).await?;
    let personal = db::workspace::personal_owner(&mut *tx, workspace).await?;
    let owners = members.iter().filter(|member| member.role == Role::Owner).count();
    let old = members.into_iter().find(|member| member.user == user);
    if old.is_none() && !matches!(change, Change::Take(_)) {
        return Err(AppError::not_found("member"));
    }
    let new = change.role();
    check_change(access, personal, old.as_ref(), owners, user, new)?;
    match new {
        Some(role) => {
            db::workspace::set_member(&mut *tx, workspace, user, role, db::now()).await?;
        }
        None => {
            db::workspace::remove_member(&mut *tx, workspace, user).await?;
            db::workflow_role::clear_all(&mut *tx, workspace, user).await?;
        }
    }
    if !new.is_some_and(Role::can_manage) {
        // What they handed out while they might must not outlast that: they could follow it themselves.
        db::invitation::delete_by(&mut *tx, workspace, user).await?;
    }
    Ok(old)
}

/// Ownership is given and taken by owners only, and somebody always has it.
fn check_change(
    access: &WorkspaceAccess,
    personal: Option<UserId>,
    old: Option<&Member>,
    owners: usize,
    user: UserId,
    new: Option<Role>,
) -> Result<(), AppError> {
    let old = old.map(|member| member.role);
    let leaves = new.is_none() && user == access.user.id;
    if !leaves && !may_change_role(access.workspace.role, old, new) {
        return Err(AppError::forbidden("only an owner makes or changes an owner"));
    }
    if personal == Some(user) && new != Some(Role::Owner) {
        return Err(AppError::conflict("a person's own workspace stays theirs"));
    }
    if old == Some(Role::Owner) && new != Some(Role::Owner) && owners == 1 {
        return Err(AppError::conflict("a workspace needs an owner: make another member one first"));
    }
    Ok(())
}
