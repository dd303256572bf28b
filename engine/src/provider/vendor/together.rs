//! Together: pictures and speech, answered at once, and films as jobs, which tell what they cost. There is no way to stop
//! a film.

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
        chat::TOGETHER,
        models::Route,
        order::{
            FilmOrder, FilmTask, Finished, Order, OrderError, PictureOrder, PictureTask, Polled, SoundTask, Taken,
            Vendor,
        },
        rest::Rest,
    },
    run::VendorJob,
    secret::ProviderKey,
};

pub(super) struct Together(Rest);

impl Together {
    pub fn new(outbound: Outbound, key: ProviderKey) -> Self {
        Self(TOGETHER.rest(outbound, key).patient(Some(Duration::from_secs(300))))
    }

    async fn picture(&self, model: &str, order: &PictureOrder) -> Result<Taken, OrderError> {
        let lora = order.lora.as_ref().map(|path| json!([{"path": path, "scale": order.lora_strength.unwrap_or(1.0)}]));
        let (first, further) = match order.images.as_slice() {
            [] => (None, &[][..]),
            [first, further @ ..] => (Some(json!(data_url(first))), further),
        };
        let body = object([
            ("model", Some(json!(model))),
            ("prompt", Some(json!(order.prompt))),
            ("negative_prompt", order.negative_prompt.clone().map(Json::from)),
            ("width", order.size.map(|size| json!(size.width))),
            ("height", order.size.map(|size| json!(size.height))),
            ("steps", order.steps.map(Json::from)),
            ("guidance_scale", order.guidance.map(Json::from)),
            ("image_url", first),
            ("reference_images", (!further.is_empty()).then(|| further.iter().map(data_url).collect())),
            ("image_loras", lora),
            ("seed", order.seed.map(|seed| json!(seed as u32))),
            // Its own word for it: `b64_json` is refused.
            ("response_format", Some(json!("base64"))),
            ("output_format", Some(json!("png"))),
        ]);
        let answer = self.0.order(&self.0.url("/images/generations"), &body, &[]).await?;
        let finished = match answer.json.pointer("/data/0/url").and_then(Json::as_str) {
            Some(url) => Finished::at(url),
            None => Finished::bytes(decoded(&answer.json, "/data/0/b64_json").map_err(OrderError::Unknown)?),
        };
        Ok(Taken::Made { finished, retries: answer.retries })
    }

    async fn film(&self, model: &str, order: &FilmOrder) -> Result<Taken, OrderError> {
        let frames = [(&order.first_frame, "first"), (&order.last_frame, "last")];
        let frames: Vec<Json> = frames
            .into_iter()
            .filter_map(|(picture, frame)| Some(json!({"input_image": data_url(picture.as_ref()?), "frame": frame})))
            .collect();
        let body = object([
            ("model", Some(json!(model))),
            ("prompt", Some(json!(order.prompt))),
            ("negative_prompt", order.negative_prompt.clone().map(Json::from)),
            ("seconds", order.seconds.map(|seconds| json!(seconds.to_string()))),
            ("resolution", order.resolution.clone().map(Json::from)),
            ("ratio", order.aspect.clone().map(Json::from)),
            ("generate_audio", order.audio.map(Json::from)),
            ("seed", order.seed.map(Json::from)),
            ("media", (!frames.is_empty()).then(|| json!({"frame_images": frames}))),
            ("output_format", Some(json!("MP4"))),
        ]);
        let answer = self.0.order(&self.0.url("/videos"), &body, &[]).await?;
        let id = required(&answer.json, "/id").map_err(OrderError::Unknown)?.to_owned();
        Ok(Taken::Job { id, data: Json::Null, retries: answer.retries })
    }
}

#[async_trait::async_trait]
impl Vendor for Together {
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
        let answer = self.0.ask(Method::GET, &self.0.url(&format!("/videos/{}", path_part(job)?))).await?.json;
        let raw = || self.0.redact(&answer.to_string());
        match answer["status"].as_str() {
            Some("queued") => Ok(Polled::Queued),
            Some("in_progress") => Ok(Polled::Working(None)),
            Some("completed") => {
                let finished = Finished::at(required(&answer, "/outputs/video_url")?);
                Ok(Polled::Done(finished.costing(answer["outputs"]["cost"].as_f64())))
            }
            Some("failed" | "cancelled") => {
                let said = answer["error"]["message"].as_str().unwrap_or("it did not say why");
                Err(failed(said).with_raw(&raw()))
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
