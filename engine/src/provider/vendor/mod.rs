//! Vendors that take orders for pictures, films and sounds: one file each.
//!
//! Adding a vendor is a file here with a [`Profile`] and an `impl Vendor`, and a line in [`of`] and [`PROFILES`]. What is
//! the same for several vendors stands in `words` (names of fields, addresses of pictures) and `canvas` (masks).

mod bfl;
mod canvas;
pub(super) mod elevenlabs;
pub(super) mod fal;
pub(super) mod google;
pub(super) mod huggingface;
mod ideogram;
mod kling;
mod luma;
pub(super) mod minimax;
mod openai;
mod openrouter;
mod recraft;
pub(super) mod replicate;
mod runpod;
mod runway;
mod stability;
mod together;
mod words;

use super::{
    order::{HOSTED, Vendor},
    rest::Profile,
};
use crate::{Outbound, secret::ProviderKey};

/// All that take orders. OpenAI's stands with those that are asked.
pub(super) static PROFILES: [&Profile; 14] = [
    &bfl::PROFILE,
    &elevenlabs::PROFILE,
    &fal::PROFILE,
    &google::PROFILE,
    &ideogram::PROFILE,
    &kling::PROFILE,
    &luma::PROFILE,
    &minimax::PROFILE,
    &super::chat::OPENAI,
    &recraft::PROFILE,
    &replicate::PROFILE,
    &runpod::PROFILE,
    &runway::PROFILE,
    &stability::PROFILE,
];

/// The client of a vendor. A server of one's own, which only a key's base URL names, speaks OpenAI's language.
pub(super) fn of(provider: &str, outbound: Outbound, key: ProviderKey) -> Option<Box<dyn Vendor>> {
    Some(match provider {
        "bfl" => Box::new(bfl::Bfl::new(outbound, key)),
        "elevenlabs" => Box::new(elevenlabs::ElevenLabs::new(outbound, key)),
        "fal" => Box::new(fal::Fal::new(outbound, key)),
        "google" => Box::new(google::Google::new(outbound, key)),
        "huggingface" => Box::new(huggingface::HuggingFace::new(outbound, key)),
        "ideogram" => Box::new(ideogram::Ideogram::new(outbound, key)),
        "kling" => Box::new(kling::Kling::new(outbound, key)),
        "luma" => Box::new(luma::Luma::new(outbound, key)),
        "minimax" => Box::new(minimax::MiniMax::new(outbound, key)),
        "openrouter" => Box::new(openrouter::OpenRouter::new(outbound, key)),
        "recraft" => Box::new(recraft::Recraft::new(outbound, key)),
        "replicate" => Box::new(replicate::Replicate::new(outbound, key)),
        "runpod" => Box::new(runpod::RunPod::new(outbound, key)),
        "runway" => Box::new(runway::Runway::new(outbound, key)),
        "stability" => Box::new(stability::Stability::new(outbound, key)),
        "together" => Box::new(together::Together::new(outbound, key)),
        "anthropic" => return None,
        _ => Box::new(openai::OpenAi::new(provider, outbound, key)?),
    })
}

/// Whether models can be run there that nobody here knows, by what they say of themselves.
pub(super) fn hosts(provider: &str) -> bool {
    PROFILES.iter().any(|profile| profile.name == provider && profile.offers.contains(&HOSTED))
}

/// Whether it is nobody that is known here: a server of one's own.
pub(super) fn is_unknown(provider: &str) -> bool {
    PROFILES.iter().all(|profile| profile.name != provider) && provider != super::chat::ANTHROPIC.name
}
