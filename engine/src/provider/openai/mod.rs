//! OpenAI, and every server that speaks its language: Ollama, llama.cpp, LM Studio, vLLM, OpenRouter and others.
//!
//! Two profiles. The vendor itself gets what its newest models want; a server at another base URL gets the smallest set
//! of fields, because each supports another subset and some refuse what they do not know.

mod failure;
mod stream;
mod wire;

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use reqwest::{Method, Response, header};
use serde_json::{Map, Value as Json, json};
use shared::run::FailureCode;

use super::{
    ChatAnswer, ChatRequest, DeltaSink, EmbedAnswer, EmbedRequest, PictureAnswer, PictureRequest, Provider,
    ProviderError,
    retry::{RETRIES_MAX, delay, worth_retrying},
};
use crate::{
    Outbound, OutboundError,
    http::Reach,
    secret::{ProviderKey, Secret},
};

const VENDOR_BASE_URL: &str = "https://api.openai.com/v1";
/// From the request to the last byte, at the vendor. Other servers may have to load a model first, and take as long as
/// their node may.
const VENDOR_TIME_MAX: Duration = Duration::from_secs(600);
/// A picture of 3840x2160 as PNG in base64 stays below this.
const ANSWER_MAX_BYTES: u64 = 96 << 20;
/// Error answers are short; a web server in between may send a page.
const ERROR_MAX_BYTES: u64 = 256 << 10;

pub(super) struct OpenAi {
    outbound: Outbound,
    secret: Secret,
    base_url: String,
    reach: Reach,
    is_vendor: bool,
}

impl OpenAi {
    pub fn new(outbound: Outbound, key: ProviderKey) -> Self {
        let is_vendor = key.base_url.is_none();
        let base_url = key.base_url.as_deref().unwrap_or(VENDOR_BASE_URL).trim().trim_end_matches('/').to_owned();
        let reach = if key.allow_private { Reach::Private } else { Reach::Policy };
        Self { outbound, secret: key.secret, base_url, reach, is_vendor }
    }

    /// Sends a request until it is answered well, or not worth repeating. The number is that of the repetitions.
    async fn post(&self, path: &str, body: &Json) -> Result<(Response, u32), ProviderError> {
        let mut retries = 0;
        loop {
            let (error, wait) = match self.post_once(path, body).await {
                Ok(response) if response.status().is_success() => return Ok((response, retries)),
                Ok(response) => self.refused(response, retries).await,
                Err(error) => self.not_reached(error, retries),
            };
            match wait {
                Some(wait) if retries < RETRIES_MAX => {
                    tokio::time::sleep(wait).await;
                    retries += 1;
                }
                _ => return Err(ProviderError { retries, ..error }),
            }
        }
    }

    async fn post_once(&self, path: &str, body: &Json) -> Result<Response, OutboundError> {
        let url = format!("{}{path}", self.base_url);
        let mut request = self.outbound.request(Method::POST, &url, self.reach)?.json(body);
        if !self.secret.is_empty() {
            request = request.bearer_auth(self.secret.expose());
        }
        if self.is_vendor {
            request = request.timeout(VENDOR_TIME_MAX);
        }
        self.outbound.send(request).await
    }

    /// What an answer other than 2xx means, and how long to wait if it is worth another request.
    async fn refused(&self, response: Response, retries: u32) -> (ProviderError, Option<Duration>) {
        let (status, headers) = (response.status(), response.headers().clone());
        let body = self.outbound.read(response, ERROR_MAX_BYTES).await.unwrap_or_default();
        let body = self.secret.redact(&String::from_utf8_lossy(&body));
        let mut error = failure::of_answer(status, &body);
        if let Some(id) = headers.get("x-request-id").and_then(|id| id.to_str().ok()) {
            let raw = error.raw.take().unwrap_or_default();
            error = error.with_raw(&format!("{raw}\nx-request-id: {id}"));
        }
        // Quota does not come back by asking again.
        if error.code == FailureCode::Quota || !worth_retrying(status, &headers) {
            return (error, None);
        }
        match delay(retries, Some(&headers)) {
            Ok(wait) => (error, Some(wait)),
            Err(asked) => {
                error.message = format!("{}; the provider asks to wait for {} s", error.message, asked.as_secs());
                (error, None)
            }
        }
    }

    fn not_reached(&self, error: OutboundError, retries: u32) -> (ProviderError, Option<Duration>) {
        let server = url::Url::parse(&self.base_url).ok().and_then(|url| url.host_str().map(str::to_owned));
        let server = server.unwrap_or_else(|| self.base_url.clone());
        match error {
            OutboundError::Request(source) => {
                let (code, message) = if source.is_timeout() && !source.is_connect() {
                    (FailureCode::Timeout, format!("`{server}` took too long to answer"))
                } else if source.is_connect() && !self.is_vendor {
                    (FailureCode::ProviderDown, format!("`{server}` does not answer: is it running, at this address?"))
                } else {
                    (FailureCode::ProviderDown, format!("`{server}` cannot be reached"))
                };
                let error = ProviderError::new(code, message).with_raw(&self.secret.redact(&chain(&source)));
                (error, delay(retries, None).ok())
            }
            other => (ProviderError::new(FailureCode::InvalidInput, other.to_string()).in_field("connection"), None),
        }
    }

