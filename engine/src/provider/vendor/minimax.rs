//! MiniMax: Hailuo 3 on the second version of its API, older models on the first. HTTP 200 is no success on the first:
//! `base_resp.status_code` says so. There is no way to cancel a task.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value as Json, json};
use shared::run::FailureCode;

use super::words::{
    data_url, decoded, endpoint, failed, from_hex, not_offered, object, path_part, required, unknown_state,
};
use crate::{
    Outbound,
    provider::{
        ProviderError,
        models::Route,
        order::{
            FilmOrder, Finished, Order, OrderError, PictureOrder, PictureTask, Polled, SoundOrder, SoundTask, Taken,
            Vendor,
        },
        refusal::filtered_request,
        rest::{Auth, Profile, Rest},
    },
    run::VendorJob,
    secret::ProviderKey,
};

pub(in crate::provider) const PROFILE: Profile = Profile {
    name: "minimax",
    auth: Auth::Bearer,
    base: "https://api.minimax.io",
    also: &[],
    check: None,
    offers: &["text.chat", "video.generate", "image.generate", "audio.speak", "audio.music"],
};

pub(super) struct MiniMax(Rest);

impl MiniMax {
    pub fn new(outbound: Outbound, key: ProviderKey) -> Self {
        Self(PROFILE.rest(outbound, key).patient(Some(Duration::from_secs(300))))
    }

    async fn sound(&self, model: &str, sound: &SoundOrder, order: &Order) -> Result<Taken, OrderError> {
        let (path, body) = sound_body(model, sound, order)?;
        let answer = self.0.order(&self.0.url(&format!("/v1/{path}")), &body, &[]).await?;
        check(&answer.json).map_err(OrderError::Refused)?;
        let digits = required(&answer.json, "/data/audio").map_err(OrderError::Unknown)?;
        let bytes = from_hex(digits).ok_or_else(|| OrderError::Unknown(failed("its answer holds no sound")))?;
        Ok(Taken::Made { finished: Finished::bytes(bytes), retries: answer.retries })
    }

    async fn picture(&self, model: &str, picture: &PictureOrder, order: &Order) -> Result<Taken, OrderError> {
        if picture.task != PictureTask::Generate {
            return Err(not_offered(order));
        }
        let body = object([
            ("model", Some(json!(model))),
            ("prompt", Some(json!(picture.prompt))),
            ("aspect_ratio", picture.aspect.clone().map(Json::from)),
            ("response_format", Some(json!("base64"))),
        ]);
        let answer = self.0.order(&self.0.url("/v1/image_generation"), &body, &[]).await?;
        check(&answer.json).map_err(OrderError::Refused)?;
        let bytes = decoded(&answer.json, "/data/image_base64/0").map_err(OrderError::Unknown)?;
        Ok(Taken::Made { finished: Finished::bytes(bytes), retries: answer.retries })
    }

    async fn poll_second(&self, id: &str) -> Result<Polled, ProviderError> {
        let answer = self.0.ask(Method::GET, &self.0.url(&format!("/v2/query/video_generation/{id}"))).await?.json;
        let raw = || self.0.redact(&answer.to_string());
        let task = &answer["task"];
        match task["status"].as_str() {
            Some("queued") => Ok(Polled::Queued),
            Some("running") => Ok(Polled::Working(None)),
            Some("succeeded") => {
                let url = required(task, "/content/url")?.to_owned();
                Ok(Polled::Done(Finished::at(url)))
            }
            Some(ended @ ("failed" | "cancelled" | "expired")) => {
                Err(failed(task["error"]["message"].as_str().unwrap_or(ended)).with_raw(&raw()))
            }
            _ => Err(unknown_state(&raw())),
        }
    }

    async fn poll_first(&self, id: &str) -> Result<Polled, ProviderError> {
        let url = self.0.url(&format!("/v1/query/video_generation?task_id={id}"));
        let answer = self.0.ask(Method::GET, &url).await?.json;
        check(&answer)?;
        let raw = || self.0.redact(&answer.to_string());
        match answer["status"].as_str() {
            Some("Preparing" | "Queueing") => Ok(Polled::Queued),
            Some("Processing") => Ok(Polled::Working(None)),
            Some("Success") => {
                let file = required(&answer, "/file_id")?;
                if !file.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') {
                    return Err(unknown_state(&raw()));
                }
                let url = self.0.url(&format!("/v1/files/retrieve?file_id={file}"));
                let file = self.0.ask(Method::GET, &url).await?.json;
                check(&file)?;
                let url = required(&file, "/file/download_url")?.to_owned();
                Ok(Polled::Done(Finished::at(url)))
            }
            Some("Fail" | "Failed") => {
                Err(failed(answer["base_resp"]["status_msg"].as_str().unwrap_or("it did not say why")).with_raw(&raw()))
            }
            _ => Err(unknown_state(&raw())),
        }
    }
}

