//! Ideogram: forms, answered at once with addresses that live for an hour. Its masks are the other way round: black is
//! painted. HTTP 200 is no success: a picture that is not safe has no address.

use std::time::Duration;

use serde_json::{Value as Json, json};

use super::{
    canvas,
    words::{endpoint, failed, first_image, missing, not_offered, picture},
};
use crate::{
    Outbound,
    provider::{
        ProviderError,
        models::Route,
        order::{Attachment, Finished, Order, OrderError, PictureOrder, PictureTask, Taken, Vendor},
        refusal::filtered_request,
        rest::{Auth, Body, Part, Profile, Rest},
    },
    secret::ProviderKey,
};

pub(super) const PROFILE: Profile = Profile {
    name: "ideogram",
    auth: Auth::Header("api-key"),
    base: "https://api.ideogram.ai",
    also: &[],
    check: None,
    offers: &["image.generate", "image.edit", "image.vary", "image.inpaint", "image.outpaint", "image.upscale"],
};

pub(super) struct Ideogram(Rest);

impl Ideogram {
    pub fn new(outbound: Outbound, key: ProviderKey) -> Self {
        Self(PROFILE.rest(outbound, key).patient(Some(Duration::from_secs(300))))
    }
}

#[async_trait::async_trait]
impl Vendor for Ideogram {
    async fn submit(&self, route: &Route, order: &Order) -> Result<Taken, OrderError> {
        let endpoint = endpoint(route, order)?;
        let form = form_of(endpoint, picture(order)?, order)?;
        // What is not of a version is older than the versions.
        let path = if endpoint == "upscale" { "/upscale".to_owned() } else { format!("/v1/{endpoint}") };
        let answer = self.0.order_with(&self.0.url(&path), &Body::Form(form), &[]).await?;
        let finished = made(&answer.json).map_err(OrderError::Refused)?;
        Ok(Taken::Made { finished, retries: answer.retries })
    }

    fn rest(&self) -> &Rest {
        &self.0
    }

    fn answers_at_once(&self, _order: &Order) -> bool {
        true
    }
}

fn made(answer: &Json) -> Result<Finished, ProviderError> {
    let first = &answer["data"][0];
    if first["is_image_safe"] == false {
        return Err(filtered_request(None).with_raw(&answer.to_string()));
    }
    let url = first["url"].as_str();
    let url = url.ok_or_else(|| failed("its answer lacks a picture").with_raw(&answer.to_string()))?;
    Ok(Finished::at(url).seeded(first["seed"].as_u64()))
}

fn form_of(endpoint: &str, order: &PictureOrder, whole: &Order) -> Result<Vec<(&'static str, Part)>, OrderError> {
    if order.task == PictureTask::Upscale {
        let mut asked = json!({});
        if !order.prompt.is_empty() {
            asked["prompt"] = json!(order.prompt);
        }
        return Ok(vec![("image_file", file(first_image(order)?)), ("image_request", text(&asked.to_string()))]);
    }
    let prompt = if endpoint.starts_with("ideogram-v4/generate") { "text_prompt" } else { "prompt" };
    let mut form = vec![(prompt, text(&order.prompt))];
    match order.task {
        PictureTask::Generate => {
            form.extend(order.aspect.as_ref().map(|aspect| ("aspect_ratio", text(&aspect.replace(':', "x")))));
            form.extend(order.negative_prompt.as_ref().map(|words| ("negative_prompt", text(words))));
        }
        PictureTask::Edit | PictureTask::Vary => {
            form.push(("image", file(first_image(order)?)));
            // Ours is how far the result may leave the image, theirs how close it stays.
            let weight = order.strength.map(|strength| ((1.0 - strength) * 99.0).round() as u32 + 1);
            form.extend(weight.map(|weight| ("image_weight", text(&weight.to_string()))));
        }
        PictureTask::Inpaint => {
            let mask = order.mask.as_ref().ok_or_else(|| missing("mask"))?;
            form.push(("image", file(first_image(order)?)));
            let bytes = canvas::inverted(mask)?.into();
            form.push(("mask", Part::File { name: "mask.png", mime: "image/png".into(), bytes }));
        }
        PictureTask::Outpaint => {
            let image = first_image(order)?;
            let margins = order.margins.ok_or_else(|| missing("left"))?;
            let (canvas, mask) = canvas::padded(image, margins)?;
            form.push(("image", file(&canvas)));
            let bytes = canvas::inverted(&mask)?.into();
            form.push(("mask", Part::File { name: "mask.png", mime: "image/png".into(), bytes }));
        }
        PictureTask::Upscale | PictureTask::RemoveBackground => return Err(not_offered(whole)),
    }
    form.extend(order.quality.as_deref().map(|quality| {
        let speed = match quality {
            "low" => "TURBO",
            "high" => "QUALITY",
            _ => "DEFAULT",
        };
        ("rendering_speed", text(speed))
    }));
    form.extend(order.style.as_ref().map(|style| ("style_type", text(&style.to_uppercase()))));
    form.extend(order.seed.map(|seed| ("seed", text(&(seed as u32 & 0x7fff_ffff).to_string()))));
    Ok(form)
}

fn text(text: &str) -> Part {
    Part::Text(text.to_owned())
}

fn file(attachment: &Attachment) -> Part {
    Part::File { name: "picture.png", mime: attachment.mime.clone(), bytes: attachment.bytes.clone() }
}
