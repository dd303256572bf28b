//! Runway: tasks, for its own models and for those of others that it hosts. Shapes are written in pixels.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value as Json, json};

use super::{
    Finished, Frame, Polled, Submitted, VideoRequest, VideoVendor, data_url, endpoint, failed, path_part, required,
    unknown_state,
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

const BASE: &str = "https://api.dev.runwayml.com";
const VERSION: &str = "2024-11-06";
const USD_PER_CREDIT: f64 = 0.01;

pub(super) struct Runway(Rest);

impl Runway {
    pub fn new(outbound: Outbound, key: ProviderKey) -> Self {
        Self(Rest::new(outbound, key, Auth::Bearer, BASE, &[]).with_header("x-runway-version", VERSION))
    }
}

#[async_trait::async_trait]
impl VideoVendor for Runway {
    async fn submit(&self, route: &Route, request: &VideoRequest) -> Result<Submitted, OrderError> {
        let mut body = json!({
            "model": endpoint(route, request),
            "promptText": request.prompt,
            "ratio": ratio(request.aspect.as_deref(), request.resolution.as_deref()),
        });
        let frame = |frame: &Frame, position: &str| json!({"uri": data_url(&frame.picture), "position": position});
        let frames: Vec<Json> = [(&request.first_frame, "first"), (&request.last_frame, "last")]
            .into_iter()
            .filter_map(|(picture, position)| Some(frame(picture.as_ref()?, position)))
            .collect();
        let kind = if frames.is_empty() { "text_to_video" } else { "image_to_video" };
        if !frames.is_empty() {
            body["promptImage"] = json!(frames);
        }
        if let Some(seconds) = request.seconds {
            body["duration"] = json!(seconds);
        }
        if let Some(seed) = request.seed {
            body["seed"] = json!(seed);
        }
        if let Some(negative) = &request.negative_prompt {
            body["negativePrompt"] = json!(negative);
        }
        let answer = self.0.order(&self.0.url(&format!("/v1/{kind}")), &body, &[]).await?;
        let id = required(&answer.json, "/id").map_err(OrderError::Unknown)?.to_owned();
        Ok(Submitted { id, data: Json::Null, retries: answer.retries })
    }

    async fn poll(&self, job: &VendorJob) -> Result<Polled, ProviderError> {
        let answer = self.0.ask(Method::GET, &self.0.url(&path_of(job)?)).await?.json;
        let raw = || self.0.redact(&answer.to_string());
        match answer["status"].as_str() {
            Some("PENDING" | "THROTTLED") => Ok(Polled::Queued),
            Some("RUNNING") => Ok(Polled::Working(answer["progress"].as_f64())),
            Some("SUCCEEDED") => {
                let cost = answer["cost"]["credits"].as_f64();
                Ok(Polled::Done(Finished {
                    url: required(&answer, "/output/0")?.to_owned(),
                    cost_usd: cost.map(|credits| credits * USD_PER_CREDIT),
                    seed: None,
                }))
            }
            Some("FAILED") => {
                let code = answer["failureCode"].as_str().unwrap_or_default();
                let said = answer["failure"].as_str().unwrap_or("it did not say why");
                // The code says `SAFETY` where the words may not.
                let error = failed(&format!("{said} {code}"));
                Err(ProviderError { message: format!("the provider could not make the film: {said}"), ..error }
                    .with_raw(&raw()))
            }
            Some("CANCELLED") => Err(failed("it was stopped there").with_raw(&raw())),
            _ => Err(unknown_state(&raw())),
        }
    }

    async fn cancel(&self, job: &VendorJob) -> Result<(), ProviderError> {
        self.0.tell(Method::DELETE, &self.0.url(&path_of(job)?)).await
    }

    async fn fetch(&self, url: &str, max_bytes: u64) -> Result<tempfile::TempPath, ProviderError> {
        self.0.fetch(url, max_bytes).await
    }

    fn pace(&self) -> Duration {
        Duration::from_secs(6)
    }
}

fn path_of(job: &VendorJob) -> Result<String, ProviderError> {
    path_part(job).map(|id| format!("/v1/tasks/{id}"))
}

/// The vendor wants a shape in pixels, always.
fn ratio(aspect: Option<&str>, resolution: Option<&str>) -> &'static str {
    match (aspect.unwrap_or("16:9"), resolution) {
        ("9:16", Some("1080p" | "4k")) => "1080:1920",
        ("9:16", _) => "720:1280",
        ("4:3", _) => "1104:832",
        ("3:4", _) => "832:1104",
        ("1:1", _) => "960:960",
        ("21:9", _) => "1584:672",
        (_, Some("1080p" | "4k")) => "1920:1080",
        _ => "1280:720",
    }
}
