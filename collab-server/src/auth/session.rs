//! Sessions: a random token for the person, its hash for us.

use axum_extra::extract::cookie::{Cookie, SameSite};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use shared::id::{SessionId, UserId};
use time::Duration;
use uuid::Uuid;

use crate::{
    config::Config,
    db::{self, Connection, DbError},
};

pub const SESSION_COOKIE: &str = "openflow_session";
const LIFETIME: Duration = Duration::days(30);

/// 256 random bits as text. Debug hides it, and nothing prints it but the answer to a sign-in.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    fn random() -> Self {
        let bytes: [u8; 32] = rand::random();
        Self(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Whatever a client sent; a wrong one finds no session.
    pub fn presented(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// No salt and no slow hash: 256 random bits cannot be guessed, and the lookup is by this value.
    pub(crate) fn hash(&self) -> [u8; 32] {
        blake3::hash(self.0.as_bytes()).into()
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

pub async fn start_session(db: impl Connection, user: UserId) -> Result<Token, DbError> {
    let token = Token::random();
    let created_at = db::now();
    let session = db::session::NewSession {
        id: SessionId::from(Uuid::now_v7()),
        user,
        token_hash: &token.hash(),
        created_at,
        expires_at: created_at + LIFETIME,
    };
    db::session::insert(db, session).await?;
    Ok(token)
}

/// Forgets expired sessions, now and every hour. Finding one checks its end anyway; this only keeps the table small.
pub async fn sweep_sessions(db: db::Db) {
    let mut tick = tokio::time::interval(std::time::Duration::from_secs(3600));
    loop {
        tick.tick().await;
        match db::session::delete_expired(&db, db::now()).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "forgot expired sessions"),
            Err(error) => tracing::warn!(error = %anyhow::Error::from(error), "could not forget expired sessions"),
        }
    }
}

pub fn session_cookie(config: &Config, token: &Token) -> Cookie<'static> {
    // Lax: a link from a mail opens the app signed in, a foreign page's form or script does not act.
    Cookie::build((SESSION_COOKIE, token.as_str().to_owned()))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(config.is_https())
        .max_age(LIFETIME)
        .build()
}

pub fn cleared_cookie(config: &Config) -> Cookie<'static> {
    let mut cookie = session_cookie(config, &Token::presented(""));
    cookie.make_removal();
    cookie
}
