//! Recraft: OpenAI's words for new pictures, forms for work on given ones. Answered at once.

use std::time::Duration;

use serde_json::{Value as Json, json};

use super::{
    canvas,
    words::{decoded, endpoint, first_image, missing, object, picture},
};
use crate::{
    Outbound,
    provider::{
        ProviderError,
        models::Route,
        order::{Attachment, Finished, Order, OrderError, PictureOrder, PictureTask, Taken, Vendor},
        rest::{Auth, Body, Part, Profile, Rest},
    },
    secret::ProviderKey,
};

pub(super) const PROFILE: Profile = Profile {
    name: "recraft",
    auth: Auth::Bearer,
    base: "https://external.api.recraft.ai/v1",
    also: &[],
    check: Some("/users/me"),
    offers: &[
        "image.generate",
        "image.edit",
        "image.vary",
        "image.inpaint",
        "image.outpaint",
        "image.upscale",
        "image.remove_background",
    ],
};

pub(super) struct Recraft(Rest);

impl Recraft {
    pub fn new(outbound: Outbound, key: ProviderKey) -> Self {
        Self(PROFILE.rest(outbound, key).patient(Some(Duration::from_secs(300))))
    }
}

#[async_trait::async_trait]
impl Vendor for Recraft {
    async fn submit(&self, route: &Route, order: &Order) -> Result<Taken, OrderError> {
        let (path, body) = asked(endpoint(route, order)?, picture(order)?)?;
        let answer = self.0.order_with(&self.0.url(&format!("/images/{path}")), &body, &[]).await?;
        let finished = made(&answer.json).map_err(OrderError::Unknown)?;
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
    // Work on a given picture answers with one `image`, new pictures come in a list.
    let place = if answer["image"].is_object() { "/image" } else { "/data/0" };
    match answer.pointer(&format!("{place}/url")).and_then(Json::as_str) {
        Some(url) => Ok(Finished::at(url)),
        None => decoded(answer, &format!("{place}/b64_json")).map(Finished::bytes),
    }
}

fn asked(model: &str, order: &PictureOrder) -> Result<(&'static str, Body), OrderError> {
    let format = ("response_format", Part::Text("b64_json".into()));
    Ok(match order.task {
        PictureTask::Generate => {
            let body = object([
                ("prompt", Some(json!(order.prompt))),
                ("model", Some(json!(model))),
                ("size", order.size.map(|size| json!(size.to_string()))),
                ("style", order.style.clone().map(Json::from)),
                ("negative_prompt", order.negative_prompt.clone().map(Json::from)),
                ("random_seed", order.seed.map(|seed| json!(seed as u32))),
                ("response_format", Some(json!("b64_json"))),
            ]);
            ("generations", Body::Json(body))
        }
        PictureTask::Edit | PictureTask::Vary => {
            let strength = Part::Text(order.strength.unwrap_or(0.5).to_string());
            let image = ("image", file(first_image(order)?));
            ("imageToImage", Body::Form(vec![image, prompt(order), model_of(model), ("strength", strength), format]))
        }
        PictureTask::Inpaint => {
            let mask = order.mask.as_ref().ok_or_else(|| missing("mask"))?;
            let (image, mask) = (("image", file(first_image(order)?)), ("mask", file(mask)));
            ("inpaint", Body::Form(vec![image, mask, prompt(order), model_of(model), format]))
        }
        PictureTask::Outpaint => {
            // There is no such call: the new part of a larger canvas is painted.
            let margins = order.margins.ok_or_else(|| missing("left"))?;
            let (image, mask) = canvas::padded(first_image(order)?, margins)?;
            let (image, mask) = (("image", file(&image)), ("mask", file(&mask)));
            ("inpaint", Body::Form(vec![image, mask, prompt(order), model_of(model), format]))
        }
        PictureTask::Upscale => ("crispUpscale", Body::Form(vec![("file", file(first_image(order)?)), format])),
        PictureTask::RemoveBackground => {
            ("removeBackground", Body::Form(vec![("file", file(first_image(order)?)), format]))
        }
    })
}

fn prompt(order: &PictureOrder) -> (&'static str, Part) {
    ("prompt", Part::Text(order.prompt.clone()))
}

fn model_of(model: &str) -> (&'static str, Part) {
    ("model", Part::Text(model.to_owned()))
}

fn file(attachment: &Attachment) -> Part {
    Part::File { name: "picture.png", mime: attachment.mime.clone(), bytes: attachment.bytes.clone() }
}
