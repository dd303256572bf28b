//! `workspaces/{id}/keys` and `me/keys`: provider keys go in, and only their hints come out. `save` is what happens to one
//! on its way in, `mine` the keys of one person.

mod endpoints;
mod hosted;
mod mine;
mod save;

use axum::{extract::State, http::StatusCode};
use engine::{LocalServer, Outbound, OutboundPolicy};
use serde::Deserialize;
use shared::{
    access::Role,
    api::{CreateKey, Key},
    error::ErrorBody,
    id::{KeyId, WorkspaceId},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{AppJson, AppPath};
use crate::{
    access::WorkspaceAccess,
    auth::CurrentUser,
    db::{
        self,
        provider_key::{KeyOwner, KeyRow},
    },
    error::AppError,
    state::AppState,
};

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_keys, create_key))
        .routes(routes!(delete_key))
        .routes(routes!(list_local_servers))
        .merge(endpoints::routes())
        .merge(hosted::routes())
        .merge(mine::routes())
}

/// The workspace's keys, without their secrets.
#[utoipa::path(
    get, path = "/workspaces/{id}/keys", tag = "keys", params(("id" = WorkspaceId, Path)),
    responses((status = 200, body = Vec<Key>), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)),
)]
async fn list_keys(State(state): State<AppState>, access: WorkspaceAccess) -> Result<AppJson<Vec<Key>>, AppError> {
    let rows = db::provider_key::list(&state.db, KeyOwner::Workspace(access.workspace.id)).await?;
    Ok(AppJson(rows.iter().map(to_key).collect()))
}

/// Store a key. Every member's runs may use it, nobody can read it again.
///
/// With `check` it is tried at the provider first: one that is refused there is refused here (400), and while the provider
/// cannot be asked the answer is 503. Without `check` it is stored as it is.
#[utoipa::path(
    post, path = "/workspaces/{id}/keys", tag = "keys", params(("id" = WorkspaceId, Path)), request_body = CreateKey,
    responses(
        (status = 201, body = Key), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
        (status = 503, body = ErrorBody),
    ),
)]
async fn create_key(
    State(state): State<AppState>,
    access: WorkspaceAccess,
    AppJson(body): AppJson<CreateKey>,
) -> Result<(StatusCode, AppJson<Key>), AppError> {
    access.require(Role::can_manage)?;
    let key = save::save(&state, KeyOwner::Workspace(access.workspace.id), access.user.id, body).await?;
    Ok((StatusCode::CREATED, AppJson(key)))
}

#[derive(Deserialize)]
struct KeyPath {
    key: KeyId,
}

/// Forget a key.
#[utoipa::path(
    delete, path = "/workspaces/{id}/keys/{key}", tag = "keys",
    params(("id" = WorkspaceId, Path), ("key" = KeyId, Path)),
    responses(
        (status = 204), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
    ),
)]
async fn delete_key(
    State(state): State<AppState>,
    access: WorkspaceAccess,
    AppPath(path): AppPath<KeyPath>,
) -> Result<StatusCode, AppError> {
    access.require(Role::can_manage)?;
    match db::provider_key::delete(&state.db, KeyOwner::Workspace(access.workspace.id), path.key).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(AppError::not_found("key")),
    }
}

/// Model servers that answer on the server's own machine, where they are by themselves. Their models need no key.
///
/// Empty where the server may not call private addresses.
#[utoipa::path(
    get, path = "/local-servers", tag = "keys",
    responses((status = 200, body = Vec<Object>), (status = 401, body = ErrorBody)),
)]
async fn list_local_servers(_: CurrentUser, State(state): State<AppState>) -> AppJson<Vec<LocalServer>> {
    if !state.config.allow_private_network {
        return AppJson(Vec::new());
    }
    AppJson(engine::local_servers(&Outbound::new(OutboundPolicy { allow_private: true })).await)
}

fn to_key(row: &KeyRow) -> Key {
    Key {
        id: row.id(),
        provider: row.provider.clone(),
        name: row.name.clone(),
        base_url: row.base_url.clone(),
        hint: row.hint.clone(),
        created_at: db::rfc3339(row.created_at),
    }
}