#[async_trait::async_trait]
impl Vendor for MiniMax {
    async fn submit(&self, route: &Route, order: &Order) -> Result<Taken, OrderError> {
        let model = endpoint(route, order)?;
        let (path, body) = match order {
            Order::Sound(sound) => return self.sound(model, sound, order).await,
            Order::Hosted(_) => return Err(not_offered(order)),
            Order::Picture(picture) => return self.picture(model, picture, order).await,
            Order::Film(film) => film_body(model, film),
        };
        let answer = self.0.order(&self.0.url(&format!("/{path}/video_generation")), &body, &[]).await?;
        check(&answer.json).map_err(OrderError::Refused)?;
        let id = required(&answer.json, "/task_id").map_err(OrderError::Unknown)?.to_owned();
        Ok(Taken::Job { id, data: json!({"version": path}), retries: answer.retries })
    }

    async fn poll(&self, job: &VendorJob) -> Result<Polled, ProviderError> {
        let id = path_part(job)?;
        if job.data["version"] == "v2" { self.poll_second(id).await } else { self.poll_first(id).await }
    }

    fn rest(&self) -> &Rest {
        &self.0
    }

    fn answers_at_once(&self, order: &Order) -> bool {
        !matches!(order, Order::Film(_))
    }

    fn pace(&self) -> Duration {
        Duration::from_secs(10)
    }
}

/// The version of the API that knows the model, and what it is told.
fn film_body(model: &str, order: &FilmOrder) -> (&'static str, Json) {
    let second = model.starts_with("MiniMax-H3");
    let frames = [(&order.first_frame, "first_frame"), (&order.last_frame, "last_frame")];
    let frames = frames.into_iter().filter_map(|(frame, role)| Some((data_url(frame.as_ref()?), role)));
    let mut body = json!({"model": model});
    if second {
        let mut content = vec![json!({"type": "text", "text": order.prompt})];
        content.extend(frames.map(|(url, role)| json!({"type": "image_url", "image_url": {"url": url}, "role": role})));
        body["content"] = json!(content);
        // With frames the film has their shape; without, the vendor wants one named.
        if order.first_frame.is_none() {
            body["ratio"] = json!(order.aspect.as_deref().unwrap_or("16:9"));
        }
    } else {
        body["prompt"] = json!(order.prompt);
        for (url, role) in frames {
            body[format!("{role}_image")] = json!(url);
        }
    }
    if let Some(seconds) = order.seconds {
        body["duration"] = json!(seconds);
    }
    if let Some(resolution) = &order.resolution {
        body["resolution"] = json!(resolution.to_uppercase());
    }
    (if second { "v2" } else { "v1" }, body)
}

fn sound_body(model: &str, order: &SoundOrder, whole: &Order) -> Result<(&'static str, Json), OrderError> {
    let mut body = json!({"model": model, "output_format": "hex", "audio_setting": {"format": "mp3"}});
    match order.task {
        SoundTask::Speak => {
            body["text"] = json!(order.prompt);
            let voice = order.voice.as_deref().unwrap_or("English_expressive_narrator");
            body["voice_setting"] = json!({"voice_id": voice, "speed": order.speed.unwrap_or(1.0)});
            if let Some(language) = &order.language {
                body["language_boost"] = json!(language);
            }
            Ok(("t2a_v2", body))
        }
        SoundTask::Music => {
            body["prompt"] = json!(order.prompt);
            match (&order.lyrics, order.instrumental) {
                (Some(lyrics), _) => body["lyrics"] = json!(lyrics),
                (None, Some(true)) => body["is_instrumental"] = json!(true),
                (None, _) => body["lyrics_optimizer"] = json!(true),
            }
            Ok(("music_generation", body))
        }
        SoundTask::Effect => Err(not_offered(whole)),
    }
}

/// An answer with a code other than 0 is a refusal. The second version has no such code.
fn check(answer: &Json) -> Result<(), ProviderError> {
    let code = answer["base_resp"]["status_code"].as_i64().unwrap_or(0);
    let said = answer["base_resp"]["status_msg"].as_str().unwrap_or_default();
    let error = match code {
        0 => return Ok(()),
        1004 | 2049 => ProviderError::new(FailureCode::Auth, "the provider refused the key").in_field("connection"),
        1008 | 1028 | 1030 | 2061 => {
            let message = format!("the provider account has no credit or plan for this: {said}");
            ProviderError::new(FailureCode::Quota, message).in_field("connection")
        }
        1026 | 1027 => filtered_request(Some(said)),
        1002 | 1039 => ProviderError::new(FailureCode::RateLimited, format!("the provider is asked too often: {said}")),
        2013 => ProviderError::new(FailureCode::InvalidInput, format!("the provider refused the request: {said}")),
        _ => ProviderError::new(FailureCode::ProviderDown, format!("the provider has a problem (code {code}): {said}")),
    };
    Err(error.with_raw(&answer.to_string()))
}
