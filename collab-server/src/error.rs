//! What a handler answers when it refuses.
//!
//! An [`AppError`] is one code of `shared::error`, a message for the person, and a cause for the log. Use the
//! constructor that names the situation; `?` on an area's own error makes an internal one, whose text nobody outside
//! sees. The request middleware (`routes::middleware`) logs the cause once, with the request's id.

use std::{borrow::Cow, fmt, sync::Arc, time::Duration};

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use shared::error::{ErrorBody, ErrorCode, ErrorDetail};

use crate::db::DbError;

pub struct AppError {
    code: ErrorCode,
    message: Cow<'static, str>,
    cause: Option<anyhow::Error>,
    retry_after: Option<Duration>,
}

impl AppError {
    pub fn new(code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into(), cause: None, retry_after: None }
    }

    pub fn bad_request(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::BadRequest, message)
    }

    pub fn unauthorized() -> Self {
        Self::new(ErrorCode::Unauthorized, "sign in first")
    }

    pub fn forbidden(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::Forbidden, message)
    }

    /// Also for what is there but not for this person: the two must not be told apart.
    pub fn not_found(what: &'static str) -> Self {
        Self::new(ErrorCode::NotFound, format!("no such {what}"))
    }

    pub fn conflict(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::Conflict, message)
    }

    pub fn too_large(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::TooLarge, message)
    }

    pub fn unavailable(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::Unavailable, message)
    }

    pub fn rate_limited(retry_after: Duration) -> Self {
        let message = "too many tries, wait a little";
        Self { retry_after: Some(retry_after), ..Self::new(ErrorCode::RateLimited, message) }
    }

    /// A fault of ours. The cause goes to the log, the person learns only that there is one.
    pub fn internal(cause: impl Into<anyhow::Error>) -> Self {
        Self::new(ErrorCode::Internal, "something went wrong on the server").because(cause)
    }

    /// Adds what the log should know beyond the message.
    pub fn because(mut self, cause: impl Into<anyhow::Error>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    pub fn code(&self) -> ErrorCode {
        self.code
    }

    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Debug for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.code, self.message)?;
        match &self.cause {
            Some(cause) => write!(f, ": {cause:#}"),
            None => Ok(()),
        }
    }
}

impl From<DbError> for AppError {
    fn from(error: DbError) -> Self {
        if error.is_away() {
            Self::unavailable("the database does not answer, try again").because(error)
        } else {
            Self::internal(error)
        }
    }
}

/// Travels in the response's extensions to the middleware that logs it. The chain of sources is in the text.
#[derive(Clone)]
pub struct LoggedCause(pub Arc<anyhow::Error>);

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.code.status()).expect("the table of codes holds valid statuses");
        let body = ErrorBody { error: ErrorDetail { code: self.code, message: self.message.into_owned() } };
        let mut response = (status, axum::Json(body)).into_response();
        if let Some(wait) = self.retry_after {
            // Rounded up, so that whoever waits as told is let in.
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        if let Some(cause) = self.cause {
            response.extensions_mut().insert(LoggedCause(Arc::new(cause)));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_is_logged_and_not_shown() {
        let error = AppError::internal(anyhow::anyhow!("disk is full"));
        assert!(format!("{error:?}").contains("disk is full"));
        assert!(!error.message().contains("disk"));
    }

    #[test]
    fn a_wait_is_rounded_up_to_whole_seconds() {
        let response = AppError::rate_limited(Duration::from_millis(1200)).into_response();
        assert_eq!(response.headers()[header::RETRY_AFTER], "2");
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    }
}
