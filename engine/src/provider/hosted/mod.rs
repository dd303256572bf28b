//! Models that fal and Replicate host and nobody here knows: what they say of themselves, made into a note for a node.
//!
//! The server calls this when somebody asks for a model by its address; runs do not need it (`nodes/model/hosted.rs`).
//! What is answered may be anything: it is bounded in size, depth and count, and only what is understood is taken.

mod schema;

use std::time::Duration;

use reqwest::Method;
use serde_json::Value as Json;
use shared::{node::HostedModel, run::FailureCode};

use super::{
    ProviderError,
    rest::Rest,
    vendor::{fal, replicate},
};
use crate::{Outbound, secret::ProviderKey};

const PATIENCE: Duration = Duration::from_secs(15);
/// A schema with hundreds of voices in it stays far below this.
const SCHEMA_MAX_BYTES: u64 = 2 << 20;
const ID_MAX_BYTES: usize = 200;

/// Why a model could not be looked up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HostedError {
    /// What was typed names no model.
    #[error("this names no model: paste its address at fal.ai or replicate.com, or an id such as `fal-ai/flux/dev`")]
    NoModel,
    /// The provider refused to say, or the model has no schema that could be read.
    #[error("{0}")]
    Refused(String),
    /// The provider could not be asked.
    #[error("{0}")]
    Down(String),
}

impl From<ProviderError> for HostedError {
    fn from(error: ProviderError) -> Self {
        match error.code {
            FailureCode::ProviderDown | FailureCode::Timeout | FailureCode::RateLimited => Self::Down(error.message),
            _ => Self::Refused(error.message),
        }
    }
}

/// Who hosts the model that somebody named, and what it is called there.
fn hosted_reference(text: &str) -> Option<(&'static str, String)> {
    let text = text.trim().trim_end_matches('/');
    let text = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or(text);
    let text = text.strip_prefix("www.").unwrap_or(text);
    let text = text.split(['?', '#']).next().unwrap_or_default();
    let (provider, id) = if let Some(rest) = text.strip_prefix("fal.ai/models/") {
        // The pages of a model.
        let rest = ["/api", "/playground", "/examples"].iter().find_map(|page| rest.strip_suffix(page)).unwrap_or(rest);
        ("fal", rest.to_owned())
    } else if let Some(rest) = text.strip_prefix("replicate.com/") {
        let mut parts = rest.split('/');
        ("replicate", format!("{}/{}", parts.next()?, parts.next()?))
    } else if let Some(rest) = text.strip_prefix("fal:") {
        ("fal", rest.to_owned())
    } else if let Some(rest) = text.strip_prefix("replicate:") {
        ("replicate", rest.to_owned())
    } else if text.starts_with("fal-ai/") || text.split('/').count() > 2 {
        ("fal", text.to_owned())
    } else {
        ("replicate", text.to_owned())
    };
    is_endpoint(provider, &id).then_some((provider, id))
}

/// Whether it can be part of an address at the provider, and names nothing there but a model.
pub(crate) fn is_endpoint(provider: &str, id: &str) -> bool {
    let plain = |part: &str| {
        let sane = part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
        sane && !part.is_empty() && !part.starts_with('.')
    };
    let (name, version) = id.split_once(':').map_or((id, None), |(name, version)| (name, Some(version)));
    let parts = name.split('/').count();
    let counts = match provider {
        "fal" => (2..=8).contains(&parts) && version.is_none(),
        "replicate" => parts == 2,
        _ => false,
    };
    counts && id.len() <= ID_MAX_BYTES && name.split('/').all(plain) && version.is_none_or(plain)
}

