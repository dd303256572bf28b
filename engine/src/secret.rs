//! Provider keys on their way to a provider, and nowhere else.
//!
//! A [`Secret`] cannot be printed or serialised by accident; [`Secret::redact`] takes it out of vendors' answers.

use std::{fmt, sync::Arc};

/// A text that must not appear in logs, errors, documents, events or exports.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<str>);

impl Secret {
    /// Wraps a text. White space around it is never part of a key, but often part of a paste.
    pub fn new(text: &str) -> Self {
        Self(text.trim().into())
    }

    /// The text itself, for the header that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is no secret at all, as local servers have it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `text` without the secret: some vendors repeat the key they refuse, in full or with stars in its middle.
    pub fn redact(&self, text: &str) -> String {
        const SHORTEST: usize = 8;
        if self.0.len() < SHORTEST {
            return text.to_owned();
        }
        let text = text.replace(&*self.0, "[key]");
        let Some(begin) = self.0.get(0..4) else { return text };
        let masked =
            |word: &str| word.contains("***") && word.trim_start_matches(['"', '\'', '`', '(']).starts_with(begin);
        text.split_inclusive(char::is_whitespace)
            .map(|word| if masked(word) { "[key] " } else { word })
            .collect::<String>()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// How to reach a provider on somebody's behalf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderKey {
    /// May be empty for a local server that asks for none.
    pub secret: Secret,
    /// Of an OpenAI-compatible server; absent: the vendor's own.
    pub base_url: Option<String>,
    /// Whether `base_url` may name an address of the private network, because an administrator entered it.
    pub allow_private: bool,
    /// Whose money it is; `None` where nobody keeps account of it.
    pub payer: Option<Payer>,
}

/// Whose key a call is made with, and so who pays for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Payer {
    /// The person who runs, with a key of their own.
    Person,
    /// The workspace, with a key that all its members use.
    Workspace,
}

/// Finds the key that a run may use: the server asks its database, the command line its environment.
#[async_trait::async_trait]
pub trait KeySource: Send + Sync {
    /// The key for `provider` (for example `openai`); `name` tells several of one provider apart.
    async fn key(&self, provider: &str, name: Option<&str>) -> Result<Option<ProviderKey>, KeyError>;
}

/// The store of keys could not be asked.
#[derive(Debug, thiserror::Error)]
#[error("the provider keys could not be read")]
pub struct KeyError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// Keys from a fixed list: no keys at all, those of the environment, those of a test.
#[derive(Debug, Clone, Default)]
pub struct FixedKeys(Vec<(String, ProviderKey)>);

impl FixedKeys {
    /// No key for anybody.
    pub fn none() -> Self {
        Self::default()
    }

    /// With one more key.
    pub fn with(mut self, provider: &str, key: ProviderKey) -> Self {
        self.0.push((provider.to_owned(), key));
        self
    }
}

#[async_trait::async_trait]
impl KeySource for FixedKeys {
    async fn key(&self, provider: &str, _name: Option<&str>) -> Result<Option<ProviderKey>, KeyError> {
        Ok(self.0.iter().find(|(of, _)| of == provider).map(|(_, key)| key.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_print() {
        let key =
            ProviderKey { secret: Secret::new(" sk-verysecret\n"), base_url: None, allow_private: false, payer: None };
        assert!(!format!("{key:?}").contains("verysecret"));
        assert_eq!(key.secret.expose(), "sk-verysecret");
        assert_eq!(key.secret.redact("bad key sk-verysecret!"), "bad key [key]!");
        assert_eq!(key.secret.redact("bad key: sk-v*******cret. Look"), "bad key: [key] Look");
    }
}
