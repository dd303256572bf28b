//! `me/keys`: provider keys of one person. The runs that they start use these before the workspace's, anywhere.

use axum::{extract::State, http::StatusCode};
use shared::{
    api::{CreateKey, Key},
    error::ErrorBody,
    id::KeyId,
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{KeyPath, save::save, to_key};
use crate::{
    auth::InPerson,
    db::{self, provider_key::KeyOwner},
    error::AppError,
    routes::{AppJson, AppPath},
    state::AppState,
};

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list_own_keys, create_own_key)).routes(routes!(delete_own_key))
}

/// One's own provider keys, without their secrets.
#[utoipa::path(
    get, path = "/me/keys", tag = "keys",
    responses((status = 200, body = Vec<Key>), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody)),
)]
async fn list_own_keys(State(state): State<AppState>, current: InPerson) -> Result<AppJson<Vec<Key>>, AppError> {
    let rows = db::provider_key::list(&state.db, KeyOwner::Person(current.user.id)).await?;
    Ok(AppJson(rows.iter().map(to_key).collect()))
}

/// Store a key of one's own: it pays for the runs that one starts, before any key of the workspace does.
///
/// With `check` it is tried at the provider first, as a workspace's key is.
#[utoipa::path(
    post, path = "/me/keys", tag = "keys", request_body = CreateKey,
    responses(
        (status = 201, body = Key), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 409, body = ErrorBody), (status = 503, body = ErrorBody),
    ),
)]
async fn create_own_key(
    State(state): State<AppState>,
    current: InPerson,
    AppJson(body): AppJson<CreateKey>,
) -> Result<(StatusCode, AppJson<Key>), AppError> {
    let key = save(&state, KeyOwner::Person(current.user.id), current.user.id, body).await?;
    Ok((StatusCode::CREATED, AppJson(key)))
}

/// Forget a key of one's own.
#[utoipa::path(
    delete, path = "/me/keys/{key}", tag = "keys", params(("key" = KeyId, Path)),
    responses((status = 204), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)),
)]
async fn delete_own_key(
    State(state): State<AppState>,
    current: InPerson,
    AppPath(path): AppPath<KeyPath>,
) -> Result<StatusCode, AppError> {
    match db::provider_key::delete(&state.db, KeyOwner::Person(current.user.id), path.key).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(AppError::not_found("key")),
    }
}
