//! fal: a queue in front of many models, each with field names of its own, which the catalogue knows.
//!
//! There is no state `FAILED`: a request that went wrong is `COMPLETED`, and says so in its status or by the error that
//! its result answers with. The three addresses of a request are those of the answer, never built.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Map, Value as Json, json};

use super::{
    Finished, Frame, Polled, Submitted, VideoRequest, VideoVendor, data_url, endpoint, failed, required, unknown_state,
};
use crate::{
    Outbound,
    provider::{
        ProviderError,
        models::{Field, Form, Route},
        rest::{Auth, OrderError, Rest},
    },
    run::VendorJob,
    secret::ProviderKey,
};

const QUEUE: &str = "https://queue.fal.run";
const FILES: &str = "https://rest.fal.ai";
/// Larger pictures go to the vendor's store first.
const INLINE_MAX_BYTES: usize = 1 << 20;

pub(super) struct Fal(Rest);

impl Fal {
    pub fn new(outbound: Outbound, key: ProviderKey) -> Self {
        Self(Rest::new(outbound, key, Auth::Key, QUEUE, &[FILES]))
    }

    async fn address_of(&self, frame: &Frame) -> Result<String, OrderError> {
        let picture = &frame.picture;
        if picture.bytes.len() <= INLINE_MAX_BYTES {
            return Ok(data_url(picture));
        }
        let url = self.0.url_at(FILES, "/storage/upload/initiate?storage_type=fal-cdn-v3");
        let body = json!({"content_type": picture.mime, "file_name": "frame"});
        let answer = self.0.order(&url, &body, &[]).await?;
        // Nothing was ordered yet: whatever goes wrong here costs nothing.
        let to = required(&answer.json, "/upload_url").map_err(OrderError::Refused)?;
        let address = required(&answer.json, "/file_url").map_err(OrderError::Refused)?;
        self.0.put(to, &picture.mime, picture.bytes.clone()).await.map_err(OrderError::Refused)?;
        Ok(address.to_owned())
    }
}

#[async_trait::async_trait]
impl VideoVendor for Fal {
    async fn submit(&self, route: &Route, request: &VideoRequest) -> Result<Submitted, OrderError> {
        let first = match &request.first_frame {
            Some(frame) => Some(self.address_of(frame).await?),
            None => None,
        };
        let last = match &request.last_frame {
            Some(frame) => Some(self.address_of(frame).await?),
            None => None,
        };
        let body = Json::Object(fields(route, request, first, last));
        let url = self.0.url(&format!("/{}", endpoint(route, request)));
        // The platform's own repetitions are switched off: whether to try again is ours to say.
        let answer = self.0.order(&url, &body, &[("x-fal-no-retry", "1")]).await?;
        let taken = |pointer: &str| required(&answer.json, pointer).map(str::to_owned).map_err(OrderError::Unknown);
        Ok(Submitted {
            id: taken("/request_id")?,
            data: json!({
                "status": taken("/status_url")?, "response": taken("/response_url")?, "cancel": taken("/cancel_url")?,
            }),
            retries: answer.retries,
        })
    }

    async fn poll(&self, job: &VendorJob) -> Result<Polled, ProviderError> {
        let answer = self.0.ask(Method::GET, required(&job.data, "/status")?).await?.json;
        match answer["status"].as_str() {
            Some("IN_QUEUE") => Ok(Polled::Queued),
            Some("IN_PROGRESS") => Ok(Polled::Working(None)),
            Some("COMPLETED") => {
                if let Some(error) = answer["error"].as_str() {
                    return Err(failed(error).with_raw(&self.0.redact(&answer.to_string())));
                }
                let result = self.0.ask(Method::GET, required(&job.data, "/response")?).await?;
                let url = required(&result.json, "/video/url")?.to_owned();
                Ok(Polled::Done(Finished { url, cost_usd: None, seed: result.json["seed"].as_u64() }))
            }
            _ => Err(unknown_state(&self.0.redact(&answer.to_string()))),
        }
    }

    async fn cancel(&self, job: &VendorJob) -> Result<(), ProviderError> {
        self.0.ask(Method::PUT, required(&job.data, "/cancel")?).await.map(drop)
    }

    async fn fetch(&self, url: &str, max_bytes: u64) -> Result<tempfile::TempPath, ProviderError> {
        self.0.fetch(url, max_bytes).await
    }

    fn pace(&self) -> Duration {
        Duration::from_secs(2)
    }
}

/// The request in the names of this route's model. Frames as the addresses that the vendor can read.
pub(super) fn fields(
    route: &Route,
    request: &VideoRequest,
    first_frame: Option<String>,
    last_frame: Option<String>,
) -> Map<String, Json> {
    let values = [
        ("prompt", Some(json!(request.prompt))),
        ("negative_prompt", request.negative_prompt.clone().map(Json::from)),
        ("first_frame", first_frame.map(Json::from)),
        ("last_frame", last_frame.map(Json::from)),
        ("seconds", request.seconds.map(Json::from)),
        ("aspect", request.aspect.clone().map(Json::from)),
        ("resolution", request.resolution.clone().map(Json::from)),
        ("audio", request.audio.map(Json::from)),
        ("seed", request.seed.map(Json::from)),
    ];
    let mut body = Map::new();
    for (ours, value) in values {
        let (Some(field), Some(value)) = (route.fields.get(ours), value) else { continue };
        let (name, value) = match field {
            Field::Name(name) => (name, value),
            Field::Formed { name, form: Form::Text } => (name, json!(value.to_string())),
            Field::Formed { name, form: Form::Seconds } => (name, json!(format!("{value}s"))),
        };
        body.insert(name.clone(), value);
    }
    body
}
