//! Google: Veo through the Gemini API, as long-running operations. There is no way to cancel one.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Map, Value as Json, json};
use shared::run::FailureCode;

use super::{
    Finished, Frame, Polled, Submitted, VideoRequest, VideoVendor, base64, endpoint, failed, path_part, required,
};
use crate::{
    Outbound,
    provider::{
        ProviderError,
        models::Route,
        rest::{Auth, OrderError, Rest},
    },
    run::VendorJob,
    secret::ProviderKey,
};

const BASE: &str = "https://generativelanguage.googleapis.com/v1beta";

pub(super) struct Google(Rest);

impl Google {
    pub fn new(outbound: Outbound, key: ProviderKey) -> Self {
        Self(Rest::new(outbound, key, Auth::Header("x-goog-api-key"), BASE, &[]))
    }
}

#[async_trait::async_trait]
impl VideoVendor for Google {
    async fn submit(&self, route: &Route, request: &VideoRequest) -> Result<Submitted, OrderError> {
        let frame =
            |frame: &Frame| json!({"bytesBase64Encoded": base64(&frame.picture), "mimeType": frame.picture.mime});
        let instance = object([
            ("prompt", Some(json!(request.prompt))),
            ("image", request.first_frame.as_ref().map(frame)),
            ("lastFrame", request.last_frame.as_ref().map(frame)),
        ]);
        let parameters = object([
            ("aspectRatio", request.aspect.clone().map(Json::from)),
            ("resolution", request.resolution.clone().map(Json::from)),
            ("durationSeconds", request.seconds.map(Json::from)),
            ("negativePrompt", request.negative_prompt.clone().map(Json::from)),
            ("seed", request.seed.map(Json::from)),
        ]);
        let url = self.0.url(&format!("/models/{}:predictLongRunning", endpoint(route, request)));
        let body = json!({"instances": [instance], "parameters": parameters});
        let answer = self.0.order(&url, &body, &[]).await?;
        let id = required(&answer.json, "/name").map_err(OrderError::Unknown)?.to_owned();
        Ok(Submitted { id, data: Json::Null, retries: answer.retries })
    }

    async fn poll(&self, job: &VendorJob) -> Result<Polled, ProviderError> {
        let answer = self.0.ask(Method::GET, &self.0.url(&format!("/{}", path_part(job)?))).await?.json;
        let raw = || self.0.redact(&answer.to_string());
        if answer["done"] != true {
            return Ok(Polled::Working(None));
        }
        if let Some(message) = answer["error"]["message"].as_str() {
            return Err(failed(message).with_raw(&raw()));
        }
        let made = &answer["response"]["generateVideoResponse"];
        if let Some(url) = made.pointer("/generatedSamples/0/video/uri").and_then(Json::as_str) {
            return Ok(Polled::Done(Finished { url: url.to_owned(), cost_usd: None, seed: None }));
        }
        let reasons: Vec<&str> =
            made["raiMediaFilteredReasons"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
        let error = match reasons.as_slice() {
            [] => ProviderError::new(FailureCode::ProviderDown, "the provider's answer lacks a film"),
            reasons => {
                let message = format!("the provider's content policy kept the film back: {}", reasons.join("; "));
                ProviderError::new(FailureCode::Filtered, message).in_field("prompt")
            }
        };
        Err(error.with_raw(&raw()))
    }

    async fn cancel(&self, _job: &VendorJob) -> Result<(), ProviderError> {
        let message = "the provider cannot be told to stop: the film may still be billed";
        Err(ProviderError::new(FailureCode::ProviderDown, message))
    }

    async fn fetch(&self, url: &str, max_bytes: u64) -> Result<tempfile::TempPath, ProviderError> {
        self.0.fetch(url, max_bytes).await
    }

    fn pace(&self) -> Duration {
        Duration::from_secs(10)
    }
}

/// An object of what is there.
fn object<const N: usize>(fields: [(&str, Option<Json>); N]) -> Json {
    let there = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Json::Object(there.collect::<Map<_, _>>())
}
