//! fal: a queue in front of many models, each with field names of its own, which the catalogue knows.
//!
//! There is no state `FAILED`: a request that went wrong is `COMPLETED`, and says so in its status or by the error that
//! its result answers with. The three addresses of a request are those of the answer, never built.

use reqwest::Method;
use serde_json::{Value as Json, json};

use super::words::{address_in, attachments, data_url, endpoint, failed, fields, required, unknown_state};
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

const FILES: &str = "https://rest.fal.ai";
const ACCOUNT: &str = "https://api.fal.ai";
/// Where what an endpoint takes is written down.
pub(in crate::provider) const SITE: &str = "https://fal.ai";

pub(in crate::provider) const PROFILE: Profile = Profile {
    name: "fal",
    auth: Auth::Key,
    base: "https://queue.fal.run",
    also: &[FILES, ACCOUNT, SITE],
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
        HOSTED,
    ],
};
/// Larger pictures go to the vendor's store first.
const INLINE_MAX_BYTES: usize = 1 << 20;

pub(super) struct Fal(Rest);

impl Fal {
    pub fn new(outbound: Outbound, key: ProviderKey) -> Self {
        Self(PROFILE.rest(outbound, key))
    }

    async fn address_of(&self, attachment: &Attachment) -> Result<String, OrderError> {
        if attachment.bytes.len() <= INLINE_MAX_BYTES {
            return Ok(data_url(attachment));
        }
        let url = self.0.url_at(FILES, "/storage/upload/initiate?storage_type=fal-cdn-v3");
        let body = json!({"content_type": attachment.mime, "file_name": "input"});
        let answer = self.0.order(&url, &body, &[]).await?;
        // Nothing was ordered yet: whatever goes wrong here costs nothing.
        let to = required(&answer.json, "/upload_url").map_err(OrderError::Refused)?;
        let address = required(&answer.json, "/file_url").map_err(OrderError::Refused)?;
        self.0.put(to, &attachment.mime, attachment.bytes.clone()).await.map_err(OrderError::Refused)?;
        Ok(address.to_owned())
    }
}

#[async_trait::async_trait]
impl Vendor for Fal {
    async fn submit(&self, route: &Route, order: &Order) -> Result<Taken, OrderError> {
        let mut addresses = Vec::new();
        for (taken, attachment) in attachments(route, order) {
            addresses.push(if taken { self.address_of(attachment).await? } else { String::new() });
        }
        let body = Json::Object(fields(route, order, addresses));
        let url = self.0.url(&format!("/{}", endpoint(route, order)?));
        // The platform's own repetitions are switched off: whether to try again is ours to say.
        let answer = self.0.order(&url, &body, &[("x-fal-no-retry", "1")]).await?;
        let taken = |pointer: &str| required(&answer.json, pointer).map(str::to_owned).map_err(OrderError::Unknown);
        Ok(Taken::Job {
            id: taken("/request_id")?,
            data: json!({
                "status": taken("/status_url")?, "response": taken("/response_url")?, "cancel": taken("/cancel_url")?,
                "whole": matches!(order, Order::Hosted(_)),
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
                let result = self.0.ask(Method::GET, required(&job.data, "/response")?).await?.json;
                if result["has_nsfw_concepts"][0] == true {
                    return Err(failed("the picture is not safe for work (nsfw)"));
                }
                if job.data["whole"] == true {
                    return Ok(Polled::Done(Finished::answer(result)));
                }
                let url = address_in(&result)
                    .ok_or_else(|| failed("its answer lacks a result").with_raw(&self.0.redact(&result.to_string())))?;
                Ok(Polled::Done(Finished::at(url).seeded(result["seed"].as_u64())))
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
