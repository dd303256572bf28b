//! Black Forest Labs: FLUX, pictures and films, every model at a path of its own. A job's address is that of the answer, and its result dies
//! after ten minutes. There is no way to cancel a job.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value as Json, json};

use super::words::{base64, endpoint, failed, first_image, missing, not_offered, object, required, unknown_state};
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
    name: "bfl",
    auth: Auth::Header("x-key"),
    base: "https://api.bfl.ai/v1",
    // Jobs stay in the region that took them.
    also: &["https://api.eu.bfl.ai", "https://api.us.bfl.ai", "https://api.eu1.bfl.ai", "https://api.us1.bfl.ai"],
    check: None,
    offers: &["video.generate", "image.generate", "image.edit", "image.inpaint", "image.outpaint"],
};
const USD_PER_CREDIT: f64 = 0.01;

pub(super) struct Bfl(Rest);

impl Bfl {
    pub fn new(outbound: Outbound, key: ProviderKey) -> Self {
        Self(PROFILE.rest(outbound, key))
    }
}

#[async_trait::async_trait]
impl Vendor for Bfl {
    async fn submit(&self, route: &Route, order: &Order) -> Result<Taken, OrderError> {
        let url = self.0.url(&format!("/{}", endpoint(route, order)?));
        let body = match order {
            Order::Film(film) if film.task == FilmTask::Generate => film_body(film),
            Order::Picture(picture) => body(picture)?,
            _ => return Err(not_offered(order)),
        };
        let answer = self.0.order(&url, &body, &[]).await?;
        let id = required(&answer.json, "/id").map_err(OrderError::Unknown)?.to_owned();
        let poll = required(&answer.json, "/polling_url").map_err(OrderError::Unknown)?;
        let cost = answer.json["cost"].as_f64().map(|credits| credits * USD_PER_CREDIT);
        Ok(Taken::Job { id, data: json!({"poll": poll, "cost": cost}), retries: answer.retries })
    }

    async fn poll(&self, job: &VendorJob) -> Result<Polled, ProviderError> {
        let answer = self.0.ask(Method::GET, required(&job.data, "/poll")?).await?.json;
        let raw = || self.0.redact(&answer.to_string());
        match answer["status"].as_str().or_else(|| answer["state"].as_str()) {
            Some("Pending") => Ok(Polled::Working(answer["progress"].as_f64())),
            Some("Ready") => {
                let finished = Finished::at(required(&answer, "/result/sample")?);
                Ok(Polled::Done(finished.costing(job.data["cost"].as_f64()).seeded(answer["result"]["seed"].as_u64())))
            }
            Some(said @ ("Request Moderated" | "Content Moderated")) => {
                Err(filtered_request(Some(said)).with_raw(&raw()))
            }
            Some(said @ ("Error" | "Failed" | "Task not found")) => {
                Err(failed(answer["details"]["error"].as_str().unwrap_or(said)).with_raw(&raw()))
            }
            _ => Err(unknown_state(&raw())),
        }
    }

    fn rest(&self) -> &Rest {
        &self.0
    }

    fn pace(&self) -> Duration {
        Duration::from_secs(1)
    }
}

fn film_body(order: &FilmOrder) -> Json {
    let mut frames = Vec::new();
    frames.extend(order.first_frame.as_ref().map(|frame| json!(base64(&frame.bytes))));
    // A frame is said together with its second, unless it is the first.
    frames.extend(order.last_frame.as_ref().map(|frame| json!([order.seconds.unwrap_or(5), base64(&frame.bytes)])));
    let size = order.resolution.as_deref().map(|size| if size == "1080p" { "fhd" } else { "hd" });
    object([
        ("mode", Some(json!(if frames.is_empty() { "t2v" } else { "i2v" }))),
        ("prompt", Some(json!(order.prompt))),
        ("aspect_ratio", order.aspect.clone().map(Json::from)),
        ("duration", order.seconds.map(Json::from)),
        ("resolution", size.map(Json::from)),
        ("generate_audio", order.audio.map(Json::from)),
        ("keyframes", (!frames.is_empty()).then(|| json!(frames))),
    ])
}

fn body(order: &PictureOrder) -> Result<Json, OrderError> {
    let common = [
        ("prompt", Some(json!(order.prompt))),
        ("seed", order.seed.map(|seed| json!(seed as u32))),
        ("steps", order.steps.map(Json::from)),
        ("guidance", order.guidance.map(Json::from)),
        ("output_format", Some(json!("png"))),
    ];
    let mut body = object(common);
    match order.task {
        PictureTask::Generate | PictureTask::Edit => {
            if order.task == PictureTask::Edit && order.images.is_empty() {
                return Err(missing("image"));
            }
            for (at, image) in order.images.iter().enumerate() {
                let name = if at == 0 { "input_image".to_owned() } else { format!("input_image_{}", at + 1) };
                body[name] = json!(base64(&image.bytes));
            }
            if let Some(control) = &order.control {
                body["control_image"] = json!(base64(&control.bytes));
            }
            if let Some(size) = order.size {
                (body["width"], body["height"]) = (json!(size.width), json!(size.height));
            }
            if let Some(aspect) = &order.aspect {
                body["aspect_ratio"] = json!(aspect);
            }
        }
        PictureTask::Inpaint => {
            body["image"] = json!(base64(&first_image(order)?.bytes));
            body["mask"] = json!(base64(&order.mask.as_ref().ok_or_else(|| missing("mask"))?.bytes));
        }
        PictureTask::Outpaint => {
            body["image"] = json!(base64(&first_image(order)?.bytes));
            let margins = order.margins.ok_or_else(|| missing("left"))?;
            for (name, pixels) in
                [("left", margins.left), ("top", margins.top), ("right", margins.right), ("bottom", margins.bottom)]
            {
                body[name] = json!(pixels);
            }
        }
        PictureTask::Vary | PictureTask::Upscale | PictureTask::RemoveBackground => {
            return Err(not_offered(&Order::Picture(order.clone())));
        }
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::provider::order::Attachment;

    #[test]
    fn frames_stand_at_their_seconds() {
        let words = FilmOrder { prompt: "A boat".into(), seconds: Some(10), ..FilmOrder::default() };
        assert_eq!(film_body(&words), json!({"mode": "t2v", "prompt": "A boat", "duration": 10}));
        let frame = |text: &'static str| {
            let blob = shared::value::BlobHash::of(text.as_bytes());
            Some(Attachment { blob, mime: "image/png".into(), bytes: Bytes::from_static(text.as_bytes()) })
        };
        let size = Some("1080p".to_owned());
        let film = FilmOrder { first_frame: frame("a"), last_frame: frame("b"), resolution: size, ..words };
        let body = film_body(&film);
        assert_eq!((&body["mode"], &body["resolution"]), (&json!("i2v"), &json!("fhd")));
        assert_eq!(body["keyframes"], json!(["YQ==", [10, "Yg=="]]));
    }
}
