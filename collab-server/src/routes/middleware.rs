//! What surrounds every request: its id, its line in the log, its numbers, a time limit, and what becomes of a panic.

use std::{
    any::Any,
    time::{Duration, Instant},
};

use axum::{
    extract::{MatchedPath, Request},
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::{IntoResponse, Response},
};
use tracing::Instrument;
use uuid::Uuid;

use crate::error::{AppError, LoggedCause};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// Gives the request an id, logs how it ended (once, with the cause of a fault), and counts it.
pub async fn observe(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = Uuid::now_v7().simple().to_string();
    let method = request.method().clone();
    // The pattern, not the path: a metric per id would never end.
    let route = request.extensions().get::<MatchedPath>().map_or("other".to_owned(), |path| path.as_str().to_owned());
    // Without the query: sockets may carry a token there.
    let span = tracing::info_span!("request", id, %method, path = request.uri().path());

    let mut response = next.run(request).instrument(span.clone()).await;

    let (status, elapsed) = (response.status(), started.elapsed());
    let duration_millis = elapsed.as_millis() as u64;
    span.in_scope(|| match response.extensions().get::<LoggedCause>() {
        Some(LoggedCause(cause)) if status.is_server_error() => {
            tracing::error!(status = status.as_u16(), duration_millis, cause = format!("{cause:#}"), "request failed");
        }
        Some(LoggedCause(cause)) => {
            tracing::info!(status = status.as_u16(), duration_millis, cause = format!("{cause:#}"), "request refused");
        }
        None => tracing::debug!(status = status.as_u16(), duration_millis, "request answered"),
    });
    let labels = [("method", method.to_string()), ("route", route), ("status", status.as_str().to_owned())];
    metrics::counter!("openflow_http_requests_total", &labels).increment(1);
    metrics::histogram!("openflow_http_request_seconds", &labels[..2]).record(elapsed.as_secs_f64());
    let id = HeaderValue::from_str(&id).expect("hexadecimal digits are a header value");
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

/// For routes that answer from the database. Uploads, event streams and sockets have limits of their own.
pub async fn limit_time(request: Request, next: Next) -> Response {
    match tokio::time::timeout(TIME_LIMIT, next.run(request)).await {
        Ok(response) => response,
        Err(_) => AppError::unavailable("this took too long, try again")
            .because(anyhow::anyhow!("no answer within {} s", TIME_LIMIT.as_secs()))
            .into_response(),
    }
}

/// A panic is a fault of ours in one request; the connection and everybody else go on.
pub fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let text = panic.downcast_ref::<&str>().map(|text| text.to_string());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".into());
    AppError::internal(anyhow::anyhow!("a handler panicked: {text}")).into_response()
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, middleware::from_fn, routing::get};
    use tower::ServiceExt;
    use tower_http::catch_panic::CatchPanicLayer;

    use super::*;

    async fn faulty() -> &'static str {
        panic!("a fault nobody thought of")
    }

    #[tokio::test]
    async fn a_panic_is_an_internal_error_and_says_nothing_of_itself() {
        let app =
            Router::new().route("/", get(faulty)).layer(CatchPanicLayer::custom(panicked)).layer(from_fn(observe));
        let request = Request::get("/").body(Body::empty()).expect("a valid request");
        let response = app.oneshot(request).await.expect("an answer");
        assert_eq!(response.status(), 500);
        assert!(response.headers().contains_key(REQUEST_ID));
        let body = axum::body::to_bytes(response.into_body(), 1000).await.expect("a short body");
        assert_eq!(&body[..], br#"{"error":{"code":"internal","message":"something went wrong on the server"}}"#);
    }
}
