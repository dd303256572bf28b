//! Films from models: one request for all vendors, and a job that is never paid for twice.
//!
//! A film takes minutes. So a vendor takes an order and gives out a job, which `job` stores, waits for, and goes on with
//! after a crash. A vendor's file turns the request into its own words and reads its answers. Adding a model is data in
//! `assets/models/video.json`; adding a vendor is one file here and one line in [`vendor`].

mod choose;
mod fal;
mod google;
mod job;
mod kling;
mod minimax;
mod replicate;
mod runway;

use std::time::Duration;

use serde_json::Value as Json;
use shared::value::BlobHash;

use super::{Picture, ProviderError, models::Route, refusal::sounds_filtered, rest::OrderError};
use crate::{Outbound, run::VendorJob, secret::ProviderKey};

pub(crate) use choose::{Chosen, choose};
pub(crate) use job::{JobError, run};

/// A film to be made. What is `None` is left to the model.
#[derive(Debug, Clone, Default)]
pub(crate) struct VideoRequest {
    pub prompt: String,
    pub negative_prompt: Option<String>,
    pub first_frame: Option<Frame>,
    pub last_frame: Option<Frame>,
    pub seconds: Option<u32>,
    /// `16:9`.
    pub aspect: Option<String>,
    /// `720p`.
    pub resolution: Option<String>,
    /// Whether the film has sound.
    pub audio: Option<bool>,
    pub seed: Option<u32>,
}

/// A picture that the film begins or ends with.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub blob: BlobHash,
    pub picture: Picture,
}

/// Makes films in jobs.
#[async_trait::async_trait]
pub(crate) trait VideoVendor: Send + Sync {
    /// Gives the order. Called once: what it answers is stored before anything else happens.
    async fn submit(&self, route: &Route, request: &VideoRequest) -> Result<Submitted, OrderError>;

    /// Asks how far the job is.
    async fn poll(&self, job: &VendorJob) -> Result<Polled, ProviderError>;

    /// Tells the vendor that nobody waits any more. Its best effort: work that has begun may be billed.
    async fn cancel(&self, job: &VendorJob) -> Result<(), ProviderError>;

    /// Fetches a result into a file.
    async fn fetch(&self, url: &str, max_bytes: u64) -> Result<tempfile::TempPath, ProviderError>;

    /// How often the vendor wants to be asked.
    fn pace(&self) -> Duration;
}

/// An order that the vendor took.
#[derive(Debug)]
pub(crate) struct Submitted {
    pub id: String,
    /// What else [`VideoVendor::poll`] needs.
    pub data: Json,
    pub retries: u32,
}

/// How far a job is.
#[derive(Debug)]
pub(crate) enum Polled {
    /// In the vendor's queue.
    Queued,
    /// Being made; how far, where the vendor says so, 0 to 1.
    Working(Option<f64>),
    Done(Finished),
}

/// A film that can be fetched.
#[derive(Debug)]
pub(crate) struct Finished {
    pub url: String,
    /// As billed, where the vendor says so.
    pub cost_usd: Option<f64>,
    /// The seed that the vendor used, where it says so.
    pub seed: Option<u64>,
}

/// The client of a vendor; `None` for one that makes no films.
pub(crate) fn vendor(provider: &str, outbound: Outbound, key: ProviderKey) -> Option<Box<dyn VideoVendor>> {
    Some(match provider {
        "fal" => Box::new(fal::Fal::new(outbound, key)),
        "google" => Box::new(google::Google::new(outbound, key)),
        "kling" => Box::new(kling::Kling::new(outbound, key)),
        "minimax" => Box::new(minimax::MiniMax::new(outbound, key)),
        "replicate" => Box::new(replicate::Replicate::new(outbound, key)),
        "runway" => Box::new(runway::Runway::new(outbound, key)),
        _ => return None,
    })
}

/// The base64 text of a picture, as part of a `data:` address.
fn data_url(picture: &Picture) -> String {
    format!("data:{};base64,{}", picture.mime, base64(picture))
}

fn base64(picture: &Picture) -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    STANDARD.encode(&picture.bytes)
}

/// The job's id as part of an address. It came from outside.
fn path_part(job: &VendorJob) -> Result<&str, ProviderError> {
    let plain = |id: &&str| {
        !id.is_empty() && !id.contains("..") && id.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c))
    };
    job.id.as_deref().filter(plain).ok_or_else(|| {
        ProviderError::new(shared::run::FailureCode::ProviderDown, "the provider gave the job an id that is none")
    })
}

/// A state that this code does not know.
fn unknown_state(raw: &str) -> ProviderError {
    let message = "the provider answered with a state that is not known here";
    ProviderError::new(shared::run::FailureCode::ProviderDown, message).with_raw(raw)
}

/// What the vendor said about a job that ended badly.
fn failed(said: &str) -> ProviderError {
    use shared::run::FailureCode;
    let code = if sounds_filtered(said) { FailureCode::Filtered } else { FailureCode::ProviderDown };
    ProviderError::new(code, format!("the provider could not make the film: {said}"))
}

/// What the provider calls the model for this request.
fn endpoint<'r>(route: &'r Route, request: &VideoRequest) -> &'r str {
    let endpoint = if request.first_frame.is_some() { &route.from_image } else { &route.from_text };
    endpoint.as_deref().expect("a route is chosen for what it can do")
}

/// A text of a vendor's answer that has to be there.
fn required<'j>(json: &'j Json, pointer: &str) -> Result<&'j str, ProviderError> {
    json.pointer(pointer).and_then(Json::as_str).filter(|text| !text.is_empty()).ok_or_else(|| {
        let message = format!("the provider's answer lacks `{}`", pointer.trim_start_matches('/'));
        ProviderError::new(shared::run::FailureCode::ProviderDown, message).with_raw(&json.to_string())
    })
}
