//! fal: a queue in front of many models, each with field names of its own, which the catalogue knows.
//!
//! There is no state `FAILED`: a request that went wrong is `COMPLETED`, and says so in its status or by the error that
//! its result answers with. The three addresses of a request are those of the answer, never built.

use std::time::Duration;

use bytes::Bytes;
use reqwest::Method;
use serde_json::{Value as Json, json};

use super::words::{address_in, attachments, data_url_of, endpoint, failed, fields, required, unknown_state};
use crate::{
    Outbound,
    provider::{
        ProviderError,
        models::Route,
        order::{Finished, HOSTED, Order, OrderError, Polled, Taken, Vendor},
        rest::{Auth, Body, Profile, Rest},
    },
    run::VendorJob,
    secret::ProviderKey,
};

const FILES: &str = "https://rest.fal.ai";
const ACCOUNT: &str = "https://api.fal.ai";
/// Answers with the result itself: for what takes seconds.
pub(in crate::provider) const AT_ONCE: &str = "https://fal.run";
/// Where what an endpoint takes is written down.
pub(in crate::provider) const SITE: &str = "https://fal.ai";

pub(in crate::provider) const PROFILE: Profile = Profile {
    name: "fal",
    auth: Auth::Key,
    base: "https://queue.fal.run",
    also: &[FILES, ACCOUNT, SITE, AT_ONCE],
    check: Some("https://api.fal.ai/v1/models/pricing?endpoint_id=fal-ai/flux/dev"),
    offers: &[
        "video.generate",
        "video.restyle",
        "video.upscale",
        "video.extend",
        "video.lip_sync",
        "image.generate",
        "image.edit",
        "image.vary",
        "image.inpaint",
        "image.outpaint",
        "image.upscale",
        "image.remove_background",
        "audio.speak",
        "audio.music",
        "audio.effect",
        "audio.transcribe",
        HOSTED,
    ],
};
/// The result does not wait for its price.
const BILL_TIME_MAX: Duration = Duration::from_secs(5);
/// Larger pictures go to the vendor's store first.
const INLINE_MAX_BYTES: usize = 1 << 20;

pub(super) struct Fal(Rest);

impl Fal {
    pub fn new(outbound: Outbound, key: ProviderKey) -> Self {
        Self(PROFILE.rest(outbound, key))
    }

    /// What the work did cost: the units of its answer, at the price of one. The price is asked for, and costs nothing; it is
    /// per picture, second, character or whatever the endpoint counts.
    async fn bill(&self, job: &VendorJob, units: Option<&str>) -> Option<f64> {
        let units: f64 = units?.trim().parse().ok().filter(|units: &f64| units.is_finite() && *units >= 0.0)?;
        let endpoint = job.data["endpoint"].as_str()?;
        let named: String = url::form_urlencoded::byte_serialize(endpoint.as_bytes()).collect();
        let url = self.0.url_at(ACCOUNT, &format!("/v1/models/pricing?endpoint_id={named}"));
        let answer = tokio::time::timeout(BILL_TIME_MAX, self.0.glance(&url)).await.ok()??;
        let prices = answer["prices"].as_array()?;
        let price = prices.iter().find(|price| price["endpoint_id"] == endpoint && price["currency"] == "USD")?;
        Some(units * price["unit_price"].as_f64().filter(|price| *price >= 0.0)?)
    }
}

/// An address by which the vendor gets at a medium. What is handed over first costs nothing.
pub(in crate::provider) async fn address_of(rest: &Rest, mime: &str, bytes: &Bytes) -> Result<String, ProviderError> {
    if bytes.len() <= INLINE_MAX_BYTES {
        return Ok(data_url_of(mime, bytes));
    }
    let url = rest.url_at(FILES, "/storage/upload/initiate?storage_type=fal-cdn-v3");
    let body = json!({"content_type": mime, "file_name": "input"});
    let answer = rest.call(&url, &Body::Json(body)).await?;
    rest.put(required(&answer.json, "/upload_url")?, mime, bytes.clone()).await?;
    required(&answer.json, "/file_url").map(str::to_owned)
}

#[async_trait::async_trait]
impl Vendor for Fal {
    async fn submit(&self, route: &Route, order: &Order) -> Result<Taken, OrderError> {
        let mut addresses = Vec::new();
        for (taken, attachment) in attachments(route, order) {
            addresses.push(match taken {
                true => address_of(&self.0, &attachment.mime, &attachment.bytes).await.map_err(OrderError::Refused)?,
                false => String::new(),
            });
        }
        let body = Json::Object(fields(route, order, addresses));
        let endpoint = endpoint(route, order)?;
        let url = self.0.url(&format!("/{endpoint}"));
        // The platform's own repetitions are switched off: whether to try again is ours to say.
        let answer = self.0.order(&url, &body, &[("x-fal-no-retry", "1")]).await?;
        let taken = |pointer: &str| required(&answer.json, pointer).map(str::to_owned).map_err(OrderError::Unknown);
        Ok(Taken::Job {
            id: taken("/request_id")?,
            data: json!({
                "status": taken("/status_url")?, "response": taken("/response_url")?, "cancel": taken("/cancel_url")?,
                "whole": matches!(order, Order::Hosted(_)), "endpoint": endpoint,
            }),
            retries: answer.retries,
        })
    }

    async fn poll(&self, job: &VendorJob) -> Result<Polled, ProviderError> {
        let answer = self.0.ask(Method::GET, required(&job.data, "/status")?).await?.json;
        match answer["status"].as_str() {
            Some("IN_QUEUE") => Ok(Polled::Queued),
            Some("IN_PROGRESS") => Ok(Polled::Working(None)),
            Some("COMPLETED") => {
                if let Some(error) = answer["error"].as_str() {
                    return Err(failed(error).with_raw(&self.0.redact(&answer.to_string())));
                }
                let answer = self.0.ask(Method::GET, required(&job.data, "/response")?).await?;
                let units = answer.headers.get("x-fal-billable-units").and_then(|units| units.to_str().ok());
                let (cost, result) = (self.bill(job, units).await, answer.json);
                if result["has_nsfw_concepts"][0] == true {
                    return Err(failed("the picture is not safe for work (nsfw)"));
                }
                if job.data["whole"] == true {
                    return Ok(Polled::Done(Finished::answer(result).costing(cost)));
                }
                let url = address_in(&result)
                    .ok_or_else(|| failed("its answer lacks a result").with_raw(&self.0.redact(&result.to_string())))?;
                Ok(Polled::Done(Finished::at(url).seeded(result["seed"].as_u64()).costing(cost)))
            }
            _ => Err(unknown_state(&self.0.redact(&answer.to_string()))),
        }
    }

    async fn cancel(&self, job: &VendorJob) -> Result<(), ProviderError> {
        self.0.ask(Method::PUT, required(&job.data, "/cancel")?).await.map(drop)
    }

    fn rest(&self) -> &Rest {
        &self.0
    }
}
