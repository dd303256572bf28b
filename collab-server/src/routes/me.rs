//! `me`: the asking person's own account.

use axum::{extract::State, http::StatusCode};
use shared::{
    api::{Account, ChangePassword, KeepCopy, Me, PatchMe, User, Workflow},
    error::{ErrorBody, ErrorCode},
};
use time::Duration;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    AppJson,
    text::{check_password, parse_name, password_fits},
    workflows,
};
use crate::{
    access::{WorkflowAccess, WorkspaceAccess},
    auth::{CurrentUser, InPerson},
    db,
    error::AppError,
    state::AppState,
};

/// How fresh a sign-in must be to set a first password: there is no old one to ask for.
const FRESH: Duration = Duration::minutes(10);

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(me, change_me))
        .routes(routes!(change_password))
        .routes(routes!(disconnect_github))
        .routes(routes!(keep_copy))
}

/// Who is signed in, and where they are a member.
#[utoipa::path(get, path = "/me", tag = "me", responses((status = 200, body = Me), (status = 401, body = ErrorBody)))]
async fn me(State(state): State<AppState>, current: CurrentUser) -> Result<AppJson<Me>, AppError> {
    let workspaces = super::workspaces::readable(&state, &current).await?;
    let person = db::user::find(&state.db, current.user.id).await?.ok_or_else(AppError::unauthorized)?;
    let github = db::identity::login_of(&state.db, current.user.id).await?;
    let account = Account { has_password: person.password().is_some(), github };
    Ok(AppJson(Me { user: current.user, workspaces, account }))
}

/// Change the name that others see.
#[utoipa::path(
    patch, path = "/me", tag = "me", request_body = PatchMe,
    responses((status = 200, body = User), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody)),
)]
async fn change_me(
    State(state): State<AppState>,
    current: InPerson,
    AppJson(body): AppJson<PatchMe>,
) -> Result<AppJson<User>, AppError> {
    let name = parse_name(&body.name, "name")?;
    db::user::rename(&state.db, current.user.id, &name).await?;
    Ok(AppJson(User { name, ..current.user }))
}

/// Change the password. Every other session of the person is signed out, and their sockets closed.
#[utoipa::path(
    post, path = "/me/password", tag = "me", request_body = ChangePassword,
    responses(
        (status = 204), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 409, body = ErrorBody), (status = 429, body = ErrorBody),
    ),
)]
async fn change_password(
    State(state): State<AppState>,
    current: InPerson,
    AppJson(body): AppJson<ChangePassword>,
) -> Result<StatusCode, AppError> {
    // Somebody at an unlocked desk could try as often as they like otherwise.
    state.throttle.check_account(&current.user.email)?;
    check_password(&body.new)?;
    let person = db::user::find(&state.db, current.user.id).await?.ok_or_else(AppError::unauthorized)?;
    match person.password() {
        Some(stored) => {
            let given = body.current.as_deref().unwrap_or_default();
            let matches = password_fits(given)
                && state.passwords.verify(given, Some(stored)).await.map_err(AppError::internal)?;
            if !matches {
                // Not `invalid_credentials`: that is a 401, upon which clients believe they are signed out.
                return Err(AppError::forbidden("the current password is wrong"));
            }
        }
        None => {
            let sessions = db::session::list(&state.db, current.user.id, db::now()).await?;
            let fresh = sessions
                .iter()
                .any(|session| session.id() == current.session && db::now() - session.created_at <= FRESH);
            if !fresh {
                return Err(AppError::conflict("sign in again first: a first password needs a fresh sign-in"));
            }
        }
    }
    let hash = state.passwords.hash(&body.new).await.map_err(AppError::internal)?;
    let mut tx = state.db.begin().await?;
    db::user::set_password(&mut tx, current.user.id, &hash).await?;
    let ended = db::session::delete_others(&mut tx, current.user.id, current.session).await?;
    tx.commit().await?;
    for session in ended {
        state.rooms.signed_out(session).await;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Sign in with GitHub no longer. Only for who has a password, or nobody could come back.
#[utoipa::path(
    delete, path = "/me/github", tag = "me",
    responses((status = 204), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 409, body = ErrorBody)),
)]
async fn disconnect_github(State(state): State<AppState>, current: InPerson) -> Result<StatusCode, AppError> {
    let person = db::user::find(&state.db, current.user.id).await?.ok_or_else(AppError::unauthorized)?;
    if person.password().is_none() {
        return Err(AppError::conflict("set a password first, or you could not sign in again"));
    }
    db::identity::delete(&state.db, current.user.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Keep one's own version of a workflow in one's own workspace.
///
/// For edits that the server did not take, because the right to edit was gone by the time they arrived: `graph` is the
/// workflow with them. It needs no right on the workflow they were meant for. Media come along as far as the person may
/// read them.
#[utoipa::path(
    post, path = "/me/copies", tag = "me", request_body = KeepCopy,
    responses(
        (status = 201, body = Workflow), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody),
    ),
)]
async fn keep_copy(
    State(state): State<AppState>,
    current: CurrentUser,
    AppJson(body): AppJson<KeepCopy>,
) -> Result<(StatusCode, AppJson<Workflow>), AppError> {
    let own = WorkspaceAccess::find_personal(&state, current.asker()).await?;
    own.require(shared::access::Role::can_edit)?;
    let source = match WorkflowAccess::find(&state, current.asker(), body.source).await {
        Ok(access) => Some(access.workflow),
        Err(error) if error.code() == ErrorCode::NotFound => None,
        Err(error) => return Err(error),
    };
    let graph = match (&body.graph, &source) {
        (Some(value), _) => workflows::read_graph(value)?,
        (None, Some(source)) => state.rooms.graph(source.id).await?.0,
        (None, None) => return Err(AppError::not_found("workflow")),
    };
    let title = source.as_ref().map_or(graph.meta.title.as_str(), |source| source.title.as_str());
    let title = workflows::title_of_copy(title);
    let workflow = workflows::create(&state, &own, None, &title, graph).await?;
    Ok((StatusCode::CREATED, AppJson(workflow)))
}
