//! `auth/signup`, `auth/login`, `auth/logout`, `auth/methods`. Signing in with GitHub is `routes::github`.

use axum::{extract::State, http::StatusCode, response::IntoResponse};
use axum_extra::extract::CookieJar;
use shared::{
    access::Role,
    api::{Login, SignInMethods, SignUp, SignedIn, User},
    error::{ErrorBody, ErrorCode},
    id::{UserId, WorkspaceId},
};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    AppJson,
    text::{check_password, parse_email, parse_name, password_fits},
};
use crate::{
    auth::{
        ClientAddress, InPerson, PasswordHash, SameOrigin, Token, UserAgent, cleared_cookie, session_cookie,
        start_session,
    },
    db::{self, OnConstraint, Tx},
    error::AppError,
    state::AppState,
};

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(sign_up))
        .routes(routes!(log_in))
        .routes(routes!(log_out))
        .routes(routes!(methods))
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
    from: UserAgent,
    jar: CookieJar,
    AppJson(body): AppJson<SignUp>,
) -> Result<impl IntoResponse, AppError> {
    state.throttle.check_address(client)?;
    let email = parse_email(&body.email)?;
    let name = parse_name(&body.name, "name")?;
    check_password(&body.password)?;
    let hash = state.passwords.hash(&body.password).await.map_err(AppError::internal)?;

    let user = User { id: UserId::from(Uuid::now_v7()), name, email };
    let mut tx = state.db.begin().await?;
    insert_account(&mut tx, &user, Some(&hash)).await?;
    let token = start_session(&mut tx, user.id, &from).await?;
    tx.commit().await?;
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
    from: UserAgent,
    jar: CookieJar,
    AppJson(body): AppJson<Login>,
) -> Result<impl IntoResponse, AppError> {
    state.throttle.check_address(client)?;
    state.throttle.check_account(body.email.trim())?;
    if !password_fits(&body.password) {
        return Err(invalid_credentials());
    }
    let person = db::user::find_by_email(&state.db, body.email.trim()).await?;
    // Who signs in elsewhere has no password, which looks like nobody at all.
    let stored = person.as_ref().and_then(db::user::UserRow::password);
    // Before anything else is decided, so that an unknown address takes as long as a wrong password.
    let matches = state.passwords.verify(&body.password, stored).await.map_err(AppError::internal)?;
    let person = person.filter(|_| matches).ok_or_else(invalid_credentials)?;

    let token = start_session(&state.db, person.id(), &from).await?;
    Ok(signed_in(&state, jar, token, person.to_user()))
}

/// End this session. Others of the same person stay.
#[utoipa::path(
    post, path = "/auth/logout", tag = "auth",
    responses((status = 204), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody)),
)]
async fn log_out(
    State(state): State<AppState>,
    current: InPerson,
    jar: CookieJar,
) -> Result<impl IntoResponse, AppError> {
    db::session::delete(&state.db, current.session, current.user.id).await?;
    state.rooms.signed_out(current.session).await;
    Ok((jar.add(cleared_cookie(&state.config)), StatusCode::NO_CONTENT))
}

/// How one can sign in here, beside a password.
#[utoipa::path(get, path = "/auth/methods", tag = "auth", security(()), responses((status = 200, body = SignInMethods)))]
async fn methods(State(state): State<AppState>) -> AppJson<SignInMethods> {
    AppJson(SignInMethods { github: state.github.is_some() })
}

/// Person, workspace and membership.
pub(super) async fn insert_account(tx: &mut Tx, user: &User, password: Option<&PasswordHash>) -> Result<(), AppError> {
    let workspace = WorkspaceId::from(Uuid::now_v7());
    let now = db::now();
    db::user::insert(&mut *tx, user, password, now).await.on_constraint("user_email_key", || {
        AppError::new(ErrorCode::EmailTaken, "there is an account with this e-mail address already")
    })?;
    db::workspace::insert(&mut *tx, workspace, &user.name, Some(user.id), now).await?;
    Ok(db::workspace::set_member(&mut *tx, workspace, user.id, Role::Owner, now).await?)
}

fn signed_in(state: &AppState, jar: CookieJar, token: Token, user: User) -> impl IntoResponse + use<> {
    let jar = jar.add(session_cookie(&state.config, &token));
    (jar, AppJson(SignedIn { token: token.as_str().to_owned(), user }))
}

fn invalid_credentials() -> AppError {
    AppError::new(ErrorCode::InvalidCredentials, "e-mail or password is wrong")
}
