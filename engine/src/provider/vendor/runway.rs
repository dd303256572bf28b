//! Runway: tasks, for its own models and for those of others that it hosts. Shapes are written in pixels. Voices are its
//! own, by name.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value as Json, json};

use super::words::{data_url, endpoint, failed, first_image, missing, not_offered, path_part, required, unknown_state};
use crate::{
    Outbound,
    provider::{
        ProviderError,
        models::Route,
        order::{
            Attachment, FilmOrder, FilmTask, Finished, Order, OrderError, PictureOrder, PictureTask, Polled,
            SoundOrder, SoundTask, Taken, Vendor,
        },
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
    offers: &[
        "video.generate",
        "video.restyle",
        "video.upscale",
        "image.generate",
        "image.edit",
        "image.upscale",
        "audio.speak",
        "audio.effect",
    ],
};
const VERSION: &str = "2024-11-06";
const USD_PER_CREDIT: f64 = 0.01;
/// What fits into a `data:` address of 5 MB. Larger media go to the vendor's store first.
const INLINE_MAX_BYTES: usize = 3_500_000;

pub(super) struct Runway(Rest);

impl Runway {
    pub fn new(outbound: Outbound, key: ProviderKey) -> Self {
        Self(PROFILE.rest(outbound, key).with_header("x-runway-version", VERSION))
    }

    async fn address_of(&self, attachment: &Attachment) -> Result<String, OrderError> {
        if attachment.bytes.len() <= INLINE_MAX_BYTES {
            return Ok(data_url(attachment));
        }
        // The store goes by the name's ending. Nothing was ordered yet: whatever goes wrong here costs nothing.
        let name = if attachment.mime.starts_with("video/") { "film.mp4" } else { "picture.png" };
        let body = json!({"filename": name, "type": "ephemeral"});
        let answer = self.0.order(&self.0.url("/v1/uploads"), &body, &[]).await?.json;
        let to = required(&answer, "/uploadUrl").map_err(OrderError::Refused)?;
        let address = required(&answer, "/runwayUri").map_err(OrderError::Refused)?;
        let fields = answer["fields"].as_object().into_iter().flatten();
        let fields =
            fields.map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned())).collect();
        let handed = self.0.post_form(to, fields, name, &attachment.mime, attachment.bytes.clone()).await;
        handed.map_err(OrderError::Refused)?;
        Ok(address.to_owned())
    }

    async fn film_body(&self, model: &str, order: &FilmOrder) -> Result<(&'static str, Json), OrderError> {
        if order.task != FilmTask::Generate {
            return self.refilm_body(model, order).await;
        }
        let mut body = json!({"model": model, "promptText": order.prompt, "seed": order.seed});
        if model.starts_with("hailuo") {
            // This one takes shapes as they are called, and none with frames.
            let shape = order.aspect.as_deref().or_else(|| order.first_frame.is_none().then_some("16:9"));
            (body["ratio"], body["resolution"]) = (json!(shape), json!(order.resolution));
        } else {
            body["ratio"] = json!(ratio(order.aspect.as_deref(), order.resolution.as_deref()));
        }
        let mut frames = Vec::new();
        for (picture, position) in [(&order.first_frame, "first"), (&order.last_frame, "last")] {
            if let Some(picture) = picture {
                frames.push(json!({"uri": self.address_of(picture).await?, "position": position}));
            }
        }
        let kind = if frames.is_empty() { "text_to_video" } else { "image_to_video" };
        body["promptImage"] = if frames.is_empty() { Json::Null } else { json!(frames) };
        // It has to be said to the vendor's own models.
        body["duration"] = json!(order.seconds.or_else(|| model.starts_with("gen4").then_some(5)));
        body["negativePrompt"] = json!(order.negative_prompt);
        Ok((kind, said(body)))
    }

    /// Work on a given film.
    async fn refilm_body(&self, model: &str, order: &FilmOrder) -> Result<(&'static str, Json), OrderError> {
        let film = self.address_of(order.film.as_ref().ok_or_else(|| missing("film"))?).await?;
        match order.task {
            FilmTask::Restyle => Ok((
                "video_to_video",
                said(json!({"model": model, "videoUri": film, "promptText": order.prompt, "seed": order.seed})),
            )),
            FilmTask::Upscale => {
                Ok(("video_upscale", said(json!({"model": model, "videoUri": film, "resolution": order.resolution}))))
            }
            _ => Err(not_offered(&Order::Film(order.clone()))),
        }
    }

    async fn picture_body(&self, model: &str, order: &PictureOrder) -> Result<(&'static str, Json), OrderError> {
        if order.task == PictureTask::Upscale {
            let picture = self.address_of(first_image(order)?).await?;
            let factor = order.factor.map(|factor| factor as u32);
            return Ok(("image_upscale", said(json!({"model": model, "imageUri": picture, "scaleFactor": factor}))));
        }
        let ratio = order.size.map_or("1024:1024".to_owned(), |size| format!("{}:{}", size.width, size.height));
        let seed = order.seed.map(|seed| seed as u32);
        let mut body = json!({"model": model, "promptText": order.prompt, "ratio": ratio, "seed": seed});
        match order.task {
            PictureTask::Generate => {}
            PictureTask::Edit => {
                first_image(order)?;
                let mut references = Vec::new();
                for image in &order.images {
                    references.push(json!({"uri": self.address_of(image).await?}));
                }
                body["referenceImages"] = json!(references);
            }
            _ => return Err(not_offered(&Order::Picture(order.clone()))),
        }
        Ok(("text_to_image", said(body)))
    }
}

#[async_trait::async_trait]
impl Vendor for Runway {
    async fn submit(&self, route: &Route, order: &Order) -> Result<Taken, OrderError> {
        let model = endpoint(route, order)?;
        let (kind, body) = match order {
            Order::Film(film) => self.film_body(model, film).await?,
            Order::Picture(picture) => self.picture_body(model, picture).await?,
            Order::Sound(sound) => sound_body(model, sound).ok_or_else(|| not_offered(order))?,
            Order::Hosted(_) => return Err(not_offered(order)),
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

fn sound_body(model: &str, order: &SoundOrder) -> Option<(&'static str, Json)> {
    match order.task {
        SoundTask::Speak => {
            let voice = json!({"type": "runway-preset", "presetId": order.voice.as_deref().unwrap_or("Maya")});
            let seed = order.seed.map(|seed| seed as u32);
            let mut body = json!({"model": model, "promptText": order.prompt, "voice": voice, "seed": seed});
            (body["languageCode"], body["speed"]) = (json!(order.language), json!(order.speed));
            Some(("text_to_speech", said(body)))
        }
        SoundTask::Effect => {
            let mut body = json!({"model": model, "promptText": order.prompt});
            (body["duration"], body["loop"]) = (json!(order.seconds), json!(order.looped));
            Some(("sound_effect", said(body)))
        }
        SoundTask::Music => None,
    }
}

/// What is `null` is left to the model.
fn said(body: Json) -> Json {
    match body {
        Json::Object(fields) => Json::Object(fields.into_iter().filter(|(_, value)| !value.is_null()).collect()),
        other => other,
    }
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
