//! Pictures and speech from OpenAI, and from every server that speaks its language. Answered at once; hanging up stops it.
//!
//! Masks are pictures whose transparent part is painted, and a larger picture is a canvas whose new part is transparent.

use std::time::Duration;

use serde_json::{Value as Json, json};

use super::{
    canvas,
    words::{decoded, endpoint, failed, first_image, missing, not_offered, object},
};
use crate::{
    Outbound,
    provider::{
        Usage, chat,
        models::Route,
        order::{
            Attachment, Finished, Order, OrderError, PictureOrder, PictureTask, SoundOrder, SoundTask, Taken, Vendor,
        },
        refusal,
        rest::{Body, Part, Rest},
    },
    secret::ProviderKey,
};

const TIME_MAX: Duration = Duration::from_secs(600);

pub(super) struct OpenAi(Rest);

impl OpenAi {
    /// `None` for a name that is not known and whose key has no address.
    pub fn new(provider: &str, outbound: Outbound, key: ProviderKey) -> Option<Self> {
        let is_vendor = key.base_url.is_none();
        let known = chat::LOCAL_SERVERS.iter().find(|profile| profile.name == provider);
        let profile = match known {
            Some(profile) => profile,
            None if provider == "openai" || !is_vendor => &chat::OPENAI,
            None => return None,
        };
        // A server of one's own may have to load a model first.
        Some(Self(profile.rest(outbound, key).patient(is_vendor.then_some(TIME_MAX))))
    }

    async fn picture(&self, model: &str, order: &PictureOrder, whole: &Order) -> Result<Taken, OrderError> {
        let (path, body) = match order.task {
            PictureTask::Generate => ("generations", Body::Json(generation(model, order))),
            PictureTask::Edit | PictureTask::Inpaint | PictureTask::Outpaint => ("edits", edit(model, order)?),
            PictureTask::Vary | PictureTask::Upscale | PictureTask::RemoveBackground => return Err(not_offered(whole)),
        };
        let answer = self.0.order_with(&self.0.url(&format!("/images/{path}")), &body, &[]).await?;
        if answer.json.get("error").is_some_and(|error| !error.is_null()) {
            return Err(OrderError::Refused(self.0.told(refusal::of_event(&answer.json), answer.retries)));
        }
        let without = |_| failed("it answered without a picture");
        let finished = match answer.json.pointer("/data/0/url").and_then(Json::as_str) {
            Some(url) => Finished::at(url),
            None => Finished::bytes(
                decoded(&answer.json, "/data/0/b64_json").map_err(without).map_err(OrderError::Refused)?,
            ),
        };
        let usage = &answer.json["usage"];
        let usage = Usage {
            input_tokens: usage["input_tokens"].as_u64(),
            output_tokens: usage["output_tokens"].as_u64(),
            input_picture_tokens: usage["input_tokens_details"]["image_tokens"].as_u64(),
            cost_usd: usage["cost"].as_f64(),
        };
        Ok(Taken::Made { finished: Finished { usage, ..finished }, retries: answer.retries })
    }
}

#[async_trait::async_trait]
impl Vendor for OpenAi {
    async fn submit(&self, route: &Route, order: &Order) -> Result<Taken, OrderError> {
        let model = endpoint(route, order)?;
        match order {
            Order::Picture(picture) => self.picture(model, picture, order).await,
            Order::Sound(sound) if sound.task == SoundTask::Speak => speech(&self.0, model, sound).await,
            Order::Sound(_) | Order::Film(_) | Order::Hosted(_) => Err(not_offered(order)),
        }
    }

    fn rest(&self) -> &Rest {
        &self.0
    }

    fn answers_at_once(&self, _order: &Order) -> bool {
        true
    }
}

/// Speech, as all who speak this language take the order.
pub(super) async fn speech(rest: &Rest, model: &str, order: &SoundOrder) -> Result<Taken, OrderError> {
    let body = object([
        ("model", Some(json!(model))),
        ("input", Some(json!(order.prompt))),
        ("voice", Some(json!(order.voice.as_deref().unwrap_or("alloy")))),
        ("instructions", order.instructions.clone().map(Json::from)),
        ("speed", order.speed.map(Json::from)),
        ("response_format", Some(json!("mp3"))),
    ]);
    let reply = rest.order_bytes(&rest.url("/audio/speech"), &Body::Json(body), &[]).await?;
    if !reply.is_media() {
        let raw = rest.redact(&String::from_utf8_lossy(&reply.body[..reply.body.len().min(4096)]));
        return Err(OrderError::Unknown(failed("its answer is no sound").with_raw(&raw)));
    }
    Ok(Taken::Made { retries: reply.retries, finished: Finished::bytes(reply.body) })
}

fn generation(model: &str, order: &PictureOrder) -> Json {
    object([
        ("model", Some(json!(model))),
        ("prompt", Some(json!(order.prompt))),
        ("size", order.size.map(|size| json!(size.to_string()))),
        ("quality", order.quality.clone().map(Json::from)),
        ("background", order.background.clone().map(Json::from)),
    ])
}

fn edit(model: &str, order: &PictureOrder) -> Result<Body, OrderError> {
    let file =
        |image: &Attachment| Part::File { name: "picture.png", mime: image.mime.clone(), bytes: image.bytes.clone() };
    let mask_of = |mask: &Attachment| -> Result<Part, OrderError> {
        let bytes = canvas::transparent(mask)?.into();
        Ok(Part::File { name: "mask.png", mime: "image/png".into(), bytes })
    };
    let mut form = vec![("model", Part::Text(model.to_owned())), ("prompt", Part::Text(order.prompt.clone()))];
    match order.task {
        PictureTask::Outpaint => {
            let margins = order.margins.ok_or_else(|| missing("left"))?;
            let (canvas, mask) = canvas::padded(first_image(order)?, margins)?;
            form.push(("image[]", file(&canvas)));
            form.push(("mask", mask_of(&mask)?));
        }
        PictureTask::Inpaint => {
            form.push(("image[]", file(first_image(order)?)));
            form.push(("mask", mask_of(order.mask.as_ref().ok_or_else(|| missing("mask"))?)?));
        }
        _ => {
            first_image(order)?;
            form.extend(order.images.iter().map(|image| ("image[]", file(image))));
        }
    }
    form.extend(order.size.map(|size| ("size", Part::Text(size.to_string()))));
    for (name, value) in [("quality", &order.quality), ("background", &order.background)] {
        form.extend(value.clone().map(|value| (name, Part::Text(value))));
    }
    Ok(Body::Form(form))
}