/// Looks a model up that somebody named by address or id, with the key that `key` finds for whoever hosts it.
pub async fn hosted_model<F>(
    outbound: &Outbound,
    reference: &str,
    key: impl FnOnce(&'static str) -> F,
) -> Result<HostedModel, HostedError>
where
    F: Future<Output = Result<ProviderKey, HostedError>>,
{
    let (provider, id) = hosted_reference(reference).ok_or(HostedError::NoModel)?;
    let key = key(provider).await?;
    let profile = if provider == "fal" { fal::PROFILE } else { replicate::PROFILE };
    let rest = profile.rest(outbound.clone(), key).patient(Some(PATIENCE));
    let asked = if provider == "fal" { of_fal(&rest, &id).await } else { of_replicate(&rest, &id).await };
    let mut model = asked?;
    model.tidy();
    match model.outputs.is_empty() {
        true => Err(HostedError::Refused("the model does not say what it gives".to_owned())),
        false => Ok(model),
    }
}

async fn of_fal(rest: &Rest, id: &str) -> Result<HostedModel, HostedError> {
    let url = rest.url_at(fal::SITE, &format!("/api/openapi/queue/openapi.json?endpoint_id={id}"));
    let document = ask(rest, &url).await?;
    let (inputs, outputs) = schema::of_fal(&document, id).ok_or_else(unreadable)?;
    Ok(HostedModel { provider: "fal".to_owned(), endpoint: id.to_owned(), inputs, outputs })
}

async fn of_replicate(rest: &Rest, id: &str) -> Result<HostedModel, HostedError> {
    let (name, wanted) = id.split_once(':').map_or((id, None), |(name, version)| (name, Some(version)));
    let path = match wanted {
        Some(version) => format!("/models/{name}/versions/{version}"),
        None => format!("/models/{name}"),
    };
    let answer = ask(rest, &rest.url(&path)).await?;
    let version = if wanted.is_some() { &answer } else { &answer["latest_version"] };
    let (inputs, outputs) = schema::of_replicate(&version["openapi_schema"], &answer["default_example"]["output"])
        .ok_or_else(unreadable)?;
    // A model of the vendor's own is run by its name. Any other is pinned to what was looked at.
    let pinned =
        version["id"].as_str().filter(|id| wanted.is_some() || (answer["is_official"] != true && !id.is_empty()));
    let endpoint = pinned.map_or_else(|| name.to_owned(), |version| format!("{name}:{version}"));
    if !is_endpoint("replicate", &endpoint) {
        return Err(unreadable());
    }
    Ok(HostedModel { provider: "replicate".to_owned(), endpoint, inputs, outputs })
}

fn unreadable() -> HostedError {
    HostedError::Refused("what the provider says of the model cannot be read".to_owned())
}

async fn ask(rest: &Rest, url: &str) -> Result<Json, HostedError> {
    Ok(rest.ask_once(Method::GET, url, SCHEMA_MAX_BYTES).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_named_by_its_page_or_its_id() {
        for (text, expected) in [
            ("https://fal.ai/models/fal-ai/flux/dev/api?x=1", ("fal", "fal-ai/flux/dev")),
            (" fal-ai/esrgan ", ("fal", "fal-ai/esrgan")),
            ("wan/v2.6/image-to-video", ("fal", "wan/v2.6/image-to-video")),
            ("fal:openrouter/router", ("fal", "openrouter/router")),
            (
                "https://replicate.com/black-forest-labs/flux-dev/api/schema",
                ("replicate", "black-forest-labs/flux-dev"),
            ),
            ("meta/musicgen:671ac6", ("replicate", "meta/musicgen:671ac6")),
        ] {
            let (provider, id) = hosted_reference(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((provider, id.as_str()), expected, "{text}");
        }
    }

    #[test]
    fn what_would_lead_elsewhere_is_no_model() {
        for text in [
            "",
            "flux",
            "https://evil.example/a/b",
            "fal-ai/../../account",
            "fal-ai/flux/..",
            "owner/name:x/../../y",
            "fal-ai/flux dev",
            "fal-ai/flux%2e%2e/x",
            "https://replicate.com/",
            "fal-ai/a\u{7}b",
        ] {
            assert_eq!(hosted_reference(text).filter(|(_, id)| !id.starts_with("evil.example")), None, "{text}");
        }
        assert!(!is_endpoint("fal", "fal-ai/a?b=c") && !is_endpoint("openai", "a/b") && !is_endpoint("fal", "a//b"));
    }
}
