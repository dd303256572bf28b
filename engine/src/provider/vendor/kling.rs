//! Kling: films are tasks of its current API, pictures of the one before, which names the same things otherwise. HTTP 200 is
//! no success: `code` says so. There is no way to cancel a task.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value as Json, json};
use shared::run::FailureCode;

use super::words::{base64, endpoint, failed, first_image, not_offered, object, path_part, required, unknown_state};
use crate::{
    Outbound,
    provider::{
        ProviderError,
        models::Route,
        order::{FilmOrder, FilmTask, Finished, Order, OrderError, PictureOrder, PictureTask, Polled, Taken, Vendor},
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
    offers: &["video.generate", "image.generate", "image.edit"],
};

const PICTURES: &str = "/v1/images/generations";

/// Where an answer says what.
struct Names {
    status: &'static str,
    said: &'static str,
    result: &'static str,
}

const OF_FILMS: Names = Names { status: "status", said: "message", result: "/outputs/0/url" };
const OF_PICTURES: Names =
    Names { status: "task_status", said: "task_status_msg", result: "/task_result/images/0/url" };

pub(super) struct Kling(Rest);

impl Kling {
    pub fn new(outbound: Outbound, key: ProviderKey) -> Self {
        Self(PROFILE.rest(outbound, key))
    }
}

#[async_trait::async_trait]
impl Vendor for Kling {
    async fn submit(&self, route: &Route, order: &Order) -> Result<Taken, OrderError> {
        let model = endpoint(route, order)?;
        let (path, body, id, kind) = match order {
            Order::Film(film) if film.task == FilmTask::Generate => {
                let (path, body) = film_body(model, film);
                (path, body, "/data/id", "film")
            }
            Order::Picture(picture) if matches!(picture.task, PictureTask::Generate | PictureTask::Edit) => {
                (PICTURES.to_owned(), picture_body(model, picture)?, "/data/task_id", "picture")
            }
            _ => return Err(not_offered(order)),
        };
        let answer = self.0.order(&self.0.url(&path), &body, &[]).await?;
        check(&answer.json).map_err(OrderError::Refused)?;
        let id = required(&answer.json, id).map_err(OrderError::Unknown)?.to_owned();
        Ok(Taken::Job { id, data: json!({"kind": kind}), retries: answer.retries })
    }

    async fn poll(&self, job: &VendorJob) -> Result<Polled, ProviderError> {
        let id = path_part(job)?;
        let is_picture = job.data["kind"] == "picture";
        let path = if is_picture { format!("{PICTURES}/{id}") } else { format!("/tasks?task_ids={id}") };
        let answer = self.0.ask(Method::GET, &self.0.url(&path)).await?.json;
        check(&answer)?;
        let raw = || self.0.redact(&answer.to_string());
        let (task, names) = if is_picture { (&answer["data"], &OF_PICTURES) } else { (&answer["data"][0], &OF_FILMS) };
        match task[names.status].as_str() {
            Some("submitted") => Ok(Polled::Queued),
            Some("processing") => Ok(Polled::Working(None)),
            Some("succeeded" | "succeed") => Ok(Polled::Done(Finished::at(required(task, names.result)?))),
            Some("failed") => Err(failed(task[names.said].as_str().unwrap_or("it did not say why")).with_raw(&raw())),
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

fn film_body(model: &str, order: &FilmOrder) -> (String, Json) {
    let mut contents = vec![json!({"type": "prompt", "text": order.prompt})];
    for (frame, kind) in [(&order.first_frame, "first_frame"), (&order.last_frame, "last_frame")] {
        // Bare base64: this vendor refuses `data:` addresses.
        contents.extend(frame.as_ref().map(|frame| json!({"type": kind, "url": base64(&frame.bytes)})));
    }
    let settings = object([
        ("resolution", order.resolution.clone().map(Json::from)),
        // A film from a picture has the picture's shape.
        ("aspect_ratio", order.aspect.clone().filter(|_| order.first_frame.is_none()).map(Json::from)),
        ("duration", order.seconds.map(Json::from)),
        ("audio", order.audio.map(|audio| json!(if audio { "native" } else { "off" }))),
    ]);
    let kind = if order.first_frame.is_some() { "image-to-video" } else { "text-to-video" };
    (format!("/{kind}/{model}"), json!({"contents": contents, "settings": settings}))
}

fn picture_body(model: &str, order: &PictureOrder) -> Result<Json, OrderError> {
    let image = match order.task {
        PictureTask::Edit => Some(json!(base64(&first_image(order)?.bytes))),
        _ => None,
    };
    Ok(object([
        ("model_name", Some(json!(model))),
        ("prompt", Some(json!(order.prompt))),
        // Not together with a picture.
        ("negative_prompt", order.negative_prompt.clone().filter(|_| image.is_none()).map(Json::from)),
        ("aspect_ratio", order.aspect.clone().map(Json::from)),
        ("resolution", order.resolution.clone().map(Json::from)),
        ("image", image),
    ]))
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
