//! What workers in other processes do, brought to the canvas.
//!
//! They write events to `run_event`; one server at a time has the duty to apply them to the outputs documents, from
//! where rooms pass them on. Streams of events need no duty: each server reads the rows for its own (`tail`).

use std::{collections::HashMap, time::Duration};

use shared::{
    id::{RunId, WorkflowId},
    run::RunEvent,
};

use tokio::time::{MissedTickBehavior, interval};

use super::{claim::lease_until, document};
use crate::{
    db::{self, DbError, run_event::EventBatch},
    room::RoomError,
    state::AppState,
};

const DUTY: &str = "run events";
const LOOK: Duration = Duration::from_millis(200);
/// How often the duty is renewed and old rows are deleted, in looks.
const RENEW: u32 = 10;
/// How long rows of ended runs stay for streams that are still reading them.
const KEPT: Duration = Duration::from_secs(120);

/// Until the server stops.
pub async fn follow(state: AppState) {
    let mut feed = Feed { state: state.clone(), on_duty: false, following: HashMap::new() };
    let (mut looks, mut told, mut turns) = (0, state.runs.told(), interval(LOOK));
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let next = async {
            tokio::select! {
                _ = turns.tick() => None,
                // A note that was missed is made up for by the next turn.
                Ok(run) = told.recv() => Some(run),
            }
        };
        let Some(next) = state.runs.unless_stopped(next).await else { return };
        let looked = match next {
            Some(run) => feed.hear_of(run).await,
            None if looks % RENEW == 0 => feed.renew().await,
            None => feed.look().await,
        };
        looks = looks.wrapping_add(u32::from(next.is_none()));
        if let Err(error) = looked {
            tracing::debug!(error = %anyhow::Error::from(error), "could not follow runs of other workers");
        }
    }
}

struct Feed {
    state: AppState,
    on_duty: bool,
    /// Runs of other workers, and the last row of each that has reached its document.
    following: HashMap<RunId, (WorkflowId, i64)>,
}

impl Feed {
    async fn renew(&mut self) -> Result<(), DbError> {
        let (db, me) = (&self.state.db, self.state.runs.worker());
        let now = db::duty::clock(db).await?;
        let before = std::mem::replace(&mut self.on_duty, db::duty::take(db, DUTY, me, now, lease_until(now)).await?);
        if !self.on_duty {
            self.following.clear();
            return Ok(());
        }
        if !before {
            // What nobody applied while nobody had the duty.
            for (workflow, batch) in db::run_event::unannounced(db).await? {
                self.following.entry(batch.run).or_insert((workflow, batch.seq - 1));
            }
        }
        for (run, workflow, announced) in db::run_lease::elsewhere(db, me).await? {
            self.following.entry(run).or_insert((workflow, announced));
        }
        db::run_event::delete_before(db, db::now() - KEPT).await?;
        Ok(())
    }

    async fn look(&mut self) -> Result<(), DbError> {
        if self.on_duty {
            for run in self.following.keys().copied().collect::<Vec<_>>() {
                self.look_at(run).await?;
            }
        }
        Ok(())
    }

    /// Another process says that something has happened in a run.
    async fn hear_of(&mut self, run: RunId) -> Result<(), DbError> {
        if !self.on_duty {
            return Ok(());
        }
        if !self.following.contains_key(&run) {
            for (run, workflow, announced) in db::run_lease::elsewhere(&self.state.db, self.state.runs.worker()).await?
            {
                self.following.entry(run).or_insert((workflow, announced));
            }
        }
        self.look_at(run).await
    }

    async fn look_at(&mut self, run: RunId) -> Result<(), DbError> {
        let Some((workflow, seen)) = self.following.get(&run).copied() else { return Ok(()) };
        let mut batches = self.unshown(run, workflow, seen).await?;
        if batches.is_empty() {
            if db::run::find(&self.state.db, run).await?.is_some_and(|run| !run.status.is_final()) {
                return Ok(());
            }
            // The last rows come before the end. They may have come between the look at them and the look at the end.
            batches = self.unshown(run, workflow, seen).await?;
        }
        let Some(last) = batches.last().map(|batch| batch.seq) else {
            self.following.remove(&run);
            return Ok(());
        };
        if let Err(error) = self.apply(workflow, run, batches).await {
            tracing::warn!(%run, error = %anyhow::Error::from(error), "could not show a run of another worker");
            return Ok(());
        }
        db::run_event::set_announced(&self.state.db, run, last).await?;
        self.following.insert(run, (workflow, last));
        Ok(())
    }

    /// Rows behind `seen` that no server has shown.
    async fn unshown(&mut self, run: RunId, workflow: WorkflowId, seen: i64) -> Result<Vec<EventBatch>, DbError> {
        let mut batches = db::run_event::after(&self.state.db, run, seen).await?;
        // Another server shows what it executes itself, and notes so with the row. It may also have had the duty.
        let shown = db::run_event::announced(&self.state.db, run).await?;
        batches.retain(|batch| batch.seq > shown);
        self.following.insert(run, (workflow, seen.max(shown)));
        Ok(batches)
    }

    async fn apply(&self, workflow: WorkflowId, run: RunId, batches: Vec<EventBatch>) -> Result<(), RoomError> {
        let events: Vec<RunEvent> = batches.into_iter().flat_map(|batch| batch.events).collect();
        if events.iter().any(|event| matches!(event, RunEvent::RunStarted { .. })) {
            self.begin(run).await?;
        }
        match document::apply(&self.state, workflow, run, events).await {
            // Deleted: nobody is there to see it.
            Err(RoomError::NotFound) => Ok(()),
            applied => applied,
        }
    }

    /// Enters the run in its document, with the nodes that its frozen graph comes to.
    async fn begin(&self, run: RunId) -> Result<(), RoomError> {
        let Ok(Some(claimed)) = db::run_claim::find(&self.state.db, run).await else { return Ok(()) };
        let Some(plan) = super::execute::plan(&claimed) else { return Ok(()) };
        let person = (claimed.started_by, claimed.started_by_name);
        let entry = document::Entry::new(run, claimed.workflow, person, claimed.created_at, &plan);
        match document::begin(&self.state, entry).await {
            Err(RoomError::NotFound) => Ok(()),
            begun => begun,
        }
    }
}
