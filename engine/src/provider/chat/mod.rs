//! Vendors that are asked and not ordered from: conversations, vectors, transcripts. An answer that did not come costs
//! nothing, so a question is repeated by the rules of the vendors' own clients.
//!
//! Most vendors speak OpenAI's language and are a line in [`SPEAKERS`]. [`of`] finds the client for a key.

mod anthropic;
mod elevenlabs;
mod fal;
mod gemini;
mod huggingface;
mod openai;
mod stream;
mod wire;

use std::{sync::Arc, time::Duration};

use super::{
    Provider,
    rest::{Auth, Profile},
};
use crate::{Outbound, secret::ProviderKey};

/// From the request to the last byte, at a vendor. Servers of one's own may have to load a model first, and take as long
/// as their node may.
const TIME_MAX: Duration = Duration::from_secs(600);

/// A vendor that speaks OpenAI's language.
const fn speaker(
    name: &'static str,
    base: &'static str,
    check: &'static str,
    offers: &'static [&'static str],
) -> Profile {
    Profile { name, auth: Auth::Bearer, base, also: &[], check: Some(check), offers }
}

const CHAT_AND_EMBED: &[&str] = &["text.chat", "text.embed"];
const CHAT_EMBED_AND_LISTEN: &[&str] = &["text.chat", "text.embed", "audio.transcribe"];

/// Those of them that also take orders, each with a file of its own for that (`vendor/`).
const ALL_BUT_WORK_ON_PICTURES: &[&str] =
    &["text.chat", "text.embed", "audio.transcribe", "video.generate", "image.generate", "image.edit", "audio.speak"];
const WITHOUT_FILMS_AND_SPEECH: &[&str] =
    &["text.chat", "text.embed", "audio.transcribe", "image.generate", "image.edit"];

pub(super) static OPENROUTER: Profile =
    speaker("openrouter", "https://openrouter.ai/api/v1", "/key", ALL_BUT_WORK_ON_PICTURES);
pub(super) static TOGETHER: Profile =
    speaker("together", "https://api.together.ai/v1", "/models", ALL_BUT_WORK_ON_PICTURES);
pub(super) static HUGGINGFACE: Profile =
    speaker("huggingface", "https://router.huggingface.co/v1", "/models", WITHOUT_FILMS_AND_SPEECH);

/// Who speaks OpenAI's language, beside OpenAI itself and the servers that a key names.
pub(super) static SPEAKERS: [&Profile; 3] = [&OPENROUTER, &TOGETHER, &HUGGINGFACE];

/// Servers that run on one's own machine, at the place where they are by themselves. They ask for no key.
pub(super) static LOCAL_SERVERS: [Profile; 5] = [
    speaker("ollama", "http://localhost:11434/v1", "/models", CHAT_EMBED_AND_LISTEN),
    speaker("llamacpp", "http://localhost:8080/v1", "/models", CHAT_AND_EMBED),
    speaker("lmstudio", "http://localhost:1234/v1", "/models", CHAT_AND_EMBED),
    speaker("vllm", "http://localhost:8000/v1", "/models", CHAT_EMBED_AND_LISTEN),
    speaker("mlx", "http://localhost:8080/v1", "/models", CHAT_AND_EMBED),
];

/// OpenAI itself, which also takes orders.
pub(super) static OPENAI: Profile = Profile {
    name: "openai",
    auth: Auth::Bearer,
    base: "https://api.openai.com/v1",
    also: &[],
    check: Some("/models"),
    offers: &[
        "text.chat",
        "text.embed",
        "audio.transcribe",
        "image.generate",
        "image.edit",
        "image.inpaint",
        "image.outpaint",
        "audio.speak",
    ],
};

pub(super) use anthropic::PROFILE as ANTHROPIC;

/// The client of a provider; `None` for a name that is not known and whose key has no address.
pub(super) fn of(provider: &str, outbound: Outbound, key: ProviderKey) -> Option<Arc<dyn Provider>> {
    let is_vendor = key.base_url.is_none();
    Some(match provider {
        "anthropic" => Arc::new(anthropic::Anthropic::new(outbound, key)),
        "google" => Arc::new(gemini::Gemini::new(outbound, key)),
        "elevenlabs" => Arc::new(elevenlabs::Scribe::new(outbound, key)),
        "fal" => Arc::new(fal::Fal::new(outbound, key)),
        // Its conversations speak OpenAI's language, below a path that the rest of it does without.
        "minimax" => {
            let rest = super::vendor::minimax::PROFILE.rest(outbound, key).below("/v1");
            Arc::new(openai::OpenAi::new(rest.patient(Some(TIME_MAX)), false))
        }
        "openai" => {
            Arc::new(openai::OpenAi::new(OPENAI.rest(outbound, key).patient(is_vendor.then_some(TIME_MAX)), is_vendor))
        }
        _ => {
            let known = SPEAKERS.into_iter().find(|speaker| speaker.name == provider);
            let patience = known.filter(|_| is_vendor).map(|_| TIME_MAX);
            let profile = known.or_else(|| LOCAL_SERVERS.iter().find(|server| server.name == provider));
            let profile = profile.or_else(|| (!is_vendor).then_some(&OPENAI))?;
            let speaker = openai::OpenAi::new(profile.rest(outbound.clone(), key.clone()).patient(patience), false);
            match provider {
                "huggingface" => Arc::new(huggingface::HuggingFace::new(speaker, outbound, key)),
                _ => Arc::new(speaker),
            }
        }
    })
}

fn base64(bytes: &[u8]) -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    STANDARD.encode(bytes)
}
