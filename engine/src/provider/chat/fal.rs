//! fal: transcripts, by models that answer within seconds. Pictures, films and sounds are ordered (`vendor/fal.rs`).

use serde_json::{Value as Json, json};
use shared::run::FailureCode;

use super::{TIME_MAX, elevenlabs, huggingface, openai::read_sound, stream};
use crate::{
    Outbound,
    provider::{
        ChatAnswer, ChatRequest, DeltaSink, Provider, ProviderError, Segment, TranscribeRequest, Transcript, Usage,
        is_endpoint,
        rest::{Body, Rest},
        vendor::fal,
    },
    secret::ProviderKey,
};

const SOUND_MAX_BYTES: u64 = 90 << 20;

pub(in crate::provider) struct Fal(Rest);

impl Fal {
    pub fn new(outbound: Outbound, key: ProviderKey) -> Self {
        Self(fal::PROFILE.rest(outbound, key).patient(Some(TIME_MAX)))
    }
}

#[async_trait::async_trait]
impl Provider for Fal {
    async fn chat(&self, _request: &ChatRequest, _on_delta: DeltaSink<'_>) -> Result<ChatAnswer, ProviderError> {
        Err(ProviderError::not_offered("conversations"))
    }

    async fn transcribe(&self, request: &TranscribeRequest) -> Result<Transcript, ProviderError> {
        if !is_endpoint("fal", &request.model) {
            let message = format!("`{}` is no name of a model at fal, such as `fal-ai/wizper`", request.model);
            return Err(ProviderError::new(FailureCode::InvalidInput, message).in_field("model"));
        }
        let is_scribe = request.model.contains("speech-to-text");
        if request.translate && is_scribe {
            let message = "the model writes what is said, and translates nothing";
            return Err(ProviderError::new(FailureCode::InvalidInput, message).in_field("translate"));
        }
        let sound = read_sound(request, SOUND_MAX_BYTES).await?;
        let mut body = json!({"audio_url": fal::address_of(&self.0, sound.mime, &sound.bytes).await?});
        if is_scribe {
            body["language_code"] = json!(request.language);
        } else {
            // `null` has the model find out; without it, it hears English.
            body["language"] = json!(request.language);
            body["task"] = json!(if request.translate { "translate" } else { "transcribe" });
        }
        let url = self.0.url_at(fal::AT_ONCE, &format!("/{}", request.model));
        let answer = self.0.call(&url, &Body::Json(body)).await?;
        let Some(text) = answer.json["text"].as_str() else { return Err(stream::nonsense(&answer.json.to_string())) };
        let spoken = answer.json["language_code"].as_str().or_else(|| answer.json["languages"][0].as_str());
        Ok(Transcript {
            text: text.trim().to_owned(),
            segments: segments(&answer.json),
            language: spoken.map(str::to_owned),
            usage: Usage::default(),
            retries: answer.retries,
        })
    }
}

/// Pieces of some length, or words.
fn segments(answer: &Json) -> Vec<Segment> {
    match answer["chunks"].as_array() {
        Some(chunks) => chunks.iter().filter_map(huggingface::segment).collect(),
        None => elevenlabs::segments(&answer["words"]),
    }
}
