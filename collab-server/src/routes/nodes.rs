//! `nodes`: the catalogue of every kind of node this server can run.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use shared::error::ErrorBody;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{auth::CurrentUser, state::AppState};

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list_nodes))
}

/// Every kind of node by its type: ports, parameters, description, example.
#[utoipa::path(
    get, path = "/nodes", tag = "nodes",
    responses((status = 200, body = serde_json::Value), (status = 304), (status = 401, body = ErrorBody)),
)]
async fn list_nodes(State(state): State<AppState>, _: CurrentUser, request: HeaderMap) -> Response {
    let catalog = &state.catalog_json;
    let headers = [(header::ETAG, catalog.etag.clone()), (header::CACHE_CONTROL, "private, no-cache".to_owned())];
    if request.get(header::IF_NONE_MATCH).is_some_and(|tag| tag.as_bytes() == catalog.etag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, [(header::CONTENT_TYPE, "application/json")], catalog.json.clone()).into_response()
}
