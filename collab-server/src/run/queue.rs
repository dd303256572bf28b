//! What people do about runs that have not ended: look, cancel, hold back, reorder.

use std::collections::{BTreeSet, HashMap};

use shared::{
    api::{ChangeRun, QueuePlace, Run, RunQueue},
    id::{RunId, UserId, WorkspaceId},
    run::RunStatus,
};

use super::{document, positions::positions, tail::finished};
use crate::{
    bus::RunNote,
    db::{self, DbError, run::EndedRun, run_queue::Change},
    error::AppError,
    state::AppState,
};

/// What is executed and what waits in a workspace, in the order of turns. Runs that are held back come last, each person's
/// in the order they will have.
pub async fn list(state: &AppState, workspace: WorkspaceId) -> Result<RunQueue, DbError> {
    let places: HashMap<RunId, u32> =
        positions(&state.db).await?.into_iter().map(|(_, _, run, place)| (run, place)).collect();
    let mut runs = db::run::active(&state.db, workspace).await?;
    for run in &mut runs {
        run.position = places.get(&run.joined.unwrap_or(run.id)).copied();
    }
    let mut orders: HashMap<RunId, i64> = HashMap::new();
    let waiting: BTreeSet<UserId> =
        runs.iter().filter(|run| run.position.is_none()).map(|run| run.started_by).collect();
    for person in waiting {
        orders.extend(db::run_queue::orders(&state.db, person).await?);
    }
    let order = |run: &Run| orders.get(&run.joined.unwrap_or(run.id)).copied();
    runs.sort_by_key(|run| (run.status == RunStatus::Queued, run.position.unwrap_or(u32::MAX), order(run), run.id));
    Ok(RunQueue { paused: db::run_queue::is_paused(&state.db, workspace).await?, runs })
}

/// Holds a workspace's queue back, or lets it go on. What is executed already goes on.
pub async fn set_paused(state: &AppState, workspace: WorkspaceId, paused: bool) -> Result<(), DbError> {
    db::run_queue::set_paused(&state.db, workspace, paused).await?;
    state.runs.queue_changed();
    Ok(())
}

/// Ends a run, and those that share its execution. One that is executed ends in a moment, with what is finished kept.
pub async fn cancel(state: &AppState, run: &Run) -> Result<(), AppError> {
    let leader = run.joined.unwrap_or(run.id);
    let mut tx = state.db.begin().await?;
    let executed = db::run_lease::request_cancel(&mut tx, leader).await?;
    // One that waits for people is taken up once more, to be ended with what it has.
    db::approval::unpark(&mut tx, leader).await?;
    let ended = EndedRun {
        status: RunStatus::Cancelled,
        cost_usd: None,
        outputs: Default::default(),
        failures: Default::default(),
        events: vec![finished(RunStatus::Cancelled)],
    };
    let was_waiting = !executed && db::run::end(&mut tx, leader, None, &ended).await?;
    tx.commit().await?;
    match state.runs.find(leader) {
        Some(active) => active.cancel.cancel(),
        None if executed => state.runs.tell(RunNote::Cancel),
        None => {}
    }
    if was_waiting {
        let shown = document::apply(state, run.workflow, leader, ended.events).await;
        if let Err(error) = shown {
            tracing::warn!(run = %leader, error = %anyhow::Error::from(error), "could not show a cancelled run");
        }
    }
    state.runs.queue_changed();
    Ok(())
}

/// Changes a run that waits.
pub async fn change(state: &AppState, run: &Run, body: ChangeRun) -> Result<(), AppError> {
    if body == ChangeRun::default() {
        return Ok(());
    }
    let late = || AppError::conflict("the run does not wait any more");
    let leader = run.joined.unwrap_or(run.id);
    let queue_order = match body.place {
        Some(place) => Some(order_at(state, run.started_by, leader, place).await?),
        None => None,
    };
    let change = Change { paused: body.paused, priority: body.priority, queue_order };
    if !db::run_queue::change(&state.db, leader, change).await? {
        return Err(late());
    }
    state.runs.queue_changed();
    Ok(())
}

/// The number that puts `run` in its place among the person's runs. Microseconds lie far enough apart for any hand.
async fn order_at(state: &AppState, person: UserId, run: RunId, place: QueuePlace) -> Result<i64, AppError> {
    let mut orders = db::run_queue::orders(&state.db, person).await?;
    orders.retain(|(other, _)| *other != run);
    let (Some((_, first)), Some((_, last))) = (orders.first(), orders.last()) else { return Ok(0) };
    Ok(match place {
        QueuePlace::First => first - 1_000_000,
        QueuePlace::Last => last + 1_000_000,
        QueuePlace::Before(other) => {
            let at = orders.iter().position(|(run, _)| *run == other);
            let at =
                at.ok_or_else(|| AppError::bad_request("`place`: that run does not wait, or is somebody else's"))?;
            let next = orders[at].1;
            match at.checked_sub(1).map(|before| orders[before].1) {
                None => next - 1_000_000,
                // Whole numbers, and ids decide between equal ones: see `in_turn`.
                Some(before) => before + (next - before) / 2,
            }
        }
    })
}
