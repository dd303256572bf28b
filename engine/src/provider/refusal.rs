//! What a vendor's refusal means for the person who runs the workflow, whichever way the vendor words it.

use reqwest::StatusCode;
use serde_json::Value as Json;
use shared::run::FailureCode;

use super::ProviderError;

/// The parts of an error, in all the shapes that vendors send.
#[derive(Debug, Default, PartialEq)]
struct Said {
    words: Option<String>,
    /// Codes and kinds: `insufficient_quota`, `RESOURCE_EXHAUSTED`.
    codes: Vec<String>,
    /// The parameter that is meant, by the vendor's name.
    param: Option<String>,
}

/// What an answer other than 2xx means.
pub(super) fn refusal(status: StatusCode, json: &Json) -> ProviderError {
    let said = said(json);
    if let Some(error) = of_code(&said) {
        return error;
    }
    let with = |what: &str| with_words(what, said.words.as_deref());
    let filtered = said.words.as_deref().is_some_and(sounds_filtered);
    match status.as_u16() {
        401 => refused_key(),
        402 => no_credit(),
        403 => ProviderError::new(FailureCode::Auth, with("the provider does not allow this with this key"))
            .in_field("connection"),
        404 => ProviderError::new(FailureCode::InvalidInput, with("the provider does not have this model (any more)"))
            .in_field("model"),
        408 => ProviderError::new(FailureCode::Timeout, "the provider took too long"),
        413 => ProviderError::new(FailureCode::InvalidInput, "the request is too large for the provider"),
        429 => ProviderError::new(FailureCode::RateLimited, with("the provider is asked too often")),
        400..=499 if filtered => filtered_request(said.words.as_deref()),
        400..=499 => {
            let error = ProviderError::new(FailureCode::InvalidInput, with("the provider refused the request"));
            match said.param.as_deref().and_then(field_of) {
                Some(field) => error.in_field(field),
                None => error,
            }
        }
        status => ProviderError::new(
            FailureCode::ProviderDown,
            with(&format!("the provider has a problem (status {status})")),
        ),
    }
}

/// What an error in the middle of a stream, or in an answer with status 200, means.
pub(super) fn of_event(event: &Json) -> ProviderError {
    let said = said(event);
    let error = of_code(&said).unwrap_or_else(|| {
        let message = with_words("the provider broke off with an error", said.words.as_deref());
        ProviderError::new(FailureCode::ProviderDown, message)
    });
    error.with_raw(&event.to_string())
}

/// Errors that are told by their code, whatever the status is.
fn of_code(said: &Said) -> Option<ProviderError> {
    let is = |names: &[&str]| said.codes.iter().any(|code| names.contains(&code.as_str()));
    if is(&["insufficient_quota", "billing_hard_limit_reached", "quota_exceeded", "billing_error"]) {
        Some(no_credit())
    } else if is(&[
        "moderation_blocked",
        "content_policy_violation",
        "content_filter",
        "content_moderation",
        "image_content_policy_violation",
    ]) {
        Some(filtered_request(None))
    } else if is(&["rate_limit_exceeded", "rate_limit_error", "RESOURCE_EXHAUSTED", "too_many_concurrent_requests"]) {
        let message = with_words("the provider is asked too often", said.words.as_deref());
        Some(ProviderError::new(FailureCode::RateLimited, message))
    } else if is(&["invalid_api_key", "authentication_error", "API_KEY_INVALID"]) {
        Some(refused_key())
    } else if is(&["model_not_found"]) {
        let message = with_words("the provider does not have this model (any more)", said.words.as_deref());
        Some(ProviderError::new(FailureCode::InvalidInput, message).in_field("model"))
    } else {
        None
    }
}

fn refused_key() -> ProviderError {
    // The vendor's own words often repeat part of the key.
    ProviderError::new(FailureCode::Auth, "the provider refused the key").in_field("connection")
}

fn no_credit() -> ProviderError {
    let message = "the provider account has no credit left: add some, or use another key";
    ProviderError::new(FailureCode::Quota, message).in_field("connection")
}

pub(super) fn filtered_request(words: Option<&str>) -> ProviderError {
    let message = with_words("the provider's content policy refused the request", words);
    ProviderError::new(FailureCode::Filtered, message).in_field("prompt")
}

/// Whether a vendor's words speak of its content policy.
pub(super) fn sounds_filtered(words: &str) -> bool {
    let words = words.to_lowercase();
    ["content_policy", "content policy", "nsfw", "safety", "sensitive", "moderat", "prohibited"]
        .iter()
        .any(|sign| words.contains(sign))
}

fn with_words(what: &str, words: Option<&str>) -> String {
    match words {
        Some(words) => format!("{what}: {}", words.trim_end_matches('.')),
        None => what.to_owned(),
    }
}

