//! MiniMax: Hailuo 3 on the second version of its API, older models on the first. HTTP 200 is no success on the first:
//! `base_resp.status_code` says so. There is no way to cancel a task.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value as Json, json};
use shared::run::FailureCode;

use super::{
    Finished, Polled, Submitted, VideoRequest, VideoVendor, data_url, endpoint, failed, path_part, required,
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

const BASE: &str = "https://api.minimax.io";

pub(super) struct MiniMax(Rest);

impl MiniMax {
    pub fn new(outbound: Outbound, key: ProviderKey) -> Self {
        Self(Rest::new(outbound, key, Auth::Bearer, BASE, &[]))
    }

    async fn poll_second(&self, id: &str) -> Result<Polled, ProviderError> {
        let answer = self.0.ask(Method::GET, &self.0.url(&format!("/v2/query/video_generation/{id}"))).await?.json;
        let raw = || self.0.redact(&answer.to_string());
        let task = &answer["task"];
        match task["status"].as_str() {
            Some("queued") => Ok(Polled::Queued),
            Some("running") => Ok(Polled::Working(None)),
            Some("succeeded") => {
                let url = required(task, "/content/url")?.to_owned();
                Ok(Polled::Done(Finished { url, cost_usd: None, seed: None }))
            }
            Some(ended @ ("failed" | "cancelled" | "expired")) => {
                Err(failed(task["error"]["message"].as_str().unwrap_or(ended)).with_raw(&raw()))
            }
            _ => Err(unknown_state(&raw())),
        }
    }

    async fn poll_first(&self, id: &str) -> Result<Polled, ProviderError> {
        let url = self.0.url(&format!("/v1/query/video_generation?task_id={id}"));
        let answer = self.0.ask(Method::GET, &url).await?.json;
        check(&answer)?;
        let raw = || self.0.redact(&answer.to_string());
        match answer["status"].as_str() {
            Some("Preparing" | "Queueing") => Ok(Polled::Queued),
            Some("Processing") => Ok(Polled::Working(None)),
            Some("Success") => {
                let file = required(&answer, "/file_id")?;
                if !file.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') {
                    return Err(unknown_state(&raw()));
                }
                let url = self.0.url(&format!("/v1/files/retrieve?file_id={file}"));
                let file = self.0.ask(Method::GET, &url).await?.json;
                check(&file)?;
                let url = required(&file, "/file/download_url")?.to_owned();
                Ok(Polled::Done(Finished { url, cost_usd: None, seed: None }))
            }
            Some("Fail" | "Failed") => {
                Err(failed(answer["base_resp"]["status_msg"].as_str().unwrap_or("it did not say why")).with_raw(&raw()))
            }
            _ => Err(unknown_state(&raw())),
        }
    }
}

#[async_trait::async_trait]
impl VideoVendor for MiniMax {
    async fn submit(&self, route: &Route, request: &VideoRequest) -> Result<Submitted, OrderError> {
        let model = endpoint(route, request);
        let second = model.starts_with("MiniMax-H3");
        let frames = [(&request.first_frame, "first_frame"), (&request.last_frame, "last_frame")];
        let frames = frames.into_iter().filter_map(|(frame, role)| Some((data_url(&frame.as_ref()?.picture), role)));
        let mut body = json!({"model": model});
        if second {
            let mut content = vec![json!({"type": "text", "text": request.prompt})];
            content.extend(
                frames.map(|(url, role)| json!({"type": "image_url", "image_url": {"url": url}, "role": role})),
            );
            body["content"] = json!(content);
            // With frames the film has their shape; without, the vendor wants one named.
            if request.first_frame.is_none() {
                body["ratio"] = json!(request.aspect.as_deref().unwrap_or("16:9"));
            }
        } else {
            body["prompt"] = json!(request.prompt);
            for (url, role) in frames {
                body[format!("{role}_image")] = json!(url);
            }
        }
        if let Some(seconds) = request.seconds {
            body["duration"] = json!(seconds);
        }
        if let Some(resolution) = &request.resolution {
            body["resolution"] = json!(resolution.to_uppercase());
        }
        let version = if second { "v2" } else { "v1" };
        let answer = self.0.order(&self.0.url(&format!("/{version}/video_generation")), &body, &[]).await?;
        check(&answer.json).map_err(OrderError::Refused)?;
        let id = required(&answer.json, "/task_id").map_err(OrderError::Unknown)?.to_owned();
        Ok(Submitted { id, data: json!({"version": version}), retries: answer.retries })
    }

    async fn poll(&self, job: &VendorJob) -> Result<Polled, ProviderError> {
        let id = path_part(job)?;
        if job.data["version"] == "v2" { self.poll_second(id).await } else { self.poll_first(id).await }
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

/// An answer with a code other than 0 is a refusal. The second version has no such code.
fn check(answer: &Json) -> Result<(), ProviderError> {
    let code = answer["base_resp"]["status_code"].as_i64().unwrap_or(0);
    let said = answer["base_resp"]["status_msg"].as_str().unwrap_or_default();
    let error = match code {
        0 => return Ok(()),
        1004 | 2049 => ProviderError::new(FailureCode::Auth, "the provider refused the key").in_field("connection"),
        1008 | 1028 | 1030 | 2061 => {
            let message = format!("the provider account has no credit or plan for this: {said}");
            ProviderError::new(FailureCode::Quota, message).in_field("connection")
        }
        1026 | 1027 => {
            let message = format!("the provider's content policy refused the request: {said}");
            ProviderError::new(FailureCode::Filtered, message).in_field("prompt")
        }
        1002 | 1039 => ProviderError::new(FailureCode::RateLimited, format!("the provider is asked too often: {said}")),
        2013 => ProviderError::new(FailureCode::InvalidInput, format!("the provider refused the request: {said}")),
        _ => ProviderError::new(FailureCode::ProviderDown, format!("the provider has a problem (code {code}): {said}")),
    };
    Err(error.with_raw(&answer.to_string()))
}
