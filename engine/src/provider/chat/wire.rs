//! The answers of OpenAI's language, as far as they are of interest. Unknown fields are ignored, absent ones are unknown.

use serde::Deserialize;
use serde_json::Value as Json;
use shared::run::FailureCode;

use super::stream::{Collect, no_tokens_left, nonsense, refused};
use crate::provider::{ChatAnswer, ProviderError, Usage, refusal};

/// One chunk of a stream; also a whole answer, whose choices hold a `message` in the place of a `delta`.
#[derive(Debug, Deserialize)]
struct Chunk {
    model: Option<String>,
    #[serde(default)]
    choices: Vec<Choice>,
    usage: Option<ChatUsage>,
}

#[derive(Debug, Deserialize)]
struct Choice {
    #[serde(alias = "message")]
    delta: Option<Delta>,
    finish_reason: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Delta {
    content: Option<String>,
    refusal: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ChatUsage {
    prompt_tokens: Option<u64>,
    completion_tokens: Option<u64>,
    /// Dollars; only some vendors say so.
    cost: Option<f64>,
}

impl From<ChatUsage> for Usage {
    fn from(usage: ChatUsage) -> Self {
        Self {
            input_tokens: usage.prompt_tokens,
            output_tokens: usage.completion_tokens,
            input_picture_tokens: None,
            cost_usd: usage.cost,
        }
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

impl Collect for Collected {
    fn add(&mut self, event: Json) -> Result<Option<String>, ProviderError> {
        let raw = event.to_string();
        let chunk: Chunk = serde_json::from_value(event).map_err(|_| nonsense(&raw))?;
        self.model = chunk.model.filter(|model| !model.is_empty()).or(self.model.take());
        if let Some(usage) = chunk.usage {
            self.usage = usage.into();
        }
        // We ask for one choice and get one, or none in the chunk with the usage.
        let Some(choice) = chunk.choices.into_iter().next() else { return Ok(None) };
        self.finish_reason = choice.finish_reason.or(self.finish_reason.take());
        let Some(delta) = choice.delta else { return Ok(None) };
        self.refusal.push_str(delta.refusal.as_deref().unwrap_or_default());
        let Some(text) = delta.content else { return Ok(None) };
        self.text.push_str(&text);
        Ok(Some(text))
    }

    fn is_finished(&self) -> bool {
        self.finish_reason.is_some()
    }

    fn finish(self) -> Result<ChatAnswer, ProviderError> {
        if self.finish_reason.as_deref() == Some("content_filter") {
            let message = "the provider's content policy stopped the answer";
            return Err(ProviderError::new(FailureCode::Filtered, message).in_field("prompt").with_raw(&self.text));
        }
        if !self.refusal.trim().is_empty() {
            return Err(refused(&self.refusal));
        }
        if self.text.is_empty() && self.finish_reason.as_deref() == Some("length") {
            return Err(no_tokens_left());
        }
        Ok(ChatAnswer { text: self.text, model: self.model, usage: self.usage, retries: 0 })
    }
}

/// The answer of a server that does not stream.
pub(super) fn whole_answer(json: Json) -> Result<ChatAnswer, ProviderError> {
    if json.get("error").is_some_and(|error| !error.is_null()) {
        return Err(refusal::of_event(&json));
    }
    if json["choices"].as_array().is_none_or(Vec::is_empty) {
        return Err(nonsense(&json.to_string()));
    }
    let mut collected = Collected::default();
    collected.add(json)?;
    collected.finish()
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
    let answer: VectorsAnswer = serde_json::from_value(answer).map_err(|_| no_vectors())?;
    let mut vectors = vec![Vec::new(); count];
    for data in answer.data {
        *vectors.get_mut(data.index).ok_or_else(no_vectors)? = data.embedding;
    }
    whole(vectors, count).map(|vectors| (vectors, answer.usage.map(Usage::from).unwrap_or_default()))
}

/// As many vectors as texts, none of them empty.
pub(super) fn whole(vectors: Vec<Vec<f32>>, count: usize) -> Result<Vec<Vec<f32>>, ProviderError> {
    if vectors.len() != count || vectors.iter().any(Vec::is_empty) { Err(no_vectors()) } else { Ok(vectors) }
}

pub(super) fn no_vectors() -> ProviderError {
    ProviderError::new(FailureCode::ProviderDown, "the provider's answer holds no embeddings")
}
