//! The HTTP interface: one file a noun, every handler load, check, act, answer.
//!
//! Handlers are registered together with their description, so a route that is not in the OpenAPI document cannot exist
//! under `/api` (sockets apart).

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware::{from_fn, from_fn_with_state},
};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::{error::AppError, state::AppState, web};

mod extract;
mod middleware;
mod text;
mod auth;
mod github;
mod me;
mod sessions;
mod api_keys;
mod blobs;
mod health;
mod keys;
mod spend;
mod local_models;
mod nodes;
mod models;
mod approvals;
mod generations;
mod links;
mod runs;
mod templates;
pub(crate) mod workflows;
mod openapi;
mod sync;
mod versions;
mod workspaces;
mod members;
mod invitations;
mod folders;
mod workflow_members;

pub use extract::{AppJson, AppPath, AppQuery};

/// Largest body of a route that does not say otherwise: a graph may have 8 MiB, in JSON that escapes a little.
const MAX_BODY_BYTES: usize = 12 << 20;

/// Routes that answer within seconds.
fn quick() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(auth::routes())
        .merge(github::routes())
        .merge(me::routes())
        .merge(sessions::routes())
        .merge(api_keys::routes())
        .merge(workspaces::routes())
        .merge(members::routes())
        .merge(invitations::routes())
        .merge(folders::routes())
        .merge(keys::routes())
        .merge(spend::routes())
        .merge(workflows::routes())
        .merge(workflow_members::routes())
        .merge(nodes::routes())
        .merge(models::routes())
        .merge(local_models::routes())
        .merge(runs::routes())
        .merge(approvals::routes())
        .merge(links::routes())
        .merge(generations::routes())
        .merge(templates::routes())
        .merge(versions::routes())
}

/// Routes that stream: each has a time limit of its own.
fn streaming() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(blobs::routes())
        .merge(runs::streaming_routes())
        .merge(local_models::streaming_routes())
        .merge(generations::streaming_routes())
}

/// Everything the server answers, ready to be served.
pub fn router(state: AppState) -> Router {
    health::start_counting();
    let (api, description) = api_with_description();
    let api = api
        .merge(openapi::routes(description))
        .merge(sync::routes())
        .fallback(no_such_route)
        .method_not_allowed_fallback(wrong_method);
    Router::new()
        .nest("/api", api)
        .merge(health::routes())
        .merge(web::routes(state.config.web_dir.clone()))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        // Inside the middleware that logs, so that a panic is logged with its request like any other fault.
        .layer(CatchPanicLayer::custom(middleware::panicked))
        .layer(from_fn(middleware::observe))
        .layer(from_fn_with_state(state.clone(), web::set_security_headers))
        .with_state(state)
}

fn api_with_description() -> (Router<AppState>, OpenApi) {
    let quick = quick().layer(from_fn(middleware::limit_time));
    OpenApiRouter::with_openapi(openapi::skeleton()).merge(quick).merge(streaming()).split_for_parts()
}

async fn no_such_route() -> AppError {
    AppError::not_found("route")
}

async fn wrong_method() -> axum::response::Response {
    use axum::{http::StatusCode, response::IntoResponse};
    let refusal = AppError::bad_request("this route does not take this method").into_response();
    (StatusCode::METHOD_NOT_ALLOWED, refusal).into_response()
}
