//! Google: Veo through the Gemini API as long-running operations, which cannot be cancelled; pictures and speech from
//! Gemini models, which are answered at once.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value as Json, json};
use shared::run::FailureCode;

use super::words::{base64, decoded, endpoint, failed, missing, not_offered, object, path_part, required, wav};
use crate::{
    Outbound,
    provider::{
        ProviderError, Usage,
        models::Route,
        order::{
            Attachment, FilmOrder, Finished, Order, OrderError, PictureOrder, PictureTask, Polled, SoundOrder,
            SoundTask, Taken, Vendor,
        },
        refusal::filtered_request,
        rest::{Auth, Profile, Rest},
    },
    run::VendorJob,
    secret::ProviderKey,
};

pub(in crate::provider) const PROFILE: Profile = Profile {
    name: "google",
    auth: Auth::Header("x-goog-api-key"),
    base: "https://generativelanguage.googleapis.com/v1beta",
    also: &[],
    check: Some("/models?pageSize=1"),
    offers: &[
        "text.chat",
        "text.embed",
        "audio.transcribe",
        "video.generate",
        "image.generate",
        "image.edit",
        "audio.speak",
        "audio.music",
    ],
};
/// Of speech that is not said to have another.
const SAMPLE_RATE: u32 = 24_000;

pub(super) struct Google(Rest);

impl Google {
    pub fn new(outbound: Outbound, key: ProviderKey) -> Self {
        Self(PROFILE.rest(outbound, key).patient(Some(Duration::from_secs(300))))
    }

    /// A picture or a sound: the answer is the work.
    async fn generate(&self, model: &str, body: Json) -> Result<Taken, OrderError> {
        let url = self.0.url(&format!("/models/{model}:generateContent"));
        let answer = self.0.order(&url, &body, &[]).await?;
        let finished = made(&answer.json).map_err(|error| {
            OrderError::Refused(self.0.told(error.with_raw(&answer.json.to_string()), answer.retries))
        })?;
        Ok(Taken::Made { finished, retries: answer.retries })
    }
}

#[async_trait::async_trait]
impl Vendor for Google {
    async fn submit(&self, route: &Route, order: &Order) -> Result<Taken, OrderError> {
        let model = endpoint(route, order)?;
        match order {
            Order::Picture(picture) => return self.generate(model, picture_body(picture, order)?).await,
            Order::Sound(sound) => return self.generate(model, sound_body(sound, order)?).await,
            Order::Hosted(_) => return Err(not_offered(order)),
            Order::Film(_) => {}
        }
        let Order::Film(film) = order else { return Err(not_offered(order)) };
        let url = self.0.url(&format!("/models/{model}:predictLongRunning"));
        let answer = self.0.order(&url, &film_body(film), &[]).await?;
        let id = required(&answer.json, "/name").map_err(OrderError::Unknown)?.to_owned();
        Ok(Taken::Job { id, data: Json::Null, retries: answer.retries })
    }

