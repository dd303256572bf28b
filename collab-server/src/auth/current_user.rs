//! The extractors that turn a token into a person.

use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};
use axum_extra::extract::CookieJar;
use shared::{api::User, error::ErrorCode, id::SessionId};

use super::{Asker, ClientAddress, Credential, Limits, SESSION_COOKIE, Token, origin};
use crate::{
    db::{self, Db, DbError},
    error::AppError,
    state::AppState,
};

/// A person, or a program with a key of theirs. Refuses with `unauthorized` otherwise.
#[derive(Debug, Clone)]
pub struct CurrentUser {
    pub user: User,
    pub credential: Credential,
    pub limits: Limits,
}

impl CurrentUser {
    /// Who has this token, whichever way it came: in a header, a cookie, or inside a socket.
    pub async fn find(db: &Db, token: &Token) -> Result<Option<Self>, DbError> {
        let now = db::now();
        if token.is_api_key() {
            let Some((key, user)) = db::api_key::find(db, &token.hash(), now).await? else { return Ok(None) };
            if key.is_stale_use(now) {
                db::api_key::touch(db, key.id, now).await?;
            }
            return Ok(Some(Self { user, credential: key.id.into(), limits: key.limits }));
        }
        let Some(found) = db::session::find(db, &token.hash(), now).await? else { return Ok(None) };
        if found.is_stale_use(now) {
            db::session::touch(db, found.id, now).await?;
        }
        Ok(Some(Self { user: found.user, credential: found.id.into(), limits: Limits::NONE }))
    }

    pub fn asker(&self) -> Asker<'_> {
        Asker { user: &self.user, limits: self.limits }
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
        let Some(current) = Self::find(&state.db, &token).await? else {
            // Only wrong tokens count: an office behind one address works on while somebody in it guesses.
            let client = ClientAddress::from_request_parts(parts, state).await?;
            state.throttle.check_guess(client)?;
            return Err(AppError::unauthorized());
        };
        parts.extensions.insert(current.clone());
        Ok(current)
    }
}

/// A person who signed in themselves: what concerns their account, their sessions, or other people's rights is not for
/// a key, whatever its scope. Refuses keys with `forbidden`.
#[derive(Debug, Clone)]
pub struct InPerson {
    pub user: User,
    pub session: SessionId,
}

impl FromRequestParts<AppState> for InPerson {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, AppError> {
        let current = CurrentUser::from_request_parts(parts, state).await?;
        match current.credential {
            Credential::Session(session) => Ok(Self { user: current.user, session }),
            Credential::Key(_) => {
                Err(AppError::new(ErrorCode::Forbidden, "an API key cannot do this: sign in yourself"))
            }
        }
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
