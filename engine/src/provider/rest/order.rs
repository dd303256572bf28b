//! Orders: work that is paid for, and sent a second time only where the vendor certainly has not taken it.

use bytes::Bytes;
use reqwest::{Method, StatusCode, header::HeaderMap};
use serde_json::Value as Json;
use shared::run::FailureCode;

use super::{Answer, Body, Rest};
use crate::{
    OutboundError,
    provider::{
        ProviderError,
        retry::{RETRIES_MAX, delay},
    },
};

/// Why an order has no answer.
#[derive(Debug)]
pub(crate) enum OrderError {
    /// The vendor did not take it: it costs nothing, and may be given again.
    Refused(ProviderError),
    /// It was sent, and nobody knows whether the vendor took it.
    Unknown(ProviderError),
}

/// An answer that need not be JSON.
#[derive(Debug)]
pub(crate) struct Reply {
    pub body: Bytes,
    pub headers: HeaderMap,
    pub retries: u32,
}

impl Reply {
    /// Whether the answer is what was ordered, and not words about it.
    pub fn is_media(&self) -> bool {
        let kind = self.headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        ["image/", "audio/", "video/", "application/octet-stream"].iter().any(|media| kind.starts_with(media))
    }
}

impl Rest {
    /// Gives an order that is answered in JSON.
    pub async fn order(&self, url: &str, body: &Json, headers: &[(&'static str, &str)]) -> Result<Answer, OrderError> {
        self.order_with(url, &Body::Json(body.clone()), headers).await
    }

    /// Gives an order in any form that is answered in JSON.
    pub async fn order_with(
        &self,
        url: &str,
        body: &Body,
        headers: &[(&'static str, &str)],
    ) -> Result<Answer, OrderError> {
        let reply = self.order_bytes(url, body, headers).await?;
        let json = self.json(&reply.body).map_err(OrderError::Unknown)?;
        Ok(Answer { json, headers: reply.headers, retries: reply.retries })
    }

    /// Gives an order whose answer is the result itself.
    pub async fn order_bytes(
        &self,
        url: &str,
        body: &Body,
        headers: &[(&'static str, &str)],
    ) -> Result<Reply, OrderError> {
        let mut retries = 0;
        loop {
            let made = self.request(Method::POST, url).and_then(|request| self.with_body(request, body));
            let made = headers
                .iter()
                .fold(made.map_err(OrderError::Refused)?, |made, (name, value)| made.header(*name, *value));
            let (error, wait) = match self.once(made).await {
                Ok((status, headers, body)) if status.is_success() => return Ok(Reply { body, headers, retries }),
                Ok((status, headers, body)) => {
                    let error = ProviderError { retries, ..self.refusal(status, &headers, &body) };
                    if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT {
                        return Err(OrderError::Unknown(error));
                    }
                    // Too many requests: this one was turned away at the door.
                    let again = status == StatusCode::TOO_MANY_REQUESTS && error.code == FailureCode::RateLimited;
                    match again.then(|| delay(retries, Some(&headers))) {
                        Some(Ok(wait)) => (error, Some(wait)),
                        Some(Err(asked)) => (error.asked_to_wait(asked), None),
                        None => (error, None),
                    }
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
}
