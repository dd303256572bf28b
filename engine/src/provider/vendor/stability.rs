//! Stability: pictures and sounds from forms, answered with the result itself, or for the slow ones with a job.

use std::time::Duration;

use bytes::Bytes;
use reqwest::Method;
use serde_json::Value as Json;

use super::words::{decoded, endpoint, failed, first_image, missing, not_offered, path_part, required};
use crate::{
    Outbound,
    provider::{
        ProviderError,
        models::Route,
        order::{Attachment, Finished, Order, OrderError, PictureOrder, PictureTask, Polled, SoundTask, Taken, Vendor},
        refusal::filtered_request,
        rest::{Auth, Body, Part, Profile, Rest},
    },
    run::VendorJob,
    secret::ProviderKey,
};

pub(super) const PROFILE: Profile = Profile {
    name: "stability",
    auth: Auth::Bearer,
    base: "https://api.stability.ai",
    also: &[],
    check: Some("/v1/user/balance"),
    offers: &[
        "image.generate",
        "image.edit",
        "image.vary",
        "image.inpaint",
        "image.outpaint",
        "image.upscale",
        "image.remove_background",
        "audio.music",
    ],
};
const JSON: (&str, &str) = ("accept", "application/json");

pub(super) struct Stability(Rest);

impl Stability {
    pub fn new(outbound: Outbound, key: ProviderKey) -> Self {
        Self(PROFILE.rest(outbound, key).patient(Some(Duration::from_secs(300))))
    }
}

#[async_trait::async_trait]
impl Vendor for Stability {
    async fn submit(&self, route: &Route, order: &Order) -> Result<Taken, OrderError> {
        let endpoint = endpoint(route, order)?;
        // `generate/sd3:sd3.5-large`: where several models share an address, the model is named in the form.
        let (path, model) = endpoint.split_once(':').map_or((endpoint, None), |(path, model)| (path, Some(model)));
        let mut form = form_of(path, order)?;
        form.extend(model.map(|model| ("model", Part::Text(model.to_owned()))));
        let answer = self.0.order_with(&self.0.url(&format!("/v2beta/{path}")), &Body::Form(form), &[JSON]).await?;
        if let Some(id) = answer.json["id"].as_str() {
            return Ok(Taken::Job { id: id.to_owned(), data: Json::Null, retries: answer.retries });
        }
        let finished = made(&answer.json).map_err(OrderError::Refused)?;
        Ok(Taken::Made { finished, retries: answer.retries })
    }

    async fn poll(&self, job: &VendorJob) -> Result<Polled, ProviderError> {
        let url = self.0.url(&format!("/v2beta/results/{}", path_part(job)?));
        let answer = self.0.ask_for(Method::GET, &url, &[JSON]).await?.json;
        match answer["status"].as_str() {
            Some("in-progress") => Ok(Polled::Working(None)),
            Some(other) => Err(failed(other).with_raw(&self.0.redact(&answer.to_string()))),
            None => made(&answer).map(Polled::Done),
        }
    }

    fn rest(&self) -> &Rest {
        &self.0
    }

    fn answers_at_once(&self, _order: &Order) -> bool {
        // Only the creative upscaler answers with a job, and the catalogue has no route to it.
        true
    }

    fn pace(&self) -> Duration {
        Duration::from_secs(10)
    }
}

/// A blurred picture is a refusal in disguise.
fn made(answer: &Json) -> Result<Finished, ProviderError> {
    if answer["finish_reason"] == "CONTENT_FILTERED" {
        return Err(filtered_request(None));
    }
    let place = if answer["audio"].is_string() { "/audio" } else { "/image" };
    required(answer, place)?;
    Ok(Finished::bytes(decoded(answer, place)?).seeded(answer["seed"].as_u64()))
}

fn form_of(path: &str, order: &Order) -> Result<Vec<(&'static str, Part)>, OrderError> {
    let mut form = Vec::new();
    match order {
        Order::Picture(picture) => picture_form(&mut form, path, picture)?,
        Order::Sound(sound) if sound.task == SoundTask::Music => {
            form.push(("prompt", text(&sound.prompt)));
            form.extend(sound.seconds.map(|seconds| ("duration", text(&seconds))));
            form.extend(sound.seed.map(|seed| ("seed", text(&(seed as u32)))));
            form.push(("output_format", text(&"mp3")));
        }
        Order::Sound(_) | Order::Film(_) | Order::Hosted(_) => return Err(not_offered(order)),
    }
    Ok(form)
}

fn picture_form(form: &mut Vec<(&'static str, Part)>, path: &str, order: &PictureOrder) -> Result<(), OrderError> {
    if !order.prompt.is_empty() {
        form.push(("prompt", text(&order.prompt)));
    }
    match order.task {
        PictureTask::Generate => form.extend(order.aspect.as_ref().map(|aspect| ("aspect_ratio", text(aspect)))),
        // It keeps the outlines of the picture, and nothing else of it.
        PictureTask::Vary if path.contains("/control/") => {
            form.push(("image", file(first_image(order)?)));
            form.extend(order.control_strength.map(|strength| ("control_strength", text(&strength))));
        }
        PictureTask::Edit | PictureTask::Vary => {
            form.push(("image", file(first_image(order)?)));
            form.push(("mode", text(&"image-to-image")));
            form.push(("strength", text(&order.strength.unwrap_or(0.7))));
        }
        PictureTask::Inpaint => {
            form.push(("image", file(first_image(order)?)));
            form.push(("mask", file(order.mask.as_ref().ok_or_else(|| missing("mask"))?)));
        }
        PictureTask::Outpaint => {
            form.push(("image", file(first_image(order)?)));
            let margins = order.margins.ok_or_else(|| missing("left"))?;
            for (name, pixels) in
                [("left", margins.left), ("right", margins.right), ("up", margins.top), ("down", margins.bottom)]
            {
                form.push((name, text(&pixels)));
            }
        }
        PictureTask::Upscale | PictureTask::RemoveBackground => form.push(("image", file(first_image(order)?))),
    }
    form.extend(order.negative_prompt.as_ref().map(|words| ("negative_prompt", text(words))));
    form.extend(order.style.as_ref().map(|style| ("style_preset", text(style))));
    form.extend(order.guidance.map(|guidance| ("cfg_scale", text(&guidance))));
    form.extend(order.seed.map(|seed| ("seed", text(&(seed as u32)))));
    form.push(("output_format", text(&"png")));
    Ok(())
}

fn text(value: &dyn std::fmt::Display) -> Part {
    Part::Text(value.to_string())
}

fn file(attachment: &Attachment) -> Part {
    Part::File { name: "picture.png", mime: attachment.mime.clone(), bytes: Bytes::clone(&attachment.bytes) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_blurred_picture_is_a_refusal() {
        let error = made(&json!({"image": "AAAA", "finish_reason": "CONTENT_FILTERED"})).unwrap_err();
        assert_eq!(error.code, shared::run::FailureCode::Filtered);
        assert!(made(&json!({"image": "AAAA", "finish_reason": "SUCCESS", "seed": 4})).is_ok());
    }
}
