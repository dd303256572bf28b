//! OpenAI, and every server that speaks its language: OpenRouter, Together, Hugging Face, Ollama, llama.cpp, LM Studio,
//! vLLM, MLX, and those that a key's base URL names. Conversations, vectors and transcripts; pictures and speech are
//! ordered (`vendor/openai.rs`).
//!
//! Two ways to ask. The vendor itself gets what its newest models want; all others get the smallest set of fields,
//! because each supports another subset and some refuse what they do not know.

use bytes::Bytes;
use reqwest::header;
use serde_json::{Map, Value as Json, json};
use shared::run::FailureCode;

use super::{base64, stream, wire};
use crate::provider::{
    ChatAnswer, ChatRequest, DeltaSink, EmbedAnswer, EmbedRequest, Provider, ProviderError, Segment, TranscribeRequest,
    Transcript, Usage,
    rest::{Body, Part, Rest},
};

/// What vendors take as one file.
const SOUND_MAX_BYTES: u64 = 25 << 20;

pub(in crate::provider) struct OpenAi {
    rest: Rest,
    is_vendor: bool,
}

impl OpenAi {
    pub fn new(rest: Rest, is_vendor: bool) -> Self {
        Self { rest, is_vendor }
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
                let url = format!("data:{};base64,{}", picture.mime, base64(&picture.bytes));
                json!({"type": "image_url", "image_url": {"url": url}})
            });
            let text = json!({"type": "text", "text": request.prompt});
            Json::Array(std::iter::once(text).chain(pictures).collect())
        };
        messages.push(json!({"role": "user", "content": content}));
        messages.extend(request.turns.iter().flat_map(wire::turn));
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
        let format = match &request.schema {
            Some(schema) => Some(json!({
                "type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": true},
            })),
            None => request.json.then(|| json!({"type": "json_object"})),
        };
        let optional = [
            (max_tokens, request.max_tokens.map(Json::from)),
            ("temperature", request.temperature.map(Json::from)),
            ("top_p", request.top_p.map(Json::from)),
            // The vendor knows no such thing and refuses it.
            ("top_k", request.top_k.filter(|_| !self.is_vendor).map(Json::from)),
            ("stop", (!request.stop.is_empty()).then(|| json!(request.stop))),
            ("seed", request.seed.map(Json::from)),
            ("reasoning_effort", request.reasoning_effort.clone().map(Json::from)),
            ("response_format", format),
            ("tools", (!request.tools.is_empty()).then(|| request.tools.iter().map(wire::tool).collect())),
            ("tool_choice", (request.answer_now && !request.tools.is_empty()).then(|| json!("none"))),
        ];
        body.extend(optional.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
        Json::Object(body)
    }
}

#[async_trait::async_trait]
impl Provider for OpenAi {
    async fn chat(&self, request: &ChatRequest, on_delta: DeltaSink<'_>) -> Result<ChatAnswer, ProviderError> {
        let body = Body::Json(self.chat_body(request));
        let (response, retries) = self.rest.open(&self.rest.url("/chat/completions"), &body).await?;
        let content_type = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        // Some servers do not stream, whatever they are asked.
        let answer = if content_type.is_some_and(|kind| kind.contains("application/json")) {
            self.rest.read_json(response).await.and_then(wire::whole_answer)
        } else {
            stream::read(response, wire::Collected::default(), on_delta).await
        };
        answer.map(|answer| ChatAnswer { retries, ..answer }).map_err(|error| self.rest.told(error, retries))
    }

    async fn embed(&self, request: &EmbedRequest) -> Result<EmbedAnswer, ProviderError> {
        let body = json!({"model": request.model, "input": request.texts, "encoding_format": "float"});
        let answer = self.rest.call(&self.rest.url("/embeddings"), &Body::Json(body)).await?;
        let (vectors, usage) = wire::vectors(answer.json, request.texts.len())?;
        Ok(EmbedAnswer { vectors, usage, retries: answer.retries })
    }

    async fn transcribe(&self, request: &TranscribeRequest) -> Result<Transcript, ProviderError> {
        if request.translate {
            let message = "the provider writes what is said, and translates nothing";
            return Err(ProviderError::new(FailureCode::InvalidInput, message).in_field("translate"));
        }
        let sound = read_sound(request, SOUND_MAX_BYTES).await?;
        let mut form = vec![
            ("file", Part::File { name: sound.name, mime: sound.mime.to_owned(), bytes: sound.bytes }),
            ("model", Part::Text(request.model.clone())),
            // Other formats have times, but the newest models know only this one.
            ("response_format", Part::Text("json".into())),
        ];
        if let Some(language) = &request.language {
            form.push(("language", Part::Text(language.clone())));
        }
        let answer = self.rest.call(&self.rest.url("/audio/transcriptions"), &Body::Form(form)).await?;
        let Some(text) = answer.json["text"].as_str() else { return Err(stream::nonsense(&answer.json.to_string())) };
        let usage = &answer.json["usage"];
        let usage = Usage {
            input_tokens: usage["input_tokens"].as_u64(),
            output_tokens: usage["output_tokens"].as_u64(),
            ..Usage::default()
        };
        let segments = answer.json["segments"].as_array().into_iter().flatten().filter_map(segment).collect();
        Ok(Transcript {
            text: text.trim().to_owned(),
            segments,
            language: answer.json["language"].as_str().map(str::to_owned),
            usage,
            retries: answer.retries,
        })
    }
}

fn segment(json: &Json) -> Option<Segment> {
    Some(Segment {
        start_seconds: json["start"].as_f64()?,
        end_seconds: json["end"].as_f64()?,
        text: json["text"].as_str()?.trim().to_owned(),
    })
}

/// A sound as vendors want it: with a name whose ending tells the format.
pub(in crate::provider) struct SoundFile {
    pub name: &'static str,
    pub mime: &'static str,
    pub bytes: Bytes,
}

/// Reads a sound that is to be sent.
pub(in crate::provider) async fn read_sound(
    request: &TranscribeRequest,
    max_bytes: u64,
) -> Result<SoundFile, ProviderError> {
    let unreadable = |_| ProviderError::new(FailureCode::Internal, "the sound could not be read");
    let length = tokio::fs::metadata(&request.sound).await.map_err(unreadable)?.len();
    if length > max_bytes {
        let message = format!("the sound is larger than the {} MiB that the provider takes", max_bytes >> 20);
        return Err(ProviderError::new(FailureCode::InvalidInput, message).in_field("audio"));
    }
    let bytes = tokio::fs::read(&request.sound).await.map_err(unreadable)?;
    let (name, mime) = match infer::get(&bytes).map(|kind| kind.mime_type()) {
        Some("audio/mpeg") => ("sound.mp3", "audio/mpeg"),
        Some("audio/m4a" | "video/mp4") => ("sound.m4a", "audio/mp4"),
        Some("audio/ogg" | "video/ogg" | "application/ogg") => ("sound.ogg", "audio/ogg"),
        Some("audio/x-flac" | "audio/flac") => ("sound.flac", "audio/flac"),
        Some("video/webm") => ("sound.webm", "audio/webm"),
        _ => ("sound.wav", "audio/wav"),
    };
    Ok(SoundFile { name, mime, bytes: bytes.into() })
}
