//! A response, read to its end.

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, Response},
};
use http_body_util::BodyExt;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    pub async fn read(response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("a whole body").to_bytes();
        Self { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("a text body")
    }

    pub fn json(&self) -> Value {
        self.read_as()
    }

    pub fn read_as<T: DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("a text header"))
    }

    /// The refusal as `status code: message`, to compare in one line.
    pub fn refusal(&self) -> String {
        let body: shared::error::ErrorBody = self.read_as();
        let code = serde_json::to_value(body.error.code).expect("a code is a string");
        format!("{} {}: {}", self.status, code.as_str().unwrap_or_default(), body.error.message)
    }

    /// The answer, which must be a success.
    #[track_caller]
    pub fn ok(self) -> Self {
        assert!((200..300).contains(&self.status), "{}: {}", self.status, String::from_utf8_lossy(&self.body));
        self
    }
}
