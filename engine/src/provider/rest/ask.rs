//! Questions and small services, which cost nothing or next to it: they are repeated through a vendor's bad minute.

use bytes::Bytes;
use reqwest::{Method, Response, StatusCode};
use shared::run::FailureCode;
use url::Url;

use super::{ANSWER_TIME_MAX, Answer, Body, Part, Rest, chain};
use crate::{
    OutboundError,
    http::Reach,
    provider::{
        ProviderError,
        retry::{RETRIES_MAX, delay, worth_retrying},
    },
};

/// A question whose answer is only awaited survives a vendor's bad minute.
const ASK_RETRIES_MAX: u32 = 6;
/// Error answers are short; a web server in between may send a page.
const ERROR_MAX_BYTES: u64 = 256 << 10;
/// From the vendor to where it keeps its results.
const REDIRECTS_MAX: u32 = 5;

impl Rest {
    /// Asks for something that costs nothing, again and again while the vendor has a bad minute.
    pub async fn ask(&self, method: Method, url: &str) -> Result<Answer, ProviderError> {
        self.ask_for(method, url, &[]).await
    }

    /// The same with headers that only this question has.
    pub async fn ask_for(
        &self,
        method: Method,
        url: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<Answer, ProviderError> {
        let mut retries = 0;
        loop {
            let request = self.request(method.clone(), url)?;
            let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
            let (error, wait) = match self.once(request).await {
                Ok((status, headers, body)) if status.is_success() => {
                    return Ok(Answer { json: self.json(&body)?, headers, retries });
                }
                Ok((status, headers, body)) => {
                    let wait = worth_retrying(status, &headers).then(|| delay(retries, Some(&headers)).ok());
                    (self.refusal(status, &headers, &body), wait.flatten())
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

    /// Opens an answer that may stream. Until it begins, the request is repeated by the rules of the vendors' own clients.
    pub async fn open(&self, url: &str, body: &Body) -> Result<(Response, u32), ProviderError> {
        let mut retries = 0;
        loop {
            let request = self.request(Method::POST, url).and_then(|request| self.with_body(request, body))?;
            let (error, wait) = match self.outbound.send(request).await {
                Ok(response) if response.status().is_success() => return Ok((response, retries)),
                Ok(response) => {
                    let (status, headers) = (response.status(), response.headers().clone());
                    let body = self.outbound.read(response, ERROR_MAX_BYTES).await.unwrap_or_default();
                    let error = self.refusal(status, &headers, &body);
                    // Quota does not come back by asking again.
                    if error.code == FailureCode::Quota || !worth_retrying(status, &headers) {
                        (error, None)
                    } else {
                        match delay(retries, Some(&headers)) {
                            Ok(wait) => (error, Some(wait)),
                            Err(asked) => (error.asked_to_wait(asked), None),
                        }
                    }
                }
                Err(OutboundError::Request(source)) => (self.unreachable(&source, retries), delay(retries, None).ok()),
                Err(other) => (self.not_allowed(&other), None),
            };
            match wait {
                Some(wait) if retries < RETRIES_MAX => tokio::time::sleep(wait).await,
                _ => return Err(ProviderError { retries, ..error }),
            }
            retries += 1;
        }
    }

    /// The whole of an answer that was opened, as JSON.
    pub async fn read_json(&self, response: Response) -> Result<serde_json::Value, ProviderError> {
        let body = self.outbound.read(response, super::ANSWER_MAX_BYTES).await.map_err(|error| {
            let message = "the answer broke off, or is too large";
            ProviderError::new(FailureCode::ProviderDown, message).with_raw(&self.redact(&chain(&error)))
        })?;
        self.json(&body)
    }

    /// Sends a request whose whole answer is JSON, and which may be repeated.
    pub async fn call(&self, url: &str, body: &Body) -> Result<Answer, ProviderError> {
        let (response, retries) = self.open(url, body).await?;
        let headers = response.headers().clone();
        let json = self.read_json(response).await.map_err(|error| ProviderError { retries, ..error })?;
        Ok(Answer { json, headers, retries })
    }

    /// Asks once, without patience: whether the vendor takes the key.
    pub async fn knock(&self, url: &str) -> Result<(), ProviderError> {
        self.tell(Method::GET, url).await
    }

    /// Looks once whether somebody answers at all.
    pub async fn glance(&self, url: &str) -> Option<serde_json::Value> {
        // Nothing that is worth a glance is longer.
        const GLANCE_MAX_BYTES: u64 = 2 << 20;
        let response = self.outbound.send(self.request(Method::GET, url).ok()?).await.ok()?;
        if !response.status().is_success() {
            return None;
        }
        serde_json::from_slice(&self.outbound.read(response, GLANCE_MAX_BYTES).await.ok()?).ok()
    }

    /// Asks once, for an answer in JSON that is no longer than it may be.
    pub async fn ask_once(
        &self,
        method: Method,
        url: &str,
        max_bytes: u64,
    ) -> Result<serde_json::Value, ProviderError> {
        let response = match self.outbound.send(self.request(method, url)?).await {
            Ok(response) => response,
            Err(OutboundError::Request(source)) => return Err(self.unreachable(&source, 0)),
            Err(other) => return Err(self.not_allowed(&other)),
        };
        let (status, headers) = (response.status(), response.headers().clone());
        let body = self.outbound.read(response, max_bytes).await.map_err(|error| {
            let message = "the answer broke off, or is too large";
            ProviderError::new(FailureCode::ProviderDown, message).with_raw(&self.redact(&chain(&error)))
        })?;
        if status.is_success() { self.json(&body) } else { Err(self.refusal(status, &headers, &body)) }
    }

    /// Says something to which the answer has no content.
    pub async fn tell(&self, method: Method, url: &str) -> Result<(), ProviderError> {
        match self.once(self.request(method, url)?).await {
            Ok((status, ..)) if status.is_success() => Ok(()),
            Ok((status, headers, body)) => Err(self.refusal(status, &headers, &body)),
            Err(OutboundError::Request(source)) => Err(self.unreachable(&source, 0)),
            Err(other) => Err(self.not_allowed(&other)),
        }
    }

    /// Hands over a file as a form's field; it costs nothing.
    pub async fn upload(
        &self,
        url: &str,
        field: &'static str,
        mime: &str,
        bytes: Bytes,
    ) -> Result<Answer, ProviderError> {
        let part = Part::File { name: "file", mime: mime.to_owned(), bytes };
        let request = self.with_body(self.request(Method::POST, url)?, &Body::Form(vec![(field, part)]))?;
        match self.once(request).await {
            Ok((status, headers, body)) if status.is_success() => {
                Ok(Answer { json: self.json(&body)?, headers, retries: 0 })
            }
            Ok((status, headers, body)) => Err(self.refusal(status, &headers, &body)),
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
            Ok((status, headers, body)) => Err(self.refusal(status, &headers, &body)),
            Err(OutboundError::Request(source)) => Err(self.unreachable(&source, 0)),
            Err(other) => Err(self.not_allowed(&other)),
        }
    }

    /// Hands a file over with a form to an address that the vendor gave out for it; the form carries its own permission.
    pub async fn post_form(
        &self,
        url: &str,
        fields: Vec<(String, String)>,
        name: &'static str,
        mime: &str,
        bytes: Bytes,
    ) -> Result<(), ProviderError> {
        let length = bytes.len() as u64;
        let file = reqwest::multipart::Part::stream_with_length(bytes, length).file_name(name).mime_str(mime);
        let file = file
            .map_err(|_| ProviderError::new(FailureCode::InvalidInput, format!("`{mime}` is not a type of media")))?;
        let form =
            fields.into_iter().fold(reqwest::multipart::Form::new(), |form, (name, value)| form.text(name, value));
        let request = self.outbound.request(Method::POST, url, self.reach).map_err(|error| self.not_allowed(&error))?;
        // Stores of this kind want the file last.
        let request = request.multipart(form.part("file", file)).timeout(ANSWER_TIME_MAX);
        match self.once(request).await {
            Ok((status, ..)) if status.is_success() => Ok(()),
            Ok((status, headers, body)) => Err(self.refusal(status, &headers, &body)),
            Err(OutboundError::Request(source)) => Err(self.unreachable(&source, 0)),
            Err(other) => Err(self.not_allowed(&other)),
        }
    }

    /// Fetches a result into a file. The key goes along only to the vendor's own origins, redirects included.
    pub async fn fetch(&self, url: &str, max_bytes: u64) -> Result<tempfile::TempPath, ProviderError> {
        let mut url = url.to_owned();
        let (mut retries, mut redirects) = (0, 0);
        loop {
            let is_own = self.is_own(&url);
            let reach = if is_own { self.reach } else { Reach::Policy };
            let request = match is_own {
                true => self.outbound.request_at_origin(Method::GET, &url, reach).map(|request| self.signed(request)),
                false => self.outbound.request(Method::GET, &url, reach),
            };
            let request = request.map_err(|error| self.not_allowed(&error))?;
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
                Ok(Err((status, headers))) if status.is_redirection() && redirects < REDIRECTS_MAX => {
                    let place = headers.get("location").and_then(|place| place.to_str().ok());
                    let next = place.and_then(|place| Url::parse(&url).ok()?.join(place).ok());
                    url = next.ok_or_else(|| gone(status))?.to_string();
                    redirects += 1;
                    continue;
                }
                Ok(Err((status, headers))) => {
                    let wait = worth_retrying(status, &headers).then(|| delay(retries, Some(&headers)).ok());
                    (gone(status), wait.flatten())
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
}

fn gone(status: StatusCode) -> ProviderError {
    let message = match status.as_u16() {
        403 | 404 | 410 => "the result is not at the provider any more".to_owned(),
        status => format!("the result could not be fetched from the provider (status {status})"),
    };
    ProviderError::new(FailureCode::ProviderDown, message)
}
