//! `me/sessions`: where the asking person is signed in, and how to end that.

use axum::{extract::State, http::StatusCode};
use shared::{api::Session, error::ErrorBody, id::SessionId};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{AppJson, AppPath};
use crate::{
    auth::{InPerson, device_of},
    db::{self, rfc3339},
    error::AppError,
    state::AppState,
};

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list_sessions, end_other_sessions)).routes(routes!(end_session))
}

/// Where one is signed in, newest first.
#[utoipa::path(
    get, path = "/me/sessions", tag = "me",
    responses((status = 200, body = Vec<Session>), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody)),
)]
async fn list_sessions(State(state): State<AppState>, current: InPerson) -> Result<AppJson<Vec<Session>>, AppError> {
    let rows = db::session::list(&state.db, current.user.id, db::now()).await?;
    let session = |row: db::session::ListedSession| Session {
        id: row.id(),
        device: device_of(&row.user_agent),
        created_at: rfc3339(row.created_at),
        last_used_at: rfc3339(row.last_used_at()),
        current: row.id() == current.session,
    };
    Ok(AppJson(rows.into_iter().map(session).collect()))
}

/// Sign out everywhere else. Open sockets of those sessions are closed.
#[utoipa::path(
    delete, path = "/me/sessions", tag = "me",
    responses((status = 204), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody)),
)]
async fn end_other_sessions(State(state): State<AppState>, current: InPerson) -> Result<StatusCode, AppError> {
    for session in db::session::delete_others(&state.db, current.user.id, current.session).await? {
        state.rooms.signed_out(session).await;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Sign out there. Open sockets of that session are closed.
#[utoipa::path(
    delete, path = "/me/sessions/{session}", tag = "me", params(("session" = SessionId, Path)),
    responses((status = 204), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)),
)]
async fn end_session(
    State(state): State<AppState>,
    current: InPerson,
    AppPath(session): AppPath<SessionId>,
) -> Result<StatusCode, AppError> {
    if !db::session::delete(&state.db, session, current.user.id).await? {
        return Err(AppError::not_found("session"));
    }
    state.rooms.signed_out(session).await;
    Ok(StatusCode::NO_CONTENT)
}
