//! A model's call under way, and the one record that it leaves, however it ends. For the nodes that call models.

use std::time::Instant;

use serde_json::Value as Json;
use shared::{run::FailureCode, value::Media};

use crate::{
    Generation, NodeContext, NodeError, VendorJob,
    generation::{GenerationError, GenerationKind, Outcome},
    provider::{LOCAL, ProviderError},
};

pub(super) struct Call<'a> {
    ctx: &'a NodeContext,
    pub generation: Generation,
    begin: Instant,
}

impl<'a> Call<'a> {
    pub fn new(ctx: &'a NodeContext, provider: &str, model: &str, kind: GenerationKind) -> Self {
        Self { ctx, generation: Generation::new(provider, model, kind), begin: Instant::now() }
    }

    /// Notes a parameter of the call.
    pub fn note(&mut self, name: &str, value: Json) {
        self.generation.input.insert(name.to_owned(), value);
    }

    pub fn note_if(&mut self, name: &str, value: Option<Json>) {
        if let Some(value) = value {
            self.note(name, value);
        }
    }

    /// Notes what came out.
    pub fn made(&mut self, media: &Media) {
        let output = &mut self.generation.output;
        (output.blob, output.mime) = (Some(media.blob.clone()), Some(media.mime.clone()));
        (output.width, output.height, output.file_size_bytes) = (media.width, media.height, Some(media.size_bytes));
        (output.fps, output.duration_ms) = (media.fps, media.duration_millis);
    }

    /// To be called right before a request that may be billed: from here on it is known to have left.
    ///
    /// Refused if an earlier attempt at this run left one open. Whether the vendor has it nobody can tell, and what may
    /// have been paid is not sent again.
    pub async fn leave(&mut self) -> Result<(), NodeError> {
        if self.generation.provider == LOCAL {
            return Ok(());
        }
        if self.ctx.job().is_some() {
            let message = format!(
                "the worker was lost while `{}` was being asked: whether it answered, and billed it, is unknown, so the \
                 request was not sent again; run the node again to ask anew",
                self.generation.provider
            );
            return Err(self.failed(ProviderError::new(FailureCode::Internal, message)));
        }
        let job = VendorJob { provider: self.generation.provider.clone(), id: None, data: Json::Null };
        self.ctx.store_job(&job).await
    }

    /// Hands in the record.
    pub fn record(&mut self) {
        self.generation.metrics.latency_ms = Some(self.begin.elapsed().as_millis() as u64);
        self.ctx.record(self.generation.clone());
    }

    pub fn failed(&mut self, error: ProviderError) -> NodeError {
        self.generation.outcome = if error.code == FailureCode::Filtered { Outcome::Filtered } else { Outcome::Failed };
        self.generation.error = Some(GenerationError { code: error.code, message: error.message.clone() });
        self.generation.metrics.retries = error.retries;
        self.record();
        error.into()
    }

    pub fn cancelled(&mut self) -> NodeError {
        self.generation.outcome = Outcome::Cancelled;
        self.record();
        NodeError::Cancelled
    }
}

pub(super) fn require_text(param: &str, text: &str) -> Result<(), NodeError> {
    if text.trim().is_empty() { Err(NodeError::invalid(param, format!("`{param}` is empty"))) } else { Ok(()) }
}
