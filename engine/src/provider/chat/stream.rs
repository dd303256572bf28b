//! Reading a streamed answer: server-sent events, whatever a vendor puts into them.

use eventsource_stream::Eventsource;
use futures_util::StreamExt;
use reqwest::Response;
use serde_json::Value as Json;
use shared::run::FailureCode;

use crate::provider::{ChatAnswer, DeltaSink, ProviderError, refusal};

/// No answer of a model is longer than this.
const TEXT_MAX_BYTES: usize = 16 << 20;

/// Puts an answer together from a vendor's events.
pub(super) trait Collect: Send {
    /// Takes an event; what is new of the text comes back.
    fn add(&mut self, event: Json) -> Result<Option<String>, ProviderError>;

    /// Whether the model said that it is through.
    fn is_finished(&self) -> bool;

    fn finish(self) -> Result<ChatAnswer, ProviderError>;
}

/// Reads to the end mark `[DONE]`, or to the end of the stream if the model said that it is through.
pub(super) async fn read<C: Collect>(
    response: Response,
    mut collected: C,
    on_delta: DeltaSink<'_>,
) -> Result<ChatAnswer, ProviderError> {
    let mut events = response.bytes_stream().eventsource();
    let mut length = 0;
    while let Some(event) = events.next().await {
        let data = match event {
            Ok(event) => event.data,
            // What was finished stays finished, also when the connection was not closed as it should be.
            Err(_) if collected.is_finished() => break,
            Err(error) => return Err(broken_off(&error.to_string())),
        };
        if data.trim() == "[DONE]" {
            return collected.finish();
        }
        let json: Json = serde_json::from_str(&data).map_err(|_| nonsense(&data))?;
        if json.get("error").is_some_and(|error| !error.is_null()) {
            return Err(refusal::of_event(&json));
        }
        let Some(delta) = collected.add(json)?.filter(|delta| !delta.is_empty()) else { continue };
        length += delta.len();
        if length > TEXT_MAX_BYTES {
            return Err(ProviderError::new(FailureCode::ProviderDown, "the answer does not end"));
        }
        on_delta(&delta);
    }
    // Some servers forget the end mark; one that breaks off in the middle has given no reason to finish.
    if collected.is_finished() { collected.finish() } else { Err(broken_off("")) }
}

fn broken_off(raw: &str) -> ProviderError {
    ProviderError::new(FailureCode::ProviderDown, "the answer broke off before its end").with_raw(raw)
}

pub(super) fn nonsense(raw: &str) -> ProviderError {
    ProviderError::new(FailureCode::ProviderDown, "the provider answered something that makes no sense").with_raw(raw)
}

/// A model that thought until no token was left for the answer.
pub(super) fn no_tokens_left() -> ProviderError {
    let message = "the model used up all tokens before it began to answer: allow more";
    ProviderError::new(FailureCode::InvalidInput, message).in_field("max_tokens")
}

/// A model that would not answer, and what it said instead.
pub(super) fn refused(said: &str) -> ProviderError {
    let message = "the model refused to answer";
    ProviderError::new(FailureCode::Filtered, message).in_field("prompt").with_raw(said)
}
