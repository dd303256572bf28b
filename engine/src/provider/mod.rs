//! Models behind one small contract, whoever serves them.
//!
//! A provider turns a request of ours into one call of its vendor's API and back. It knows the vendor's errors, limits
//! and retry rules; it knows nothing of nodes, runs or documents. The nodes in `nodes/model.rs` call it through
//! [`connect`]. Adding a vendor is one folder here; adding a model is a line in `models.json`.

mod models;
mod openai;
mod refusal;
mod rest;
mod retry;
pub(crate) mod video;

use std::{path::PathBuf, sync::Arc};

use bytes::Bytes;
use shared::run::FailureCode;

use crate::{NodeContext, NodeError, error::shortened};
pub use models::{Field, Form, Model, ModelCatalog, Prices, Route, Sound, VideoLimits, models};
pub(crate) use models::{Made, cost_usd};

/// Serves models. Dropping a call's future cancels it: the connection is closed.
#[async_trait::async_trait]
pub(crate) trait Provider: Send + Sync {
    /// Answers a conversation. The text is handed to `on_delta` piece by piece, and whole at the end.
    async fn chat(&self, request: &ChatRequest, on_delta: DeltaSink<'_>) -> Result<ChatAnswer, ProviderError>;

    /// Makes a picture.
    async fn picture(&self, request: &PictureRequest) -> Result<PictureAnswer, ProviderError>;

    /// Turns texts into vectors, one each, in their order.
    async fn embed(&self, _request: &EmbedRequest) -> Result<EmbedAnswer, ProviderError> {
        Err(ProviderError::not_offered("embeddings"))
    }

    /// Writes down what is said.
    async fn transcribe(&self, _request: &TranscribeRequest) -> Result<Transcript, ProviderError> {
        Err(ProviderError::not_offered("transcripts"))
    }

    /// Says what is to be seen.
    async fn caption(&self, _request: &CaptionRequest) -> Result<ChatAnswer, ProviderError> {
        Err(ProviderError::not_offered("captions"))
    }
}

pub(crate) type DeltaSink<'a> = &'a (dyn Fn(&str) + Send + Sync);

/// A conversation to be continued. What is `None` is left to the model.
#[derive(Debug, Clone, Default)]
pub(crate) struct ChatRequest {
    pub model: String,
    pub system: String,
    pub prompt: String,
    /// Pictures that belong to the prompt.
    pub pictures: Vec<Picture>,
    pub temperature: Option<f64>,
    /// Only tokens that make up this share of what is likely.
    pub top_p: Option<f64>,
    /// Only so many of the likeliest tokens.
    pub top_k: Option<u32>,
    /// The answer ends before any of these.
    pub stop: Vec<String>,
    pub max_tokens: Option<u32>,
    pub seed: Option<u32>,
    pub reasoning_effort: Option<String>,
    /// The answer is to be one JSON object.
    pub json: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Picture {
    pub mime: String,
    pub bytes: Bytes,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct ChatAnswer {
    pub text: String,
    /// The exact model that answered.
    pub model: Option<String>,
    pub usage: Usage,
    pub retries: u32,
}

/// A picture to be made. What is `None` is left to the model.
#[derive(Debug, Clone, Default)]
pub(crate) struct PictureRequest {
    pub model: String,
    pub prompt: String,
    /// `1024x1024`.
    pub size: Option<String>,
    pub quality: Option<String>,
    pub background: Option<String>,
    /// What is not to be seen.
    pub negative_prompt: Option<String>,
    pub steps: Option<u32>,
    /// How closely the prompt is followed.
    pub guidance: Option<f64>,
    pub seed: Option<u64>,
}

#[derive(Debug, Clone)]
pub(crate) struct PictureAnswer {
    pub bytes: Bytes,
    pub usage: Usage,
    pub retries: u32,
}

/// Texts to be turned into vectors.
#[derive(Debug, Clone, Default)]
pub(crate) struct EmbedRequest {
    pub model: String,
    pub texts: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct EmbedAnswer {
    pub vectors: Vec<Vec<f32>>,
    pub usage: Usage,
    pub retries: u32,
}

/// A sound to be written down.
#[derive(Debug, Clone, Default)]
pub(crate) struct TranscribeRequest {
    pub model: String,
    /// The sound, in any format that our media tools read.
    pub sound: PathBuf,
    /// `en`; absent: the model finds out.
    pub language: Option<String>,
    /// Into English, whatever is spoken.
    pub translate: bool,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Transcript {
    pub text: String,
    pub segments: Vec<Segment>,
    /// As spoken, where it is known.
    pub language: Option<String>,
    pub usage: Usage,
    pub retries: u32,
}

/// A piece of a transcript.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub(crate) struct Segment {
    pub start_seconds: f64,
    pub end_seconds: f64,
    pub text: String,
}

/// A picture to be put into words.
#[derive(Debug, Clone)]
pub(crate) struct CaptionRequest {
    pub model: String,
    pub picture: Picture,
    /// How the caption begins; may be empty.
    pub beginning: String,
    pub max_tokens: Option<u32>,
}

/// What the vendor counted. It may say nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Usage {
    pub input_tokens: Option<u64>,
    pub output_tokens: Option<u64>,
    /// The part of the input that is pictures.
    pub input_picture_tokens: Option<u64>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct ProviderError {
    pub code: FailureCode,
    pub message: String,
    /// The parameter to look at.
    pub field: Option<&'static str>,
    /// The vendor's answer, without secrets, shortened.
    pub raw: Option<String>,
    pub retries: u32,
}

impl ProviderError {
    pub fn new(code: FailureCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), field: None, raw: None, retries: 0 }
    }

    fn not_offered(what: &str) -> Self {
        let message = format!("this connection offers no {what}: choose another one");
        Self::new(FailureCode::InvalidInput, message).in_field("connection")
    }

    pub fn with_raw(mut self, raw: &str) -> Self {
        self.raw = Some(shortened(raw)).filter(|raw| !raw.is_empty());
        self
    }

    pub fn in_field(mut self, field: &'static str) -> Self {
        self.field = Some(field);
        self
    }
}

impl From<ProviderError> for NodeError {
    fn from(error: ProviderError) -> Self {
        let mut failure = Self::new(error.code, error.message).with_raw(error.raw.as_deref().unwrap_or_default());
        if let Some(field) = error.field {
            failure = failure.in_field(field);
        }
        failure
    }
}

/// A provider on a person's behalf, and its name for the records.
pub(crate) struct Connection {
    pub name: String,
    pub provider: Arc<dyn Provider>,
    /// The vendor itself, whose prices are known; not a server that speaks its language.
    pub is_vendor: bool,
}

/// The models of this machine: no key, no vendor.
pub(crate) const LOCAL: &str = "local";

/// Finds the key that `connection` names: `openai`, or `openai:team` where there are several of one provider.
///
/// Every provider but the known vendors is a server that speaks OpenAI's language at the key's base URL.
pub(crate) async fn connect(ctx: &NodeContext, connection: &str) -> Result<Connection, NodeError> {
    let (provider, name) = match connection.trim().split_once(':') {
        Some((provider, name)) => (provider.trim(), Some(name.trim())),
        None => (connection.trim(), None),
    };
    if provider == LOCAL {
        let provider = ctx.local_models().provider(ctx).map_err(ProviderError::from);
        let provider = provider.map_err(|error| error.in_field("connection"))?;
        return Ok(Connection { name: LOCAL.to_owned(), provider, is_vendor: false });
    }
    let key = ctx.key(provider, name).await.map_err(|error| error.in_field("connection"))?;
    if provider != "openai" && key.base_url.is_none() {
        let message = format!("the key for `{provider}` needs a base URL: its server speaks OpenAI's language there");
        return Err(NodeError::new(FailureCode::MissingKey, message).in_field("connection"));
    }
    let is_vendor = key.base_url.is_none();
    let client = openai::OpenAi::new(ctx.http().clone(), key);
    Ok(Connection { name: provider.to_owned(), provider: Arc::new(client), is_vendor })
}
