//! Models behind one small contract, whoever serves them.
//!
//! Two kinds of vendors. One is asked (`chat`): conversations, vectors, transcripts; an answer that did not come is asked
//! for again. From the other, work is ordered (`order`): pictures, films, sounds; an order is never given twice by itself.
//! A vendor is one file in `chat/` or `vendor/`, a model an entry in `assets/models`. Neither knows nodes, runs or
//! documents; the nodes in `nodes/model` call them through [`Candidates`] and
//! [`order::choose`], which know what to do where a vendor is down.

mod chat;
mod check;
mod comfy;
mod connect;
mod estimate;
mod hosted;
mod models;
pub(crate) mod order;
mod refusal;
mod renamed;
mod rest;
mod retry;
mod servers;
mod table;
mod tool;
mod vendor;

use std::path::PathBuf;

use bytes::Bytes;
use shared::run::FailureCode;

use crate::{NodeError, error::shortened};
pub use check::{KeyCheck, check_key, costs_nothing};
pub(crate) use comfy::{ComfyJob, ComfyUi, Ear, Heard};
pub(crate) use connect::{Candidates, Connection, LOCAL, connect, split_connection};
pub use estimate::{CallEstimate, KeyAtHand, estimate};
pub(crate) use hosted::is_endpoint;
pub use hosted::{HostedError, hosted_model};
pub use models::{Field, Form, Limit, Model, ModelCatalog, Prices, Route, Sound, VideoLimits, models};
pub(crate) use models::{Made, cost_usd};
pub(crate) use rest::OrderError;
pub use servers::{LocalServer, local_servers, served_models};
pub use table::providers_table;
pub(crate) use tool::{ToolCall, ToolResult, ToolSpec, Turn};

/// Serves models. Dropping a call's future cancels it: the connection is closed.
#[async_trait::async_trait]
pub(crate) trait Provider: Send + Sync {
    /// Answers a conversation. The text is handed to `on_delta` piece by piece, and whole at the end.
    async fn chat(&self, request: &ChatRequest, on_delta: DeltaSink<'_>) -> Result<ChatAnswer, ProviderError>;

    /// Makes a picture on this machine; from vendors, pictures are ordered.
    async fn picture(&self, _request: &PictureRequest) -> Result<PictureAnswer, ProviderError> {
        Err(ProviderError::not_offered("pictures"))
    }

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
    /// The answer is to be JSON of this schema.
    pub schema: Option<serde_json::Value>,
    /// What the model may call.
    pub tools: Vec<ToolSpec>,
    /// What it has called so far, and what came of it.
    pub turns: Vec<Turn>,
    /// It is to answer now, and call nothing.
    pub answer_now: bool,
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
    /// What the model wants to be called before it goes on.
    pub calls: Vec<ToolCall>,
    /// The answer in the vendor's own words, where it wants them back unchanged together with the results.
    pub kept: Vec<serde_json::Value>,
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
    /// What it took for it, where it says so.
    pub cost_usd: Option<f64>,
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

    pub fn not_offered(what: &str) -> Self {
        let message = format!("this connection offers no {what}: choose another one");
        Self::new(FailureCode::InvalidInput, message).in_field("connection")
    }

    /// The vendor wants us to wait for longer than anybody would.
    fn asked_to_wait(mut self, asked: std::time::Duration) -> Self {
        self.message = format!("{}; the provider asks to wait for {} s", self.message, asked.as_secs());
        self
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
