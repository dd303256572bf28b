//! A provider key on its way in: looked at, tried if asked for, sealed, stored.

use engine::{KeyCheck, Outbound, OutboundPolicy, ProviderKey, Reach, Secret};
use reqwest::Method;
use shared::{
    api::{CreateKey, Key},
    id::{KeyId, UserId},
};
use url::Url;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{
    db::{
        self, OnConstraint,
        provider_key::{KeyOwner, NewKey},
    },
    error::AppError,
    keys::Binding,
    state::AppState,
};

const MAX_SECRET_BYTES: usize = 8192;
const MAX_NAME_CHARS: usize = 80;
const HINT_CHARS: usize = 4;
/// A hint of a shorter secret would give too much of it away.
const MIN_SECRET_CHARS_FOR_HINT: usize = 16;

/// The caller has checked that the person may.
pub async fn save(state: &AppState, owner: KeyOwner, by: UserId, body: CreateKey) -> Result<Key, AppError> {
    let secret = Zeroizing::new(body.secret);
    let secret = check_secret(secret.trim())?;
    let provider = parse_provider(&body.provider)?;
    let name = parse_key_name(body.name.as_deref().unwrap_or_default())?;
    let base_url = body.base_url.as_deref().map(str::trim).filter(|url| !url.is_empty());
    let base_url = base_url.map(|url| parse_base_url(url, state.config.allow_private_network)).transpose()?;
    if secret.is_empty() && base_url.is_none() {
        return Err(AppError::bad_request("`secret`: only a server of one's own, with a `base_url`, goes without"));
    }
    if body.check {
        try_it(state.config.allow_private_network, &provider, secret, base_url.clone()).await?;
    }

    let id = KeyId::from(Uuid::now_v7());
    let binding = Binding { key: id, owner, provider: &provider, base_url: base_url.as_deref() };
    let (hint, created_at) = (hint_of(secret), db::now());
    let key = NewKey {
        id,
        owner,
        provider: &provider,
        name: &name,
        base_url: base_url.as_deref(),
        hint: &hint,
        sealed: state.master_key.seal(secret, binding),
        created_by: by,
        created_at,
    };
    db::provider_key::insert(&state.db, key).await.on_constraint(owner.name_constraint(), || {
        AppError::conflict("there is a key of this provider and name already: delete it first, or give this one a name")
    })?;
    Ok(Key { id, provider, name, base_url, hint, created_at: db::rfc3339(created_at) })
}

/// Passes what the provider takes, and what it has no free question for.
async fn try_it(allow_private: bool, provider: &str, secret: &str, base_url: Option<String>) -> Result<(), AppError> {
    let outbound = Outbound::new(OutboundPolicy { allow_private });
    let key = ProviderKey { secret: Secret::new(secret), base_url, allow_private, payer: None };
    match engine::check_key(&outbound, provider, key).await {
        KeyCheck::Works | KeyCheck::Untried(_) => Ok(()),
        KeyCheck::Refused(said) => Err(AppError::bad_request(format!("`secret`: the provider refused it: {said}"))),
        KeyCheck::Unknown(said) => {
            Err(AppError::unavailable(format!("the key could not be tried: {said}; it can be saved without `check`")))
        }
    }
}

fn hint_of(secret: &str) -> String {
    let length = secret.chars().count();
    if length < MIN_SECRET_CHARS_FOR_HINT { String::new() } else { secret.chars().skip(length - HINT_CHARS).collect() }
}

/// What fits into a header, which is where every provider wants it.
fn check_secret(secret: &str) -> Result<&str, AppError> {
    if secret.len() > MAX_SECRET_BYTES {
        Err(AppError::bad_request(format!("`secret`: at most {MAX_SECRET_BYTES} bytes")))
    } else if !secret.bytes().all(|byte| byte.is_ascii_graphic()) {
        Err(AppError::bad_request("`secret`: letters, digits and signs without spaces"))
    } else {
        Ok(secret)
    }
}

fn parse_provider(text: &str) -> Result<String, AppError> {
    let valid = !text.is_empty()
        && text.len() <= 64
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_'));
    if valid {
        Ok(text.to_owned())
    } else {
        Err(AppError::bad_request("`provider`: lower-case letters, digits, `-` and `_`, such as `openai`"))
    }
}

fn parse_key_name(text: &str) -> Result<String, AppError> {
    let name = text.trim();
    if name.chars().count() > MAX_NAME_CHARS || name.chars().any(char::is_control) {
        return Err(AppError::bad_request(format!("`name`: one line of at most {MAX_NAME_CHARS} characters")));
    }
    Ok(name.to_owned())
}

/// An address a path can be put behind. Names are resolved, and checked again, at each call.
fn parse_base_url(text: &str, allow_private: bool) -> Result<String, AppError> {
    let refuse = |reason: &str| AppError::bad_request(format!("`base_url`: {reason}"));
    let url = Url::parse(text).map_err(|error| refuse(&format!("not an address: {error}")))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refuse("must not hold a user name or password: that belongs into `secret`"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(refuse("must not have a query or fragment"));
    }
    // Only what the text itself says.
    let local = url.domain().is_some_and(|name| name == "localhost" || name.ends_with(".localhost"));
    if local && !allow_private {
        return Err(refuse("this server may not call private addresses (its operator can allow it)"));
    }
    let outbound = Outbound::new(OutboundPolicy { allow_private });
    outbound.request(Method::GET, text, Reach::Policy).map(drop).map_err(|error| refuse(&error.to_string()))?;
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_is_a_public_address_that_paths_fit_behind() {
        assert_eq!(parse_base_url("https://api.example.org/v1/", false).unwrap(), "https://api.example.org/v1");
        for bad in [
            "api.example.org",
            "ftp://example.org",
            "https://user:pass@example.org",
            "https://example.org/?a=b",
            "http://127.0.0.1:11434/v1",
            "http://localhost:11434/v1",
            "http://169.254.169.254/latest",
        ] {
            assert!(parse_base_url(bad, false).is_err(), "{bad} was taken");
        }
        assert!(parse_base_url("http://localhost:11434/v1", true).is_ok());
    }

    #[test]
    fn a_short_secret_gives_no_hint() {
        assert_eq!(hint_of("sk-0123456789abcdef"), "cdef");
        assert_eq!(hint_of("hunter2"), "");
    }
}
