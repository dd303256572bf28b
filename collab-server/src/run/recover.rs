//! After a crash: runs that nobody executes any more are ended honestly, in their rows and on the canvas.

use std::{collections::BTreeMap, time::Duration};

use shared::{
    api::Run,
    document::OutputsDocument,
    id::NodeId,
    run::{FailureCode, NodeFailure, NodeStatus, RunEvent, RunStatus},
    value::Values,
};

use crate::{
    db::{self, DbError, run::EndedRun},
    room::RoomError,
    state::AppState,
};

/// How long results are remembered.
const RESULTS_KEPT: Duration = Duration::from_secs(30 * 24 * 3600);

/// Called once, before the first request: this server is the only one that executes runs, so every row that says
/// "running" is left over from one that died.
pub async fn recover(state: &AppState) -> Result<(), DbError> {
    for run in db::run::active(&state.db).await? {
        tracing::warn!(run = %run.id, workflow = %run.workflow, "a run was cut off by the end of the server");
        let failures = match repair(state, &run).await {
            Ok(failures) => failures,
            Err(error) => {
                // The document may be damaged; the row can be ended all the same.
                tracing::error!(run = %run.id, error = %anyhow::Error::from(error), "could not repair outputs");
                BTreeMap::new()
            }
        };
        let ended = EndedRun {
            status: RunStatus::Failed,
            cost_usd: None,
            outputs: Values::new(),
            failures,
            events: vec![finished()],
        };
        db::run::end(&state.db, &[run.id], &ended).await?;
    }
    let forgotten = db::node_result::delete_before(&state.db, db::now() - RESULTS_KEPT).await?;
    tracing::debug!(forgotten, "old results are forgotten");
    Ok(())
}

/// How long it had worked is not known.
fn finished() -> RunEvent {
    RunEvent::RunFinished { status: RunStatus::Failed, duration_millis: 0, cost_usd: None }
}

/// Nodes that were at work have failed, nodes that were waiting were never begun. What was finished stays.
async fn repair(state: &AppState, run: &Run) -> Result<BTreeMap<NodeId, NodeFailure>, RoomError> {
    let outputs = state.rooms.outputs(run.workflow).await?;
    let mut events = Vec::new();
    let mut failures = BTreeMap::new();
    for (node, _) in outputs.nodes.iter().filter(|(_, output)| output.run == run.id && !output.status.is_final()) {
        events.push(match outputs.nodes[node].status {
            NodeStatus::Running => {
                let failure = NodeFailure {
                    code: FailureCode::Internal,
                    message: "the server stopped while this node was at work: run it again".to_owned(),
                    field: None,
                    raw: None,
                };
                failures.insert(node.clone(), failure.clone());
                RunEvent::NodeFailed { node: node.clone(), failure }
            }
            _ => RunEvent::NodeCancelled { node: node.clone() },
        });
    }
    events.push(finished());
    let (id, now) = (run.id, db::rfc3339(db::now()));
    let write = move |outputs: &OutputsDocument| events.iter().for_each(|event| outputs.apply(id, event, &now));
    state.rooms.write_outputs(run.workflow, Box::new(write)).await?;
    Ok(failures)
}
