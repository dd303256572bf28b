//! Keeps everybody's place in the queue current on the canvas.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use shared::id::{RunId, WorkflowId, WorkspaceId};

use super::{document, fair::in_turn};
use crate::{
    db::{self, Db, DbError},
    room::RoomError,
    state::AppState,
};

/// Places move together: nobody reads faster than this.
const PAUSE: Duration = Duration::from_millis(250);
/// How often other processes' changes are looked for.
const LOOK: Duration = Duration::from_secs(2);

/// Turns by run, counted within the workspace: 1 is next. Runs that are held back have none.
pub async fn positions(db: &Db) -> Result<Vec<(WorkspaceId, WorkflowId, RunId, u32)>, DbError> {
    let waiting = db::run_claim::waiting(db).await?;
    if waiting.is_empty() {
        return Ok(Vec::new());
    }
    let mut tx = db.begin().await?;
    let busy = db::run_claim::busy(&mut tx, None).await?;
    tx.commit().await?;
    let mut places: HashMap<WorkspaceId, u32> = HashMap::new();
    let numbered = in_turn(waiting, busy).into_iter().map(|run| {
        let place = places.entry(run.workspace).or_default();
        *place += 1;
        (run.workspace, run.workflow, run.run, *place)
    });
    Ok(numbered.collect())
}

/// Until the server stops.
pub async fn keep_current(state: AppState) {
    let mut shown: HashMap<RunId, u32> = HashMap::new();
    loop {
        let changed = tokio::time::timeout(LOOK, state.runs.order_changed());
        if state.runs.unless_stopped(changed).await.is_none() {
            return;
        }
        match positions(&state.db).await {
            Ok(now) => shown = show(&state, &shown, now).await,
            Err(error) => tracing::debug!(error = %anyhow::Error::from(error), "could not look at the queue"),
        }
        if state.runs.unless_stopped(tokio::time::sleep(PAUSE)).await.is_none() {
            return;
        }
    }
}

/// Writes what has changed, workflow by workflow.
async fn show(
    state: &AppState,
    shown: &HashMap<RunId, u32>,
    now: Vec<(WorkspaceId, WorkflowId, RunId, u32)>,
) -> HashMap<RunId, u32> {
    let mut changed: BTreeMap<WorkflowId, Vec<(RunId, u32)>> = BTreeMap::new();
    let mut standing = HashMap::new();
    for (_, workflow, run, place) in now {
        if shown.get(&run) != Some(&place) {
            changed.entry(workflow).or_default().push((run, place));
        }
        standing.insert(run, place);
    }
    for (workflow, places) in changed {
        match document::set_positions(state, workflow, places).await {
            Ok(()) | Err(RoomError::NotFound) => {}
            Err(error) => {
                tracing::debug!(%workflow, error = %anyhow::Error::from(error), "could not show the queue");
            }
        }
    }
    standing
}
