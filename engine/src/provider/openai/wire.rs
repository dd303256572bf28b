//! The vendor's answers, as far as they are of interest. Unknown fields are ignored, absent ones are unknown.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value as Json;
use shared::run::FailureCode;

use super::failure;
use crate::provider::{ChatAnswer, ProviderError, Usage};

/// One chunk of a stream; also a whole answer, whose choices hold a `message` in the place of a `delta`.
#[derive(Debug, Deserialize)]
pub(super) struct Chunk {
    pub model: Option<String>,
    #[serde(default)]
    pub choices: Vec<Choice>,
    pub usage: Option<ChatUsage>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Choice {
    #[serde(alias = "message")]
    pub delta: Option<Delta>,
    pub finish_reason: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Delta {
    pub content: Option<String>,
    pub refusal: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ChatUsage {
    prompt_tokens: Option<u64>,
    completion_tokens: Option<u64>,
}

impl From<ChatUsage> for Usage {
    fn from(usage: ChatUsage) -> Self {
        Self { input_tokens: usage.prompt_tokens, output_tokens: usage.completion_tokens, input_picture_tokens: None }
    }
}

/// Puts an answer together from its chunks.
#[derive(Debug, Default)]
pub(super) struct Collected {
    text: String,
    refusal: String,
    model: Option<String>,
    usage: Usage,
    finish_reason: Option<String>,
}

impl Collected {
    /// Adds a chunk; what is new of the text comes back.
    pub fn add(&mut self, chunk: Chunk) -> Option<String> {
        self.model = chunk.model.filter(|model| !model.is_empty()).or(self.model.take());
        if let Some(usage) = chunk.usage {
            self.usage = usage.into();
        }
        // We ask for one choice and get one, or none in the chunk with the usage.
        let choice = chunk.choices.into_iter().next()?;
        self.finish_reason = choice.finish_reason.or(self.finish_reason.take());
        let delta = choice.delta?;
        self.refusal.push_str(delta.refusal.as_deref().unwrap_or_default());
        let text = delta.content.filter(|text| !text.is_empty())?;
        self.text.push_str(&text);
        Some(text)
    }

    /// Whether the model said that it is through.
    pub fn is_finished(&self) -> bool {
        self.finish_reason.is_some()
    }

    pub fn finish(self) -> Result<ChatAnswer, ProviderError> {
        if self.finish_reason.as_deref() == Some("content_filter") {
            let message = "the provider's content policy stopped the answer";
            return Err(ProviderError::new(FailureCode::Filtered, message).in_field("prompt").with_raw(&self.text));
        }
        if !self.refusal.trim().is_empty() {
            let message = "the model refused to answer";
            return Err(ProviderError::new(FailureCode::Filtered, message).in_field("prompt").with_raw(&self.refusal));
        }
        if self.text.is_empty() && self.finish_reason.as_deref() == Some("length") {
            let message = "the model used up all tokens before it began to answer: allow more";
            return Err(ProviderError::new(FailureCode::InvalidInput, message).in_field("max_tokens"));
        }
        Ok(ChatAnswer { text: self.text, model: self.model, usage: self.usage, retries: 0 })
    }
}

/// The answer of a server that does not stream.
pub(super) fn whole_answer(json: Json) -> Result<ChatAnswer, ProviderError> {
    if json.get("error").is_some_and(|error| !error.is_null()) {
        return Err(failure::of_event(&json));
    }
    let raw = json.to_string();
    let chunk: Chunk = serde_json::from_value(json).map_err(|_| nonsense(&raw))?;
    if chunk.choices.is_empty() {
        return Err(nonsense(&raw));
    }
    let mut collected = Collected::default();
    collected.add(chunk);
    collected.finish()
}

pub(super) fn nonsense(raw: &str) -> ProviderError {
    ProviderError::new(FailureCode::ProviderDown, "the provider answered something that makes no sense").with_raw(raw)
}

#[derive(Debug, Deserialize)]
struct Pictures {
    #[serde(default)]
    data: Vec<PictureData>,
    usage: Option<PictureUsage>,
}

#[derive(Debug, Deserialize)]
struct PictureData {
    b64_json: Option<String>,
}

#[derive(Debug, Deserialize)]
struct PictureUsage {
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    input_tokens_details: Option<PictureUsageDetails>,
}

#[derive(Debug, Deserialize)]
struct PictureUsageDetails {
    image_tokens: Option<u64>,
}

/// The first picture of an answer.
pub(super) fn picture(json: Json) -> Result<(Bytes, Usage), ProviderError> {
    let without_pictures = || ProviderError::new(FailureCode::ProviderDown, "the provider answered without a picture");
    let answer: Pictures =
        serde_json::from_value(json).map_err(|error| without_pictures().with_raw(&error.to_string()))?;
    let encoded = answer.data.into_iter().find_map(|data| data.b64_json).ok_or_else(without_pictures)?;
    let bytes = BASE64.decode(encoded.trim()).map_err(|error| without_pictures().with_raw(&error.to_string()))?;
    let usage = answer.usage.map(|usage| Usage {
        input_tokens: usage.input_tokens,
        output_tokens: usage.output_tokens,
        input_picture_tokens: usage.input_tokens_details.and_then(|details| details.image_tokens),
    });
    Ok((bytes.into(), usage.unwrap_or_default()))
}

#[derive(Debug, Deserialize)]
struct VectorsAnswer {
    data: Vec<VectorData>,
    usage: Option<ChatUsage>,
}

#[derive(Debug, Deserialize)]
struct VectorData {
    index: usize,
    embedding: Vec<f32>,
}

/// The vectors of an answer, in the order of the texts.
pub(super) fn vectors(answer: Json, count: usize) -> Result<(Vec<Vec<f32>>, Usage), ProviderError> {
    let nonsense = || ProviderError::new(FailureCode::ProviderDown, "the provider's answer holds no embeddings");
    let answer: VectorsAnswer = serde_json::from_value(answer).map_err(|_| nonsense())?;
    let mut vectors = vec![Vec::new(); count];
    for data in answer.data {
        *vectors.get_mut(data.index).ok_or_else(nonsense)? = data.embedding;
    }
    if vectors.iter().any(Vec::is_empty) {
        return Err(nonsense());
    }
    Ok((vectors, answer.usage.map(Usage::from).unwrap_or_default()))
}
