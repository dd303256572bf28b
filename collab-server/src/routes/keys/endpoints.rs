//! `workspaces/{id}/endpoints`: the servers of one's own that a run would reach, with the models they name. For pickers.

use axum::extract::State;
use engine::{KeySource, Outbound, OutboundPolicy};
use futures_util::future::join_all;
use shared::{api::Endpoint, error::ErrorBody, id::WorkspaceId};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    access::WorkspaceAccess,
    db::{self, provider_key::KeyOwner},
    error::AppError,
    keys::RunKeys,
    routes::AppJson,
    state::AppState,
};

/// So many servers are asked at once, for one request.
const ENDPOINTS_MAX: usize = 20;

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list_endpoints))
}

/// Servers of one's own behind the asking person's keys and the workspace's, and those that run beside this one where it
/// may reach them, with the models that they name now.
#[utoipa::path(
    get, path = "/workspaces/{id}/endpoints", tag = "keys", params(("id" = WorkspaceId, Path)),
    responses((status = 200, body = Vec<Endpoint>), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)),
)]
async fn list_endpoints(
    State(state): State<AppState>,
    access: WorkspaceAccess,
) -> Result<AppJson<Vec<Endpoint>>, AppError> {
    let (workspace, person) = (access.workspace.id, access.user.id);
    let mut rows = db::provider_key::list(&state.db, KeyOwner::Person(person)).await?;
    rows.extend(db::provider_key::list(&state.db, KeyOwner::Workspace(workspace)).await?);
    let mut found: Vec<(String, String)> = Vec::new();
    for row in rows.into_iter().filter(|row| row.base_url.is_some()) {
        let known =
            found.iter().any(|(provider, name)| *provider == row.provider && name.eq_ignore_ascii_case(&row.name));
        if !known && found.len() < ENDPOINTS_MAX {
            found.push((row.provider, row.name));
        }
    }
    let keys = RunKeys::new(state.clone(), workspace, person);
    let outbound = Outbound::new(OutboundPolicy { allow_private: state.config.allow_private_network });
    let asked = found.into_iter().map(async |(provider, name)| {
        let named = (!name.is_empty()).then_some(name.as_str());
        // A key that cannot be opened is told by the run that needs it.
        let key = keys.key(&provider, named).await.ok().flatten().filter(|key| key.base_url.is_some())?;
        let models = engine::served_models(&outbound, &provider, key).await;
        let connection = named.map_or_else(|| provider.clone(), |name| format!("{provider}:{name}"));
        Some(Endpoint { connection, answers: models.is_some(), models: models.unwrap_or_default() })
    });
    let beside =
        async { if state.config.allow_private_network { engine::local_servers(&outbound).await } else { Vec::new() } };
    let (asked, beside) = futures_util::join!(join_all(asked), beside);
    let mut endpoints: Vec<Endpoint> = asked.into_iter().flatten().collect();
    // ComfyUI runs workflows: it has no models to pick.
    for server in beside.into_iter().filter(|server| server.provider != "comfyui") {
        // One that has a key here is asked through it.
        let of_provider = |connection: &str| connection.split(':').next() == Some(server.provider.as_str());
        if endpoints.iter().all(|endpoint| !of_provider(&endpoint.connection)) {
            endpoints.push(Endpoint { connection: server.provider, answers: true, models: server.models });
        }
    }
    Ok(AppJson(endpoints))
}
