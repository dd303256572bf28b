//! Hugging Face: pictures from its own servers, answered with the picture itself. Words are asked for
//! (`chat/huggingface.rs`).
//!
//! Its router leads to other vendors too, in their own words; those have files of their own here, and keys.

use std::time::Duration;

use serde_json::json;
use shared::run::FailureCode;

use super::words::{base64, endpoint, failed, first_image, not_offered, object, picture};
use crate::{
    Outbound,
    provider::{
        ProviderError,
        chat::HUGGINGFACE,
        models::Route,
        order::{Finished, Order, OrderError, PictureTask, Taken, Vendor},
        rest::{Body, Rest},
    },
    secret::ProviderKey,
};

pub(super) struct HuggingFace(Rest);

impl HuggingFace {
    pub fn new(outbound: Outbound, key: ProviderKey) -> Self {
        // A model that nobody has asked for in a while is loaded first.
        Self(HUGGINGFACE.rest(outbound, key).patient(Some(Duration::from_secs(300))))
    }
}

#[async_trait::async_trait]
impl Vendor for HuggingFace {
    async fn submit(&self, route: &Route, order: &Order) -> Result<Taken, OrderError> {
        let path = task_path(endpoint(route, order)?).map_err(OrderError::Refused)?;
        let wanted = picture(order)?;
        let parameters = object([
            ("negative_prompt", wanted.negative_prompt.clone().map(Into::into)),
            ("width", wanted.size.map(|size| size.width.into())),
            ("height", wanted.size.map(|size| size.height.into())),
            ("num_inference_steps", wanted.steps.map(Into::into)),
            ("guidance_scale", wanted.guidance.map(Into::into)),
            ("strength", wanted.strength.map(Into::into)),
            ("seed", wanted.seed.map(|seed| json!(seed as u32))),
            ("prompt", (wanted.task == PictureTask::Edit).then(|| json!(wanted.prompt))),
        ]);
        let inputs = match wanted.task {
            PictureTask::Generate => json!(wanted.prompt),
            PictureTask::Edit => json!(base64(&first_image(wanted)?.bytes)),
            _ => return Err(not_offered(order)),
        };
        let body = Body::Json(json!({"inputs": inputs, "parameters": parameters}));
        let reply = self.0.order_bytes(&self.0.url(&path), &body, &[("accept", "image/png")]).await?;
        if !reply.is_media() {
            let raw = self.0.redact(&String::from_utf8_lossy(&reply.body[..reply.body.len().min(4096)]));
            return Err(OrderError::Unknown(failed("its answer is no picture").with_raw(&raw)));
        }
        Ok(Taken::Made { retries: reply.retries, finished: Finished::bytes(reply.body) })
    }

    fn rest(&self) -> &Rest {
        &self.0
    }

    fn answers_at_once(&self, _order: &Order) -> bool {
        true
    }
}

/// Where a model's task is asked for. The name comes from a document and becomes part of an address.
pub(in crate::provider) fn task_path(model: &str) -> Result<String, ProviderError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let parts: Vec<&str> = model.split('/').collect();
    let is_name = parts.len() == 2 && parts.iter().all(|part| !part.starts_with('.') && part.chars().all(plain));
    if !is_name || parts.iter().any(|part| part.is_empty()) {
        let message = format!("`{model}` is no name of a model at Hugging Face, such as `openai/whisper-large-v3`");
        return Err(ProviderError::new(FailureCode::InvalidInput, message).in_field("model"));
    }
    // Beside the router's `/v1`, which speaks OpenAI's language.
    Ok(format!("/../hf-inference/models/{model}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_become_part_of_an_address() {
        assert_eq!(task_path("openai/whisper").unwrap(), "/../hf-inference/models/openai/whisper");
        for model in ["whisper", "a/b/c", "../secret", "a/..", "a/", "a/b?c", "a/b#c"] {
            assert!(task_path(model).is_err(), "{model}");
        }
    }
}