/// The vendor's own sentence and signs: `detail` as text, list or object, `error` as text or object, `message`, `title`.
fn said(json: &Json) -> Said {
    const WORDS_MAX: usize = 300;
    let text = |json: &Json| json.as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let detail = &json["detail"][0];
    let place = detail["loc"].as_array().and_then(|loc| loc.last()).and_then(Json::as_str).map(str::to_owned);
    let of_detail = text(&detail["msg"])
        .or_else(|| text(&detail["message"]))
        .map(|message| place.as_ref().map_or(message.clone(), |place| format!("`{place}`: {message}")));
    let words = text(&json["detail"])
        .or(of_detail)
        .or_else(|| text(&json["detail"]["message"]))
        .or_else(|| text(&json["error"]))
        .or_else(|| text(&json["error"]["message"]))
        .or_else(|| text(&json["message"]))
        .or_else(|| text(&json["errors"][0]))
        .or_else(|| text(&json["base_resp"]["status_msg"]))
        .or_else(|| text(&json["title"]));
    let codes =
        ["/error/code", "/error/type", "/error/status", "/error/details/0/reason", "/detail/status", "/detail/code"]
            .into_iter()
            .chain(["/detail/0/type", "/code", "/type", "/name"])
            .filter_map(|pointer| text(json.pointer(pointer)?))
            .collect();
    let param = text(&json["error"]["param"]).or(place);
    Said { words: words.map(|words| words.chars().take(WORDS_MAX).collect()), codes, param }
}

/// Our parameter for the vendor's.
fn field_of(param: &str) -> Option<&'static str> {
    Some(match param.split(['[', '.']).next()? {
        "model" | "model_id" => "model",
        "messages" | "prompt" | "text" | "input" | "text_prompt" => "prompt",
        "negative_prompt" => "negative_prompt",
        "temperature" => "temperature",
        "max_tokens" | "max_completion_tokens" => "max_tokens",
        "seed" | "random_seed" => "seed",
        "reasoning_effort" => "effort",
        "response_format" => "json",
        "size" | "width" | "height" | "image_size" => "size",
        "quality" => "quality",
        "background" => "background",
        "aspect_ratio" => "aspect",
        "resolution" => "resolution",
        "duration" | "duration_seconds" | "music_length_ms" => "seconds",
        "voice" | "voice_id" => "voice",
        "speed" => "speed",
        "steps" | "num_inference_steps" => "steps",
        "guidance" | "guidance_scale" | "cfg_scale" => "guidance",
        "strength" => "strength",
        "mask" | "mask_url" => "mask",
        "image" | "image_url" | "input_image" => "image",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(status: u16, json: Json) -> ProviderError {
        refusal(StatusCode::from_u16(status).unwrap(), &json)
    }

    fn code(status: u16, json: Json) -> (FailureCode, Option<&'static str>) {
        let error = of(status, json);
        (error.code, error.field)
    }

    #[test]
    fn refusals_are_told_in_the_vendors_own_words() {
        let detail = json!({"detail": [{"loc": ["body", "duration"], "msg": "must be one of 5, 10", "type": "enum"}]});
        let error = of(422, detail);
        assert_eq!(error.message, "the provider refused the request: `duration`: must be one of 5, 10");
        assert_eq!(error.field, Some("seconds"));
        assert_eq!(of(422, json!({"detail": "content_policy_violation"})).code, FailureCode::Filtered);
        assert_eq!(of(400, json!({"error": {"message": "bad size"}})).code, FailureCode::InvalidInput);
        assert_eq!(of(503, json!({"title": "down"})).message, "the provider has a problem (status 503): down");
        let vllm = json!({"object": "error", "message": "too long", "type": "BadRequestError", "code": 400});
        assert_eq!(of(400, vllm).message, "the provider refused the request: too long");
    }

    #[test]
    fn an_error_is_told_by_its_code_first() {
        let body = |code: &str| json!({"error": {"message": "m", "type": "t", "param": null, "code": code}});
        assert_eq!(code(429, body("insufficient_quota")), (FailureCode::Quota, Some("connection")));
        assert_eq!(code(429, body("rate_limit_exceeded")), (FailureCode::RateLimited, None));
        assert_eq!(code(400, body("moderation_blocked")), (FailureCode::Filtered, Some("prompt")));
        assert_eq!(code(400, body("model_not_found")), (FailureCode::InvalidInput, Some("model")));
        let google = json!({"error": {"code": 400, "message": "m", "details": [{"reason": "API_KEY_INVALID"}]}});
        assert_eq!(code(400, google), (FailureCode::Auth, Some("connection")));
        let elevenlabs = json!({"detail": {"status": "quota_exceeded", "message": "m"}});
        assert_eq!(code(401, elevenlabs), (FailureCode::Quota, Some("connection")));
    }

    #[test]
    fn an_error_without_code_is_told_by_its_status() {
        assert_eq!(code(401, Json::Null), (FailureCode::Auth, Some("connection")));
        assert_eq!(code(402, Json::Null), (FailureCode::Quota, Some("connection")));
        assert_eq!(code(403, json!({"error": "verify your organisation"})), (FailureCode::Auth, Some("connection")));
        assert_eq!(code(404, Json::Null), (FailureCode::InvalidInput, Some("model")));
        assert_eq!(code(429, Json::Null), (FailureCode::RateLimited, None));
        assert_eq!(code(503, Json::Null), (FailureCode::ProviderDown, None));
        let body = json!({"error": {"message": "too hot", "param": "temperature"}});
        assert_eq!(code(400, body), (FailureCode::InvalidInput, Some("temperature")));
    }
}
