//! Taking the next run: one whose worker is gone, or else the one whose turn it is.

use std::time::Duration;

use uuid::Uuid;

use super::fair::{FairLimits, in_turn};
use crate::db::{
    self, Db, DbError,
    run_claim::{ClaimedRun, Lease},
};

/// How long a worker is believed to live without another word. It says one every [`super::worker::HEARTBEAT`].
const LEASE: Duration = Duration::from_secs(10);

/// Takes a run for `worker`, if there is one that may be executed now.
pub async fn claim(db: &Db, worker: Uuid, limits: FairLimits) -> Result<Option<ClaimedRun>, DbError> {
    // First a look without a lock: most of the time there is nothing.
    if db::run_claim::any_abandoned(db, db::duty::clock(db).await?).await? {
        let mut tx = db.begin().await?;
        let lease = lease(worker, db::duty::clock_in(&mut tx).await?);
        if let Some(run) = db::run_claim::take_abandoned(&mut tx, lease).await? {
            tx.commit().await?;
            return db::run_claim::find(db, run).await;
        }
    }
    let waiting = db::run_claim::waiting(db).await?;
    if waiting.is_empty() {
        return Ok(None);
    }
    let mut tx = db.begin().await?;
    let busy = db::run_claim::busy(&mut tx, None).await?;
    let candidates = in_turn(waiting, busy.clone());
    for candidate in candidates.into_iter().filter(|candidate| limits.allow(candidate, &busy)) {
        // Whoever holds these locks is claiming for the same person or workspace: its claim has to count first.
        if !db::run_claim::lock_turn(&mut tx, candidate.person, candidate.workspace).await? {
            continue;
        }
        let now = db::run_claim::busy(&mut tx, Some((candidate.person, candidate.workspace))).await?;
        let lease = lease(worker, db::duty::clock_in(&mut tx).await?);
        if limits.allow(&candidate, &now) && db::run_claim::take(&mut tx, &candidate, lease).await? {
            tx.commit().await?;
            return db::run_claim::find(db, candidate.run).await;
        }
    }
    Ok(None)
}

/// When a word of now runs out.
pub fn lease_until(now_millis: i64) -> i64 {
    now_millis + LEASE.as_millis() as i64
}

fn lease(worker: Uuid, now_millis: i64) -> Lease {
    Lease { worker, now_millis, until_millis: lease_until(now_millis) }
}
