//! Calls of a vendor's API, with the rules that all vendors share.
//!
//! Credentials go to the vendor's own origins and nowhere else. A question may be asked again (`ask`); an order, which
//! costs money, is repeated only where it is certain that the vendor did not take it (`order`).

mod ask;
mod order;
mod socket;

use std::time::Duration;

use bytes::Bytes;
use reqwest::{
    Method, RequestBuilder, StatusCode,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use serde_json::Value as Json;
use shared::run::FailureCode;
use url::Url;

use super::{ProviderError, refusal::refusal};
use crate::{
    Outbound, OutboundError,
    http::Reach,
    secret::{ProviderKey, Secret},
};

pub(crate) use order::OrderError;
pub(crate) use socket::Socket;

/// A picture of 3840x2160 as PNG in base64 stays below this.
const ANSWER_MAX_BYTES: u64 = 96 << 20;
/// Vendors with jobs answer at once; the work is waited for by asking.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(120);

/// How a vendor wants to be shown the key.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Auth {
    Bearer,
    /// `Authorization: Key …`
    Key,
    Header(&'static str),
}

/// What is the same for all calls of a vendor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Profile {
    /// As keys and the catalogue name it.
    pub name: &'static str,
    pub auth: Auth,
    /// The vendor's address, unless the key brings another.
    pub base: &'static str,
    /// Further origins of the vendor.
    pub also: &'static [&'static str],
    /// A question that costs nothing and is answered only to a good key.
    pub check: Option<&'static str>,
    /// What it does, as the catalogue names it.
    pub offers: &'static [&'static str],
}

/// One vendor's API, with a key.
pub(crate) struct Rest {
    outbound: Outbound,
    secret: Secret,
    auth: Auth,
    base: String,
    /// Other origins of the vendor that are shown the key.
    also: Vec<String>,
    reach: Reach,
    extra: HeaderMap,
    /// How long an answer may take.
    patience: Option<Duration>,
}

/// What a vendor answered well.
#[derive(Debug)]
pub(crate) struct Answer {
    pub json: Json,
    pub headers: HeaderMap,
    pub retries: u32,
}

