//! ElevenLabs: speech, music and sound effects, answered with the sound itself. Hanging up stops it.

use std::time::Duration;

use serde_json::{Value as Json, json};

use super::words::{endpoint, failed, object, sound};
use crate::{
    Outbound,
    provider::{
        models::Route,
        order::{Finished, Order, OrderError, SoundOrder, SoundTask, Taken, Vendor},
        rest::{Auth, Body, Profile, Rest},
    },
    secret::ProviderKey,
};

pub(in crate::provider) const PROFILE: Profile = Profile {
    name: "elevenlabs",
    auth: Auth::Header("xi-api-key"),
    base: "https://api.elevenlabs.io",
    also: &[],
    check: Some("/v1/user/subscription"),
    offers: &["audio.speak", "audio.music", "audio.effect", "audio.transcribe"],
};
/// "Rachel", who everybody has.
const VOICE: &str = "21m00Tcm4TlvDq8ikWAM";
const FORMAT: &str = "mp3_44100_128";

pub(super) struct ElevenLabs(Rest);

impl ElevenLabs {
    pub fn new(outbound: Outbound, key: ProviderKey) -> Self {
        Self(PROFILE.rest(outbound, key).patient(Some(Duration::from_secs(300))))
    }
}

#[async_trait::async_trait]
impl Vendor for ElevenLabs {
    async fn submit(&self, route: &Route, order: &Order) -> Result<Taken, OrderError> {
        let (path, body) = asked(endpoint(route, order)?, sound(order)?);
        let url = self.0.url(&format!("{path}?output_format={FORMAT}"));
        let reply = self.0.order_bytes(&url, &Body::Json(body), &[]).await?;
        if !reply.is_media() {
            let raw = self.0.redact(&String::from_utf8_lossy(&reply.body[..reply.body.len().min(4096)]));
            return Err(OrderError::Unknown(failed("its answer is no sound").with_raw(&raw)));
        }
        Ok(Taken::Made { retries: reply.retries, finished: Finished::bytes(reply.body) })
    }

    fn rest(&self) -> &Rest {
        &self.0
    }

    fn answers_at_once(&self, _order: &Order) -> bool {
        true
    }
}

fn asked(model: &str, order: &SoundOrder) -> (String, Json) {
    let seed = order.seed.map(|seed| json!(seed as u32));
    match order.task {
        SoundTask::Speak => {
            // A voice's id is part of the address, so it may hold nothing that means something there.
            let voice = order.voice.as_deref().unwrap_or(VOICE);
            let voice: String = voice.chars().filter(char::is_ascii_alphanumeric).collect();
            let body = object([
                ("text", Some(json!(order.prompt))),
                ("model_id", Some(json!(model))),
                ("language_code", order.language.clone().map(Json::from)),
                ("voice_settings", order.speed.map(|speed| json!({"speed": speed}))),
                ("seed", seed),
            ]);
            (format!("/v1/text-to-speech/{voice}"), body)
        }
        SoundTask::Music => {
            let body = object([
                ("prompt", Some(json!(order.prompt))),
                ("model_id", Some(json!(model))),
                ("music_length_ms", order.seconds.map(|seconds| json!((seconds * 1000.0).round() as u64))),
                ("force_instrumental", order.instrumental.map(Json::from)),
                ("seed", seed),
            ]);
            ("/v1/music".to_owned(), body)
        }
        SoundTask::Effect => {
            let body = object([
                ("text", Some(json!(order.prompt))),
                ("model_id", Some(json!(model))),
                ("duration_seconds", order.seconds.map(Json::from)),
                ("loop", order.looped.map(Json::from)),
            ]);
            ("/v1/sound-generation".to_owned(), body)
        }
    }
}
