//! `auth/signup`, `auth/login`, `auth/logout`, `me`.

use axum::{extract::State, http::StatusCode, response::IntoResponse};
use axum_extra::extract::CookieJar;
use shared::{
    access::Role,
    api::{Login, Me, SignUp, SignedIn, User},
    error::{ErrorBody, ErrorCode},
    id::{UserId, WorkspaceId},
};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::AppJson;
use crate::{
    auth::{
        ClientAddress, CurrentUser, PasswordHash, SameOrigin, Token, cleared_cookie, session_cookie, start_session,
    },
    db::{self, OnConstraint},
    error::AppError,
    state::AppState,
};

const MIN_PASSWORD_CHARS: usize = 10;
/// Long enough for any sentence; a longer one would only make us hash it.
const MAX_PASSWORD_BYTES: usize = 1024;
const MAX_NAME_CHARS: usize = 80;

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(sign_up)).routes(routes!(log_in)).routes(routes!(log_out)).routes(routes!(me))
}

/// Make an account, with a workspace of one's own, and sign in.
#[utoipa::path(
    post, path = "/auth/signup", tag = "auth", security(()), request_body = SignUp,
    responses((status = 201, body = SignedIn), (status = 400, body = ErrorBody), (status = 409, body = ErrorBody), (status = 429, body = ErrorBody)),
)]
async fn sign_up(
    State(state): State<AppState>,
    _: SameOrigin,
    client: ClientAddress,
    jar: CookieJar,
    AppJson(body): AppJson<SignUp>,
) -> Result<impl IntoResponse, AppError> {
    state.throttle.check_address(client)?;
    let email = parse_email(&body.email)?;
    let name = parse_name(&body.name, "name")?;
    check_password(&body.password)?;
    let hash = state.passwords.hash(&body.password).await.map_err(AppError::internal)?;

    let user = User { id: UserId::from(Uuid::now_v7()), name, email };
    let token = create_account(&state, &user, &hash).await?;
    Ok((StatusCode::CREATED, signed_in(&state, jar, token, user)))
}

/// Sign in.
#[utoipa::path(
    post, path = "/auth/login", tag = "auth", security(()), request_body = Login,
    responses((status = 200, body = SignedIn), (status = 401, body = ErrorBody), (status = 429, body = ErrorBody)),
)]
async fn log_in(
    State(state): State<AppState>,
    _: SameOrigin,
    client: ClientAddress,
    jar: CookieJar,
    AppJson(body): AppJson<Login>,
) -> Result<impl IntoResponse, AppError> {
    state.throttle.check_address(client)?;
    state.throttle.check_account(body.email.trim())?;
    if body.password.len() > MAX_PASSWORD_BYTES {
        return Err(invalid_credentials());
    }
    let person = db::user::find_by_email(&state.db, body.email.trim()).await?;
    let stored = person.as_ref().map(|person| PasswordHash::stored(person.password_hash.clone()));
    // Before anything else is decided, so that an unknown address takes as long as a wrong password.
    let matches = state.passwords.verify(&body.password, stored).await.map_err(AppError::internal)?;
    let person = person.filter(|_| matches).ok_or_else(invalid_credentials)?;

    let token = start_session(&state.db, person.id()).await?;
    Ok(signed_in(&state, jar, token, person.to_user()))
}

/// End this session. Others of the same person stay.
#[utoipa::path(post, path = "/auth/logout", tag = "auth", responses((status = 204), (status = 401, body = ErrorBody)))]
async fn log_out(
    State(state): State<AppState>,
    current: CurrentUser,
    jar: CookieJar,
) -> Result<impl IntoResponse, AppError> {
    db::session::delete(&state.db, current.session).await?;
    state.rooms.signed_out(current.session).await;
    Ok((jar.add(cleared_cookie(&state.config)), StatusCode::NO_CONTENT))
}

/// Who is signed in, and where they are a member.
#[utoipa::path(get, path = "/me", tag = "auth", responses((status = 200, body = Me), (status = 401, body = ErrorBody)))]
async fn me(State(state): State<AppState>, current: CurrentUser) -> Result<AppJson<Me>, AppError> {
    let workspaces = db::workspace::list(&state.db, current.user.id).await?;
    Ok(AppJson(Me { user: current.user, workspaces }))
}

/// Person, workspace, membership and session, or nothing.
async fn create_account(state: &AppState, user: &User, hash: &PasswordHash) -> Result<Token, AppError> {
    let workspace = WorkspaceId::from(Uuid::now_v7());
    let now = db::now();
    let mut tx = state.db.begin().await?;
    db::user::insert(&mut tx, user, hash.as_str(), now).await.on_constraint("user_email_key", || {
        AppError::new(ErrorCode::EmailTaken, "there is an account with this e-mail address already")
    })?;
    db::workspace::insert(&mut tx, workspace, &user.name, Some(user.id), now).await?;
    db::workspace::set_member(&mut tx, workspace, user.id, Role::Owner, now).await?;
    let token = start_session(&mut tx, user.id).await?;
    tx.commit().await?;
    Ok(token)
}

fn signed_in(state: &AppState, jar: CookieJar, token: Token, user: User) -> impl IntoResponse + use<> {
    let jar = jar.add(session_cookie(&state.config, &token));
    (jar, AppJson(SignedIn { token: token.as_str().to_owned(), user }))
}

fn invalid_credentials() -> AppError {
    AppError::new(ErrorCode::InvalidCredentials, "e-mail or password is wrong")
}

fn check_password(password: &str) -> Result<(), AppError> {
    let refuse = |message: String| Err(AppError::new(ErrorCode::WeakPassword, message));
    if password.chars().count() < MIN_PASSWORD_CHARS {
        return refuse(format!("`password`: at least {MIN_PASSWORD_CHARS} characters"));
    }
    if password.len() > MAX_PASSWORD_BYTES {
        return refuse(format!("`password`: at most {MAX_PASSWORD_BYTES} bytes"));
    }
    Ok(())
}

/// No more than what every address has; whether it is somebody's only a mail could tell.
fn parse_email(text: &str) -> Result<String, AppError> {
    let email = text.trim();
    let shaped = email.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty()
            && domain.len() >= 3
            && !domain.contains('@')
            && !domain.starts_with('.')
            && !domain.ends_with('.')
    });
    let clean = email.len() <= 254 && !email.chars().any(|c| c.is_whitespace() || c.is_control());
    if shaped && clean { Ok(email.to_owned()) } else { Err(AppError::bad_request("`email`: not an e-mail address")) }
}

/// A name or title that people see in one line.
pub(super) fn parse_name(text: &str, field: &'static str) -> Result<String, AppError> {
    let name = text.trim();
    if name.is_empty() {
        Err(AppError::bad_request(format!("`{field}`: must not be empty")))
    } else if name.chars().count() > MAX_NAME_CHARS {
        Err(AppError::bad_request(format!("`{field}`: at most {MAX_NAME_CHARS} characters")))
    } else if name.chars().any(char::is_control) {
        Err(AppError::bad_request(format!("`{field}`: must be one line of plain text")))
    } else {
        Ok(name.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_needs_two_sides() {
        for good in ["ada@example.org", "a.b+c@localhost", " ada@example.org "] {
            assert!(parse_email(good).is_ok(), "{good}");
        }
        for bad in ["", "ada", "@example.org", "ada@", "a@b@c.de", "ada @example.org", "ada@.org", "ada@exa\nmple.org"]
        {
            assert!(parse_email(bad).is_err(), "{bad}");
        }
    }
}
