//! Reading from the web. Every request goes through [`crate::Outbound`], which refuses private addresses.

use std::time::Duration;

use reqwest::{Method, Response, header};
use shared::run::FailureCode;

use crate::{NodeContext, NodeError, Outputs, http::Reach, node};

use super::text::TEXT_MAX_BYTES;

#[derive(Outputs)]
struct Answer {
    /// The answer as text.
    text: String,
    /// The answer as JSON, if it is JSON.
    json: Option<serde_json::Value>,
    /// The HTTP status, for example 200.
    status: f64,
}

/// Reads a text or JSON from a web address. It is asked anew on every run. Addresses inside the server's own network are
/// refused.
#[node(
    "http.get",
    title = "Read from the web",
    resource = "network",
    cacheable = false,
    timeout_seconds = 60,
    example = r#"{"params":{"url":"https://example.com/"}}"#
)]
async fn get(
    /// The address, beginning with `https://` or `http://`.
    #[param(title = "Address", default = "https://example.com/")]
    url: String,
    /// Headers to send, as a JSON object: `{"Accept": "application/json"}`. Do not put secrets here: everyone who can
    /// open the workflow reads them.
    #[param(title = "Headers", default = {}, advanced)]
    headers: serde_json::Value,
    /// Goes on when the server answers with an error, and hands out its status.
    #[param(title = "Accept errors", default = false, advanced)]
    accept_errors: bool,
    ctx: &NodeContext,
) -> Result<Answer, NodeError> {
    let mut request = ctx.http().request(Method::GET, url.trim(), Reach::Policy).map_err(unreached)?;
    request = request.timeout(Duration::from_secs(45));
    for (name, value) in header_list(&headers)? {
        request = request.header(name, value);
    }
    let (status, text, is_json) = tokio::select! {
        answer = read(ctx, request) => answer?,
        () = ctx.cancel().cancelled() => return Err(NodeError::Cancelled),
    };
    if !(200..300).contains(&status) && !accept_errors {
        let message = format!("the server answered with status {status}");
        return Err(NodeError::new(FailureCode::ProviderDown, message).in_field("url").with_raw(&text));
    }
    // Some servers send JSON as plain text: what looks like an object or a list is tried as well.
    let json =
        (is_json || text.trim_start().starts_with(['{', '['])).then(|| serde_json::from_str(&text).ok()).flatten();
    Ok(Answer { text, json, status: status.into() })
}

async fn read(ctx: &NodeContext, request: reqwest::RequestBuilder) -> Result<(u16, String, bool), NodeError> {
    let response = ctx.http().send(request).await.map_err(unreached)?;
    let status = response.status().as_u16();
    let is_json = content_type(&response).contains("json");
    let bytes = ctx.http().read(response, TEXT_MAX_BYTES as u64).await.map_err(unreached)?;
    let text = String::from_utf8(bytes.into())
        .map_err(|_| NodeError::invalid("url", "the answer is not text, as far as UTF-8 goes"))?;
    Ok((status, text, is_json))
}

fn content_type(response: &Response) -> &str {
    response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn unreached(error: crate::OutboundError) -> NodeError {
    let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
    let message = error.to_string();
    let code = match error {
        crate::OutboundError::Request(_) => FailureCode::ProviderDown,
        crate::OutboundError::File(_) => FailureCode::Internal,
        crate::OutboundError::Url { .. }
        | crate::OutboundError::Private { .. }
        | crate::OutboundError::TooLarge { .. } => FailureCode::InvalidInput,
    };
    NodeError::new(code, message).in_field("url").with_raw(&cause)
}

fn header_list(headers: &serde_json::Value) -> Result<Vec<(header::HeaderName, header::HeaderValue)>, NodeError> {
    let refuse = |name: &str| NodeError::invalid("headers", format!("`{name}` is not a header with a text value"));
    let serde_json::Value::Object(headers) = headers else {
        return Err(NodeError::invalid("headers", "the headers are not a JSON object"));
    };
    let header = |(name, value): (&String, &serde_json::Value)| {
        let value = value.as_str().and_then(|text| text.parse().ok()).ok_or_else(|| refuse(name))?;
        let parsed: header::HeaderName = name.parse().map_err(|_| refuse(name))?;
        // These decide where a request goes and how its length is read.
        if [header::HOST, header::CONTENT_LENGTH, header::TRANSFER_ENCODING].contains(&parsed) {
            return Err(refuse(name));
        }
        Ok((parsed, value))
    };
    headers.iter().map(header).collect()
}
