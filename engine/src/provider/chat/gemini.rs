//! Google: conversations with Gemini, vectors and transcripts. Pictures, speech and films are ordered
//! (`vendor/google.rs`).

use serde_json::{Value as Json, json};
use shared::run::FailureCode;

use super::{base64, openai::read_sound, stream, stream::Collect, wire};
use crate::{
    Outbound,
    provider::{
        ChatAnswer, ChatRequest, DeltaSink, EmbedAnswer, EmbedRequest, Provider, ProviderError, ToolCall, ToolResult,
        ToolSpec, TranscribeRequest, Transcript, Turn, Usage,
        refusal::filtered_request,
        rest::{Body, Rest},
        vendor::google,
    },
    secret::ProviderKey,
};

/// Files go inline; larger requests would need the vendor's store.
const SOUND_MAX_BYTES: u64 = 14 << 20;

pub(in crate::provider) struct Gemini(Rest);

impl Gemini {
    pub fn new(outbound: Outbound, key: ProviderKey) -> Self {
        Self(google::PROFILE.rest(outbound, key).patient(Some(super::TIME_MAX)))
    }
}

fn body(request: &ChatRequest) -> Json {
    let pictures = request
        .pictures
        .iter()
        .map(|picture| json!({"inlineData": {"mimeType": picture.mime, "data": base64(&picture.bytes)}}));
    let parts: Vec<Json> = pictures.chain([json!({"text": request.prompt})]).collect();
    let mut contents = vec![json!({"role": "user", "parts": parts})];
    contents.extend(request.turns.iter().flat_map(turn));
    let mut body = json!({"contents": contents});
    if !request.tools.is_empty() {
        let tool = |tool: &ToolSpec| json!({"name": tool.name, "description": tool.description, "parametersJsonSchema": tool.parameters});
        body["tools"] = json!([{"functionDeclarations": request.tools.iter().map(tool).collect::<Vec<_>>()}]);
        let mode = if request.answer_now { "NONE" } else { "AUTO" };
        body["toolConfig"] = json!({"functionCallingConfig": {"mode": mode}});
    }
    if !request.system.trim().is_empty() {
        body["systemInstruction"] = json!({"parts": [{"text": request.system}]});
    }
    let mime = (request.json || request.schema.is_some()).then(|| json!("application/json"));
    let level = request.reasoning_effort.as_deref().map(|effort| if effort == "none" { "minimal" } else { effort });
    for (name, value) in [
        ("temperature", request.temperature.map(Json::from)),
        ("topP", request.top_p.map(Json::from)),
        ("topK", request.top_k.map(Json::from)),
        ("maxOutputTokens", request.max_tokens.map(Json::from)),
        ("stopSequences", (!request.stop.is_empty()).then(|| json!(request.stop))),
        ("seed", request.seed.map(Json::from)),
        ("responseMimeType", mime),
        ("responseJsonSchema", request.schema.clone()),
        ("thinkingConfig", level.map(|level| json!({"thinkingLevel": level}))),
    ] {
        if let Some(value) = value {
            body["generationConfig"][name] = value;
        }
    }
    body
}

/// What the model said, unchanged, because it signs its thoughts; and the results.
fn turn(turn: &Turn) -> [Json; 2] {
    let result = |result: &ToolResult| {
        let field = if result.failed { "error" } else { "result" };
        let mut part = json!({"name": result.name, "response": {field: result.text}});
        // Only newer models name their calls.
        let named = |part: &Json| part["functionCall"]["id"].as_str() == Some(&result.id);
        if turn.kept.iter().any(named) {
            part["id"] = json!(result.id);
        }
        json!({"functionResponse": part})
    };
    let results: Vec<Json> = turn.results.iter().map(result).collect();
    [json!({"role": "model", "parts": turn.kept}), json!({"role": "user", "parts": results})]
}

#[async_trait::async_trait]
impl Provider for Gemini {
    async fn chat(&self, request: &ChatRequest, on_delta: DeltaSink<'_>) -> Result<ChatAnswer, ProviderError> {
        let url = self.0.url(&format!("/models/{}:streamGenerateContent?alt=sse", request.model));
        let (response, retries) = self.0.open(&url, &Body::Json(body(request))).await?;
        let answer = stream::read(response, Collected::default(), on_delta).await;
        answer.map(|answer| ChatAnswer { retries, ..answer }).map_err(|error| self.0.told(error, retries))
    }

