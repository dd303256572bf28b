//! Paid work: pictures, films and sounds, each ordered once and never paid for twice.
//!
//! One request for each kind of result, whoever makes it (`request`): [`FilmOrder`], [`PictureOrder`], [`SoundOrder`]. `choose` finds
//! the vendor and holds the order against what the model can do, `job` sees it through. A vendor's file (`vendor/`) turns
//! the order into its own words and reads its answers. Conversations are not ordered: see [`super::Provider`].

mod choose;
mod fields;
mod fit;
mod job;
mod request;

use std::time::Duration;

use bytes::Bytes;
use serde_json::Value as Json;
use shared::run::FailureCode;

use super::{ProviderError, Usage, models::Route, rest::Rest};
use crate::run::VendorJob;

pub(super) use super::rest::OrderError;
pub(super) use choose::check_alive;
pub(crate) use choose::{Chosen, choose, choose_hosted};
pub(crate) use fields::{FieldValue, Size};
pub(crate) use job::{JobError, Made, run};
pub(crate) use request::{
    Attachment, FilmOrder, FilmTask, HOSTED, HostedOrder, HostedValue, Margins, Order, PictureOrder, PictureTask,
    SoundOrder, SoundTask,
};

/// Takes orders. Vendors that answer with the result itself have no jobs; the others are asked how far they are.
#[async_trait::async_trait]
pub(crate) trait Vendor: Send + Sync {
    /// Gives the order. Called once: what it answers is stored before anything else happens.
    async fn submit(&self, route: &Route, order: &Order) -> Result<Taken, OrderError>;

    /// Asks how far the job is.
    async fn poll(&self, _job: &VendorJob) -> Result<Polled, ProviderError> {
        Err(ProviderError::new(FailureCode::Internal, "the provider has no jobs that could be asked for"))
    }

    /// Tells the vendor that nobody waits any more. Its best effort: work that has begun may be billed.
    async fn cancel(&self, _job: &VendorJob) -> Result<(), ProviderError> {
        let message = "the provider cannot be told to stop: the work may still be billed";
        Err(ProviderError::new(FailureCode::ProviderDown, message))
    }

    /// The way to the vendor, by which results are fetched.
    fn rest(&self) -> &Rest;

    /// Whether an order is answered with its result, and stopped by hanging up.
    fn answers_at_once(&self, _order: &Order) -> bool {
        false
    }

    /// How often the vendor wants to be asked.
    fn pace(&self) -> Duration {
        Duration::from_secs(2)
    }
}

/// An order that the vendor took.
#[derive(Debug)]
pub(crate) enum Taken {
    Job {
        id: String,
        /// What else [`Vendor::poll`] needs.
        data: Json,
        retries: u32,
    },
    Made {
        finished: Finished,
        retries: u32,
    },
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

/// A result that can be fetched, or is there already.
#[derive(Debug)]
pub(crate) struct Finished {
    pub result: Found,
    /// As billed, where the vendor says so.
    pub cost_usd: Option<f64>,
    /// The seed that the vendor used, where it says so.
    pub seed: Option<u64>,
    pub usage: Usage,
}

#[derive(Debug)]
pub(crate) enum Found {
    Address(String),
    Bytes(Bytes),
    /// All that a hosted model answered. What is to be fetched, the order knows.
    Answer(Json),
}

impl Finished {
    pub fn at(address: impl Into<String>) -> Self {
        Self { result: Found::Address(address.into()), cost_usd: None, seed: None, usage: Usage::default() }
    }

    pub fn bytes(bytes: impl Into<Bytes>) -> Self {
        Self { result: Found::Bytes(bytes.into()), cost_usd: None, seed: None, usage: Usage::default() }
    }

    pub fn answer(answer: Json) -> Self {
        Self { result: Found::Answer(answer), cost_usd: None, seed: None, usage: Usage::default() }
    }

    pub fn costing(mut self, usd: Option<f64>) -> Self {
        self.cost_usd = usd;
        self
    }

    pub fn seeded(mut self, seed: Option<u64>) -> Self {
        self.seed = seed;
        self
    }
}
