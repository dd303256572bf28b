//! `models`: which models are known, for pickers and prices.

use axum::Json;
use engine::ModelCatalog;
use shared::error::ErrorBody;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{auth::CurrentUser, state::AppState};

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list_models))
}

/// The models that ship with this server, and the day they were looked up. Others can be named all the same.
#[utoipa::path(
    get, path = "/models", tag = "nodes",
    responses((status = 200, body = serde_json::Value), (status = 401, body = ErrorBody)),
)]
async fn list_models(_: CurrentUser) -> Json<&'static ModelCatalog> {
    Json(engine::models())
}
