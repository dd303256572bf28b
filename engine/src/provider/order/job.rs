//! The life of a vendor's job: ordered once, stored before it is waited for, gone on with after a crash, told to stop.
//!
//! Money decides the order of things. The wish to order is stored before the order leaves; the job's id is stored before
//! anything waits for it. A run that finds the wish without an id cannot know whether the vendor took the order, so it
//! does not give it again by itself.

use std::time::{Duration, Instant};

use rand::RngExt;
use serde_json::Value as Json;
use shared::run::FailureCode;
use tokio::time::{sleep, timeout};

use super::{Chosen, Finished, Found, Order, Polled, Taken};
use crate::{
    NodeContext, NodeError,
    provider::{ProviderError, Usage, rest::OrderError},
    run::VendorJob,
};

/// A film of this size is no clip any more.
const RESULT_MAX_BYTES: u64 = 2 << 30;
/// A run that is cancelled does not wait longer for the vendor to hear of it.
const CANCEL_TIME_MAX: Duration = Duration::from_secs(2);

/// What was made, fetched into a file.
pub(crate) struct Made {
    /// One, but for hosted models: those may answer with several, or with none.
    pub files: Vec<tempfile::TempPath>,
    /// All that a hosted model answered; `null` for all others.
    pub answer: Json,
    /// As billed, where the vendor says so.
    pub cost_usd: Option<f64>,
    /// The seed that the vendor used, where it says so.
    pub seed: Option<u64>,
    pub usage: Usage,
    /// How long the job waited at the vendor before work began, where that was seen.
    pub queued: Option<Duration>,
    /// How often requests were repeated.
    pub retries: u32,
}

/// Why there is no result.
#[derive(Debug)]
pub(crate) enum JobError {
    /// The vendor's fault, or the request's.
    Vendor(ProviderError),
    /// The vendor cannot be reached, and so has taken nothing: somebody else may be asked.
    Down(ProviderError),
    /// Not the vendor's: the run was cancelled, or its state could not be stored.
    Run(NodeError),
}

impl From<NodeError> for JobError {
    fn from(error: NodeError) -> Self {
        Self::Run(error)
    }
}

/// Has the work done, or goes on with the job that an earlier attempt at this step left open.
pub(crate) async fn run(ctx: &NodeContext, chosen: &Chosen, order: &Order) -> Result<Made, JobError> {
    let (job, retries) = match ctx.job() {
        Some(job) if job.id.is_some() => (job, 0),
        Some(_) => {
            ctx.forget_job().await?;
            return Err(JobError::Vendor(unknown_order(None)));
        }
        None => match give(ctx, chosen, order).await? {
            Given::Job(job, retries) => (job, retries),
            Given::Made(finished, retries) => {
                let made = fetch(chosen, order, finished).await;
                return match made {
                    Ok(made) => Ok(Made { retries: retries + made.retries, ..made }),
                    Err(error) => {
                        ctx.forget_job().await?;
                        Err(JobError::Vendor(ProviderError { retries: retries + error.retries, ..error }))
                    }
                };
            }
        },
    };
    let waited = tokio::select! {
        waited = wait(ctx, chosen, order, &job) => waited,
        () = ctx.cancel().cancelled() => {
            // The vendor's refusal changes nothing here: nobody waits for the result any more.
            let told = timeout(CANCEL_TIME_MAX, chosen.vendor.cancel(&job)).await;
            if !matches!(told, Ok(Ok(()))) {
                tracing::info!(provider = %job.provider, "a vendor's job could not be stopped");
            }
            ctx.forget_job().await?;
            return Err(JobError::Run(NodeError::Cancelled));
        }
    };
    match waited {
        Ok((made, queued)) => Ok(Made { queued, retries, ..made }),
        Err(error) => {
            ctx.forget_job().await?;
            Err(JobError::Vendor(ProviderError { retries: retries + error.retries, ..error }))
        }
    }
}

enum Given {
    Job(VendorJob, u32),
    Made(Finished, u32),
}

async fn give(ctx: &NodeContext, chosen: &Chosen, order: &Order) -> Result<Given, JobError> {
    ctx.check_cancelled()?;
    let provider = chosen.route.provider.clone();
    ctx.store_job(&VendorJob { provider: provider.clone(), id: None, data: serde_json::Value::Null }).await?;
    let submit = chosen.vendor.submit(&chosen.route, order);
    let answer = if chosen.vendor.answers_at_once(order) {
        tokio::select! {
            answer = submit => answer,
            // Hanging up is how such a vendor is told to stop.
            () = ctx.cancel().cancelled() => {
                ctx.forget_job().await?;
                return Err(JobError::Run(NodeError::Cancelled));
            }
        }
    } else {
        // Not interrupted by a cancelled run: an order whose answer nobody reads could not be stopped.
        submit.await
    };
    match answer {
        Ok(Taken::Job { id, data, retries }) => {
            let job = VendorJob { provider, id: Some(id), data };
            ctx.store_job(&job).await?;
            Ok(Given::Job(job, retries))
        }
        Ok(Taken::Made { finished, retries }) => Ok(Given::Made(finished, retries)),
        Err(OrderError::Refused(error)) => {
            ctx.forget_job().await?;
            match error.code {
                FailureCode::ProviderDown => Err(JobError::Down(error)),
                _ => Err(JobError::Vendor(error)),
            }
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
                   it may be billed";
    ProviderError::new(FailureCode::ProviderDown, message).with_raw(raw.as_deref().unwrap_or_default())
}

async fn wait(
    ctx: &NodeContext,
    chosen: &Chosen,
    order: &Order,
    job: &VendorJob,
) -> Result<(Made, Option<Duration>), ProviderError> {
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
    Ok((fetch(chosen, order, finished).await?, queued))
}

async fn fetch(chosen: &Chosen, order: &Order, finished: Finished) -> Result<Made, ProviderError> {
    let Finished { result, cost_usd, seed, usage } = finished;
    let rest = chosen.vendor.rest();
    let (files, answer) = match (result, order) {
        (Found::Address(url), _) => (vec![rest.fetch(&url, RESULT_MAX_BYTES).await?], Json::Null),
        (Found::Bytes(bytes), _) => {
            let file = kept(&bytes).await.map_err(|error| {
                ProviderError::new(FailureCode::Internal, "the result could not be kept").with_raw(&error.to_string())
            })?;
            (vec![file], Json::Null)
        }
        (Found::Answer(answer), Order::Hosted(hosted)) => {
            let addresses = hosted.addresses(&answer)?;
            let mut files = Vec::new();
            for url in addresses {
                files.push(rest.fetch(url, RESULT_MAX_BYTES).await?);
            }
            (files, answer)
        }
        (Found::Answer(answer), _) => (Vec::new(), answer),
    };
    Ok(Made { files, answer, cost_usd: cost_usd.or(usage.cost_usd), seed, usage, queued: None, retries: 0 })
}

async fn kept(bytes: &[u8]) -> std::io::Result<tempfile::TempPath> {
    let path = tempfile::NamedTempFile::new()?.into_temp_path();
    tokio::fs::write(&path, bytes).await?;
    Ok(path)
}

fn next_question(chosen: &Chosen) -> Duration {
    // A server of one's own that stands in for the vendor may be asked as often as one likes.
    const OWN_SERVER: Duration = Duration::from_millis(200);
    let pace = if chosen.is_vendor { chosen.vendor.pace() } else { OWN_SERVER };
    // Jitter, so that the nodes of one run do not ask all at once.
    pace.mul_f64(rand::rng().random_range(0.85..1.15))
}
