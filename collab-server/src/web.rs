//! The web client: the page shell for every address that is not something else, and its assets.

use std::path::PathBuf;

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderName, HeaderValue, Method, StatusCode, Uri, header},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
};
use tower_http::{
    compression::{
        CompressionLayer,
        predicate::{DefaultPredicate, NotForContentType, Predicate},
    },
    services::ServeDir,
};

use crate::{error::AppError, state::AppState};

/// Scripts only from files of ours; `wasm-unsafe-eval` is what compiling WebAssembly is called. Styles may stand in
/// attributes, because that is how Dioxus places nodes. `blob:` is for media the page makes itself.
const PAGE_POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; \
    style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:; media-src 'self' blob:; font-src 'self'; \
    connect-src 'self'; worker-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; \
    frame-ancestors 'none'";

/// For everything that is not a page: if a browser is made to show it as one, it can do nothing.
const DATA_POLICY: &str = "default-src 'none'; frame-ancestors 'none'; sandbox";

/// The page's service worker, below `/assets`.
const WORKER: &str = "/sw.js";

pub fn routes(web_dir: Option<PathBuf>) -> Router<AppState> {
    let Some(web_dir) = web_dir else { return Router::new().fallback(no_such_page) };
    // Films, sounds and fonts are compressed already; pictures the default leaves out itself.
    let worthwhile = DefaultPredicate::new()
        .and(NotForContentType::const_new("video/"))
        .and(NotForContentType::const_new("audio/"))
        .and(NotForContentType::const_new("font/"));
    // The client itself lies there compressed already, far better than there is time for while somebody waits.
    let assets = Router::new()
        .fallback_service(
            ServeDir::new(web_dir.join("assets")).append_index_html_on_directories(false).precompressed_br(),
        )
        .layer(CompressionLayer::new().compress_when(worthwhile))
        .layer(from_fn(set_asset_caching));
    Router::new().nest_service("/assets", assets).fallback(page)
}

async fn no_such_page() -> AppError {
    AppError::not_found("page: this server has no web client (`--web-dir`)")
}

/// The shell for any address: the client's router reads the rest.
async fn page(State(state): State<AppState>, method: Method) -> Result<Response, AppError> {
    if method != Method::GET && method != Method::HEAD {
        return Err(AppError::not_found("route"));
    }
    let web_dir = state.config.web_dir.as_ref().expect("this fallback exists with a web folder only");
    // Read each time: it is small, and a new build shows without a restart.
    let shell = tokio::fs::read(web_dir.join("index.html")).await.map_err(AppError::internal)?;
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
        (header::CONTENT_SECURITY_POLICY, PAGE_POLICY),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    Ok((headers, Body::from(shell)).into_response())
}

/// The bundle names its files with `?v=<hash>`: such an address never changes what it means.
async fn set_asset_caching(uri: Uri, request: Request, next: Next) -> Response {
    let versioned = uri.query().is_some_and(|query| query.starts_with("v="));
    let mut response = next.run(request).await;
    let kept = response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED;
    let caching = if versioned && kept { "public, max-age=31536000, immutable" } else { "no-cache" };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    if uri.path() == WORKER {
        // It stands among the files and answers for the whole page; what it may load is its own answer's policy.
        response.headers_mut().insert("service-worker-allowed", HeaderValue::from_static("/"));
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'self'"));
    }
    response
}

/// Headers of every answer. What a route set itself stays.
pub async fn set_security_headers(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut add = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    add(header::CONTENT_SECURITY_POLICY, DATA_POLICY);
    add(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    add(header::X_FRAME_OPTIONS, "DENY");
    // Addresses hold ids of workflows.
    add(header::REFERRER_POLICY, "same-origin");
    // Answers are about a person unless they say otherwise.
    add(header::CACHE_CONTROL, "no-store");
    if state.config.is_https() {
        add(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    response
}
