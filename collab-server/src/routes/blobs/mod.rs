//! `blobs`: bytes in, and bytes out in whole or in part.

mod download;
mod range;
mod upload;

use axum::extract::DefaultBodyLimit;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::AppState;

/// Without the time limit and body limit of other routes: films are large and lines are slow.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(upload::upload_blob))
        .routes(routes!(download::download_blob))
        .layer(DefaultBodyLimit::disable())
}
