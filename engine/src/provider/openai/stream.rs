//! Reading a streamed answer: server-sent events, each a chunk, the last one `[DONE]`.

use eventsource_stream::Eventsource;
use futures_util::StreamExt;
use reqwest::Response;
use serde_json::Value as Json;
use shared::run::FailureCode;

use super::{
    failure,
    wire::{Chunk, Collected, nonsense},
};
use crate::provider::{ChatAnswer, DeltaSink, ProviderError};

/// No answer of a model is longer than this.
const TEXT_MAX_BYTES: usize = 16 << 20;

pub(super) async fn read(response: Response, on_delta: DeltaSink<'_>) -> Result<ChatAnswer, ProviderError> {
    let mut events = response.bytes_stream().eventsource();
    let mut collected = Collected::default();
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
        let Some(delta) = read_chunk(&data, &mut collected)? else { continue };
        length += delta.len();
        if length > TEXT_MAX_BYTES {
            return Err(ProviderError::new(FailureCode::ProviderDown, "the answer does not end"));
        }
        on_delta(&delta);
    }
    // Some servers forget the end mark; one that breaks off in the middle has given no reason to finish.
    if collected.is_finished() { collected.finish() } else { Err(broken_off("")) }
}

fn read_chunk(data: &str, collected: &mut Collected) -> Result<Option<String>, ProviderError> {
    let json: Json = serde_json::from_str(data).map_err(|_| nonsense(data))?;
    if json.get("error").is_some_and(|error| !error.is_null()) {
        return Err(failure::of_event(&json));
    }
    let chunk: Chunk = serde_json::from_value(json).map_err(|_| nonsense(data))?;
    Ok(collected.add(chunk))
}

fn broken_off(raw: &str) -> ProviderError {
    ProviderError::new(FailureCode::ProviderDown, "the answer broke off before its end").with_raw(raw)
}
