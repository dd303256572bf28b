//! `openapi.json`: the description of every route, made from the routes themselves.

use axum::{Router, http::header, routing::get};
use bytes::Bytes;
use utoipa::openapi::{
    Components, Info, OpenApi, OpenApiBuilder, SecurityRequirement,
    security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme},
};

use crate::{auth::SESSION_COOKIE, state::AppState};

/// What surrounds the paths: title, and the two ways to show who one is.
pub fn skeleton() -> OpenApi {
    let mut components = Components::new();
    components.add_security_scheme("bearer", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    let cookie = ApiKeyValue::new(SESSION_COOKIE);
    components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    let either = [SecurityRequirement::new("bearer", [""; 0]), SecurityRequirement::new("session", [""; 0])];
    OpenApiBuilder::new()
        .info(Info::new("OpenFlow", env!("CARGO_PKG_VERSION")))
        .servers(Some([utoipa::openapi::Server::new("/api")]))
        .components(Some(components))
        .security(Some(either))
        .build()
}

/// Readable without signing in, like any documentation.
pub fn routes(description: OpenApi) -> Router<AppState> {
    let text = Bytes::from(description.to_json().expect("the description is plain data"));
    let answer = ([(header::CONTENT_TYPE, "application/json")], text);
    Router::new().route("/openapi.json", get(async || answer))
}
