//! Runway: tasks, for its own models and for those of others that it hosts. Shapes are written in pixels.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value as Json, json};

use super::words::{data_url, endpoint, failed, missing, not_offered, path_part, required, unknown_state};
use crate::{
    Outbound,
    provider::{
        ProviderError,
        models::Route,
        order::{Attachment, FilmOrder, Finished, Order, OrderError, PictureOrder, PictureTask, Polled, Taken, Vendor},
        rest::{Auth, Profile, Rest},
    },
    run::VendorJob,
    secret::ProviderKey,
};

pub(super) const PROFILE: Profile = Profile {
    name: "runway",
    auth: Auth::Bearer,
    base: "https://api.dev.runwayml.com",
    also: &[],
    check: Some("/v1/organization"),
    offers: &["video.generate", "image.generate", "image.edit"],
};
const VERSION: &str = "2024-11-06";
const USD_PER_CREDIT: f64 = 0.01;

pub(super) struct Runway(Rest);

impl Runway {
    pub fn new(outbound: Outbound, key: ProviderKey) -> Self {
        Self(PROFILE.rest(outbound, key).with_header("x-runway-version", VERSION))
    }
}

#[async_trait::async_trait]
impl Vendor for Runway {
    async fn submit(&self, route: &Route, order: &Order) -> Result<Taken, OrderError> {
        let model = endpoint(route, order)?;
        let (kind, body) = match order {
            Order::Film(film) => film_body(model, film),
            Order::Picture(picture) => picture_body(model, picture, order)?,
            Order::Sound(_) | Order::Hosted(_) => return Err(not_offered(order)),
        };
        let answer = self.0.order(&self.0.url(&format!("/v1/{kind}")), &body, &[]).await?;
        let id = required(&answer.json, "/id").map_err(OrderError::Unknown)?.to_owned();
        Ok(Taken::Job { id, data: Json::Null, retries: answer.retries })
    }

    async fn poll(&self, job: &VendorJob) -> Result<Polled, ProviderError> {
        let answer = self.0.ask(Method::GET, &self.0.url(&path_of(job)?)).await?.json;
        let raw = || self.0.redact(&answer.to_string());
        match answer["status"].as_str() {
            Some("PENDING" | "THROTTLED") => Ok(Polled::Queued),
            Some("RUNNING") => Ok(Polled::Working(answer["progress"].as_f64())),
            Some("SUCCEEDED") => {
                let cost = answer["cost"]["credits"].as_f64();
                let url = required(&answer, "/output/0")?;
                Ok(Polled::Done(Finished::at(url).costing(cost.map(|credits| credits * USD_PER_CREDIT))))
            }
            Some("FAILED") => {
                let code = answer["failureCode"].as_str().unwrap_or_default();
                let said = answer["failure"].as_str().unwrap_or("it did not say why");
                // The code says `SAFETY` where the words may not.
                let error = failed(&format!("{said} {code}"));
                Err(ProviderError { message: format!("the provider could not do the work: {said}"), ..error }
                    .with_raw(&raw()))
            }
            Some("CANCELLED") => Err(failed("it was stopped there").with_raw(&raw())),
            _ => Err(unknown_state(&raw())),
        }
    }

    async fn cancel(&self, job: &VendorJob) -> Result<(), ProviderError> {
        self.0.tell(Method::DELETE, &self.0.url(&path_of(job)?)).await
    }

    fn rest(&self) -> &Rest {
        &self.0
    }

    fn pace(&self) -> Duration {
        Duration::from_secs(6)
    }
}

fn film_body(model: &str, order: &FilmOrder) -> (&'static str, Json) {
    let mut body = json!({
        "model": model,
        "promptText": order.prompt,
        "ratio": ratio(order.aspect.as_deref(), order.resolution.as_deref()),
    });
    let frame = |frame: &Attachment, position: &str| json!({"uri": data_url(frame), "position": position});
    let frames: Vec<Json> = [(&order.first_frame, "first"), (&order.last_frame, "last")]
        .into_iter()
        .filter_map(|(picture, position)| Some(frame(picture.as_ref()?, position)))
        .collect();
    let kind = if frames.is_empty() { "text_to_video" } else { "image_to_video" };
    if !frames.is_empty() {
        body["promptImage"] = json!(frames);
    }
    if let Some(seconds) = order.seconds {
        body["duration"] = json!(seconds);
    }
    if let Some(seed) = order.seed {
        body["seed"] = json!(seed);
    }
    if let Some(negative) = &order.negative_prompt {
        body["negativePrompt"] = json!(negative);
    }
    (kind, body)
}

fn picture_body(model: &str, order: &PictureOrder, whole: &Order) -> Result<(&'static str, Json), OrderError> {
    let ratio = order.size.map_or("1024:1024".to_owned(), |size| format!("{}:{}", size.width, size.height));
    let mut body = json!({"model": model, "promptText": order.prompt, "ratio": ratio});
    match order.task {
        PictureTask::Generate => {}
        PictureTask::Edit if order.images.is_empty() => return Err(missing("image")),
        PictureTask::Edit => {
            let reference = |image: &Attachment| json!({"uri": data_url(image)});
            body["referenceImages"] = json!(order.images.iter().map(reference).collect::<Vec<_>>());
        }
        _ => return Err(not_offered(whole)),
    }
    if let Some(seed) = order.seed {
        body["seed"] = json!(seed as u32);
    }
    Ok(("text_to_image", body))
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
