//! What an earlier process left: runs to go on with, documents that do not say how a run ended, results that are old.

use std::{collections::BTreeSet, time::Duration};

use shared::{document::OutputsDocument, id::WorkflowId};

use super::tail::finished;
use crate::{
    db::{self, Db, DbError},
    state::AppState,
};

/// How long results are remembered.
const RESULTS_KEPT: Duration = Duration::from_secs(30 * 24 * 3600);

/// Called once, before the first request.
pub async fn recover(state: &AppState) -> Result<(), DbError> {
    let unreadable = db::run_lease::without_graph(&state.db).await?;
    db::run_lease::end_without_graph(&state.db).await?;
    if matches!(state.db, Db::Sqlite { .. }) {
        // Nobody else works on this file, so whatever was executed was executed by a process that is gone.
        let left = db::run_lease::release_all(&state.db).await?;
        tracing::info!(left, ended = unreadable.len(), "runs of an earlier process are taken up again");
    }
    let forgotten = db::node_result::delete_before(&state.db, db::now() - RESULTS_KEPT).await?;
    let graphs = db::run_queue::sweep_graphs(&state.db).await?;
    tracing::debug!(forgotten, graphs, "old results and graphs are forgotten");
    // Not before the first request: it opens documents.
    let shown = state.clone();
    state.runs.spawn(async move {
        for workflow in unreadable {
            if let Err(error) = repair(&shown, workflow).await {
                tracing::error!(%workflow, %error, "could not repair outputs");
            }
        }
    });
    Ok(())
}

/// What a document shows as under way and the rows know as ended is ended there too.
async fn repair(state: &AppState, workflow: WorkflowId) -> Result<(), anyhow::Error> {
    let shown = state.rooms.outputs(workflow).await?.runs;
    let open: BTreeSet<_> = shown.iter().filter(|(_, run)| !run.status.is_final()).map(|(id, _)| *id).collect();
    for run in open {
        let ended = match db::run::find(&state.db, run).await? {
            Some(row) if !row.status.is_final() => continue,
            Some(row) => finished(row.status),
            None => finished(shared::run::RunStatus::Cancelled),
        };
        let now = db::rfc3339(db::now());
        let write = move |outputs: &OutputsDocument| outputs.apply(run, &ended, &now);
        state.rooms.write_outputs(workflow, Box::new(write)).await?;
    }
    Ok(())
}
