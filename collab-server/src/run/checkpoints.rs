//! Checkpoints of one run in the database: what the engine asks before a step and tells after it.
//!
//! Ends of steps are collected here and written by the run's writer, many in one commit. Paid calls are written at
//! once, and only while this process still holds the run: a worker that was thought dead must not pay a second time.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use engine::{BlobStore, CheckpointError, Checkpoints, StepDone, StepEnd, StepId, VendorJob};
use serde::{Deserialize, Serialize};
use shared::{id::RunId, run::NodeFailure, value::BlobHash};
use uuid::Uuid;

use crate::{
    db::{self, Db, DbError, run_step::text_of},
    spend::Spending,
    state::AppState,
};

/// A larger end is kept as a blob: rows stay small, whatever a node hands out.
const ROW_MAX_BYTES: usize = 64 << 10;

/// The checkpoints of a run, as one attempt at it sees them.
pub struct RunCheckpoints {
    db: Db,
    run: RunId,
    worker: Uuid,
    /// From earlier attempts.
    ended: HashMap<StepId, StepEnd>,
    /// Open calls: those that earlier attempts left, and this attempt's own jobs once they have an id. A request of this
    /// attempt that has no id yet is nobody's riddle: the node that sent it hears what became of it. A lock because nodes
    /// work at the same time.
    jobs: Mutex<HashMap<StepId, VendorJob>>,
    spending: Arc<Spending>,
    /// Ends that are not written yet. Filled by nodes, emptied by the writer.
    waiting: Mutex<Vec<(StepId, StepEnd)>>,
}

#[derive(Debug, thiserror::Error)]
#[error("the run is executed by another worker")]
struct Lost;

#[derive(Serialize, Deserialize)]
struct InBlob {
    in_blob: BlobHash,
}

impl RunCheckpoints {
    /// Reads what earlier attempts left. What cannot be read is done again.
    pub async fn open(state: &AppState, run: RunId, worker: Uuid, spending: Arc<Spending>) -> Result<Self, DbError> {
        let mut ended = HashMap::new();
        for (step, ending) in db::run_step::list(&state.db, run).await? {
            let end = read_end(state.blobs.as_ref(), &ending).await;
            match (parse(&step), end) {
                (Some(step), Some(end)) => drop(ended.insert(step, end)),
                _ => tracing::warn!(%run, %step, "a checkpoint cannot be read"),
            }
        }
        let jobs = db::run_step::jobs(&state.db, run).await?;
        let jobs = jobs.into_iter().filter_map(|(step, job)| Some((parse(&step)?, job))).collect();
        Ok(Self {
            db: state.db.clone(),
            run,
            worker,
            ended,
            jobs: Mutex::new(jobs),
            spending,
            waiting: Mutex::default(),
        })
    }

    /// What has ended since this was asked last, each step once and as it is written.
    pub async fn take_waiting(&self, blobs: &dyn BlobStore) -> Vec<(String, String)> {
        let waiting = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        let mut rows = BTreeMap::new();
        for (step, end) in waiting {
            let json = serde_json::to_string(&end).expect("plain data with text keys");
            rows.insert(text_of(&step), in_row(blobs, json).await);
        }
        rows.into_iter().collect()
    }

    /// Whether an earlier attempt ended the step.
    pub fn has_ended(&self, step: &StepId) -> bool {
        self.ended.contains_key(step)
    }

    /// Committed when it returns, and only if the run is still this worker's.
    async fn write_job(&self, step: &StepId, job: Option<&VendorJob>) -> Result<(), CheckpointError> {
        let written = async {
            let mut tx = self.db.begin().await?;
            if !db::run_lease::hold(&mut tx, self.run, self.worker).await? {
                return Ok(false);
            }
            match job {
                Some(job) => db::run_step::set_job(&mut tx, self.run, &text_of(step), job).await?,
                None => db::run_step::delete_job(&mut tx, self.run, &text_of(step)).await?,
            }
            tx.commit().await?;
            Ok::<_, DbError>(true)
        };
        match written.await {
            Ok(true) => Ok(()),
            Ok(false) => Err(CheckpointError::Store(Lost.into())),
            Err(error) => Err(CheckpointError::Store(error.into())),
        }
    }

    fn add(&self, step: &StepId, end: StepEnd) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push((step.clone(), end));
    }
}

async fn in_row(blobs: &dyn BlobStore, json: String) -> String {
    if json.len() <= ROW_MAX_BYTES {
        return json;
    }
    match blobs.put(json.clone().into_bytes().into()).await {
        Ok(in_blob) => serde_json::to_string(&InBlob { in_blob }).expect("plain data"),
        Err(error) => {
            tracing::warn!(%error, "could not keep a large checkpoint as a blob");
            json
        }
    }
}

async fn read_end(blobs: &dyn BlobStore, ending: &str) -> Option<StepEnd> {
    match serde_json::from_str::<InBlob>(ending) {
        Ok(InBlob { in_blob }) => serde_json::from_slice(&blobs.read(&in_blob).await.ok()?).ok(),
        Err(_) => serde_json::from_str(ending).ok(),
    }
}

fn parse(text: &str) -> Option<StepId> {
    let mut parts = text.split('/');
    let node = parts.next()?.parse().ok()?;
    Some(StepId { node, items: parts.map(|item| item.parse().ok()).collect::<Option<_>>()? })
}

#[async_trait::async_trait]
impl Checkpoints for RunCheckpoints {
    fn ended(&self, step: &StepId) -> Option<StepEnd> {
        self.ended.get(step).cloned()
    }

    fn done(&self, step: &StepId, done: &StepDone) {
        self.add(step, StepEnd::Done(done.clone()));
    }

    fn failed(&self, step: &StepId, failure: &NodeFailure) {
        self.add(step, StepEnd::Failed { failure: failure.clone() });
    }

    fn job(&self, step: &StepId) -> Option<VendorJob> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).get(step).cloned()
    }

    async fn store_job(&self, step: &StepId, job: &VendorJob) -> Result<(), CheckpointError> {
        // A job that has an id is ordered: the cap was held against it when it was not.
        if job.id.is_none() && !engine::costs_nothing(&job.provider) {
            self.spending.allow().await?;
        }
        self.write_job(step, Some(job)).await?;
        if job.id.is_some() {
            self.jobs.lock().unwrap_or_else(PoisonError::into_inner).insert(step.clone(), job.clone());
        }
        Ok(())
    }

    async fn forget_job(&self, step: &StepId) -> Result<(), CheckpointError> {
        self.write_job(step, None).await?;
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).remove(step);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_read_back_as_it_was_written() {
        let once = StepId::once("a-b_1".parse().unwrap());
        let item = StepId { items: vec![0, 12], ..once.clone() };
        assert_eq!((text_of(&once).as_str(), text_of(&item).as_str()), ("a-b_1", "a-b_1/0/12"));
        assert_eq!((parse("a-b_1"), parse("a-b_1/0/12")), (Some(once), Some(item)));
        assert_eq!((parse(""), parse("a/x")), (None, None));
    }
}