    /// A whole answer as JSON.
    async fn read_json(&self, response: Response) -> Result<Json, ProviderError> {
        let body = self.outbound.read(response, ANSWER_MAX_BYTES).await.map_err(|error| {
            let message = "the answer broke off, or is too large";
            ProviderError::new(FailureCode::ProviderDown, message).with_raw(&self.secret.redact(&chain(&error)))
        })?;
        serde_json::from_slice(&body).map_err(|_| {
            let raw = self.secret.redact(&String::from_utf8_lossy(&body[..body.len().min(8192)]));
            ProviderError::new(FailureCode::ProviderDown, "the provider answered something that is not JSON")
                .with_raw(&raw)
        })
    }

    fn chat_body(&self, request: &ChatRequest) -> Json {
        let mut messages = Vec::new();
        if !request.system.trim().is_empty() {
            messages.push(json!({"role": "system", "content": request.system}));
        }
        let content = if request.pictures.is_empty() {
            // Text-only servers take a plain text and no list of parts.
            json!(request.prompt)
        } else {
            let pictures = request.pictures.iter().map(|picture| {
                let url = format!("data:{};base64,{}", picture.mime, BASE64.encode(&picture.bytes));
                json!({"type": "image_url", "image_url": {"url": url}})
            });
            let text = json!({"type": "text", "text": request.prompt});
            Json::Array(std::iter::once(text).chain(pictures).collect())
        };
        messages.push(json!({"role": "user", "content": content}));
        let mut body = Map::new();
        body.insert("model".into(), json!(request.model));
        body.insert("messages".into(), json!(messages));
        body.insert("stream".into(), json!(true));
        let options = match self.is_vendor {
            true => json!({"include_usage": true, "include_obfuscation": false}),
            false => json!({"include_usage": true}),
        };
        body.insert("stream_options".into(), options);
        // The vendor's reasoning models refuse the old name, other servers do not know the new one.
        let max_tokens = if self.is_vendor { "max_completion_tokens" } else { "max_tokens" };
        let optional = [
            (max_tokens, request.max_tokens.map(Json::from)),
            ("temperature", request.temperature.map(Json::from)),
            ("top_p", request.top_p.map(Json::from)),
            // The vendor knows no such thing and refuses it.
            ("top_k", request.top_k.filter(|_| !self.is_vendor).map(Json::from)),
            ("stop", (!request.stop.is_empty()).then(|| json!(request.stop))),
            ("seed", request.seed.map(Json::from)),
            ("reasoning_effort", request.reasoning_effort.clone().map(Json::from)),
            ("response_format", request.json.then(|| json!({"type": "json_object"}))),
        ];
        body.extend(optional.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
        Json::Object(body)
    }
}

#[async_trait::async_trait]
impl Provider for OpenAi {
    async fn chat(&self, request: &ChatRequest, on_delta: DeltaSink<'_>) -> Result<ChatAnswer, ProviderError> {
        let (response, retries) = self.post("/chat/completions", &self.chat_body(request)).await?;
        let content_type = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        // Some servers do not stream, whatever they are asked.
        let answer = if content_type.is_some_and(|kind| kind.contains("application/json")) {
            wire::whole_answer(self.read_json(response).await?)
        } else {
            stream::read(response, on_delta).await
        };
        let redacted = |error: ProviderError| ProviderError {
            message: self.secret.redact(&error.message),
            raw: error.raw.map(|raw| self.secret.redact(&raw)),
            retries,
            ..error
        };
        Ok(ChatAnswer { retries, ..answer.map_err(redacted)? })
    }

    async fn picture(&self, request: &PictureRequest) -> Result<PictureAnswer, ProviderError> {
        let mut body = Map::new();
        body.insert("model".into(), json!(request.model));
        body.insert("prompt".into(), json!(request.prompt));
        let optional = [("size", &request.size), ("quality", &request.quality), ("background", &request.background)];
        body.extend(optional.into_iter().filter_map(|(name, value)| Some((name.to_owned(), json!(value.as_ref()?)))));
        let (response, retries) = self.post("/images/generations", &Json::Object(body)).await?;
        let answer = self.read_json(response).await?;
        wire::picture(answer).map(|(bytes, usage)| PictureAnswer { bytes, usage, retries })
    }

    async fn embed(&self, request: &EmbedRequest) -> Result<EmbedAnswer, ProviderError> {
        let body = json!({"model": request.model, "input": request.texts, "encoding_format": "float"});
        let (response, retries) = self.post("/embeddings", &body).await?;
        let (vectors, usage) = wire::vectors(self.read_json(response).await?, request.texts.len())?;
        Ok(EmbedAnswer { vectors, usage, retries })
    }
}

/// An error with all its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
