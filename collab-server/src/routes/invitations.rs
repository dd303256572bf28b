//! Invitation links: made and revoked by admins, followed by whoever holds one.
//!
//! A link's token travels in bodies and behind the `#` of a page's address, never in a path or query: those are logged.

use axum::{extract::State, http::StatusCode};
use shared::{
    access::Role,
    api::{CreateInvitation, CreatedInvitation, Invitation, InvitationPreview, InvitationToken, Workspace},
    error::ErrorBody,
    id::{InvitationId, WorkspaceId},
};
use time::Duration;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{AppJson, AppPath};
use crate::{
    access::WorkspaceAccess,
    auth::{Asker, ClientAddress, InPerson, Token},
    db::{
        self,
        invitation::{Found, NewInvitation},
        rfc3339,
    },
    error::AppError,
    state::AppState,
};

const DEFAULT_DAYS: u32 = 7;
const MAX_DAYS: u32 = 90;
const MAX_USES: u32 = 10_000;
/// Links of one workspace that are open at once.
const MAX_OPEN: usize = 100;

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_invitations, create_invitation))
        .routes(routes!(revoke_invitation))
        .routes(routes!(preview_invitation))
        .routes(routes!(accept_invitation))
}

/// Links that are open, newest first, without their tokens.
#[utoipa::path(
    get, path = "/workspaces/{id}/invitations", tag = "invitations", params(("id" = WorkspaceId, Path)),
    responses(
        (status = 200, body = Vec<Invitation>), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody),
    ),
)]
async fn list_invitations(
    State(state): State<AppState>,
    access: WorkspaceAccess,
) -> Result<AppJson<Vec<Invitation>>, AppError> {
    access.require(Role::can_manage)?;
    Ok(AppJson(db::invitation::list(&state.db, access.workspace.id, db::now()).await?))
}

/// Make a link. Its token is in this answer and nowhere else.
#[utoipa::path(
    post, path = "/workspaces/{id}/invitations", tag = "invitations", params(("id" = WorkspaceId, Path)),
    request_body = CreateInvitation,
    responses(
        (status = 201, body = CreatedInvitation), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
    ),
)]
async fn create_invitation(
    State(state): State<AppState>,
    access: WorkspaceAccess,
    AppJson(body): AppJson<CreateInvitation>,
) -> Result<(StatusCode, AppJson<CreatedInvitation>), AppError> {
    access.require(Role::can_manage)?;
    let days = body.expires_in_days.unwrap_or(DEFAULT_DAYS);
    if body.role == Role::Owner {
        return Err(AppError::bad_request("`role`: nobody becomes an owner by a link"));
    }
    if !(1..=MAX_DAYS).contains(&days) {
        return Err(AppError::bad_request(format!("`expires_in_days`: 1 to {MAX_DAYS}")));
    }
    if body.max_uses.is_some_and(|uses| !(1..=MAX_USES).contains(&uses)) {
        return Err(AppError::bad_request(format!("`max_uses`: 1 to {MAX_USES}")));
    }
    let (workspace, created_at) = (access.workspace.id, db::now());
    if db::invitation::list(&state.db, workspace, created_at).await?.len() >= MAX_OPEN {
        return Err(AppError::conflict("too many open links: revoke some first"));
    }
    let token = Token::random();
    let expires_at = created_at + Duration::days(i64::from(days));
    let id = InvitationId::from(Uuid::now_v7());
    let new = NewInvitation {
        id,
        workspace,
        token_hash: &token.hash(),
        role: body.role,
        created_by: access.user.id,
        created_at,
        expires_at,
        max_uses: body.max_uses,
    };
    db::invitation::insert(&state.db, new).await?;
    let invitation = Invitation {
        id,
        role: body.role,
        created_by_name: access.user.name,
        created_at: rfc3339(created_at),
        expires_at: rfc3339(expires_at),
        uses: 0,
        max_uses: body.max_uses,
    };
    let token = token.as_str().to_owned();
    let path = format!("/join#{token}");
    Ok((StatusCode::CREATED, AppJson(CreatedInvitation { token, path, invitation })))
}

/// Revoke a link. Who followed it already stays a member.
#[utoipa::path(
    delete, path = "/workspaces/{id}/invitations/{invitation}", tag = "invitations",
    params(("id" = WorkspaceId, Path), ("invitation" = InvitationId, Path)),
    responses((status = 204), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)),
)]
async fn revoke_invitation(
    State(state): State<AppState>,
    access: WorkspaceAccess,
    path: AppPath<(WorkspaceId, InvitationId)>,
) -> Result<StatusCode, AppError> {
    let AppPath((_, invitation)) = path;
    access.require(Role::can_manage)?;
    match db::invitation::delete(&state.db, access.workspace.id, invitation).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(AppError::not_found("invitation")),
    }
}

/// Where a link leads, for whoever holds it, signed in or not.
#[utoipa::path(
    post, path = "/invitations/preview", tag = "invitations", security(()), request_body = InvitationToken,
    responses(
        (status = 200, body = InvitationPreview), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
        (status = 429, body = ErrorBody),
    ),
)]
async fn preview_invitation(
    State(state): State<AppState>,
    client: ClientAddress,
    AppJson(body): AppJson<InvitationToken>,
) -> Result<AppJson<InvitationPreview>, AppError> {
    let found = find(&state, client, body).await?;
    check_open(&found)?;
    Ok(AppJson(InvitationPreview {
        workspace_name: found.workspace_name,
        role: found.invitation.role,
        invited_by: found.invitation.created_by_name,
        expires_at: found.invitation.expires_at,
    }))
}

/// Follow a link. Who is a member already stays what they are, and the link is not used up by it.
#[utoipa::path(
    post, path = "/invitations/accept", tag = "invitations", request_body = InvitationToken,
    responses(
        (status = 200, body = Workspace), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 409, body = ErrorBody), (status = 429, body = ErrorBody),
    ),
)]
async fn accept_invitation(
    State(state): State<AppState>,
    current: InPerson,
    client: ClientAddress,
    AppJson(body): AppJson<InvitationToken>,
) -> Result<AppJson<Workspace>, AppError> {
    let found = find(&state, client, body).await?;
    let mut tx = state.db.begin().await?;
    db::workspace::lock(&mut tx, found.workspace).await?;
    if db::workspace::find(&mut tx, found.workspace, current.user.id).await?.is_none() {
        check_open(&found)?;
        if !db::invitation::use_once(&mut tx, found.invitation.id, db::now()).await? {
            // Used up or revoked between the look and the use.
            return Err(over());
        }
        db::workspace::set_member(&mut tx, found.workspace, current.user.id, found.invitation.role, db::now()).await?;
        tx.commit().await?;
        state.rooms.role_changed(current.user.id, None).await;
    }
    Ok(AppJson(WorkspaceAccess::find(&state, Asker::in_person(&current.user), found.workspace).await?.workspace))
}

async fn find(state: &AppState, client: ClientAddress, body: InvitationToken) -> Result<Found, AppError> {
    let token = Token::presented(body.token.trim());
    let Some(found) = db::invitation::find(&state.db, &token.hash()).await? else {
        state.throttle.check_guess(client)?;
        return Err(AppError::not_found("invitation"));
    };
    Ok(found)
}

fn check_open(found: &Found) -> Result<(), AppError> {
    let used_up = found.invitation.max_uses.is_some_and(|max| found.invitation.uses >= max);
    if used_up || found.expires_at <= db::now() { Err(over()) } else { Ok(()) }
}

fn over() -> AppError {
    AppError::conflict("this invitation is over: ask for a new one")
}
