//! Kling: tasks of the current API. HTTP 200 is no success: `code` says so. There is no way to cancel a task.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value as Json, json};
use shared::run::FailureCode;

use super::words::{base64, endpoint, failed, film, path_part, required, unknown_state};
use crate::{
    Outbound,
    provider::{
        ProviderError,
        models::Route,
        order::{Finished, Order, OrderError, Polled, Taken, Vendor},
        refusal::filtered_request,
        rest::{Auth, Profile, Rest},
    },
    run::VendorJob,
    secret::ProviderKey,
};

pub(super) const PROFILE: Profile = Profile {
    name: "kling",
    auth: Auth::Bearer,
    base: "https://api-singapore.klingai.com",
    also: &[],
    check: None,
    offers: &["video.generate"],
};

pub(super) struct Kling(Rest);

impl Kling {
    pub fn new(outbound: Outbound, key: ProviderKey) -> Self {
        Self(PROFILE.rest(outbound, key))
    }
}

#[async_trait::async_trait]
impl Vendor for Kling {
    async fn submit(&self, route: &Route, order: &Order) -> Result<Taken, OrderError> {
        let request = film(order)?;
        let mut contents = vec![json!({"type": "prompt", "text": request.prompt})];
        for (frame, kind) in [(&request.first_frame, "first_frame"), (&request.last_frame, "last_frame")] {
            // Bare base64: this vendor refuses `data:` addresses.
            contents.extend(frame.as_ref().map(|frame| json!({"type": kind, "url": base64(&frame.bytes)})));
        }
        let mut settings = json!({});
        for (name, value) in [
            ("resolution", request.resolution.clone().map(Json::from)),
            // A film from a picture has the picture's shape.
            ("aspect_ratio", request.aspect.clone().filter(|_| request.first_frame.is_none()).map(Json::from)),
            ("duration", request.seconds.map(Json::from)),
            ("audio", request.audio.map(|audio| json!(if audio { "native" } else { "off" }))),
        ] {
            if let Some(value) = value {
                settings[name] = value;
            }
        }
        let kind = if request.first_frame.is_some() { "image-to-video" } else { "text-to-video" };
        let url = self.0.url(&format!("/{kind}/{}", endpoint(route, order)?));
        let body = json!({"contents": contents, "settings": settings});
        let answer = self.0.order(&url, &body, &[]).await?;
        check(&answer.json).map_err(OrderError::Refused)?;
        let id = required(&answer.json, "/data/id").map_err(OrderError::Unknown)?.to_owned();
        Ok(Taken::Job { id, data: Json::Null, retries: answer.retries })
    }

    async fn poll(&self, job: &VendorJob) -> Result<Polled, ProviderError> {
        let url = self.0.url(&format!("/tasks?task_ids={}", path_part(job)?));
        let answer = self.0.ask(Method::GET, &url).await?.json;
        check(&answer)?;
        let raw = || self.0.redact(&answer.to_string());
        let task = &answer["data"][0];
        match task["status"].as_str() {
            Some("submitted") => Ok(Polled::Queued),
            Some("processing") => Ok(Polled::Working(None)),
            Some("succeeded") => {
                let url = required(task, "/outputs/0/url")?.to_owned();
                Ok(Polled::Done(Finished::at(url)))
            }
            Some("failed") => Err(failed(task["message"].as_str().unwrap_or("it did not say why")).with_raw(&raw())),
            _ => Err(unknown_state(&raw())),
        }
    }

    fn rest(&self) -> &Rest {
        &self.0
    }

    fn pace(&self) -> Duration {
        Duration::from_secs(6)
    }
}

/// An answer with a code other than 0 is a refusal.
fn check(answer: &Json) -> Result<(), ProviderError> {
    let code = answer["code"].as_i64().unwrap_or(0);
    let said = answer["message"].as_str().unwrap_or_default();
    let error = match code {
        0 => return Ok(()),
        1000..=1004 => ProviderError::new(FailureCode::Auth, "the provider refused the key").in_field("connection"),
        1100..=1103 => {
            let message = format!("the provider account has no credit left, or is locked: {said}");
            ProviderError::new(FailureCode::Quota, message).in_field("connection")
        }
        1301 => filtered_request(Some(said)),
        1302 | 1303 => ProviderError::new(FailureCode::RateLimited, format!("the provider is asked too often: {said}")),
        1200..=1299 => {
            ProviderError::new(FailureCode::InvalidInput, format!("the provider refused the request: {said}"))
        }
        _ => ProviderError::new(FailureCode::ProviderDown, format!("the provider has a problem (code {code}): {said}")),
    };
    Err(error.with_raw(&answer.to_string()))
}
