//! `me/api-keys`: keys for programs, shown once and revocable. Provider keys are `routes::keys`.

use axum::{extract::State, http::StatusCode};
use shared::{
    api::{ApiKey, CreateApiKey, CreatedApiKey},
    error::ErrorBody,
    id::ApiKeyId,
};
use time::Duration;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{AppJson, AppPath, text::parse_name};
use crate::{
    access::WorkspaceAccess,
    auth::{Asker, InPerson, Limits, Token},
    db::{self, api_key::NewApiKey, rfc3339},
    error::AppError,
    state::AppState,
};

const MAX_DAYS: u32 = 3650;
const MAX_KEYS: usize = 100;
const HINT_CHARS: usize = 4;

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list_api_keys, create_api_key)).routes(routes!(delete_api_key))
}

/// One's keys, newest first, without their tokens.
#[utoipa::path(
    get, path = "/me/api-keys", tag = "me",
    responses((status = 200, body = Vec<ApiKey>), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody)),
)]
async fn list_api_keys(State(state): State<AppState>, current: InPerson) -> Result<AppJson<Vec<ApiKey>>, AppError> {
    Ok(AppJson(db::api_key::list(&state.db, current.user.id).await?))
}

/// Make a key. The token is in this answer and nowhere else.
///
/// A key may what its owner may, within its scope, and never manage people, keys or sessions.
#[utoipa::path(
    post, path = "/me/api-keys", tag = "me", request_body = CreateApiKey,
    responses(
        (status = 201, body = CreatedApiKey), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
    ),
)]
async fn create_api_key(
    State(state): State<AppState>,
    current: InPerson,
    AppJson(body): AppJson<CreateApiKey>,
) -> Result<(StatusCode, AppJson<CreatedApiKey>), AppError> {
    let name = parse_name(&body.name, "name")?;
    if body.expires_in_days.is_some_and(|days| !(1..=MAX_DAYS).contains(&days)) {
        return Err(AppError::bad_request(format!("`expires_in_days`: 1 to {MAX_DAYS}")));
    }
    if let Some(workspace) = body.workspace {
        WorkspaceAccess::find(&state, Asker::in_person(&current.user), workspace).await?;
    }
    if db::api_key::list(&state.db, current.user.id).await?.len() >= MAX_KEYS {
        return Err(AppError::conflict("too many keys: revoke some that are not in use"));
    }
    let token = Token::random_api_key();
    let hint = &token.as_str()[token.as_str().len() - HINT_CHARS..];
    let created_at = db::now();
    let expires_at = body.expires_in_days.map(|days| created_at + Duration::days(i64::from(days)));
    let id = ApiKeyId::from(Uuid::now_v7());
    let limits = Limits { scope: Some(body.scope), workspace: body.workspace };
    let new = NewApiKey {
        id,
        user: current.user.id,
        name: &name,
        token_hash: &token.hash(),
        hint,
        limits,
        created_at,
        expires_at,
    };
    db::api_key::insert(&state.db, new).await?;
    let key = ApiKey {
        id,
        scope: body.scope,
        workspace: body.workspace,
        hint: hint.to_owned(),
        created_at: rfc3339(created_at),
        expires_at: expires_at.map(rfc3339),
        last_used_at: None,
        name,
    };
    Ok((StatusCode::CREATED, AppJson(CreatedApiKey { token: token.as_str().to_owned(), key })))
}

/// Revoke a key. Sockets that were opened with it are closed.
#[utoipa::path(
    delete, path = "/me/api-keys/{api_key}", tag = "me", params(("api_key" = ApiKeyId, Path)),
    responses((status = 204), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)),
)]
async fn delete_api_key(
    State(state): State<AppState>,
    current: InPerson,
    AppPath(key): AppPath<ApiKeyId>,
) -> Result<StatusCode, AppError> {
    if !db::api_key::delete(&state.db, key, current.user.id).await? {
        return Err(AppError::not_found("key"));
    }
    state.rooms.signed_out(key).await;
    Ok(StatusCode::NO_CONTENT)
}
