//! `/healthz`, `/readyz`, `/metrics`: for whatever watches the server. Nothing here is about a person.

use std::sync::OnceLock;

use axum::{Router, extract::State, http::header, response::IntoResponse, routing::get};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::{bus::Link, error::AppError, state::AppState};

/// From a database answer to a large upload.
const SECONDS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

pub fn routes() -> Router<AppState> {
    Router::new().route("/healthz", get(|| async { "ok" })).route("/readyz", get(ready)).route("/metrics", get(metrics))
}

/// Whether requests should come here: the database answers, and we are not about to stop. Without NATS a server of
/// several still serves, only slower in what others do.
async fn ready(State(state): State<AppState>) -> Result<&'static str, AppError> {
    if state.shutdown.is_cancelled() {
        return Err(AppError::unavailable("stopping"));
    }
    state.db.ping().await?;
    Ok(match state.rooms.link() {
        Link::Down if state.config.nats_url().is_some() => {
            "ready; NATS does not answer: changes of other servers are looked up in the database"
        }
        Link::Alone | Link::Up | Link::Down => "ready",
    })
}

async fn metrics() -> impl IntoResponse {
    let text = recorder().render();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text)
}

/// What is counted before this is lost.
pub fn start_counting() {
    recorder();
}

/// One for the process, since that is what the `metrics` macros write to, however many routers a test makes.
fn recorder() -> &'static PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(|| {
        PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &SECONDS)
            .expect("there is at least one bucket")
            .install_recorder()
            .expect("nothing else installs a recorder")
    })
}