    async fn poll(&self, job: &VendorJob) -> Result<Polled, ProviderError> {
        let answer = self.0.ask(Method::GET, &self.0.url(&format!("/{}", path_part(job)?))).await?.json;
        let raw = || self.0.redact(&answer.to_string());
        if answer["done"] != true {
            return Ok(Polled::Working(None));
        }
        if let Some(message) = answer["error"]["message"].as_str() {
            return Err(failed(message).with_raw(&raw()));
        }
        let made = &answer["response"]["generateVideoResponse"];
        if let Some(url) = made.pointer("/generatedSamples/0/video/uri").and_then(Json::as_str) {
            return Ok(Polled::Done(Finished::at(url)));
        }
        let reasons: Vec<&str> =
            made["raiMediaFilteredReasons"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
        let error = match reasons.as_slice() {
            [] => ProviderError::new(FailureCode::ProviderDown, "the provider's answer lacks a film"),
            reasons => {
                let message = format!("the provider's content policy kept the film back: {}", reasons.join("; "));
                ProviderError::new(FailureCode::Filtered, message).in_field("prompt")
            }
        };
        Err(error.with_raw(&raw()))
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

fn film_body(order: &FilmOrder) -> Json {
    let frame = |frame: &Attachment| json!({"bytesBase64Encoded": base64(&frame.bytes), "mimeType": frame.mime});
    let instance = object([
        ("prompt", Some(json!(order.prompt))),
        ("image", order.first_frame.as_ref().map(frame)),
        ("lastFrame", order.last_frame.as_ref().map(frame)),
    ]);
    let parameters = object([
        ("aspectRatio", order.aspect.clone().map(Json::from)),
        ("resolution", order.resolution.clone().map(Json::from)),
        ("durationSeconds", order.seconds.map(Json::from)),
        ("negativePrompt", order.negative_prompt.clone().map(Json::from)),
        ("seed", order.seed.map(Json::from)),
    ]);
    json!({"instances": [instance], "parameters": parameters})
}

/// There are no masks and no margins here: what is to change is said in words.
fn picture_body(order: &PictureOrder, whole: &Order) -> Result<Json, OrderError> {
    match order.task {
        PictureTask::Generate => {}
        PictureTask::Edit if order.images.is_empty() => return Err(missing("image")),
        PictureTask::Edit => {}
        _ => return Err(not_offered(whole)),
    }
    let images =
        order.images.iter().map(|image| json!({"inlineData": {"mimeType": image.mime, "data": base64(&image.bytes)}}));
    let parts: Vec<Json> = images.chain([json!({"text": order.prompt})]).collect();
    let config = object([
        ("aspectRatio", order.aspect.clone().map(Json::from)),
        ("imageSize", order.resolution.as_ref().map(|resolution| json!(resolution.to_uppercase()))),
    ]);
    let generation = json!({"responseModalities": ["IMAGE"], "imageConfig": config});
    Ok(json!({"contents": [{"role": "user", "parts": parts}], "generationConfig": generation}))
}

fn sound_body(order: &SoundOrder, whole: &Order) -> Result<Json, OrderError> {
    let said = match &order.instructions {
        Some(how) => format!("{how}: {}", order.prompt),
        None => order.prompt.clone(),
    };
    let mut generation = json!({"responseModalities": ["AUDIO"]});
    match order.task {
        SoundTask::Speak => {
            let voice = json!({"prebuiltVoiceConfig": {"voiceName": order.voice.as_deref().unwrap_or("Kore")}});
            generation["speechConfig"] = json!({"voiceConfig": voice});
        }
        SoundTask::Music => {}
        SoundTask::Effect => return Err(not_offered(whole)),
    }
    Ok(json!({"contents": [{"role": "user", "parts": [{"text": said}]}], "generationConfig": generation}))
}

/// The first picture or sound of an answer. HTTP 200 is no success: the prompt may be blocked, or there are words only.
fn made(answer: &Json) -> Result<Finished, ProviderError> {
    if let Some(reason) = answer["promptFeedback"]["blockReason"].as_str() {
        return Err(filtered_request(Some(reason)));
    }
    let candidate = &answer["candidates"][0];
    let parts = candidate["content"]["parts"].as_array().map(Vec::as_slice).unwrap_or_default();
    let Some(part) = parts.iter().find(|part| part["inlineData"]["data"].is_string()) else {
        let reason = candidate["finishReason"].as_str().unwrap_or_default();
        if !matches!(reason, "" | "STOP" | "MAX_TOKENS") {
            return Err(filtered_request(Some(reason)));
        }
        let words = parts.iter().find_map(|part| part["text"].as_str()).unwrap_or("it did not say why");
        return Err(failed(words));
    };
    let bytes = decoded(part, "/inlineData/data")?;
    let mime = part["inlineData"]["mimeType"].as_str().unwrap_or_default().to_lowercase();
    let bytes = if mime.starts_with("audio/l16") || mime.starts_with("audio/pcm") {
        let rate = mime.split("rate=").nth(1).and_then(|rate| rate.split(';').next()?.trim().parse().ok());
        wav(&bytes, rate.unwrap_or(SAMPLE_RATE))
    } else {
        bytes
    };
    let usage = &answer["usageMetadata"];
    let usage = Usage {
        input_tokens: usage["promptTokenCount"].as_u64(),
        output_tokens: usage["candidatesTokenCount"].as_u64(),
        ..Usage::default()
    };
    Ok(Finished { usage, ..Finished::bytes(bytes) })
}
