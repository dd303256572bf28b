//! Anthropic: conversations with Claude. No pictures, sounds or vectors come from there.

use serde_json::{Value as Json, json};

use super::{base64, stream, stream::Collect};
use crate::{
    Outbound,
    provider::{
        ChatAnswer, ChatRequest, DeltaSink, Provider, ProviderError, Usage,
        rest::{Auth, Body, Profile, Rest},
    },
    secret::ProviderKey,
};

pub(in crate::provider) const PROFILE: Profile = Profile {
    name: "anthropic",
    auth: Auth::Header("x-api-key"),
    base: "https://api.anthropic.com",
    also: &[],
    check: Some("/v1/models"),
    offers: &["text.chat"],
};
const VERSION: &str = "2023-06-01";
/// The vendor wants a number; thinking counts.
const MAX_TOKENS: u32 = 16_000;

pub(in crate::provider) struct Anthropic(Rest);

impl Anthropic {
    pub fn new(outbound: Outbound, key: ProviderKey) -> Self {
        Self(PROFILE.rest(outbound, key).with_header("anthropic-version", VERSION).patient(Some(super::TIME_MAX)))
    }
}

fn body(request: &ChatRequest) -> Json {
    let pictures = request.pictures.iter().map(|picture| {
        let source = json!({"type": "base64", "media_type": picture.mime, "data": base64(&picture.bytes)});
        json!({"type": "image", "source": source})
    });
    let content: Vec<Json> = pictures.chain([json!({"type": "text", "text": request.prompt})]).collect();
    let mut body = json!({
        "model": request.model, "stream": true, "max_tokens": request.max_tokens.unwrap_or(MAX_TOKENS),
        "messages": [{"role": "user", "content": content}],
    });
    let mut system = request.system.clone();
    if request.json && request.schema.is_none() {
        // There is no switch for "any object".
        system = format!("{system}\n\nAnswer with one JSON object and nothing else.").trim().to_owned();
    }
    if !system.trim().is_empty() {
        body["system"] = json!(system);
    }
    if let Some(schema) = &request.schema {
        body["output_config"]["format"] = json!({"type": "json_schema", "schema": schema});
    }
    match request.reasoning_effort.as_deref() {
        Some("none") => body["thinking"] = json!({"type": "disabled"}),
        Some(effort) => body["output_config"]["effort"] = json!(effort),
        None => {}
    }
    // New models refuse what the older ones take: only what somebody set is sent.
    for (name, value) in [
        ("temperature", request.temperature.map(Json::from)),
        ("top_p", request.top_p.map(Json::from)),
        ("top_k", request.top_k.map(Json::from)),
        ("stop_sequences", (!request.stop.is_empty()).then(|| json!(request.stop))),
    ] {
        if let Some(value) = value {
            body[name] = value;
        }
    }
    body
}

#[async_trait::async_trait]
impl Provider for Anthropic {
    async fn chat(&self, request: &ChatRequest, on_delta: DeltaSink<'_>) -> Result<ChatAnswer, ProviderError> {
        let (response, retries) = self.0.open(&self.0.url("/v1/messages"), &Body::Json(body(request))).await?;
        let answer = stream::read(response, Collected::default(), on_delta).await;
        answer.map(|answer| ChatAnswer { retries, ..answer }).map_err(|error| self.0.told(error, retries))
    }
}

#[derive(Default)]
struct Collected {
    text: String,
    model: Option<String>,
    usage: Usage,
    stop_reason: Option<String>,
}

impl Collect for Collected {
    fn add(&mut self, event: Json) -> Result<Option<String>, ProviderError> {
        match event["type"].as_str() {
            Some("message_start") => {
                let message = &event["message"];
                self.model = message["model"].as_str().map(str::to_owned);
                let usage = &message["usage"];
                // What came from the cache, or went into it, is input as well.
                let parts = ["input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"];
                self.usage.input_tokens =
                    usage["input_tokens"].as_u64().map(|_| parts.iter().filter_map(|name| usage[*name].as_u64()).sum());
            }
            Some("content_block_delta") => {
                // Thinking is no part of the answer.
                let Some(text) = event["delta"]["text"].as_str() else { return Ok(None) };
                self.text.push_str(text);
                return Ok(Some(text.to_owned()));
            }
            Some("message_delta") => {
                self.stop_reason =
                    event["delta"]["stop_reason"].as_str().map(str::to_owned).or(self.stop_reason.take());
                // Counted from the beginning, every time.
                self.usage.output_tokens = event["usage"]["output_tokens"].as_u64().or(self.usage.output_tokens);
            }
            // `ping`, and what will be added to the language.
            _ => {}
        }
        Ok(None)
    }

    fn is_finished(&self) -> bool {
        self.stop_reason.is_some()
    }

    fn finish(self) -> Result<ChatAnswer, ProviderError> {
        match self.stop_reason.as_deref() {
            Some("refusal") => Err(stream::refused(&self.text)),
            Some("max_tokens") if self.text.is_empty() => Err(stream::no_tokens_left()),
            _ => Ok(ChatAnswer { text: self.text, model: self.model, usage: self.usage, retries: 0 }),
        }
    }
}
