//! What an error answer means for the person who runs the workflow.

use reqwest::StatusCode;
use serde_json::Value as Json;
use shared::run::FailureCode;

use crate::provider::ProviderError;

/// The parts of an error, in all the shapes that servers send: `{"error":{…}}`, `{"error":"text"}`, `{"message":…}`.
#[derive(Debug, Default, PartialEq)]
struct Said<'a> {
    message: Option<&'a str>,
    code: Option<&'a str>,
    kind: Option<&'a str>,
    param: Option<&'a str>,
}

fn said(json: &Json) -> Said<'_> {
    let error = json.get("error").unwrap_or(json);
    let text = |name: &str| error.get(name).and_then(Json::as_str).filter(|text| !text.is_empty());
    Said {
        message: error.as_str().or_else(|| text("message")),
        code: text("code"),
        kind: text("type"),
        param: text("param"),
    }
}

/// What an answer other than 2xx means. `body` is free of secrets.
pub(super) fn of_answer(status: StatusCode, body: &str) -> ProviderError {
    let json: Json = serde_json::from_str(body).unwrap_or_default();
    let said = said(&json);
    let error = match of_code(&said) {
        Some(error) => error,
        None => of_status(status, &said),
    };
    error.with_raw(body)
}

/// What an error in the middle of a stream means; there is no status any more.
pub(super) fn of_event(event: &Json) -> ProviderError {
    let said = said(event);
    let error = of_code(&said).unwrap_or_else(|| {
        let message = with_words("the provider broke off with an error", said.message);
        ProviderError::new(FailureCode::ProviderDown, message)
    });
    error.with_raw(&event.to_string())
}

/// Errors that are told by their code, whatever the status is.
fn of_code(said: &Said<'_>) -> Option<ProviderError> {
    let is = |names: &[&str]| [said.code, said.kind].into_iter().flatten().any(|name| names.contains(&name));
    let (code, message, field) = if is(&["insufficient_quota", "billing_hard_limit_reached"]) {
        (FailureCode::Quota, "the provider account has no credit left: add some, or use another key", "connection")
    } else if is(&[
        "moderation_blocked",
        "content_policy_violation",
        "content_filter",
        "image_content_policy_violation",
    ]) {
        (FailureCode::Filtered, "the provider's content policy refused the request", "prompt")
    } else if is(&["rate_limit_exceeded", "rate_limit_error"]) {
        return Some(rate_limited(said));
    } else if is(&["invalid_api_key", "authentication_error"]) {
        return Some(refused_key());
    } else if is(&["model_not_found"]) {
        return Some(missing_model(said));
    } else {
        return None;
    };
    Some(ProviderError::new(code, message).in_field(field))
}

fn of_status(status: StatusCode, said: &Said<'_>) -> ProviderError {
    match status.as_u16() {
        401 => refused_key(),
        403 => {
            let message = with_words("the provider does not allow this with this key", said.message);
            ProviderError::new(FailureCode::Auth, message).in_field("connection")
        }
        404 => missing_model(said),
        408 => ProviderError::new(FailureCode::Timeout, "the provider took too long"),
        413 => ProviderError::new(FailureCode::InvalidInput, "the request is too large for the provider"),
        429 => rate_limited(said),
        400..=499 => {
            let message = with_words("the provider refused the request", said.message);
            let error = ProviderError::new(FailureCode::InvalidInput, message);
            match said.param.and_then(field_of) {
                Some(field) => error.in_field(field),
                None => error,
            }
        }
        status => {
            let message = with_words(&format!("the provider has a problem (status {status})"), said.message);
            ProviderError::new(FailureCode::ProviderDown, message)
        }
    }
}

fn refused_key() -> ProviderError {
    // The vendor's own words often repeat part of the key.
    ProviderError::new(FailureCode::Auth, "the provider refused the key").in_field("connection")
}

fn missing_model(said: &Said<'_>) -> ProviderError {
    let message = with_words("the provider does not have this model (any more)", said.message);
    ProviderError::new(FailureCode::InvalidInput, message).in_field("model")
}

fn rate_limited(said: &Said<'_>) -> ProviderError {
    let message = with_words("the provider is asked too often", said.message);
    ProviderError::new(FailureCode::RateLimited, message)
}

fn with_words(what: &str, words: Option<&str>) -> String {
    const WORDS_MAX: usize = 300;
    match words.map(str::trim) {
        Some(words) if !words.is_empty() => {
            let short: String = words.chars().take(WORDS_MAX).collect();
            format!("{what}: {}", short.trim_end_matches('.'))
        }
        _ => what.to_owned(),
    }
}

/// Our parameter for the vendor's.
fn field_of(param: &str) -> Option<&'static str> {
    Some(match param.split(['[', '.']).next()? {
        "model" => "model",
        "messages" | "prompt" => "prompt",
        "temperature" => "temperature",
        "max_tokens" | "max_completion_tokens" => "max_tokens",
        "seed" => "seed",
        "reasoning_effort" => "effort",
        "response_format" => "json",
        "size" => "size",
        "quality" => "quality",
        "background" => "background",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(status: u16, body: &str) -> (FailureCode, Option<&'static str>) {
        let error = of_answer(StatusCode::from_u16(status).unwrap(), body);
        (error.code, error.field)
    }

    #[test]
    fn an_error_is_told_by_its_code_first() {
        let body = |code: &str| format!(r#"{{"error":{{"message":"m","type":"t","param":null,"code":"{code}"}}}}"#);
        assert_eq!(code(429, &body("insufficient_quota")), (FailureCode::Quota, Some("connection")));
        assert_eq!(code(429, &body("rate_limit_exceeded")), (FailureCode::RateLimited, None));
        assert_eq!(code(400, &body("moderation_blocked")), (FailureCode::Filtered, Some("prompt")));
        assert_eq!(code(400, &body("model_not_found")), (FailureCode::InvalidInput, Some("model")));
    }

    #[test]
    fn an_error_without_code_is_told_by_its_status() {
        assert_eq!(code(401, ""), (FailureCode::Auth, Some("connection")));
        assert_eq!(code(403, r#"{"error":"verify your organisation"}"#), (FailureCode::Auth, Some("connection")));
        assert_eq!(code(404, "not found"), (FailureCode::InvalidInput, Some("model")));
        assert_eq!(code(429, "<html>"), (FailureCode::RateLimited, None));
        assert_eq!(code(503, ""), (FailureCode::ProviderDown, None));
        let body = r#"{"error":{"message":"too hot","param":"temperature"}}"#;
        assert_eq!(code(400, body), (FailureCode::InvalidInput, Some("temperature")));
        let vllm = r#"{"object":"error","message":"too long","type":"BadRequestError","code":400}"#;
        let error = of_answer(StatusCode::BAD_REQUEST, vllm);
        assert_eq!(error.message, "the provider refused the request: too long");
    }
}
