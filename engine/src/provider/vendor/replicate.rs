//! Replicate: predictions of official models. Results are kept for one hour only.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use shared::run::FailureCode;

use super::words::{address_in, attachments, data_url, endpoint, failed, fields, path_part, required, unknown_state};
use crate::{
    Outbound,
    provider::{
        ProviderError,
        models::Route,
        order::{Attachment, Finished, HOSTED, Order, OrderError, Polled, Taken, Vendor},
        rest::{Auth, Profile, Rest},
    },
    run::VendorJob,
    secret::ProviderKey,
};

pub(in crate::provider) const PROFILE: Profile = Profile {
    name: "replicate",
    auth: Auth::Bearer,
    base: "https://api.replicate.com/v1",
    also: &[],
    check: Some("/account"),
    offers: &[
        "video.generate",
        "video.restyle",
        "video.upscale",
        "video.lip_sync",
        "image.generate",
        "image.edit",
        "image.vary",
        "image.inpaint",
        "image.upscale",
        "image.remove_background",
        "audio.speak",
        "audio.music",
        HOSTED,
    ],
};
/// What the vendor takes as a `data:` address.
const INLINE_MAX_BYTES: usize = 180 << 10;

pub(super) struct Replicate(Rest);

impl Replicate {
    pub fn new(outbound: Outbound, key: ProviderKey) -> Self {
        Self(PROFILE.rest(outbound, key))
    }

    async fn address_of(&self, attachment: &Attachment) -> Result<String, OrderError> {
        if attachment.bytes.len() <= INLINE_MAX_BYTES {
            return Ok(data_url(attachment));
        }
        let url = self.0.url("/files");
        let answer = self.0.upload(&url, "content", &attachment.mime, attachment.bytes.clone()).await;
        let answer = answer.map_err(OrderError::Refused)?;
        required(&answer.json, "/urls/get").map(str::to_owned).map_err(OrderError::Refused)
    }
}

#[async_trait::async_trait]
impl Vendor for Replicate {
    async fn submit(&self, route: &Route, order: &Order) -> Result<Taken, OrderError> {
        let mut addresses = Vec::new();
        for (taken, attachment) in attachments(route, order) {
            addresses.push(if taken { self.address_of(attachment).await? } else { String::new() });
        }
        let input = fields(route, order, addresses);
        // An official model by its name; any other by the version that was looked at.
        let (path, body) = match endpoint(route, order)?.split_once(':') {
            Some((_, version)) => ("/predictions".to_owned(), json!({"version": version, "input": input})),
            None => (format!("/models/{}/predictions", endpoint(route, order)?), json!({"input": input})),
        };
        let answer = self.0.order(&self.0.url(&path), &body, &[]).await?;
        let id = required(&answer.json, "/id").map_err(OrderError::Unknown)?.to_owned();
        Ok(Taken::Job { id, data: json!({"whole": matches!(order, Order::Hosted(_))}), retries: answer.retries })
    }

    async fn poll(&self, job: &VendorJob) -> Result<Polled, ProviderError> {
        let answer = self.0.ask(Method::GET, &self.0.url(&path_of(job)?)).await?.json;
        let raw = || self.0.redact(&answer.to_string());
        match answer["status"].as_str() {
            Some("starting") => Ok(Polled::Queued),
            Some("processing") => Ok(Polled::Working(answer["logs"].as_str().and_then(percent))),
            Some("succeeded") if answer["data_removed"] == true => {
                let message = "the provider has deleted the result: it keeps them for one hour";
                Err(ProviderError::new(FailureCode::ProviderDown, message))
            }
            Some("succeeded") if job.data["whole"] == true => {
                Ok(Polled::Done(Finished::answer(answer["output"].clone())))
            }
            Some("succeeded") => {
                let url = address_in(&answer["output"]);
                let url = url.ok_or_else(|| failed("its answer lacks a result").with_raw(&raw()))?;
                Ok(Polled::Done(Finished::at(url)))
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

    fn rest(&self) -> &Rest {
        &self.0
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
