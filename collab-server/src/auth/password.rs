//! Passwords: argon2id, off the async threads, a few at a time.

use std::sync::Arc;

use argon2::{
    Argon2,
    password_hash::{Error as HashError, PasswordHasher, PasswordVerifier, phc},
};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

/// A PHC string, parameters included.
#[derive(Clone)]
pub struct PasswordHash(String);

impl PasswordHash {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn stored(text: String) -> Self {
        Self(text)
    }
}

#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    #[error("argon2 refused")]
    Hash(#[from] HashError),
    #[error("the stored hash is not readable")]
    Stored(#[source] phc::Error),
    #[error("the hashing task died")]
    Task(#[from] tokio::task::JoinError),
}

pub struct Passwords {
    /// A hash takes a core for tens of milliseconds and 19 MiB. Bounded, so that a burst of sign-ins cannot take the
    /// blocking pool from everybody else; whoever waits here waits without a thread.
    slots: Arc<Semaphore>,
    /// Verified in place of a stored hash when there is no such person, so that both refusals take equally long.
    decoy: PasswordHash,
}

impl Passwords {
    pub async fn start() -> Result<Self, PasswordError> {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        let slots = Arc::new(Semaphore::new(cores));
        let decoy = hash(slots.clone(), "a password nobody can have".into()).await?;
        Ok(Self { slots, decoy })
    }

    pub async fn hash(&self, password: &str) -> Result<PasswordHash, PasswordError> {
        hash(self.slots.clone(), password.into()).await
    }

    /// Whether `password` belongs to `stored`; never for `None`, which takes just as long.
    pub async fn verify(&self, password: &str, stored: Option<PasswordHash>) -> Result<bool, PasswordError> {
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.decoy.clone());
        let password = Zeroizing::new(password.to_owned());
        let slot = self.slots.clone().acquire_owned().await.expect("the semaphore is never closed");
        let matches = tokio::task::spawn_blocking(move || {
            let _slot = slot;
            let stored = phc::PasswordHash::new(&stored.0).map_err(PasswordError::Stored)?;
            match Argon2::default().verify_password(password.as_bytes(), &stored) {
                Ok(()) => Ok(true),
                Err(HashError::PasswordInvalid) => Ok(false),
                Err(error) => Err(PasswordError::Hash(error)),
            }
        })
        .await??;
        Ok(known && matches)
    }
}

async fn hash(slots: Arc<Semaphore>, password: String) -> Result<PasswordHash, PasswordError> {
    let password = Zeroizing::new(password);
    let slot = slots.acquire_owned().await.expect("the semaphore is never closed");
    tokio::task::spawn_blocking(move || {
        let _slot = slot;
        // The defaults are argon2id with OWASP's parameters; the salt comes from the system.
        let hash = Argon2::default().hash_password(password.as_bytes())?;
        Ok(PasswordHash(hash.to_string()))
    })
    .await?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_password_that_was_set_is_accepted() {
        let passwords = Passwords::start().await.unwrap();
        let stored = passwords.hash("correct horse").await.unwrap();
        assert!(stored.as_str().starts_with("$argon2id$v=19$"));
        assert!(passwords.verify("correct horse", Some(stored.clone())).await.unwrap());
        assert!(!passwords.verify("correct horsE", Some(stored)).await.unwrap());
    }

    #[tokio::test]
    async fn nobody_signs_in_without_an_account() {
        let passwords = Passwords::start().await.unwrap();
        assert!(!passwords.verify("a password nobody can have", None).await.unwrap());
    }
}
