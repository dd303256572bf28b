//! The extractor that turns a token into a person.

use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};
use axum_extra::extract::CookieJar;
use shared::{api::User, id::SessionId};

use super::{SESSION_COOKIE, Token, origin};
use crate::{db, error::AppError, state::AppState};

/// A signed-in person. Refuses with `unauthorized` otherwise.
#[derive(Debug, Clone)]
pub struct CurrentUser {
    pub user: User,
    pub session: SessionId,
}

impl CurrentUser {
    /// The person behind a token that came some other way than in a header, such as inside a socket.
    pub async fn from_token(state: &AppState, token: &Token) -> Result<Self, AppError> {
        let found = db::session::find(&state.db, &token.hash(), db::now()).await?;
        let (session, user) = found.ok_or_else(AppError::unauthorized)?;
        Ok(Self { user, session })
    }
}

impl FromRequestParts<AppState> for CurrentUser {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, AppError> {
        // Several extractors of one handler ask; the database is asked once.
        if let Some(known) = parts.extensions.get::<Self>() {
            return Ok(known.clone());
        }
        let token = match bearer(parts) {
            Some(token) => token,
            None => cookie(parts, state)?,
        };
        let current = Self::from_token(state, &token).await?;
        parts.extensions.insert(current.clone());
        Ok(current)
    }
}

fn bearer(parts: &Parts) -> Option<Token> {
    let value = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| Token::presented(token.trim()))
}

/// A browser sends its cookie whoever asks it to, so whatever acts must come from our own pages.
fn cookie(parts: &Parts, state: &AppState) -> Result<Token, AppError> {
    let jar = CookieJar::from_headers(&parts.headers);
    let cookie = jar.get(SESSION_COOKIE).ok_or_else(AppError::unauthorized)?;
    if origin::acts(parts) {
        origin::check(&parts.headers, &state.config)?;
    }
    Ok(Token::presented(cookie.value()))
}
