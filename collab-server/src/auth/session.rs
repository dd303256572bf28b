//! Sessions and API keys: a random token for the person, its hash for us.

use axum_extra::extract::cookie::{Cookie, SameSite};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use shared::id::{SessionId, UserId};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::UserAgent;
use crate::{
    config::Config,
    db::{self, Connection, Db, DbError},
    room::Rooms,
};

pub const SESSION_COOKIE: &str = "openflow_session";
const LIFETIME: Duration = Duration::days(30);
const SWEEP: std::time::Duration = std::time::Duration::from_secs(60);

/// 256 random bits as text. Debug hides it, and nothing prints it but the answer to a sign-in.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

/// What every API key begins with, so that people and secret scanners know one when they see it.
const API_KEY_PREFIX: &str = "of_";

impl Token {
    pub fn random() -> Self {
        let bytes: [u8; 32] = rand::random();
        Self(URL_SAFE_NO_PAD.encode(bytes))
    }

    pub fn random_api_key() -> Self {
        Self(format!("{API_KEY_PREFIX}{}", Self::random().0))
    }

    /// Which of the two tables to look in. A session's token may begin like a key's by chance, but is shorter.
    pub fn is_api_key(&self) -> bool {
        self.0.len() > 43 && self.0.starts_with(API_KEY_PREFIX)
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

pub async fn start_session(db: impl Connection, user: UserId, from: &UserAgent) -> Result<Token, DbError> {
    let token = Token::random();
    let created_at = db::now();
    let session = db::session::NewSession {
        id: SessionId::from(Uuid::now_v7()),
        user,
        token_hash: &token.hash(),
        user_agent: &from.0,
        created_at,
        expires_at: created_at + LIFETIME,
    };
    db::session::insert(db, session).await?;
    Ok(token)
}

/// Forgets what has expired and closes its sockets, now and every minute. Finding a session or a key checks its end
/// anyway; this is for sockets that were opened before, and keeps the tables small.
pub async fn sweep_sessions(db: Db, rooms: Rooms) {
    let mut tick = tokio::time::interval(SWEEP);
    let mut swept_until = db::now() - LIFETIME;
    loop {
        tick.tick().await;
        let now = db::now();
        match sweep(&db, &rooms, swept_until, now).await {
            // A second of overlap: times are stored in whole seconds.
            Ok(()) => swept_until = now - Duration::SECOND,
            Err(error) => tracing::warn!(error = %anyhow::Error::from(error), "could not forget expired sessions"),
        }
    }
}

async fn sweep(db: &Db, rooms: &Rooms, since: OffsetDateTime, now: OffsetDateTime) -> Result<(), DbError> {
    let sessions = db::session::delete_expired(db, now).await?;
    if !sessions.is_empty() {
        tracing::info!(count = sessions.len(), "forgot expired sessions");
    }
    for session in sessions {
        rooms.signed_out(session).await;
    }
    // Keys stay in their owner's list, marked as expired.
    for key in db::api_key::expired_between(db, since, now).await? {
        rooms.signed_out(key).await;
    }
    db::oauth_state::delete_expired(db, now).await?;
    db::invitation::delete_long_expired(db, now).await
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
