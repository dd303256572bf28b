//! Luma: films from words. Pictures would have to lie at a public address, which ours do not: for films from pictures the
//! catalogue takes other routes to the same models. There is no way to stop a generation.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value as Json, json};

use super::words::{endpoint, failed, film, object, path_part, required, unknown_state};
use crate::{
    Outbound,
    provider::{
        ProviderError,
        models::Route,
        order::{Finished, Order, OrderError, Polled, Taken, Vendor},
        rest::{Auth, Profile, Rest},
    },
    run::VendorJob,
    secret::ProviderKey,
};

pub(super) const PROFILE: Profile = Profile {
    name: "luma",
    auth: Auth::Bearer,
    base: "https://api.lumalabs.ai/dream-machine/v1",
    also: &[],
    check: Some("/credits"),
    offers: &["video.generate"],
};

pub(super) struct Luma(Rest);

impl Luma {
    pub fn new(outbound: Outbound, key: ProviderKey) -> Self {
        Self(PROFILE.rest(outbound, key))
    }
}

#[async_trait::async_trait]
impl Vendor for Luma {
    async fn submit(&self, route: &Route, order: &Order) -> Result<Taken, OrderError> {
        let film = film(order)?;
        let body = object([
            ("model", Some(json!(endpoint(route, order)?))),
            ("prompt", Some(json!(film.prompt))),
            ("aspect_ratio", film.aspect.clone().map(Json::from)),
            ("duration", film.seconds.map(|seconds| json!(format!("{seconds}s")))),
            ("resolution", film.resolution.clone().map(Json::from)),
        ]);
        let answer = self.0.order(&self.0.url("/generations/video"), &body, &[]).await?;
        let id = required(&answer.json, "/id").map_err(OrderError::Unknown)?.to_owned();
        Ok(Taken::Job { id, data: Json::Null, retries: answer.retries })
    }

    async fn poll(&self, job: &VendorJob) -> Result<Polled, ProviderError> {
        let answer = self.0.ask(Method::GET, &self.0.url(&format!("/generations/{}", path_part(job)?))).await?.json;
        let raw = || self.0.redact(&answer.to_string());
        match answer["state"].as_str() {
            Some("queued") => Ok(Polled::Queued),
            Some("dreaming") => Ok(Polled::Working(None)),
            Some("completed") => Ok(Polled::Done(Finished::at(required(&answer, "/assets/video")?))),
            Some("failed") => {
                Err(failed(answer["failure_reason"].as_str().unwrap_or("it did not say why")).with_raw(&raw()))
            }
            _ => Err(unknown_state(&raw())),
        }
    }

    fn rest(&self) -> &Rest {
        &self.0
    }

    fn pace(&self) -> Duration {
        Duration::from_secs(4)
    }
}
