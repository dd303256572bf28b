//! Hugging Face: conversations through its router, which speaks OpenAI's language; vectors and transcripts from its own
//! servers, whose tasks have a form of their own. Pictures are ordered (`vendor/huggingface.rs`).

use serde_json::{Value as Json, json};
use shared::run::FailureCode;

use super::{
    HUGGINGFACE, base64,
    openai::{OpenAi, read_sound},
    stream,
};
use crate::{
    Outbound,
    provider::{
        ChatAnswer, ChatRequest, DeltaSink, EmbedAnswer, EmbedRequest, Provider, ProviderError, Segment,
        TranscribeRequest, Transcript, Usage,
        rest::{Body, Rest},
        vendor::huggingface::task_path,
    },
    secret::ProviderKey,
};

const SOUND_MAX_BYTES: u64 = 25 << 20;

pub(in crate::provider) struct HuggingFace {
    speaker: OpenAi,
    rest: Rest,
}

impl HuggingFace {
    pub fn new(speaker: OpenAi, outbound: Outbound, key: ProviderKey) -> Self {
        let is_vendor = key.base_url.is_none();
        Self { speaker, rest: HUGGINGFACE.rest(outbound, key).patient(is_vendor.then_some(super::TIME_MAX)) }
    }
}

#[async_trait::async_trait]
impl Provider for HuggingFace {
    async fn chat(&self, request: &ChatRequest, on_delta: DeltaSink<'_>) -> Result<ChatAnswer, ProviderError> {
        self.speaker.chat(request, on_delta).await
    }

    async fn embed(&self, request: &EmbedRequest) -> Result<EmbedAnswer, ProviderError> {
        let path = task_path(&request.model)?;
        let url = self.rest.url(&format!("{path}/pipeline/feature-extraction"));
        let answer = self.rest.call(&url, &Body::Json(json!({"inputs": request.texts}))).await?;
        let nonsense = || stream::nonsense("it answered with something that is no list of vectors");
        let vectors: Vec<Vec<f32>> = serde_json::from_value(answer.json).map_err(|_| nonsense())?;
        if vectors.len() != request.texts.len() || vectors.iter().any(Vec::is_empty) {
            return Err(nonsense());
        }
        Ok(EmbedAnswer { vectors, usage: Usage::default(), retries: answer.retries })
    }

    async fn transcribe(&self, request: &TranscribeRequest) -> Result<Transcript, ProviderError> {
        if request.translate {
            let message = "the provider writes what is said, and translates nothing";
            return Err(ProviderError::new(FailureCode::InvalidInput, message).in_field("translate"));
        }
        let sound = read_sound(request, SOUND_MAX_BYTES).await?;
        let body = json!({"inputs": base64(&sound.bytes), "parameters": {"return_timestamps": true}});
        let answer = self.rest.call(&self.rest.url(&task_path(&request.model)?), &Body::Json(body)).await?;
        let Some(text) = answer.json["text"].as_str() else { return Err(stream::nonsense(&answer.json.to_string())) };
        Ok(Transcript {
            text: text.trim().to_owned(),
            segments: answer.json["chunks"].as_array().into_iter().flatten().filter_map(segment).collect(),
            language: None,
            usage: Usage::default(),
            retries: answer.retries,
        })
    }
}

pub(super) fn segment(chunk: &Json) -> Option<Segment> {
    let start_seconds = chunk["timestamp"][0].as_f64()?;
    Some(Segment {
        start_seconds,
        // The last one may be open.
        end_seconds: chunk["timestamp"][1].as_f64().unwrap_or(start_seconds),
        text: chunk["text"].as_str()?.trim().to_owned(),
    })
}
