//! Anthropic: conversations with Claude. No pictures, sounds or vectors come from there.

use serde_json::{Value as Json, json};

use super::{base64, stream, stream::Collect, wire};
use crate::{
    Outbound,
    provider::{
        ChatAnswer, ChatRequest, DeltaSink, Provider, ProviderError, ToolCall, ToolResult, ToolSpec, Turn, Usage,
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
    let messages = body["messages"].as_array_mut().expect("a list was written just now");
    messages.extend(request.turns.iter().flat_map(turn));
    if !request.tools.is_empty() {
        let tool = |tool: &ToolSpec| json!({"name": tool.name, "description": tool.description, "input_schema": tool.parameters});
        body["tools"] = request.tools.iter().map(tool).collect();
        body["tool_choice"] = json!({"type": if request.answer_now { "none" } else { "auto" }});
    }
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

/// What the model said, unchanged: it signs its thoughts. All results go into the one message that follows.
fn turn(turn: &Turn) -> [Json; 2] {
    let result = |result: &ToolResult| {
        let (id, text) = (&result.id, &result.text);
        json!({"type": "tool_result", "tool_use_id": id, "content": text, "is_error": result.failed})
    };
    let results: Vec<Json> = turn.results.iter().map(result).collect();
    [json!({"role": "assistant", "content": turn.kept}), json!({"role": "user", "content": results})]
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
    /// The answer's blocks, and of each the arguments that came so far.
    blocks: Vec<(Json, String)>,
}

/// More blocks are a fault of the server.
const BLOCKS_MAX: usize = 1024;

impl Collected {
    fn add_to_block(&mut self, delta: &Json) -> Result<(), ProviderError> {
        // Servers that speak the language do not always announce what they say.
        let Some((block, arguments)) = self.blocks.last_mut() else { return Ok(()) };
        for (piece, field) in [("text", "text"), ("thinking", "thinking"), ("signature", "signature")] {
            if let Some(piece) = delta[piece].as_str() {
                block[field] = json!(format!("{}{piece}", block[field].as_str().unwrap_or_default()));
            }
        }
        arguments.push_str(delta["partial_json"].as_str().unwrap_or_default());
        if arguments.len() > wire::ARGUMENTS_MAX_BYTES {
            return Err(stream::nonsense("arguments without an end"));
        }
        Ok(())
    }

    /// What the model calls, and all that it said, as it wants it back.
    fn calls(&mut self) -> (Vec<ToolCall>, Vec<Json>) {
        let (mut calls, mut kept) = (Vec::new(), Vec::new());
        for (mut block, arguments) in std::mem::take(&mut self.blocks) {
            match block["type"].as_str() {
                Some("tool_use") => {
                    let said = |field: &str| block[field].as_str().unwrap_or_default().to_owned();
                    let call = ToolCall { id: said("id"), name: said("name"), arguments };
                    // Nothing but an object is taken back.
                    block["input"] = Json::Object(call.object().unwrap_or_default());
                    calls.push(call);
                }
                // Empty texts are refused.
                Some("text") if block["text"].as_str().is_none_or(|text| text.trim().is_empty()) => continue,
                _ => {}
            }
            kept.push(block);
        }
        if calls.is_empty() { (calls, Vec::new()) } else { (calls, kept) }
    }
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
            Some("content_block_start") if self.blocks.len() < BLOCKS_MAX => {
                self.blocks.push((event["content_block"].clone(), String::new()));
            }
            Some("content_block_start") => return Err(stream::nonsense("an answer of too many parts")),
            Some("content_block_delta") => {
                self.add_to_block(&event["delta"])?;
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

    fn finish(mut self) -> Result<ChatAnswer, ProviderError> {
        match self.stop_reason.as_deref() {
            Some("refusal") => Err(stream::refused(&self.text)),
            Some("max_tokens") if self.text.is_empty() => Err(stream::no_tokens_left()),
            _ => {
                let (calls, kept) = self.calls();
                let Self { text, model, usage, .. } = self;
                Ok(ChatAnswer { text, model, usage, calls, kept, retries: 0 })
            }
        }
    }
}
