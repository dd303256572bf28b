//! The workers of this process: they claim runs, say that they live, and give back what they cannot finish.

use std::{sync::Arc, time::Duration};

use tokio::sync::Semaphore;

use super::{ActiveRun, claim::claim, claim::lease_until, execute, feed, positions, wake};
use crate::{
    config::Process,
    db::{self, Db, DbError},
    state::AppState,
};

/// How often a worker says that it lives, and looks for runs to cancel of which nobody told it.
pub const HEARTBEAT: Duration = Duration::from_secs(1);
/// How often a worker looks for runs that other processes queued.
const LOOK: Duration = Duration::from_millis(500);
/// A SQLite database has one process: whoever queues a run there wakes the worker.
const LOOK_ALONE: Duration = Duration::from_secs(5);
/// After the database did not answer.
const PAUSE: Duration = Duration::from_secs(1);

/// Starts what this process does about runs. All of it ends when the server stops.
pub fn start_workers(state: &AppState) {
    let shared = matches!(state.db, Db::Postgres(_));
    if shared {
        state.runs.spawn(wake::listen(state.clone()));
    }
    if state.config.workers > 0 {
        state.runs.spawn(look_for_runs(state.clone()));
        if shared {
            state.runs.spawn(stay_alive(state.clone()));
        }
        // Servers wake their own workers, and leave it to their looks to find what others queued.
        if state.config.process == Process::Worker {
            state.runs.spawn(hear_of_runs(state.clone()));
        }
    }
    if state.config.process == Process::Server {
        state.runs.spawn(positions::keep_current(state.clone()));
        if shared {
            state.runs.spawn(feed::follow(state.clone()));
        }
    }
}

/// Wakes this process's workers when another process queues a run.
async fn hear_of_runs(state: AppState) {
    loop {
        let heard = async {
            let Some(mut signals) = db::run_signal::Signals::listen(&state.db).await? else {
                return Ok::<_, DbError>(());
            };
            loop {
                signals.next().await?;
                state.runs.queue_changed();
            }
        };
        match state.runs.unless_stopped(heard).await {
            Some(Err(error)) => {
                tracing::debug!(error = %anyhow::Error::from(error), "cannot hear of queued runs for now");
            }
            Some(Ok(())) | None => return,
        }
        if state.runs.unless_stopped(tokio::time::sleep(PAUSE)).await.is_none() {
            return;
        }
    }
}

async fn look_for_runs(state: AppState) {
    let places = Arc::new(Semaphore::new(state.config.workers));
    let pause = if matches!(state.db, Db::Sqlite { .. }) { LOOK_ALONE } else { LOOK };
    while let Some(place) = state.runs.unless_stopped(places.clone().acquire_owned()).await {
        let place = place.expect("the semaphore is never closed");
        let claimed = loop {
            match state.runs.unless_stopped(claim(&state.db, state.runs.worker(), state.config.limits())).await {
                Some(Ok(Some(claimed))) => break claimed,
                Some(Ok(None)) => {
                    let waited = tokio::time::timeout(pause, state.runs.woken());
                    if state.runs.unless_stopped(waited).await.is_none() {
                        return;
                    }
                }
                Some(Err(error)) => {
                    tracing::warn!(error = %anyhow::Error::from(error), "could not look for runs");
                    if state.runs.unless_stopped(tokio::time::sleep(PAUSE)).await.is_none() {
                        return;
                    }
                }
                None => return,
            }
        };
        let state = state.clone();
        state.runs.clone().spawn(async move {
            execute::execute(&state, claimed).await;
            drop(place);
            // Somebody else's turn may have come, here or in the list.
            state.runs.queue_changed();
        });
    }
}

/// Keeps the leases of this process, and ends what is to be cancelled or has been lost.
async fn stay_alive(state: AppState) {
    while state.runs.unless_stopped(tokio::time::timeout(HEARTBEAT, state.runs.to_cancel())).await.is_some() {
        // Before the row is read, or a run that begins in between would look lost.
        let mine = state.runs.active();
        if mine.is_empty() {
            continue;
        }
        if let Err(error) = renew(&state, &mine).await {
            tracing::warn!(error = %anyhow::Error::from(error), "could not renew leases");
        }
    }
}

async fn renew(state: &AppState, mine: &[Arc<ActiveRun>]) -> Result<(), DbError> {
    let until = lease_until(db::duty::clock(&state.db).await?);
    let held = db::run_lease::renew(&state.db, state.runs.worker(), until).await?;
    for active in mine {
        match held.iter().find(|(run, _)| *run == active.run) {
            Some((_, true)) => active.cancel.cancel(),
            Some((_, false)) => {}
            // Ended by this process a moment ago, deleted with its workflow, or another worker's by now.
            None => active.leave.cancel(),
        }
    }
    Ok(())
}