    async fn embed(&self, request: &EmbedRequest) -> Result<EmbedAnswer, ProviderError> {
        let model = format!("models/{}", request.model);
        let requests: Vec<Json> =
            request.texts.iter().map(|text| json!({"model": model, "content": {"parts": [{"text": text}]}})).collect();
        let url = self.0.url(&format!("/{model}:batchEmbedContents"));
        let answer = self.0.call(&url, &Body::Json(json!({"requests": requests}))).await?;
        let vectors = answer.json["embeddings"].as_array().ok_or_else(wire::no_vectors)?;
        let vectors = vectors.iter().map(|vector| serde_json::from_value(vector["values"].clone()).unwrap_or_default());
        let vectors = wire::whole(vectors.collect(), request.texts.len())?;
        Ok(EmbedAnswer { vectors, usage: Usage::default(), retries: answer.retries })
    }

    async fn transcribe(&self, request: &TranscribeRequest) -> Result<Transcript, ProviderError> {
        let sound = read_sound(request, SOUND_MAX_BYTES).await?;
        let language = request.language.as_ref().map(|language| format!(" The language is `{language}`."));
        let into = if request.translate { " Write it in English." } else { "" };
        let ask = format!(
            "Write down what is said, word for word, without any remark.{}{into}",
            language.unwrap_or_default()
        );
        let body = json!({"contents": [{"role": "user", "parts": [
            {"inlineData": {"mimeType": sound.mime, "data": base64(&sound.bytes)}}, {"text": ask},
        ]}]});
        let url = self.0.url(&format!("/models/{}:generateContent", request.model));
        let answer = self.0.call(&url, &Body::Json(body)).await?;
        let mut collected = Collected::default();
        let said = collected.add(answer.json).and_then(|_| collected.finish());
        let said = said.map_err(|error| self.0.told(error, answer.retries))?;
        let text = said.text.trim().to_owned();
        Ok(Transcript { text, usage: said.usage, retries: answer.retries, ..Transcript::default() })
    }
}

#[derive(Default)]
struct Collected {
    text: String,
    model: Option<String>,
    usage: Usage,
    finish_reason: Option<String>,
    calls: Vec<ToolCall>,
    parts: Vec<Json>,
}

/// More calls at once are a fault of the server.
const CALLS_MAX: usize = 256;

impl Collect for Collected {
    fn add(&mut self, event: Json) -> Result<Option<String>, ProviderError> {
        if let Some(reason) = event["promptFeedback"]["blockReason"].as_str() {
            return Err(filtered_request(Some(reason)).with_raw(&event.to_string()));
        }
        let usage = &event["usageMetadata"];
        if let Some(input) = usage["promptTokenCount"].as_u64() {
            let out = ["candidatesTokenCount", "thoughtsTokenCount"];
            self.usage.input_tokens = Some(input);
            self.usage.output_tokens = Some(out.iter().filter_map(|name| usage[*name].as_u64()).sum());
        }
        self.model = event["modelVersion"].as_str().map(str::to_owned).or(self.model.take());
        let candidate = &event["candidates"][0];
        self.finish_reason = candidate["finishReason"].as_str().map(str::to_owned).or(self.finish_reason.take());
        let parts = candidate["content"]["parts"].as_array().into_iter().flatten();
        for part in parts.clone() {
            if let Some(call) = part.get("functionCall") {
                let id = call["id"].as_str().map_or_else(|| format!("call_{}", self.calls.len()), str::to_owned);
                let name = call["name"].as_str().unwrap_or_default().to_owned();
                let arguments = call.get("args").filter(|args| !args.is_null()).map(Json::to_string);
                self.calls.push(ToolCall { id, name, arguments: arguments.unwrap_or_default() });
            }
            self.parts.push(part.clone());
        }
        if self.calls.len() > CALLS_MAX {
            return Err(stream::nonsense("more calls for tools than anybody makes"));
        }
        // Thoughts are no part of the answer.
        let text: String =
            parts.filter(|part| part["thought"] != true).filter_map(|part| part["text"].as_str()).collect();
        self.text.push_str(&text);
        Ok(Some(text))
    }

    fn is_finished(&self) -> bool {
        self.finish_reason.is_some()
    }

    fn finish(self) -> Result<ChatAnswer, ProviderError> {
        match self.finish_reason.as_deref() {
            Some("STOP") => {}
            Some("MAX_TOKENS") if self.text.is_empty() => return Err(stream::no_tokens_left()),
            Some("MAX_TOKENS") => {}
            Some(reason @ ("SAFETY" | "RECITATION" | "PROHIBITED_CONTENT" | "BLOCKLIST" | "SPII" | "IMAGE_SAFETY")) => {
                return Err(filtered_request(Some(reason)).with_raw(&self.text));
            }
            Some(reason) => {
                let message = format!("the provider broke off its answer: {reason}");
                return Err(ProviderError::new(FailureCode::ProviderDown, message).with_raw(&self.text));
            }
            None => return Err(stream::nonsense("an answer without an end")),
        }
        let Self { text, model, usage, calls, parts, .. } = self;
        let kept = if calls.is_empty() { Vec::new() } else { parts };
        Ok(ChatAnswer { text, model, usage, calls, kept, retries: 0 })
    }
}
