//! What a vendor's refusal means for the person who runs the workflow, whichever way the vendor words it.
//!
//! For all vendors but OpenAI and the servers that speak its language: those have codes of their own.

use reqwest::StatusCode;
use serde_json::Value as Json;
use shared::run::FailureCode;

use super::ProviderError;

/// What an answer other than 2xx means.
pub(super) fn refusal(status: StatusCode, json: &Json) -> ProviderError {
    let words = said(json);
    let with = |what: &str| match words.as_deref() {
        Some(words) => format!("{what}: {words}"),
        None => what.to_owned(),
    };
    let filtered = words.as_deref().is_some_and(sounds_filtered);
    match status.as_u16() {
        401 => ProviderError::new(FailureCode::Auth, "the provider refused the key").in_field("connection"),
        402 => {
            let message = "the provider account has no credit left: add some, or use another key";
            ProviderError::new(FailureCode::Quota, message).in_field("connection")
        }
        403 => ProviderError::new(FailureCode::Auth, with("the provider does not allow this with this key"))
            .in_field("connection"),
        404 => ProviderError::new(FailureCode::InvalidInput, with("the provider does not have this (any more)"))
            .in_field("model"),
        408 => ProviderError::new(FailureCode::Timeout, "the provider took too long"),
        413 => ProviderError::new(FailureCode::InvalidInput, "the request is too large for the provider"),
        429 => ProviderError::new(FailureCode::RateLimited, with("the provider is asked too often")),
        400..=499 if filtered => {
            ProviderError::new(FailureCode::Filtered, with("the provider's content policy refused the request"))
                .in_field("prompt")
        }
        400..=499 => ProviderError::new(FailureCode::InvalidInput, with("the provider refused the request")),
        status => ProviderError::new(
            FailureCode::ProviderDown,
            with(&format!("the provider has a problem (status {status})")),
        ),
    }
}

/// Whether a vendor's words speak of its content policy.
pub(super) fn sounds_filtered(words: &str) -> bool {
    let words = words.to_lowercase();
    ["content_policy", "content policy", "nsfw", "safety", "sensitive", "moderation", "prohibited"]
        .iter()
        .any(|sign| words.contains(sign))
}

/// The vendor's own sentence: `detail` as text or list, `error` as text or object, `message`, `title`.
fn said(json: &Json) -> Option<String> {
    const WORDS_MAX: usize = 300;
    let text = |json: &Json| json.as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let of_item = |item: &Json| {
        let place = item["loc"].as_array().and_then(|loc| loc.last()).and_then(Json::as_str);
        let message = text(&item["msg"]).or_else(|| text(&item["message"]))?;
        Some(place.map_or(message.clone(), |place| format!("`{place}`: {message}")))
    };
    let words = text(&json["detail"])
        .or_else(|| json["detail"].as_array()?.first().and_then(of_item))
        .or_else(|| text(&json["error"]))
        .or_else(|| text(&json["error"]["message"]))
        .or_else(|| text(&json["message"]))
        .or_else(|| text(&json["base_resp"]["status_msg"]))
        .or_else(|| text(&json["title"]))?;
    Some(words.chars().take(WORDS_MAX).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn refusals_are_told_in_the_vendors_own_words() {
        let of = |status: u16, json: Json| refusal(StatusCode::from_u16(status).unwrap(), &json);
        let detail = json!({"detail": [{"loc": ["body", "duration"], "msg": "must be one of 5, 10", "type": "enum"}]});
        assert_eq!(of(422, detail).message, "the provider refused the request: `duration`: must be one of 5, 10");
        assert_eq!(of(422, json!({"detail": "content_policy_violation"})).code, FailureCode::Filtered);
        assert_eq!(of(400, json!({"error": {"message": "bad size"}})).code, FailureCode::InvalidInput);
        assert_eq!(of(402, Json::Null).code, FailureCode::Quota);
        assert_eq!(of(401, json!({"message": "no"})).code, FailureCode::Auth);
        assert_eq!(of(503, json!({"title": "down"})).message, "the provider has a problem (status 503): down");
    }
}
