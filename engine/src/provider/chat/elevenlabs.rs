//! ElevenLabs: transcripts. Speech, music and effects are ordered (`vendor/elevenlabs.rs`).

use serde_json::Value as Json;
use shared::run::FailureCode;

use super::{openai::read_sound, stream};
use crate::{
    Outbound,
    provider::{
        ChatAnswer, ChatRequest, DeltaSink, Provider, ProviderError, Segment, TranscribeRequest, Transcript, Usage,
        rest::{Body, Part, Rest},
        vendor::elevenlabs,
    },
    secret::ProviderKey,
};

const SOUND_MAX_BYTES: u64 = 500 << 20;
/// A pause of this length begins a new piece.
const PAUSE_SECONDS: f64 = 0.8;

pub(in crate::provider) struct Scribe(Rest);

impl Scribe {
    pub fn new(outbound: Outbound, key: ProviderKey) -> Self {
        Self(elevenlabs::PROFILE.rest(outbound, key).patient(None))
    }
}

#[async_trait::async_trait]
impl Provider for Scribe {
    async fn chat(&self, _request: &ChatRequest, _on_delta: DeltaSink<'_>) -> Result<ChatAnswer, ProviderError> {
        Err(ProviderError::not_offered("conversations"))
    }

    async fn transcribe(&self, request: &TranscribeRequest) -> Result<Transcript, ProviderError> {
        if request.translate {
            let message = "the provider writes what is said, and translates nothing";
            return Err(ProviderError::new(FailureCode::InvalidInput, message).in_field("translate"));
        }
        let sound = read_sound(request, SOUND_MAX_BYTES).await?;
        let mut form = vec![
            ("model_id", Part::Text(request.model.clone())),
            ("timestamps_granularity", Part::Text("word".into())),
            ("file", Part::File { name: sound.name, mime: sound.mime.to_owned(), bytes: sound.bytes }),
        ];
        if let Some(language) = &request.language {
            form.push(("language_code", Part::Text(language.clone())));
        }
        let answer = self.0.call(&self.0.url("/v1/speech-to-text"), &Body::Form(form)).await?;
        let Some(text) = answer.json["text"].as_str() else { return Err(stream::nonsense(&answer.json.to_string())) };
        Ok(Transcript {
            text: text.trim().to_owned(),
            segments: segments(&answer.json["words"]),
            language: answer.json["language_code"].as_str().map(str::to_owned),
            usage: Usage::default(),
            retries: answer.retries,
        })
    }
}

/// Words put together to sentences: a piece ends with a full stop, or before a pause.
pub(super) fn segments(words: &Json) -> Vec<Segment> {
    let mut segments: Vec<Segment> = Vec::new();
    let mut ended = true;
    for word in words.as_array().into_iter().flatten() {
        let (Some(text), Some(start), Some(end)) =
            (word["text"].as_str(), word["start"].as_f64(), word["end"].as_f64())
        else {
            continue;
        };
        match segments.last_mut() {
            Some(last) if word["type"] == "spacing" => last.text.push_str(text),
            Some(last) if !ended && start - last.end_seconds < PAUSE_SECONDS => {
                last.text.push_str(text);
                last.end_seconds = end;
            }
            _ => segments.push(Segment { start_seconds: start, end_seconds: end, text: text.to_owned() }),
        }
        if word["type"] != "spacing" {
            ended = text.ends_with(['.', '!', '?', '。']);
        }
    }
    for segment in &mut segments {
        segment.text = segment.text.trim().to_owned();
    }
    segments
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn words_become_sentences() {
        let word = |text: &str, start: f64| json!({"text": text, "start": start, "end": start + 0.3, "type": "word"});
        let space = json!({"text": " ", "start": 0.3, "end": 0.4, "type": "spacing"});
        let words =
            json!([word("Good", 0.0), space, word("day.", 0.4), space, word("Who", 0.8), space, word("else", 3.0)]);
        let found: Vec<_> = segments(&words).into_iter().map(|segment| (segment.text, segment.start_seconds)).collect();
        assert_eq!(found, [("Good day.".into(), 0.0), ("Who".into(), 0.8), ("else".into(), 3.0)]);
    }
}
