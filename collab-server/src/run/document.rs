//! Runs in the outputs document: entering one, telling what happens, and whose turn it is.

use engine::Plan;
use shared::{
    document::OutputsDocument,
    graph::Graph,
    id::{NodeId, RunId, UserId, WorkflowId},
    outputs::RunSummary,
    protocol::DocumentName,
    run::{RunEvent, RunStatus},
};

use crate::{db, room::RoomError, state::AppState};

/// What everybody sees of a run.
pub struct Entry {
    pub run: RunId,
    pub workflow: WorkflowId,
    pub started_by: UserId,
    pub started_by_name: String,
    /// UTC, RFC 3339.
    pub started_at: String,
    nodes: Vec<(NodeId, String)>,
}

impl Entry {
    pub fn new(
        run: RunId,
        workflow: WorkflowId,
        started_by: (UserId, String),
        started_at: String,
        plan: &Plan,
    ) -> Self {
        let nodes = plan.keys().map(|(node, key)| (node.clone(), key.to_owned())).collect();
        let (started_by, started_by_name) = started_by;
        Self { run, workflow, started_by, started_by_name, started_at, nodes }
    }

    fn summary(&self, status: RunStatus) -> RunSummary {
        RunSummary {
            started_by: self.started_by,
            started_by_name: self.started_by_name.clone(),
            started_at: self.started_at.clone(),
            status,
            progress: 0.0,
            cost_usd: None,
            position: None,
        }
    }
}

/// Shows a run that waits. Nodes that the graph no longer has are forgotten on the occasion.
pub async fn queue(state: &AppState, entry: Entry, graph: Graph) -> Result<(), RoomError> {
    let workflow = entry.workflow;
    let write = move |outputs: &OutputsDocument| {
        outputs.retain_nodes(&graph);
        outputs.queue_run(entry.run, entry.summary(RunStatus::Queued), &entry.nodes);
    };
    state.rooms.write_outputs(workflow, Box::new(write)).await
}

/// Shows a run that is executed now, also again.
pub async fn begin(state: &AppState, entry: Entry) -> Result<(), RoomError> {
    let workflow = entry.workflow;
    // It may have been queued on another server: a second entry beside that one would hide one of the two.
    state.rooms.catch_up(DocumentName::Outputs(workflow)).await?;
    let write = move |outputs: &OutputsDocument| {
        outputs.begin_run(entry.run, entry.summary(RunStatus::Running), &entry.nodes);
    };
    state.rooms.write_outputs(workflow, Box::new(write)).await
}

/// Shows what happened. On disk when this returns.
pub async fn apply(state: &AppState, workflow: WorkflowId, run: RunId, events: Vec<RunEvent>) -> Result<(), RoomError> {
    let now = db::rfc3339(db::now());
    let write = move |outputs: &OutputsDocument| events.iter().for_each(|event| outputs.apply(run, event, &now));
    state.rooms.write_outputs(workflow, Box::new(write)).await
}

/// Shows whose turn it is among runs of one workflow.
pub async fn set_positions(
    state: &AppState,
    workflow: WorkflowId,
    positions: Vec<(RunId, u32)>,
) -> Result<(), RoomError> {
    let write = move |outputs: &OutputsDocument| outputs.set_positions(&positions);
    state.rooms.write_outputs(workflow, Box::new(write)).await
}
