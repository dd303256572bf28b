//! The generation record: what one model call was asked, what it made, what it took.
//!
//! A node fills in the part it knows ([`Generation`]); who ran it, and whether it may become training data, is added by
//! the sink that the server provides. Absent means unknown; nothing is ever made up.

use std::collections::BTreeMap;

use serde::Serialize;
use shared::{
    id::{GenerationId, NodeId, RunId, WorkflowId},
    run::FailureCode,
    value::BlobHash,
};

use crate::secret::Payer;

/// One model call, as the engine knows it. The field names are those of the published record.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GenerationRecord {
    /// This generation.
    pub id: GenerationId,
    /// Where it happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow_id: Option<WorkflowId>,
    /// The run it belongs to.
    pub run_id: RunId,
    /// The node that called.
    pub node_id: NodeId,
    /// When the call was made: UTC, RFC 3339.
    pub timestamp: String,
    /// What was asked and what came of it.
    #[serde(flatten)]
    pub generation: Generation,
}

/// The part of the record that a provider's node knows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Generation {
    /// The vendor, for example `openai`.
    pub provider: String,
    /// The exact model that answered; before an answer, the one that was asked.
    pub model: String,
    /// What was made.
    #[serde(rename = "type")]
    pub kind: GenerationKind,
    /// Prompt, size, seed, references to media (as blob hashes), and every other parameter by its own name.
    pub input: BTreeMap<String, serde_json::Value>,
    /// What came out.
    pub output: GenerationOutput,
    /// What it took.
    pub metrics: GenerationMetrics,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it did not end well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<GenerationError>,
    /// Who paid, of a call that went well. For the accounts; no part of the record.
    #[serde(skip)]
    pub payer: Option<Payer>,
}

impl Generation {
    /// A call that is about to be made.
    pub fn new(provider: &str, model: &str, kind: GenerationKind) -> Self {
        Self {
            provider: provider.to_owned(),
            model: model.to_owned(),
            kind,
            input: BTreeMap::new(),
            output: GenerationOutput::default(),
            metrics: GenerationMetrics::default(),
            outcome: Outcome::Ok,
            error: None,
            payer: None,
        }
    }
}

/// What a generation makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GenerationKind {
    /// Words.
    Text,
    /// A picture.
    Image,
    /// A film.
    Video,
    /// A sound.
    Audio,
    /// A vector.
    Embedding,
}

/// What came out; for pictures, films and sounds the blob, for texts the text.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(default)]
pub struct GenerationOutput {
    /// Where the result can be fetched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Its name in the blob store.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blob: Option<BlobHash>,
    /// As detected from the bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mime: Option<String>,
    /// In pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// In pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// How many frames a film has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frames: Option<u64>,
    /// Frames a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fps: Option<f64>,
    /// Size of the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_size_bytes: Option<u64>,
    /// Length of a film or sound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// The answer, for texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// What the call took.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct GenerationMetrics {
    /// From the request to the last byte of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<u64>,
    /// Waiting at the vendor before work began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue_ms: Option<u64>,
    /// As billed, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<f64>,
    /// As the vendor counted them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_tokens: Option<u64>,
    /// As the vendor counted them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_tokens: Option<u64>,
    /// How often the request was repeated.
    pub retries: u32,
}

/// How a generation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// With a result.
    Ok,
    /// Without one.
    Failed,
    /// Somebody stopped the run.
    Cancelled,
    /// The vendor's content policy refused.
    Filtered,
}

/// Why a generation did not end well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GenerationError {
    /// The kind of failure.
    pub code: FailureCode,
    /// One plain sentence.
    pub message: String,
}

/// Where generation records go. Never blocks, never fails the node.
pub trait GenerationSink: Send + Sync {
    /// Takes one finished record.
    fn record(&self, record: GenerationRecord);
}

/// For runs whose records nobody keeps.
#[derive(Debug, Clone, Copy, Default)]
pub struct DiscardGenerations;

impl GenerationSink for DiscardGenerations {
    fn record(&self, _record: GenerationRecord) {}
}

/// Keeps records in memory: for tests.
#[derive(Debug, Default)]
pub struct GenerationLog(std::sync::Mutex<Vec<GenerationRecord>>);

impl GenerationLog {
    /// What was recorded so far.
    pub fn records(&self) -> Vec<GenerationRecord> {
        self.0.lock().expect("nothing panics while it holds the lock").clone()
    }
}

impl GenerationSink for GenerationLog {
    fn record(&self, record: GenerationRecord) {
        self.0.lock().expect("nothing panics while it holds the lock").push(record);
    }
}
