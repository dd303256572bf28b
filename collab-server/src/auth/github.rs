//! GitHub as a way to sign in: where to send people, and who they turn out to be.
//!
//! Authorization code with PKCE, through the `oauth2` crate and our own HTTP client. What becomes of the answer (whose
//! account it is) is decided in `routes::github`; nothing of GitHub's is kept but the account's id and name.

use std::time::Duration;

use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointNotSet, EndpointSet, HttpRequest,
    HttpResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, TokenResponse, TokenUrl, basic::BasicClient,
    http,
};
use reqwest::{Client, header, redirect};
use serde::{Deserialize, de::DeserializeOwned};
use url::Url;

use crate::config::GitHubConfig;

/// A person waits in front of a white page meanwhile.
const TIMEOUT: Duration = Duration::from_secs(10);
const MAX_ANSWER_BYTES: usize = 256 * 1024;

type Endpoints = BasicClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

pub struct GitHub {
    endpoints: Endpoints,
    api: Url,
    http: Client,
}

/// Somebody who begins to sign in.
pub struct Departure {
    pub url: Url,
    /// Comes back in the address; says which sign-in it is.
    pub state: String,
    /// Stays here until then; proves to GitHub that who asks for the token is who began.
    pub verifier: String,
}

/// Who signed in there.
#[derive(Debug)]
pub struct Profile {
    /// Never changes, unlike the name.
    pub id: String,
    pub login: String,
    pub name: Option<String>,
    /// Those that GitHub has verified, the primary one first.
    pub verified_emails: Vec<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum GitHubError {
    #[error("`{0}` is not an address")]
    Address(String, #[source] url::ParseError),
    #[error("could not make an HTTP client")]
    Client(#[source] reqwest::Error),
    /// The cause may quote the answer, which may hold a token: its kind is enough.
    #[error("GitHub did not give a token for the code: {0}")]
    Token(&'static str),
    #[error("GitHub did not say who it is")]
    Profile(#[source] HttpError),
}

#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    #[error("no answer")]
    Transport(#[from] reqwest::Error),
    #[error("the answer is no HTTP")]
    Http(#[from] http::Error),
    #[error("the answer is too large")]
    TooLarge,
    #[error("status {0}")]
    Status(u16),
    #[error("the answer is not what the API describes")]
    Json(#[from] serde_json::Error),
}

impl GitHub {
    pub fn new(config: &GitHubConfig) -> Result<Option<Self>, GitHubError> {
        let (Some(id), Some(secret)) = (&config.github_client_id, &config.github_client_secret) else {
            return Ok(None);
        };
        let address = |text: String| {
            let parsed = Url::parse(&text);
            parsed.map_err(|error| GitHubError::Address(text, error))
        };
        let site = config.github_url.trim_end_matches('/');
        let authorize = address(format!("{site}/login/oauth/authorize"))?;
        let token = address(format!("{site}/login/oauth/access_token"))?;
        let api = address(format!("{}/", config.github_api_url.trim_end_matches('/')))?;
        let endpoints = BasicClient::new(ClientId::new(id.clone()))
            .set_client_secret(ClientSecret::new(secret.clone()))
            .set_auth_type(AuthType::RequestBody)
            .set_auth_uri(AuthUrl::from_url(authorize))
            .set_token_uri(TokenUrl::from_url(token));
        let http = Client::builder()
            // A redirect could carry the secret elsewhere.
            .redirect(redirect::Policy::none())
            .timeout(TIMEOUT)
            .user_agent("openflow")
            .build()
            .map_err(GitHubError::Client)?;
        Ok(Some(Self { endpoints, api, http }))
    }

    /// `back` is where GitHub sends the person afterwards.
    pub fn depart(&self, back: Url) -> Departure {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let endpoints = self.endpoints.clone().set_redirect_uri(RedirectUrl::from_url(back));
        let (url, state) = endpoints
            .authorize_url(CsrfToken::new_random)
            .add_scope(Scope::new("read:user".into()))
            .add_scope(Scope::new("user:email".into()))
            .set_pkce_challenge(challenge)
            .url();
        Departure { url, state: state.into_secret(), verifier: verifier.into_secret() }
    }

    /// Exchanges the code that came back for a token, asks who it is, and forgets the token.
    pub async fn arrive(&self, code: String, verifier: String, back: Url) -> Result<Profile, GitHubError> {
        let endpoints = self.endpoints.clone().set_redirect_uri(RedirectUrl::from_url(back));
        let send = {
            let http = self.http.clone();
            move |request| send(http.clone(), request)
        };
        let answer = endpoints
            .exchange_code(AuthorizationCode::new(code))
            .set_pkce_verifier(PkceCodeVerifier::new(verifier))
            .request_async(&send)
            .await
            .map_err(|error| {
                GitHubError::Token(match error {
                    oauth2::RequestTokenError::ServerResponse(_) => "it refused",
                    oauth2::RequestTokenError::Request(_) => "it does not answer",
                    oauth2::RequestTokenError::Parse(..) | oauth2::RequestTokenError::Other(_) => {
                        "its answer cannot be read"
                    }
                })
            })?;
        let token = answer.access_token().secret();
        self.profile(token).await.map_err(GitHubError::Profile)
    }

    async fn profile(&self, token: &str) -> Result<Profile, HttpError> {
        #[derive(Deserialize)]
        struct Person {
            id: u64,
            login: String,
            name: Option<String>,
        }
        #[derive(Deserialize)]
        struct Email {
            email: String,
            primary: bool,
            verified: bool,
        }
        let person: Person = self.get("user", token).await?;
        let mut emails: Vec<Email> = self.get("user/emails", token).await?;
        emails.retain(|email| email.verified);
        emails.sort_by_key(|email| !email.primary);
        let verified_emails = emails.into_iter().map(|email| email.email).collect();
        Ok(Profile { id: person.id.to_string(), login: person.login, name: person.name, verified_emails })
    }

    async fn get<T: DeserializeOwned>(&self, path: &str, token: &str) -> Result<T, HttpError> {
        let url = self.api.join(path).expect("a fixed path joins any address");
        let request = self.http.get(url).bearer_auth(token).header(header::ACCEPT, "application/vnd.github+json");
        let answer = request.send().await?;
        if !answer.status().is_success() {
            return Err(HttpError::Status(answer.status().as_u16()));
        }
        Ok(serde_json::from_slice(&read(answer).await?)?)
    }
}

/// The crate's requests over our client.
async fn send(http: Client, request: HttpRequest) -> Result<HttpResponse, HttpError> {
    let answer = http.execute(request.try_into()?).await?;
    let mut response = http::Response::builder().status(answer.status());
    for (name, value) in answer.headers() {
        response = response.header(name, value);
    }
    Ok(response.body(read(answer).await?)?)
}

async fn read(mut answer: reqwest::Response) -> Result<Vec<u8>, HttpError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        if bytes.len() + chunk.len() > MAX_ANSWER_BYTES {
            return Err(HttpError::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}
