//! Signing in with GitHub, and connecting a GitHub account to one that is there.
//!
//! A GitHub account signs in the person it is connected to. One that nobody has connected makes a new account, if its
//! verified e-mail address has none here. If it has, nothing is connected: addresses are not verified here, so whoever
//! made that account may be somebody else. Its owner signs in with the password and connects in the settings, which in
//! turn takes a verified address that is the account's.

use axum::{
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Redirect, Response},
};
use axum_extra::extract::{
    CookieJar,
    cookie::{Cookie, SameSite},
};
use serde::{Deserialize, Serialize};
use shared::{
    api::User,
    error::{ErrorBody, ErrorCode},
    id::UserId,
};
use time::Duration;
use url::Url;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    AppJson, AppQuery,
    auth::insert_account,
    text::{fit_name, parse_email},
};
use crate::{
    auth::{
        ClientAddress, InPerson, Token, UserAgent,
        github::{GitHub, Profile},
        session_cookie, start_session,
    },
    db::{self, OnConstraint, oauth_state::NewState},
    error::AppError,
    state::AppState,
};

/// Ties the way back to the browser that left: without it a foreign page could sign a visitor in as somebody else.
const COOKIE: &str = "openflow_oauth";
const COOKIE_PATH: &str = "/api/auth/github";
const LIFETIME: Duration = Duration::minutes(10);
const SIGN_IN_PAGE: &str = "/sign-in";
const SETTINGS_PAGE: &str = "/account";

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(start)).routes(routes!(finish)).routes(routes!(connect))
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct StartQuery {
    /// Path of the page to go on to.
    next: Option<String>,
}

/// Go to GitHub to sign in. A page to open, not a call to make.
#[utoipa::path(
    get, path = "/auth/github", tag = "auth", security(()), params(StartQuery),
    responses((status = 303), (status = 404, body = ErrorBody), (status = 429, body = ErrorBody)),
)]
async fn start(
    State(state): State<AppState>,
    client: ClientAddress,
    headers: HeaderMap,
    jar: CookieJar,
    AppQuery(query): AppQuery<StartQuery>,
) -> Result<impl IntoResponse, AppError> {
    state.throttle.check_address(client)?;
    let next = query.next.as_deref().filter(|next| is_own_page(next)).unwrap_or("/");
    let (jar, url) = depart(&state, &headers, jar, None, next).await?;
    Ok((jar, Redirect::to(url.as_str())))
}

#[derive(Serialize, utoipa::ToSchema)]
struct Connect {
    /// Page of GitHub to open.
    url: String,
}

/// Connect a GitHub account to one's own: where to go for it.
#[utoipa::path(
    post, path = "/me/github", tag = "me",
    responses((status = 200, body = Connect), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)),
)]
async fn connect(
    State(state): State<AppState>,
    current: InPerson,
    headers: HeaderMap,
    jar: CookieJar,
) -> Result<impl IntoResponse, AppError> {
    let (jar, url) = depart(&state, &headers, jar, Some(current.user.id), SETTINGS_PAGE).await?;
    Ok((jar, AppJson(Connect { url: url.into() })))
}

async fn depart(
    state: &AppState,
    headers: &HeaderMap,
    jar: CookieJar,
    user: Option<UserId>,
    next: &str,
) -> Result<(CookieJar, Url), AppError> {
    let departure = github(state)?.depart(callback(state, headers)?);
    let browser = Token::random();
    let new = NewState {
        state_hash: &Token::presented(&*departure.state).hash(),
        browser_hash: &browser.hash(),
        verifier: &departure.verifier,
        user,
        next,
        expires_at: db::now() + LIFETIME,
    };
    db::oauth_state::insert(&state.db, new).await?;
    Ok((jar.add(cookie(state, browser.as_str())), departure.url))
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct FinishQuery {
    state: Option<String>,
    code: Option<String>,
}

/// Where GitHub sends people back to. Signs in or connects, and goes on to a page of the app.
#[utoipa::path(
    get, path = "/auth/github/callback", tag = "auth", security(()), params(FinishQuery),
    responses((status = 303), (status = 404, body = ErrorBody), (status = 429, body = ErrorBody)),
)]
async fn finish(
    State(state): State<AppState>,
    client: ClientAddress,
    from: UserAgent,
    headers: HeaderMap,
    jar: CookieJar,
    AppQuery(query): AppQuery<FinishQuery>,
) -> Result<Response, AppError> {
    let github = github(&state)?;
    let back = callback(&state, &headers)?;
    let browser = jar.get(COOKIE).map(|cookie| Token::presented(cookie.value()));
    let given = query.state.map(Token::presented);
    let taken = match (&given, &browser) {
        (Some(given), Some(browser)) => {
            db::oauth_state::take(&state.db, &given.hash(), &browser.hash(), db::now()).await?
        }
        _ => None,
    };
    let mut gone = cookie(&state, "");
    gone.make_removal();
    let jar = jar.add(gone);
    let Some(taken) = taken else {
        // Too late, a second time, or another browser's.
        state.throttle.check_guess(client)?;
        return Ok((jar, refuse(SIGN_IN_PAGE, "expired")).into_response());
    };
    let page = if taken.user().is_some() { SETTINGS_PAGE } else { SIGN_IN_PAGE };
    let Some(code) = query.code else {
        return Ok((jar, refuse(page, "denied")).into_response());
    };
    let profile = match github.arrive(code, taken.verifier.clone(), back).await {
        Ok(profile) => profile,
        Err(error) => {
            tracing::warn!(error = format!("{:#}", anyhow::Error::from(error)), "GitHub sign-in failed");
            return Ok((jar, refuse(page, "unavailable")).into_response());
        }
    };
    match taken.user() {
        Some(user) => match connect_account(&state, user, &profile).await? {
            Ok(()) => Ok((jar, Redirect::to(&format!("{}?github=connected", taken.next))).into_response()),
            Err(reason) => Ok((jar, refuse(page, reason)).into_response()),
        },
        None => match find_or_make(&state, &profile).await? {
            Ok(user) => {
                let token = start_session(&state.db, user, &from).await?;
                let jar = jar.add(session_cookie(&state.config, &token));
                Ok((jar, Redirect::to(&taken.next)).into_response())
            }
            Err(reason) => Ok((jar, refuse(page, reason)).into_response()),
        },
    }
}

