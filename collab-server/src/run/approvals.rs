//! Waiting for people: the question is a row, so it outlives the worker that asked and any restart.
//!
//! A step that asks waits here for as long as its run has other work. A run that does nothing but wait is put aside
//! (`park`): it holds no lease and no place among those that are executed, and whoever is free takes it up when somebody
//! answers, or when nobody did in time. Called by the engine, and by `routes::approvals` for the answers.

use std::{
    collections::{BTreeSet, HashSet},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use engine::{Activity, Answered, ApprovalError, Approvals, Decision, StepId};
use shared::{
    api::{AnswerApproval, ApprovalState, AskedApproval, Run, User},
    id::{RunId, WorkspaceId},
    run::{Approval, ApprovalDecision},
    value::{BlobHash, Value},
};
use uuid::Uuid;

use super::media;
use crate::{
    db::{self, Db, DbError},
    error::AppError,
    state::AppState,
};

/// How long a run that only waits is kept in memory: who answers at once sees it go on at once.
const PARK_AFTER: Duration = Duration::from_secs(1);
/// How often answers that came in through other servers are looked for.
const LOOK: Duration = Duration::from_secs(1);
/// A SQLite database has one process: whoever answers there wakes everybody who waits.
const LOOK_ALONE: Duration = Duration::from_secs(60);
const NOTE_MAX_CHARS: usize = 2000;

/// What one attempt at a run asks.
pub struct RunApprovals {
    state: AppState,
    run: RunId,
    worker: Uuid,
    activity: Activity,
    /// Steps that wait in this process. A lock because steps work at the same time.
    asked: Mutex<HashSet<StepId>>,
}

impl RunApprovals {
    pub fn new(state: AppState, run: RunId, worker: Uuid) -> Self {
        Self { state, run, worker, activity: Activity::default(), asked: Mutex::default() }
    }

    /// Until the run has done nothing but wait for a while.
    pub async fn until_idle(&self) {
        loop {
            self.activity.until_only_asks().await;
            tokio::time::sleep(PARK_AFTER).await;
            if self.activity.only_asks() {
                return;
            }
        }
    }

    /// How many questions wait in this process.
    pub fn asked(&self) -> usize {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Keeps the question, if it is a new one, while the run is still this worker's.
    async fn ask(&self, step: &StepId, approval: &Approval, within: Duration) -> Result<bool, DbError> {
        let mut tx = self.state.db.begin().await?;
        if !db::run_lease::hold(&mut tx, self.run, self.worker).await? {
            return Ok(false);
        }
        let within = i64::try_from(within.as_millis()).unwrap_or(i64::MAX);
        // The year 9999 is the last that a time can be written with.
        let expires_at = db::duty::clock_in(&mut tx).await?.saturating_add(within).min(253_402_300_799_000);
        db::approval::insert(&mut tx, self.run, step, approval, expires_at).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// The answer, if there is one by now; else how long to wait for the next look.
    async fn look(&self, step: &StepId) -> Result<Result<Answered, Duration>, ApprovalError> {
        let db = &self.state.db;
        let found = db::approval::find(db, self.run, step).await.map_err(host)?;
        let (asked, expires_at) = found.ok_or_else(|| host(Lost))?;
        let decision = match asked.state {
            ApprovalState::Approved => Decision::Approved { value: asked.value },
            ApprovalState::Rejected => Decision::Rejected,
            ApprovalState::Expired | ApprovalState::Withdrawn => return Err(ApprovalError::Expired),
            ApprovalState::Pending => {
                let left = expires_at - db::duty::clock(db).await.map_err(host)?;
                if left <= 0 {
                    // Who answers in this moment is faster, or is told that it is too late.
                    let expired = db::approval::expire(db, self.run, step).await.map_err(host)?;
                    return if expired { Err(ApprovalError::Expired) } else { Ok(Err(Duration::ZERO)) };
                }
                let pause = if matches!(db, Db::Sqlite { .. }) { LOOK_ALONE } else { LOOK };
                return Ok(Err(pause.min(Duration::from_millis(left.unsigned_abs()))));
            }
        };
        Ok(Ok(Answered { decision, answer: asked.answer }))
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the run is executed by another worker")]
struct Lost;

fn host(error: impl std::error::Error + Send + Sync + 'static) -> ApprovalError {
    ApprovalError::Host(Box::new(error))
}

/// Takes the step out of those that wait, however the waiting ends.
struct Asked<'a>(&'a RunApprovals, &'a StepId);

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        self.0.asked.lock().unwrap_or_else(PoisonError::into_inner).remove(self.1);
    }
}

#[async_trait::async_trait]
impl Approvals for RunApprovals {
    async fn decision(&self, step: &StepId, approval: &Approval, within: Duration) -> Result<Answered, ApprovalError> {
        if !self.ask(step, approval, within).await.map_err(host)? {
            return Err(host(Lost));
        }
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).insert(step.clone());
        let _asked = Asked(self, step);
        loop {
            // Before the look, or an answer in between would be missed.
            let answered = self.state.runs.answered();
            match self.look(step).await? {
                Ok(answered) => return Ok(answered),
                Err(pause) => drop(tokio::time::timeout(pause, answered).await),
            }
        }
    }

    fn activity(&self) -> Activity {
        self.activity.clone()
    }
}

/// Puts a run aside that this process has left, because it does nothing but wait for `asked` answers.
pub async fn park(state: &AppState, run: RunId, asked: usize) -> Result<(), DbError> {
    let mut tx = state.db.begin().await?;
    db::approval::park(&mut tx, run, state.runs.worker(), asked).await?;
    tx.commit().await?;
    // It may have been given back instead.
    state.runs.queue_changed();
    Ok(())
}

/// Takes somebody's answer. They may approve: the caller has checked.
pub async fn answer(
    state: &AppState,
    workspace: WorkspaceId,
    run: &Run,
    by: &User,
    body: AnswerApproval,
) -> Result<AskedApproval, AppError> {
    if body.note.as_deref().is_some_and(|note| note.chars().count() > NOTE_MAX_CHARS) {
        return Err(AppError::bad_request(format!("`note`: {NOTE_MAX_CHARS} characters are the most")));
    }
    let leader = run.joined.unwrap_or(run.id);
    let step = StepId { node: body.node, items: body.items };
    let (asked, _) =
        db::approval::find(&state.db, leader, &step).await?.ok_or_else(|| AppError::not_found("approval"))?;
    if let Some(value) = &body.value {
        check_value(state, workspace, &asked.approval.value, body.decision, value).await?;
    }
    let mut tx = state.db.begin().await?;
    // The lock that a run is put aside and ended under.
    if !db::run_lease::lock(&mut tx, leader).await? {
        return Err(AppError::conflict("the run has ended"));
    }
    let note = body.note.as_deref().map(str::trim).filter(|note| !note.is_empty());
    let new = body.decision.into();
    let taken = db::approval::answer(&mut tx, leader, &step, by.id, new, body.value.as_ref(), note).await?;
    let found = db::approval::find(&mut tx, leader, &step).await?;
    let (asked, _) = found.ok_or_else(|| AppError::not_found("approval"))?;
    if !taken {
        return Err(AppError::conflict(match &asked.answer {
            Some(answer) => format!("{} was faster: it is {}", answer.by_name, asked.state.as_str()),
            None => format!("it is too late: the question is {}", asked.state.as_str()),
        }));
    }
    db::approval::unpark(&mut tx, leader).await?;
    db::run_signal::tell(&mut tx).await?;
    tx.commit().await?;
    tracing::info!(run = %leader, node = %step.node, decision = asked.state.as_str(), "approval answered");
    state.runs.tell_answered();
    state.runs.queue_changed();
    Ok(asked)
}

/// An edited value must be what a node behind it expects, and name only what the workspace may read.
async fn check_value(
    state: &AppState,
    workspace: WorkspaceId,
    shown: &Value,
    decision: ApprovalDecision,
    value: &Value,
) -> Result<(), AppError> {
    if decision == ApprovalDecision::Rejected {
        return Err(AppError::bad_request("`value`: what is rejected goes on as it was shown"));
    }
    let (new, old) = (value.value_type(), shown.value_type());
    if new != old {
        return Err(AppError::bad_request(format!("`value`: a `{old}` was shown, and this is a `{new}`")));
    }
    let mut named = BTreeSet::new();
    blobs_of(value, &mut named);
    match media::unreadable(state, workspace, &named).await?.first() {
        Some(blob) => Err(AppError::bad_request(format!("`value`: the media `{blob}` is not in this workspace"))),
        None => Ok(()),
    }
}

fn blobs_of(value: &Value, blobs: &mut BTreeSet<BlobHash>) {
    match value {
        Value::List(items) => items.iter().for_each(|item| blobs_of(item, blobs)),
        value => {
            if let Some(media) = value.media() {
                blobs.insert(media.blob.clone());
                blobs.extend(media.poster.clone());
            }
        }
    }
}
