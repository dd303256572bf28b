//! What runs spend: kept for the accounts, and held against the caps before every paid call.
//!
//! A cap is no reservation: calls that are under way when it is reached are finished and paid, and a call whose cost nobody
//! tells counts nothing. Runs (`run`) call this; the routes about it are `routes::spend`.

use std::time::Duration;

use engine::{CheckpointError, GenerationRecord};
use shared::{
    api::CapSubject,
    id::{RunId, UserId, WorkflowId, WorkspaceId},
};
use time::{OffsetDateTime, Time};
use tokio::sync::watch;

use crate::db::{self, Db, DbError, run_claim::ClaimedRun, spend::NewSpend};

/// A disk that is slower than this holds up no run; the cap then sees what is written.
const PATIENCE: Duration = Duration::from_secs(10);

/// The accounts of one run.
pub struct Spending {
    db: Db,
    workspace: WorkspaceId,
    user: UserId,
    workflow: WorkflowId,
    run: RunId,
    /// Calls that are known and not written yet: the next one waits for them, so that a chain stops at its cap.
    pending: watch::Sender<usize>,
}

/// One call that was paid for. Counts as pending until it is kept or dropped.
pub struct Spent {
    db: Db,
    spend: NewSpend,
    pending: watch::Sender<usize>,
}

impl Spending {
    pub fn of_run(db: Db, claimed: &ClaimedRun) -> Self {
        Self {
            db,
            workspace: claimed.workspace,
            user: claimed.started_by,
            workflow: claimed.workflow,
            run: claimed.id,
            pending: watch::Sender::new(0),
        }
    }

    /// What the record says was spent; `None` if nobody's key was used.
    pub fn spent(&self, record: &GenerationRecord) -> Option<Spent> {
        let generation = &record.generation;
        let payer = generation.payer?;
        let spend = NewSpend {
            generation: record.id,
            workspace: self.workspace,
            user: self.user,
            workflow: self.workflow,
            run: self.run,
            provider: generation.provider.clone(),
            model: generation.model.clone(),
            payer,
            cost_usd: generation.metrics.cost_usd,
        };
        self.pending.send_modify(|pending| *pending += 1);
        Some(Spent { db: self.db.clone(), spend, pending: self.pending.clone() })
    }

    /// Refuses a call that may cost something once a cap is reached.
    pub async fn allow(&self) -> Result<(), CheckpointError> {
        let mut pending = self.pending.subscribe();
        tokio::time::timeout(PATIENCE, pending.wait_for(|pending| *pending == 0)).await.ok();
        match self.reached().await {
            Ok(None) => Ok(()),
            Ok(Some(message)) => Err(CheckpointError::Capped { message }),
            Err(error) => Err(CheckpointError::Store(error.into())),
        }
    }

    async fn reached(&self) -> Result<Option<String>, DbError> {
        let since = month_begin(OffsetDateTime::now_utc());
        for cap in db::spend::caps(&self.db, self.workspace).await? {
            let who = match cap.subject {
                CapSubject::Member(user) if user == self.user => "you may spend",
                CapSubject::Workflow(workflow) if workflow == self.workflow => "this workflow may spend",
                CapSubject::Member(_) | CapSubject::Workflow(_) => continue,
            };
            let spent = db::spend::spent(&self.db, self.workspace, cap.subject, since).await?;
            if spent >= cap.usd_per_month {
                return Ok(Some(format!(
                    "{who} {:.2} USD a month in this workspace, and {spent:.2} USD are spent: nothing was ordered; an \
                     admin can raise the cap",
                    cap.usd_per_month
                )));
            }
        }
        Ok(None)
    }
}

impl Spent {
    pub async fn keep(self) {
        if let Err(error) = db::spend::insert(&self.db, &self.spend).await {
            let generation = self.spend.generation;
            tracing::error!(%generation, error = %anyhow::Error::from(error), "could not keep what a call cost");
        }
    }
}

impl Drop for Spent {
    fn drop(&mut self) {
        self.pending.send_modify(|pending| *pending -= 1);
    }
}

/// The first moment of the month, in UTC, in which caps and accounts begin anew.
pub fn month_begin(at: OffsetDateTime) -> OffsetDateTime {
    at.replace_day(1).expect("every month has a first day").replace_time(Time::MIDNIGHT)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_month_begins_at_midnight() {
        assert_eq!(month_begin(datetime!(2026-11-30 23:59:59.5 UTC)), datetime!(2026-11-01 0:00 UTC));
        assert_eq!(month_begin(datetime!(2026-11-01 0:00 UTC)), datetime!(2026-11-01 0:00 UTC));
    }
}
