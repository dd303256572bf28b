//! OpenRouter: pictures and speech, answered at once, and films as jobs. It tells what each call cost. There is no way to
//! stop a film.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value as Json, json};

use super::{
    openai,
    words::{data_url, decoded, endpoint, failed, not_offered, object, path_part, required, unknown_state},
};
use crate::{
    Outbound,
    provider::{
        ProviderError,
        chat::OPENROUTER,
        models::Route,
        order::{
            Attachment, FilmOrder, FilmTask, Finished, Order, OrderError, PictureOrder, PictureTask, Polled, SoundTask,
            Taken, Vendor,
        },
        refusal,
        rest::Rest,
    },
    run::VendorJob,
    secret::ProviderKey,
};

pub(super) struct OpenRouter(Rest);

impl OpenRouter {
    pub fn new(outbound: Outbound, key: ProviderKey) -> Self {
        Self(OPENROUTER.rest(outbound, key).patient(Some(Duration::from_secs(600))))
    }

    async fn picture(&self, model: &str, order: &PictureOrder) -> Result<Taken, OrderError> {
        let body = object([
            ("model", Some(json!(model))),
            ("prompt", Some(json!(order.prompt))),
            ("input_references", (!order.images.is_empty()).then(|| order.images.iter().map(reference).collect())),
            ("aspect_ratio", order.aspect.clone().map(Json::from)),
            ("resolution", order.resolution.as_ref().map(|size| json!(size.to_uppercase()))),
            ("size", order.size.map(|size| json!(size.to_string()))),
            ("quality", order.quality.clone().map(Json::from)),
            ("background", order.background.clone().map(Json::from)),
            ("seed", order.seed.map(|seed| json!(seed as u32))),
            ("output_format", Some(json!("png"))),
        ]);
        let answer = self.0.order(&self.0.url("/images"), &body, &[]).await?;
        self.check(&answer.json).map_err(OrderError::Refused)?;
        let bytes = decoded(&answer.json, "/data/0/b64_json").map_err(OrderError::Unknown)?;
        let finished = Finished::bytes(bytes).costing(answer.json["usage"]["cost"].as_f64());
        Ok(Taken::Made { finished, retries: answer.retries })
    }

    async fn film(&self, model: &str, order: &FilmOrder) -> Result<Taken, OrderError> {
        let frame = |(picture, kind): (&Option<Attachment>, &str)| {
            let mut frame = reference(picture.as_ref()?);
            frame["frame_type"] = json!(kind);
            Some(frame)
        };
        let frames = [(&order.first_frame, "first_frame"), (&order.last_frame, "last_frame")];
        let frames: Vec<Json> = frames.into_iter().filter_map(frame).collect();
        let body = object([
            ("model", Some(json!(model))),
            ("prompt", Some(json!(order.prompt))),
            ("duration", order.seconds.map(Json::from)),
            ("resolution", order.resolution.clone().map(Json::from)),
            ("aspect_ratio", order.aspect.clone().map(Json::from)),
            ("frame_images", (!frames.is_empty()).then(|| json!(frames))),
            ("generate_audio", order.audio.map(Json::from)),
            ("seed", order.seed.map(Json::from)),
        ]);
        let answer = self.0.order(&self.0.url("/videos"), &body, &[]).await?;
        self.check(&answer.json).map_err(OrderError::Refused)?;
        let id = required(&answer.json, "/id").map_err(OrderError::Unknown)?.to_owned();
        Ok(Taken::Job { id, data: Json::Null, retries: answer.retries })
    }

    /// HTTP 200 is no success where there is an error within.
    fn check(&self, answer: &Json) -> Result<(), ProviderError> {
        match answer["error"].is_object() {
            true => Err(self.0.told(refusal::of_event(answer), 0)),
            false => Ok(()),
        }
    }
}

#[async_trait::async_trait]
impl Vendor for OpenRouter {
    async fn submit(&self, route: &Route, order: &Order) -> Result<Taken, OrderError> {
        let model = endpoint(route, order)?;
        match order {
            Order::Picture(picture) if matches!(picture.task, PictureTask::Generate | PictureTask::Edit) => {
                self.picture(model, picture).await
            }
            Order::Film(film) if film.task == FilmTask::Generate => self.film(model, film).await,
            Order::Sound(sound) if sound.task == SoundTask::Speak => openai::speech(&self.0, model, sound).await,
            _ => Err(not_offered(order)),
        }
    }

    async fn poll(&self, job: &VendorJob) -> Result<Polled, ProviderError> {
        let url = self.0.url(&format!("/videos/{}", path_part(job)?));
        let answer = self.0.ask(Method::GET, &url).await?.json;
        let raw = || self.0.redact(&answer.to_string());
        match answer["status"].as_str() {
            Some("pending" | "queued") => Ok(Polled::Queued),
            Some("in_progress") => Ok(Polled::Working(None)),
            Some("completed") => {
                // The content is behind the key, and so at the vendor's own address.
                let finished = Finished::at(format!("{url}/content"));
                Ok(Polled::Done(finished.costing(answer["usage"]["cost"].as_f64())))
            }
            Some("failed" | "cancelled" | "expired") => {
                let said = answer["error"].as_str().or_else(|| answer["error"]["message"].as_str());
                Err(failed(said.unwrap_or("it did not say why")).with_raw(&raw()))
            }
            _ => Err(unknown_state(&raw())),
        }
    }

    fn rest(&self) -> &Rest {
        &self.0
    }

    fn answers_at_once(&self, order: &Order) -> bool {
        !matches!(order, Order::Film(_))
    }

    fn pace(&self) -> Duration {
        Duration::from_secs(6)
    }
}

fn reference(image: &Attachment) -> Json {
    json!({"type": "image_url", "image_url": {"url": data_url(image)}})
}