/// What goes out with a request.
#[derive(Debug, Clone)]
pub(crate) enum Body {
    Json(Json),
    Form(Vec<(&'static str, Part)>),
}

/// A field of a form.
#[derive(Debug, Clone)]
pub(crate) enum Part {
    Text(String),
    File { name: &'static str, mime: String, bytes: Bytes },
}

impl Profile {
    pub fn rest(&self, outbound: Outbound, key: ProviderKey) -> Rest {
        let reach = if key.allow_private { Reach::Private } else { Reach::Policy };
        let base = key.base_url.as_deref().unwrap_or(self.base).trim().trim_end_matches('/').to_owned();
        // At another address the vendor's own hosts are strangers.
        let also = if key.base_url.is_some() { &[] } else { self.also };
        Rest {
            outbound,
            secret: key.secret,
            auth: self.auth,
            base,
            also: also.iter().map(|&url| url.to_owned()).collect(),
            reach,
            extra: HeaderMap::new(),
            patience: Some(ANSWER_TIME_MAX),
        }
    }
}

impl Rest {
    /// With a header that every call carries.
    pub fn with_header(mut self, name: &'static str, value: &'static str) -> Self {
        self.extra.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        self
    }

    /// A part of the vendor's API that stands below a path of its own.
    pub fn below(mut self, path: &str) -> Self {
        self.base.push_str(path);
        self
    }

    /// For a vendor whose answers are the work itself. `None`: as long as the node may.
    pub fn patient(mut self, patience: Option<Duration>) -> Self {
        self.patience = patience;
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

    /// What a vendor said in plain words, free of secrets.
    pub fn redact(&self, text: &str) -> String {
        self.secret.redact(text)
    }

    /// An error that was read from an answer, free of secrets.
    pub fn told(&self, error: ProviderError, retries: u32) -> ProviderError {
        let raw = error.raw.map(|raw| self.redact(&raw));
        ProviderError { message: self.redact(&error.message), raw, retries, ..error }
    }

    /// The vendor, for people.
    pub fn host(&self) -> String {
        Url::parse(&self.base)
            .ok()
            .and_then(|url| url.host_str().map(str::to_owned))
            .unwrap_or_else(|| self.base.clone())
    }

    fn request(&self, method: Method, url: &str) -> Result<RequestBuilder, ProviderError> {
        if !self.is_own(url) {
            let message = "the provider answered with an address that is not its own";
            return Err(ProviderError::new(FailureCode::ProviderDown, message).with_raw(&self.redact(url)));
        }
        // A key in a header of the vendor's own would go along to wherever an answer points.
        let request = self.outbound.request_at_origin(method, url, self.reach);
        let request = self.signed(request.map_err(|error| self.not_allowed(&error))?);
        Ok(match self.patience {
            Some(patience) => request.timeout(patience),
            None => request,
        })
    }

    fn with_body(&self, request: RequestBuilder, body: &Body) -> Result<RequestBuilder, ProviderError> {
        let parts = match body {
            Body::Json(json) => return Ok(request.json(json)),
            Body::Form(parts) => parts,
        };
        let mut form = reqwest::multipart::Form::new();
        for (field, part) in parts {
            let part = match part {
                Part::Text(text) => reqwest::multipart::Part::text(text.clone()),
                Part::File { name, mime, bytes } => {
                    let part = reqwest::multipart::Part::stream(bytes.clone()).file_name(*name);
                    part.mime_str(mime).map_err(|_| {
                        ProviderError::new(FailureCode::InvalidInput, format!("`{mime}` is not a type of media"))
                    })?
                }
            };
            form = form.part(*field, part);
        }
        Ok(request.multipart(form))
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

    pub fn json(&self, body: &[u8]) -> Result<Json, ProviderError> {
        serde_json::from_slice(body).map_err(|_| {
            let raw = self.redact(&String::from_utf8_lossy(&body[..body.len().min(8192)]));
            ProviderError::new(FailureCode::ProviderDown, "the provider answered something that is not JSON")
                .with_raw(&raw)
        })
    }

    /// What an answer other than 2xx means.
    fn refusal(&self, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> ProviderError {
        let mut body = self.redact(&String::from_utf8_lossy(body));
        let json: Json = serde_json::from_str(&body).unwrap_or_default();
        // What the vendor's support asks for.
        let id = ["x-request-id", "request-id", "x-fal-request-id"]
            .iter()
            .find_map(|name| headers.get(*name)?.to_str().ok());
        if let Some(id) = id {
            body = format!("{body}\nrequest id: {id}");
        }
        refusal(status, &json).with_raw(&body)
    }

    fn unreachable(&self, error: &reqwest::Error, retries: u32) -> ProviderError {
        let host = self.host();
        let (code, message) = if error.is_timeout() && !error.is_connect() {
            (FailureCode::Timeout, format!("`{host}` took too long to answer"))
        } else if error.is_connect() && self.is_own_server() {
            (FailureCode::ProviderDown, format!("`{host}` does not answer: is it running, at this address?"))
        } else {
            (FailureCode::ProviderDown, format!("`{host}` cannot be reached"))
        };
        ProviderError { retries, ..ProviderError::new(code, message).with_raw(&self.redact(&chain(error))) }
    }

    /// A server of one's own, in all likelihood.
    fn is_own_server(&self) -> bool {
        !self.base.starts_with("https://")
    }

    fn not_allowed(&self, error: &OutboundError) -> ProviderError {
        ProviderError::new(FailureCode::InvalidInput, error.to_string()).in_field("connection")
    }
}

/// An error with all its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::OutboundPolicy;

    fn rest(base_url: Option<&str>) -> Rest {
        let base_url = base_url.map(str::to_owned);
        let key = ProviderKey { secret: Secret::new("fal-secret-key"), base_url, allow_private: true, payer: None };
        let profile = Profile {
            name: "fal",
            auth: Auth::Key,
            base: "https://queue.fal.run",
            also: &["https://rest.fal.ai"],
            check: None,
            offers: &[],
        };
        profile.rest(Outbound::new(OutboundPolicy::default()), key)
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
