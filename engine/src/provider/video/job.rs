//! The life of a vendor's job: ordered once, stored before it is waited for, gone on with after a crash, told to stop.
//!
//! Money decides the order of things. The wish to order is stored before the order leaves; the job's id is stored before
//! anything waits for it. A run that finds the wish without an id cannot know whether the vendor took the order, so it
//! does not give it again by itself.

use std::time::{Duration, Instant};

use rand::RngExt;
use shared::run::FailureCode;
use tokio::time::{sleep, timeout};

use super::{Chosen, Finished, Polled, VideoRequest};
use crate::{
    NodeContext, NodeError,
    provider::{ProviderError, rest::OrderError},
    run::VendorJob,
};

/// A film of this size is no clip any more.
const FILM_MAX_BYTES: u64 = 2 << 30;
/// A run that is cancelled does not wait longer for the vendor to hear of it.
const CANCEL_TIME_MAX: Duration = Duration::from_secs(2);

/// A film that was made, fetched into a file.
pub(crate) struct Film {
    pub file: tempfile::TempPath,
    /// As billed, where the vendor says so.
    pub cost_usd: Option<f64>,
    /// The seed that the vendor used, where it says so.
    pub seed: Option<u64>,
    /// How long the job waited at the vendor before work began, where that was seen.
    pub queued: Option<Duration>,
    /// How often requests were repeated.
    pub retries: u32,
}

/// Why there is no film.
#[derive(Debug)]
pub(crate) enum JobError {
    /// The vendor's fault, or the request's.
    Vendor(ProviderError),
    /// Not the vendor's: the run was cancelled, or its state could not be stored.
    Run(NodeError),
}

impl From<NodeError> for JobError {
    fn from(error: NodeError) -> Self {
        Self::Run(error)
    }
}

/// Has the film made, or goes on with the job that an earlier attempt at this step left open.
pub(crate) async fn run(ctx: &NodeContext, chosen: &Chosen, request: &VideoRequest) -> Result<Film, JobError> {
    let (job, retries) = match ctx.job() {
        Some(job) if job.id.is_some() => (job, 0),
        Some(_) => {
            ctx.forget_job().await?;
            return Err(JobError::Vendor(unknown_order(None)));
        }
        None => order(ctx, chosen, request).await?,
    };
    let waited = tokio::select! {
        waited = wait(ctx, chosen, &job) => waited,
        () = ctx.cancel().cancelled() => {
            // The vendor's refusal changes nothing here: nobody waits for the film any more.
            let told = timeout(CANCEL_TIME_MAX, chosen.vendor.cancel(&job)).await;
            if !matches!(told, Ok(Ok(()))) {
                tracing::info!(provider = %job.provider, "a vendor's job could not be stopped");
            }
            ctx.forget_job().await?;
            return Err(JobError::Run(NodeError::Cancelled));
        }
    };
    match waited {
        Ok((film, queued)) => Ok(Film { queued, retries, ..film }),
        Err(error) => {
            ctx.forget_job().await?;
            Err(JobError::Vendor(ProviderError { retries: retries + error.retries, ..error }))
        }
    }
}

/// Not interrupted by a cancelled run: an order whose answer nobody reads could not be stopped.
async fn order(ctx: &NodeContext, chosen: &Chosen, request: &VideoRequest) -> Result<(VendorJob, u32), JobError> {
    ctx.check_cancelled()?;
    let provider = chosen.route.provider.clone();
    ctx.store_job(&VendorJob { provider: provider.clone(), id: None, data: serde_json::Value::Null }).await?;
    match chosen.vendor.submit(&chosen.route, request).await {
        Ok(taken) => {
            let job = VendorJob { provider, id: Some(taken.id), data: taken.data };
            ctx.store_job(&job).await?;
            Ok((job, taken.retries))
        }
        Err(OrderError::Refused(error)) => {
            ctx.forget_job().await?;
            Err(JobError::Vendor(error))
        }
        Err(OrderError::Unknown(error)) => {
            ctx.forget_job().await?;
            Err(JobError::Vendor(unknown_order(Some(error))))
        }
    }
}

/// The one failure that must not be repaired by trying again.
fn unknown_order(error: Option<ProviderError>) -> ProviderError {
    let raw = error.as_ref().map(|error| {
        let raw = error.raw.clone().unwrap_or_default();
        format!("{}\n{raw}", error.message)
    });
    let message = "it is not known whether the provider took the order: look at the account there before running again, \
                   the film may be billed";
    ProviderError::new(FailureCode::ProviderDown, message).with_raw(raw.as_deref().unwrap_or_default())
}

async fn wait(ctx: &NodeContext, chosen: &Chosen, job: &VendorJob) -> Result<(Film, Option<Duration>), ProviderError> {
    let begin = Instant::now();
    let (mut queued, mut shown) = (None, 0.0);
    let finished: Finished = loop {
        match chosen.vendor.poll(job).await? {
            Polled::Done(finished) => break finished,
            Polled::Queued => {}
            Polled::Working(progress) => {
                queued = queued.or(Some(begin.elapsed()));
                // What a vendor calls progress may go back; ours does not.
                if let Some(progress) = progress.filter(|progress| *progress > shown) {
                    shown = progress.min(0.99);
                    ctx.progress(shown);
                }
            }
        }
        sleep(next_question(chosen)).await;
    };
    let file = chosen.vendor.fetch(&finished.url, FILM_MAX_BYTES).await?;
    let Finished { cost_usd, seed, .. } = finished;
    Ok((Film { file, cost_usd, seed, queued: None, retries: 0 }, queued))
}

fn next_question(chosen: &Chosen) -> Duration {
    // A server of one's own that stands in for the vendor may be asked as often as one likes.
    const OWN_SERVER: Duration = Duration::from_millis(200);
    let pace = if chosen.is_vendor { chosen.vendor.pace() } else { OWN_SERVER };
    // Jitter, so that the nodes of one run do not ask all at once.
    pace.mul_f64(rand::rng().random_range(0.85..1.15))
}
