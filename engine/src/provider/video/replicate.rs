//! Replicate: predictions of official models. Results are kept for one hour only.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value as Json, json};
use shared::run::FailureCode;

use super::{
    Finished, Frame, Polled, Submitted, VideoRequest, VideoVendor, data_url, endpoint, failed, fal::fields, path_part,
    required, unknown_state,
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

const BASE: &str = "https://api.replicate.com/v1";
/// What the vendor takes as a `data:` address.
const INLINE_MAX_BYTES: usize = 180 << 10;

pub(super) struct Replicate(Rest);

impl Replicate {
    pub fn new(outbound: Outbound, key: ProviderKey) -> Self {
        Self(Rest::new(outbound, key, Auth::Bearer, BASE, &[]))
    }

    async fn address_of(&self, frame: &Frame) -> Result<String, OrderError> {
        let picture = &frame.picture;
        if picture.bytes.len() <= INLINE_MAX_BYTES {
            return Ok(data_url(picture));
        }
        let url = self.0.url("/files");
        let answer = self.0.upload(&url, "content", &picture.mime, picture.bytes.clone()).await;
        let answer = answer.map_err(OrderError::Refused)?;
        required(&answer.json, "/urls/get").map(str::to_owned).map_err(OrderError::Refused)
    }
}

#[async_trait::async_trait]
impl VideoVendor for Replicate {
    async fn submit(&self, route: &Route, request: &VideoRequest) -> Result<Submitted, OrderError> {
        let first = match &request.first_frame {
            Some(frame) => Some(self.address_of(frame).await?),
            None => None,
        };
        let last = match &request.last_frame {
            Some(frame) => Some(self.address_of(frame).await?),
            None => None,
        };
        let url = self.0.url(&format!("/models/{}/predictions", endpoint(route, request)));
        let body = json!({"input": fields(route, request, first, last)});
        let answer = self.0.order(&url, &body, &[]).await?;
        let id = required(&answer.json, "/id").map_err(OrderError::Unknown)?.to_owned();
        Ok(Submitted { id, data: Json::Null, retries: answer.retries })
    }

    async fn poll(&self, job: &VendorJob) -> Result<Polled, ProviderError> {
        let answer = self.0.ask(Method::GET, &self.0.url(&path_of(job)?)).await?.json;
        let raw = || self.0.redact(&answer.to_string());
        match answer["status"].as_str() {
            Some("starting") => Ok(Polled::Queued),
            Some("processing") => Ok(Polled::Working(answer["logs"].as_str().and_then(percent))),
            Some("succeeded") if answer["data_removed"] == true => {
                let message = "the provider has deleted the film: it keeps results for one hour";
                Err(ProviderError::new(FailureCode::ProviderDown, message))
            }
            Some("succeeded") => {
                // One address, or a list of them.
                let output = answer["output"].as_str().or_else(|| answer["output"][0].as_str());
                let url = output.map(str::to_owned).ok_or_else(|| {
                    ProviderError::new(FailureCode::ProviderDown, "the provider's answer lacks a film").with_raw(&raw())
                })?;
                Ok(Polled::Done(Finished { url, cost_usd: None, seed: None }))
            }
            Some("failed" | "canceled" | "aborted") => {
                let said = answer["error"].as_str().unwrap_or("it was stopped there");
                Err(failed(said).with_raw(&raw()))
            }
            // New states appear; without an end it goes on.
            Some(_) if answer["completed_at"].is_null() => Ok(Polled::Working(None)),
            _ => Err(unknown_state(&raw())),
        }
    }

    async fn cancel(&self, job: &VendorJob) -> Result<(), ProviderError> {
        self.0.ask(Method::POST, &self.0.url(&format!("{}/cancel", path_of(job)?))).await.map(drop)
    }

    async fn fetch(&self, url: &str, max_bytes: u64) -> Result<tempfile::TempPath, ProviderError> {
        self.0.fetch(url, max_bytes).await
    }

    fn pace(&self) -> Duration {
        Duration::from_secs(3)
    }
}

fn path_of(job: &VendorJob) -> Result<String, ProviderError> {
    path_part(job).map(|id| format!("/predictions/{id}"))
}

/// The last `NN%|` of a progress bar in the model's log.
fn percent(logs: &str) -> Option<f64> {
    let bar = logs.rfind("%|")?;
    let digits = logs[..bar].rsplit(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse::<f64>().ok().map(|percent| (percent / 100.0).clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_read_from_the_last_bar() {
        assert_eq!(percent("  4%|▍  | 1/28\n 50%|████ | 14/28"), Some(0.5));
        assert_eq!(percent("loading"), None);
        assert_eq!(percent("%|"), None);
    }
}
