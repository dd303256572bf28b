//! Whether a request that acts with a cookie comes from our own pages.
//!
//! The check is that of Go's `net/http.CrossOriginProtection`: browsers say where a request comes from, and what says
//! nothing is no browser, so it holds no cookie of somebody else's.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, Method, header, request::Parts},
};

use crate::{config::Config, error::AppError, state::AppState};

/// Refuses a request from a foreign page. For routes that set a cookie without needing one, such as login.
pub struct SameOrigin;

impl FromRequestParts<AppState> for SameOrigin {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, AppError> {
        check(&parts.headers, &state.config).map(|()| Self)
    }
}

/// Whether the request needs [`check`]: it changes something, or opens a socket (to which same-origin rules of browsers
/// do not apply).
pub(super) fn acts(parts: &Parts) -> bool {
    let safe = [Method::GET, Method::HEAD, Method::OPTIONS].contains(&parts.method);
    !safe || parts.headers.contains_key(header::UPGRADE)
}

pub(super) fn check(headers: &HeaderMap, config: &Config) -> Result<(), AppError> {
    let text = |name| headers.get(name).map(|value: &axum::http::HeaderValue| value.to_str().unwrap_or("?"));
    let same = match text(header::ORIGIN) {
        Some(origin) => match &config.public_url {
            Some(public) => origin.eq_ignore_ascii_case(public),
            None => is_host(origin, text(header::HOST).unwrap_or_default()),
        },
        None => match text(header::HeaderName::from_static("sec-fetch-site")) {
            Some(site) => matches!(site, "same-origin" | "none"),
            None => true,
        },
    };
    if same { Ok(()) } else { Err(AppError::forbidden("this request comes from a page of another site")) }
}

/// The scheme is not compared: behind a proxy we would not know our own.
fn is_host(origin: &str, host: &str) -> bool {
    origin.split_once("://").is_some_and(|(_, origin_host)| origin_host.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(public_url: Option<&str>, pairs: &[(&'static str, &str)]) -> bool {
        let mut config = Config::in_folder("unused");
        config.public_url = public_url.map(Into::into);
        let headers =
            pairs.iter().map(|(name, value)| (header::HeaderName::from_static(name), value.parse().unwrap())).collect();
        check(&headers, &config).is_ok()
    }

    #[test]
    fn a_foreign_page_cannot_act() {
        assert!(!allowed(None, &[("origin", "https://evil.example"), ("host", "flow.example")]));
        assert!(!allowed(None, &[("origin", "null"), ("host", "flow.example")]));
        assert!(!allowed(None, &[("sec-fetch-site", "cross-site"), ("host", "flow.example")]));
        assert!(!allowed(None, &[("sec-fetch-site", "same-site"), ("host", "flow.example")]));
        assert!(!allowed(Some("https://flow.example"), &[("origin", "http://flow.example"), ("host", "flow.example")]));
    }

    #[test]
    fn our_own_pages_and_programs_can() {
        assert!(allowed(None, &[("origin", "http://localhost:8080"), ("host", "localhost:8080")]));
        assert!(allowed(None, &[("sec-fetch-site", "same-origin")]));
        assert!(allowed(None, &[]));
        assert!(allowed(Some("https://flow.example"), &[("origin", "https://flow.example"), ("host", "inner:8080")]));
    }
}
