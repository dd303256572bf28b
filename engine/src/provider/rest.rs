//! Calls of a vendor's JSON API, with the rules that all vendors share.
//!
//! Credentials go to the vendor's own origins and nowhere else. A question may be asked again; an order, which costs
//! money, is repeated only where it is certain that the vendor did not take it. OpenAI's streams have a client of their
//! own.

use std::time::Duration;

use bytes::Bytes;
use reqwest::{
    Method, RequestBuilder, StatusCode,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use serde_json::Value as Json;
use shared::run::FailureCode;
use url::Url;

use super::{
    ProviderError,
    refusal::refusal,
    retry::{RETRIES_MAX, delay, worth_retrying},
};
use crate::{
    Outbound, OutboundError,
    http::Reach,
    secret::{ProviderKey, Secret},
};

const ANSWER_MAX_BYTES: u64 = 32 << 20;
/// Vendors answer an order at once; the work is waited for by asking.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(120);
/// A question whose answer is only awaited survives a vendor's bad minute.
const ASK_RETRIES_MAX: u32 = 6;

/// How a vendor wants to be shown the key.
#[derive(Debug, Clone, Copy)]
pub(super) enum Auth {
    Bearer,
    /// `Authorization: Key …`
    Key,
    Header(&'static str),
}

/// One vendor's API, with a key.
pub(super) struct Rest {
    outbound: Outbound,
    secret: Secret,
    auth: Auth,
    base: String,
    /// Other origins of the vendor that are shown the key.
    also: Vec<String>,
    reach: Reach,
    extra: HeaderMap,
}

/// What a vendor answered well.
#[derive(Debug)]
pub(super) struct Answer {
    pub json: Json,
    pub retries: u32,
}

/// Why an order has no answer.
#[derive(Debug)]
pub(crate) enum OrderError {
    /// The vendor did not take it: it costs nothing, and may be given again.
    Refused(ProviderError),
    /// It was sent, and nobody knows whether the vendor took it.
    Unknown(ProviderError),
}

impl Rest {
    /// `base` is the vendor's address, unless the key brings another; `also` are further origins of the vendor.
    pub fn new(outbound: Outbound, key: ProviderKey, auth: Auth, base: &str, also: &[&str]) -> Self {
        let reach = if key.allow_private { Reach::Private } else { Reach::Policy };
        let base = key.base_url.as_deref().unwrap_or(base).trim().trim_end_matches('/').to_owned();
        // At another address the vendor's own hosts are strangers.
        let also = if key.base_url.is_some() { Vec::new() } else { also.iter().map(|&url| url.to_owned()).collect() };
        Self { outbound, secret: key.secret, auth, base, also, reach, extra: HeaderMap::new() }
    }

    /// With a header that every call carries.
    pub fn with_header(mut self, name: &'static str, value: &'static str) -> Self {
        self.extra.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        self
    }

    /// A path at the vendor's address, or the whole address if `path` is one.
    pub fn url(&self, path: &str) -> String {
        if path.contains("://") { path.to_owned() } else { format!("{}{path}", self.base) }
    }

    /// A path at one of the vendor's other hosts; where the key brought an address, everything is there.
    pub fn url_at(&self, host: &str, path: &str) -> String {
        if self.also.iter().any(|also| also == host) { format!("{host}{path}") } else { self.url(path) }
    }

    /// Gives an order: work that is paid for.
    pub async fn order(&self, url: &str, body: &Json, headers: &[(&'static str, &str)]) -> Result<Answer, OrderError> {
        let mut retries = 0;
        loop {
            let made = self.request(Method::POST, url).map(|request| {
                headers.iter().fold(request.json(body), |request, (name, value)| request.header(*name, *value))
            });
            let (error, wait) = match self.once(made.map_err(OrderError::Refused)?).await {
                Ok((status, _, body)) if status.is_success() => {
                    let json = self.json(&body).map_err(OrderError::Unknown)?;
                    return Ok(Answer { json, retries });
                }
                Ok((status, headers, body)) => {
                    let error = ProviderError { retries, ..self.refusal(status, &body) };
                    if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT {
                        return Err(OrderError::Unknown(error));
                    }
                    // Too many requests: this one was turned away at the door.
                    let again = status == StatusCode::TOO_MANY_REQUESTS && error.code == FailureCode::RateLimited;
                    (error, if again { delay(retries, Some(&headers)).ok() } else { None })
                }
                Err(OutboundError::Request(source)) if source.is_connect() => {
                    (self.unreachable(&source, retries), delay(retries, None).ok())
                }
                Err(OutboundError::Request(source)) => {
                    return Err(OrderError::Unknown(self.unreachable(&source, retries)));
                }
                Err(other) => (self.not_allowed(&other), None),
            };
            match wait {
                Some(wait) if retries < RETRIES_MAX => tokio::time::sleep(wait).await,
                _ => return Err(OrderError::Refused(error)),
            }
            retries += 1;
        }
    }

    /// Asks for something that costs nothing, again and again while the vendor has a bad minute.
    pub async fn ask(&self, method: Method, url: &str) -> Result<Answer, ProviderError> {
        let mut retries = 0;
        loop {
            let (error, wait) = match self.once(self.request(method.clone(), url)?).await {
                Ok((status, _, body)) if status.is_success() => {
                    return Ok(Answer { json: self.json(&body)?, retries });
                }
                Ok((status, headers, body)) => {
                    let wait = worth_retrying(status, &headers).then(|| delay(retries, Some(&headers)).ok());
                    (self.refusal(status, &body), wait.flatten())
                }
                Err(OutboundError::Request(source)) => (self.unreachable(&source, retries), delay(retries, None).ok()),
                Err(other) => (self.not_allowed(&other), None),
            };
            match wait {
                Some(wait) if retries < ASK_RETRIES_MAX => tokio::time::sleep(wait).await,
                _ => return Err(ProviderError { retries, ..error }),
            }
            retries += 1;
        }
    }

    /// Says something to which the answer has no content.
    pub async fn tell(&self, method: Method, url: &str) -> Result<(), ProviderError> {
        match self.once(self.request(method, url)?).await {
            Ok((status, ..)) if status.is_success() => Ok(()),
            Ok((status, _, body)) => Err(self.refusal(status, &body)),
            Err(OutboundError::Request(source)) => Err(self.unreachable(&source, 0)),
            Err(other) => Err(self.not_allowed(&other)),
        }
    }

    /// Hands over a file as a form's field; it costs nothing.
    pub async fn upload(&self, url: &str, field: &str, mime: &str, bytes: Bytes) -> Result<Answer, ProviderError> {
        let part = reqwest::multipart::Part::stream(bytes)
            .file_name("picture")
            .mime_str(mime)
            .map_err(|_| ProviderError::new(FailureCode::InvalidInput, format!("`{mime}` is not a type of media")))?;
        let form = reqwest::multipart::Form::new().part(field.to_owned(), part);
        match self.once(self.request(Method::POST, url)?.multipart(form)).await {
            Ok((status, _, body)) if status.is_success() => Ok(Answer { json: self.json(&body)?, retries: 0 }),
            Ok((status, _, body)) => Err(self.refusal(status, &body)),
            Err(OutboundError::Request(source)) => Err(self.unreachable(&source, 0)),
            Err(other) => Err(self.not_allowed(&other)),
        }
    }

    /// Puts bytes at an address that the vendor gave out for them; it carries its own permission.
    pub async fn put(&self, url: &str, mime: &str, bytes: Bytes) -> Result<(), ProviderError> {
        let request = self.outbound.request(Method::PUT, url, self.reach).map_err(|error| self.not_allowed(&error))?;
        let request = request.header("content-type", mime).body(bytes).timeout(ANSWER_TIME_MAX);
        match self.once(request).await {
            Ok((status, ..)) if status.is_success() => Ok(()),
            Ok((status, _, body)) => Err(self.refusal(status, &body)),
            Err(OutboundError::Request(source)) => Err(self.unreachable(&source, 0)),
            Err(other) => Err(self.not_allowed(&other)),
        }
    }

    /// Fetches a result into a file. The key goes along only to the vendor's own origins.
    pub async fn fetch(&self, url: &str, max_bytes: u64) -> Result<tempfile::TempPath, ProviderError> {
        let reach = if self.is_own(url) { self.reach } else { Reach::Policy };
        let mut retries = 0;
        loop {
            let request = self.outbound.request(Method::GET, url, reach).map_err(|error| self.not_allowed(&error))?;
            let request = if self.is_own(url) { self.signed(request) } else { request };
            let tried = async {
                let response = self.outbound.send(request).await?;
                let (status, headers) = (response.status(), response.headers().clone());
                if status.is_success() {
                    return Ok(Ok(self.outbound.download(response, max_bytes).await?));
                }
                Ok::<_, OutboundError>(Err((status, headers)))
            };
            let (error, wait) = match tried.await {
                Ok(Ok(file)) => return Ok(file),
                Ok(Err((status, headers))) => {
                    let wait = worth_retrying(status, &headers).then(|| delay(retries, Some(&headers)).ok());
                    let message = match status.as_u16() {
                        403 | 404 | 410 => "the result is not at the provider any more".to_owned(),
                        status => format!("the result could not be fetched from the provider (status {status})"),
                    };
                    (ProviderError::new(FailureCode::ProviderDown, message), wait.flatten())
                }
                Err(OutboundError::Request(source)) => (self.unreachable(&source, retries), delay(retries, None).ok()),
                Err(OutboundError::TooLarge { max_bytes }) => {
                    let message = format!("the provider's result is larger than {} MiB", max_bytes >> 20);
                    (ProviderError::new(FailureCode::ProviderDown, message), None)
                }
                Err(other) => (self.not_allowed(&other), None),
            };
            match wait {
                Some(wait) if retries < ASK_RETRIES_MAX => tokio::time::sleep(wait).await,
                _ => return Err(ProviderError { retries, ..error }),
            }
            retries += 1;
        }
    }

    /// What a vendor said in plain words, free of secrets.
    pub fn redact(&self, text: &str) -> String {
        self.secret.redact(text)
    }

    fn request(&self, method: Method, url: &str) -> Result<RequestBuilder, ProviderError> {
        if !self.is_own(url) {
            let message = "the provider answered with an address that is not its own";
            return Err(ProviderError::new(FailureCode::ProviderDown, message).with_raw(&self.redact(url)));
        }
        let request = self.outbound.request(method, url, self.reach).map_err(|error| self.not_allowed(&error))?;
        Ok(self.signed(request).timeout(ANSWER_TIME_MAX))
    }

    fn signed(&self, request: RequestBuilder) -> RequestBuilder {
        let request = request.headers(self.extra.clone());
        if self.secret.is_empty() {
            return request;
        }
        match self.auth {
            Auth::Bearer => request.bearer_auth(self.secret.expose()),
            Auth::Key => request.header("authorization", format!("Key {}", self.secret.expose())),
            Auth::Header(name) => request.header(name, self.secret.expose()),
        }
    }

    fn is_own(&self, url: &str) -> bool {
        let origin = |url: &str| Url::parse(url).ok().map(|url| url.origin()).filter(url::Origin::is_tuple);
        let Some(wanted) = origin(url) else { return false };
        std::iter::once(&self.base).chain(&self.also).any(|own| origin(own).is_some_and(|own| own == wanted))
    }

    async fn once(&self, request: RequestBuilder) -> Result<(StatusCode, HeaderMap, Bytes), OutboundError> {
        let response = self.outbound.send(request).await?;
        let (status, headers) = (response.status(), response.headers().clone());
        Ok((status, headers, self.outbound.read(response, ANSWER_MAX_BYTES).await?))
    }

    fn json(&self, body: &[u8]) -> Result<Json, ProviderError> {
        serde_json::from_slice(body).map_err(|_| {
            let raw = self.redact(&String::from_utf8_lossy(&body[..body.len().min(8192)]));
            ProviderError::new(FailureCode::ProviderDown, "the provider answered something that is not JSON")
                .with_raw(&raw)
        })
    }

    /// What an answer other than 2xx means.
    fn refusal(&self, status: StatusCode, body: &[u8]) -> ProviderError {
        let body = self.redact(&String::from_utf8_lossy(body));
        let json: Json = serde_json::from_str(&body).unwrap_or_default();
        refusal(status, &json).with_raw(&body)
    }

    fn unreachable(&self, error: &reqwest::Error, retries: u32) -> ProviderError {
        let host = Url::parse(&self.base).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
        let (code, message) = match error.is_timeout() && !error.is_connect() {
            true => (FailureCode::Timeout, format!("`{host}` took too long to answer")),
            false => (FailureCode::ProviderDown, format!("`{host}` cannot be reached")),
        };
        ProviderError { retries, ..ProviderError::new(code, message).with_raw(&self.redact(&error.to_string())) }
    }

    fn not_allowed(&self, error: &OutboundError) -> ProviderError {
        ProviderError::new(FailureCode::InvalidInput, error.to_string()).in_field("connection")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::OutboundPolicy;

    fn rest(base_url: Option<&str>) -> Rest {
        let base_url = base_url.map(str::to_owned);
        let key = ProviderKey { secret: Secret::new("fal-secret-key"), base_url, allow_private: true };
        let outbound = Outbound::new(OutboundPolicy::default());
        Rest::new(outbound, key, Auth::Key, "https://queue.fal.run", &["https://rest.fal.ai"])
    }

    #[test]
    fn the_key_goes_to_the_vendors_own_origins_only() {
        let rest = rest(None);
        for own in ["https://queue.fal.run/x", "https://rest.fal.ai/storage"] {
            assert!(rest.request(Method::GET, own).is_ok(), "{own}");
        }
        for other in [
            "https://queue.fal.run.evil.example/x",
            "https://evil.example/https://queue.fal.run",
            "http://queue.fal.run/x",
            "https://queue.fal.run:444/x",
            "https://queue.fal.run@evil.example/x",
            "data:text/plain,x",
            "nonsense",
        ] {
            assert!(rest.request(Method::GET, other).is_err(), "{other}");
        }
    }

    #[test]
    fn a_key_with_an_address_leaves_the_vendor_out() {
        let rest = rest(Some("http://127.0.0.1:7/"));
        assert_eq!(rest.url_at("https://rest.fal.ai", "/storage"), "http://127.0.0.1:7/storage");
        assert!(rest.request(Method::GET, "https://rest.fal.ai/storage").is_err());
    }
}