/// Whose account it is, made if it is nobody's yet. The inner error is for the person, as a word that pages know.
async fn find_or_make(state: &AppState, profile: &Profile) -> Result<Result<UserId, &'static str>, AppError> {
    if let Some(user) = db::identity::find(&state.db, &profile.id).await? {
        return Ok(Ok(user.id));
    }
    let email = profile.verified_emails.iter().find_map(|email| parse_email(email).ok());
    let Some(email) = email else { return Ok(Err("unverified")) };
    let name = profile.name.as_deref().and_then(fit_name).or_else(|| fit_name(&profile.login));
    let user = User { id: UserId::from(Uuid::now_v7()), name: name.unwrap_or_else(|| "Somebody".into()), email };
    let mut tx = state.db.begin().await?;
    match insert_account(&mut tx, &user, None).await {
        Ok(()) => {}
        Err(error) if error.code() == ErrorCode::EmailTaken => return Ok(Err("taken")),
        Err(error) => return Err(error),
    }
    db::identity::insert(&mut tx, &profile.id, user.id, &shown(&profile.login)).await?;
    tx.commit().await?;
    Ok(Ok(user.id))
}

/// Connects only what is provably one person's: signed in here, and the address verified there.
async fn connect_account(
    state: &AppState,
    user: UserId,
    profile: &Profile,
) -> Result<Result<(), &'static str>, AppError> {
    let Some(person) = db::user::find(&state.db, user).await? else { return Ok(Err("expired")) };
    match db::identity::find(&state.db, &profile.id).await? {
        Some(connected) if connected.id == user => return Ok(Ok(())),
        Some(_) => return Ok(Err("connected_elsewhere")),
        None => {}
    }
    let same = |email: &String| email.to_lowercase() == person.email.to_lowercase();
    if !profile.verified_emails.iter().any(same) {
        return Ok(Err("other_email"));
    }
    let inserted = db::identity::insert(&state.db, &profile.id, user, &shown(&profile.login)).await;
    let inserted: Result<(), AppError> =
        inserted.on_constraint("identity_user_id_key", || AppError::conflict("another one is connected"));
    match inserted {
        Ok(()) => Ok(Ok(())),
        Err(error) if error.code() == ErrorCode::Conflict => Ok(Err("connected_already")),
        Err(error) => Err(error),
    }
}

fn shown(login: &str) -> String {
    fit_name(login).unwrap_or_else(|| "?".into())
}

fn github(state: &AppState) -> Result<&GitHub, AppError> {
    state.github.as_ref().ok_or_else(|| AppError::not_found("way to sign in"))
}

/// Must be one of the addresses that are registered at GitHub, so a made-up host leads nowhere.
fn callback(state: &AppState, headers: &HeaderMap) -> Result<Url, AppError> {
    let origin = match &state.config.public_url {
        Some(url) => url.clone(),
        None => {
            let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
            format!("http://{host}")
        }
    };
    Url::parse(&format!("{origin}/api/auth/github/callback")).map_err(|_| AppError::bad_request("`host`: no address"))
}

fn refuse(page: &str, reason: &'static str) -> Redirect {
    Redirect::to(&format!("{page}?github={reason}"))
}

fn cookie(state: &AppState, value: &str) -> Cookie<'static> {
    // Lax, because the way back is a link on GitHub's page.
    Cookie::build((COOKIE, value.to_owned()))
        .path(COOKIE_PATH)
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(state.config.is_https())
        .max_age(LIFETIME)
        .build()
}

/// A path on this server: `//host` and `/\host` are read by browsers as another's.
fn is_own_page(next: &str) -> bool {
    next.starts_with('/')
        && !next.starts_with("//")
        && next.len() <= 512
        && !next.contains(|c: char| c == '\\' || c.is_control() || !c.is_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_to_another_site() {
        assert!(is_own_page("/") && is_own_page("/workflow/wf_1") && is_own_page("/join"));
        for evil in ["https://evil.example", "//evil.example", "/\\evil.example", "evil", "", "/a\r\nset-cookie: x"] {
            assert!(!is_own_page(evil), "{evil:?}");
        }
    }
}
