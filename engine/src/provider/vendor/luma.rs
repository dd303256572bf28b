//! Luma: films and pictures from words. What they are made from would have to lie at a public address, which ours does not:
//! for films from pictures the catalogue takes other routes to the same models. There is no way to stop a generation.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value as Json, json};

use super::words::{endpoint, failed, not_offered, object, path_part, required, unknown_state};
use crate::{
    Outbound,
    provider::{
        ProviderError,
        models::Route,
        order::{FilmTask, Finished, Order, OrderError, PictureTask, Polled, Taken, Vendor},
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
    offers: &["video.generate", "image.generate"],
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
        let model = endpoint(route, order)?;
        let (kind, body) = match order {
            Order::Film(film) if film.task == FilmTask::Generate && film.first_frame.is_none() => {
                let body = object([
                    ("model", Some(json!(model))),
                    ("prompt", Some(json!(film.prompt))),
                    ("aspect_ratio", film.aspect.clone().map(Json::from)),
                    ("duration", film.seconds.map(|seconds| json!(format!("{seconds}s")))),
                    ("resolution", film.resolution.clone().map(Json::from)),
                ]);
                ("video", body)
            }
            Order::Picture(picture) if picture.task == PictureTask::Generate => {
                let body = object([
                    ("model", Some(json!(model))),
                    ("prompt", Some(json!(picture.prompt))),
                    ("aspect_ratio", picture.aspect.clone().map(Json::from)),
                    ("format", Some(json!("png"))),
                ]);
                ("image", body)
            }
            _ => return Err(not_offered(order)),
        };
        let answer = self.0.order(&self.0.url(&format!("/generations/{kind}")), &body, &[]).await?;
        let id = required(&answer.json, "/id").map_err(OrderError::Unknown)?.to_owned();
        Ok(Taken::Job { id, data: json!({"kind": kind}), retries: answer.retries })
    }

    async fn poll(&self, job: &VendorJob) -> Result<Polled, ProviderError> {
        let answer = self.0.ask(Method::GET, &self.0.url(&format!("/generations/{}", path_part(job)?))).await?.json;
        let raw = || self.0.redact(&answer.to_string());
        match answer["state"].as_str() {
            Some("queued") => Ok(Polled::Queued),
            Some("dreaming") => Ok(Polled::Working(None)),
            Some("completed") => {
                let made = if job.data["kind"] == "image" { "/assets/image" } else { "/assets/video" };
                Ok(Polled::Done(Finished::at(required(&answer, made)?)))
            }
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
