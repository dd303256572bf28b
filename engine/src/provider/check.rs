//! Whether a provider takes a key. For settings, before anything is run.

use std::time::Duration;

use shared::run::FailureCode;

use super::{
    chat::{ANTHROPIC, LOCAL_SERVERS, OPENAI, SPEAKERS},
    comfy::PROFILE as COMFYUI,
    rest::Profile,
    vendor,
};
use crate::{
    Outbound,
    secret::{ProviderKey, Secret},
};

const PATIENCE: Duration = Duration::from_secs(10);

/// What came of trying a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyCheck {
    /// The provider took it.
    Works,
    /// The provider refused it.
    Refused(String),
    /// The provider has no question that costs nothing, or is not known.
    Untried(String),
    /// The provider could not be asked, or answered nonsense.
    Unknown(String),
}

/// Asks the provider something that costs nothing and takes a good key.
pub async fn check_key(outbound: &Outbound, provider: &str, key: ProviderKey) -> KeyCheck {
    let Some(profile) = profile_of(provider) else {
        // A server of one's own speaks OpenAI's language.
        return if key.base_url.is_some() { knock(&OPENAI, outbound, key).await } else { no_such(provider) };
    };
    knock(profile, outbound, key).await
}

fn no_such(provider: &str) -> KeyCheck {
    KeyCheck::Untried(format!("`{provider}` is not known here: its key needs a base URL"))
}

async fn knock(profile: &Profile, outbound: &Outbound, key: ProviderKey) -> KeyCheck {
    let Some(path) = profile.check else {
        return KeyCheck::Untried(
            "this provider has no question that costs nothing: the first run will tell".to_owned(),
        );
    };
    let own_address = key.base_url.is_some();
    let rest = profile.rest(outbound.clone(), key).patient(Some(PATIENCE));
    let rest = if profile.name == "anthropic" { rest.with_header("anthropic-version", "2023-06-01") } else { rest };
    // At an address of one's own the vendor's other hosts are not there.
    let path = match (own_address, path.split_once("://")) {
        (true, Some((_, rest))) => rest.find('/').map_or(path, |at| &rest[at..]),
        _ => path,
    };
    match rest.knock(&rest.url(path)).await {
        Ok(()) => KeyCheck::Works,
        Err(error) if error.code == FailureCode::Auth => KeyCheck::Refused(error.message),
        // It knows the account, which is what was asked.
        Err(error) if matches!(error.code, FailureCode::Quota | FailureCode::RateLimited) => KeyCheck::Works,
        Err(error) => KeyCheck::Unknown(error.message),
    }
}

pub(super) fn profile_of(provider: &str) -> Option<&'static Profile> {
    let ordered = vendor::PROFILES.iter().copied();
    ordered.chain([&ANTHROPIC, &COMFYUI]).chain(SPEAKERS).chain(&LOCAL_SERVERS).find(|profile| profile.name == provider)
}

/// Servers of this machine ask for no key. Whether they may be called is the policy's to say.
pub(super) fn keyless(provider: &str, name: Option<&str>) -> Option<ProviderKey> {
    (name.is_none() && is_own(provider)).then(no_key)
}

/// Whether the provider is a server of one's own, whose answers nobody bills.
pub fn costs_nothing(provider: &str) -> bool {
    provider == super::LOCAL || is_own(provider)
}

fn is_own(provider: &str) -> bool {
    provider == COMFYUI.name || LOCAL_SERVERS.iter().any(|server| server.name == provider)
}

pub(super) fn no_key() -> ProviderKey {
    ProviderKey { secret: Secret::new(""), base_url: None, allow_private: false, payer: None }
}
