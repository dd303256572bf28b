//! Watching a run from its start to its end, wherever it is executed, and however often it is begun again.
//!
//! Events come from memory if this process executes the run, from `run_event` if another one does, and from the row once
//! the run has ended. When another attempt begins, its events are told from the start: what it repeats says the same.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use futures_util::{Stream, stream};
use shared::{
    api::Run,
    id::RunId,
    run::{RunEvent, RunStatus},
};

use tokio::sync::broadcast::{self, error::RecvError};

use crate::{
    db::{self, Db, DbError},
    state::AppState,
};

/// Between looks at a run that this process does not execute, when nobody tells that something has happened.
const LOOK: Duration = Duration::from_millis(200);

/// One event of a stream.
pub struct Told {
    /// Where the stream goes on for somebody who comes back: attempt and number. None for a run that has ended.
    pub at: Option<(i32, usize)>,
    pub event: Arc<RunEvent>,
}

/// Everything that happens in the run, behind what somebody who comes back has seen already. Ends with the run.
pub fn tail(state: AppState, run: &Run, seen: Option<(i32, usize)>) -> impl Stream<Item = Told> + Send + use<> {
    let (attempt, next) = seen.map_or((0, 0), |(attempt, last)| (attempt, last + 1));
    let tail = Tail {
        told: state.runs.told(),
        state,
        run: run.id,
        leader: run.joined.unwrap_or(run.id),
        attempt,
        next,
        row: 0,
        row_attempt: 0,
        row_next: 0,
        waiting: VecDeque::new(),
        ended: false,
    };
    stream::unfold(tail, async |mut tail| {
        while tail.waiting.is_empty() && !tail.ended {
            if let Err(error) = tail.look().await {
                tracing::warn!(run = %tail.run, error = %anyhow::Error::from(error), "could not watch a run");
                return None;
            }
        }
        Some((tail.waiting.pop_front()?, tail))
    })
}

struct Tail {
    state: AppState,
    run: RunId,
    /// Who executes: the run itself, or the one it joined.
    leader: RunId,
    /// The attempt that is told, and the number of its next event.
    attempt: i32,
    next: usize,
    /// The last row of `run_event` that was read, its attempt, and the number of the event behind it.
    row: i64,
    row_attempt: i32,
    row_next: usize,
    waiting: VecDeque<Told>,
    ended: bool,
    /// Runs of which other processes have told something.
    told: broadcast::Receiver<RunId>,
}

impl Tail {
    /// Until something may have happened.
    async fn pause(&mut self, at_most: Duration) {
        let leader = self.leader;
        let told = async {
            loop {
                match self.told.recv().await {
                    Ok(run) if run == leader => return,
                    Ok(_) => {}
                    // Too much to know whether it was among them.
                    Err(RecvError::Lagged(_)) => return,
                    Err(RecvError::Closed) => std::future::pending().await,
                }
            }
        };
        // Most processes tell nothing unless there is a bus.
        tokio::time::timeout(at_most, told).await.ok();
    }

    /// Until this process executes the run, or something may have happened elsewhere.
    async fn until_begun(&mut self, at_most: Duration) {
        let (runs, leader) = (self.state.runs.clone(), self.leader);
        let begun = async {
            loop {
                // From before the look, so that no beginning is missed.
                let next = runs.begun();
                if runs.find(leader).is_some() {
                    return;
                }
                next.await;
            }
        };
        tokio::select! {
            () = begun => {}
            () = self.pause(at_most) => {}
        }
    }

    async fn look(&mut self) -> Result<(), DbError> {
        if let Some(active) = self.state.runs.find(self.leader) {
            if active.attempt != self.attempt {
                (self.attempt, self.next) = (active.attempt, 0);
            }
            let events = active.events_after(self.next).await;
            if events.is_empty() {
                // Ended or left: what comes next stands in the database, in a moment.
                self.pause(LOOK).await;
            }
            events.into_iter().for_each(|event| self.tell(event));
            return Ok(());
        }
        let Some(run) = db::run::find(&self.state.db, self.run).await? else {
            self.ended = true;
            return Ok(());
        };
        let nothing_told = (self.attempt, self.next) == (0, 0);
        if !(run.status.is_final() && nothing_told) && self.look_at_rows().await? {
            return Ok(());
        }
        if run.status.is_final() {
            self.tell_kept(&run).await?;
        } else {
            // People take longer to answer than anybody who watches notices.
            self.until_begun(if run.waiting { LOOK * 5 } else { LOOK }).await;
        }
        Ok(())
    }

    /// Whether another process has told something new.
    async fn look_at_rows(&mut self) -> Result<bool, DbError> {
        if matches!(self.state.db, Db::Sqlite { .. }) {
            return Ok(false);
        }
        let batches = db::run_event::after(&self.state.db, self.leader, self.row).await?;
        for batch in batches {
            self.row = batch.seq;
            if batch.attempt != self.row_attempt {
                (self.row_attempt, self.row_next) = (batch.attempt, 0);
            }
            for event in batch.events {
                let number = self.row_next;
                self.row_next += 1;
                if self.row_attempt < self.attempt || (self.row_attempt == self.attempt && number < self.next) {
                    continue;
                }
                (self.attempt, self.next) = (self.row_attempt, number);
                self.tell(Arc::new(event));
            }
        }
        Ok(!self.waiting.is_empty())
    }

    fn tell(&mut self, event: Arc<RunEvent>) {
        self.ended |= matches!(*event, RunEvent::RunFinished { .. });
        self.waiting.push_back(Told { at: Some((self.attempt, self.next)), event });
        self.next += 1;
    }

    async fn tell_kept(&mut self, run: &Run) -> Result<(), DbError> {
        let mut events = db::run::events(&self.state.db, self.run).await?;
        if events.is_empty() {
            events.push(finished(run.status));
        }
        self.waiting.extend(events.into_iter().map(|event| Told { at: None, event: Arc::new(event) }));
        self.ended = true;
        Ok(())
    }
}

/// The end of a run of which nothing else is known.
pub fn finished(status: RunStatus) -> RunEvent {
    RunEvent::RunFinished { status, duration_millis: 0, cost_usd: None }
}
