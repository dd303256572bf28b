//! An execution under way in this process: its events so far, and who waits for more.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use shared::{
    id::{NodeId, RunId, WorkflowId, WorkspaceId},
    run::{NodeFailure, RunEvent, RunStatus},
    value::Values,
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::db::run::EndedRun;

/// One attempt at a run, shared by its worker, its writer and every event stream.
pub struct ActiveRun {
    pub run: RunId,
    pub workflow: WorkflowId,
    pub workspace: WorkspaceId,
    pub attempt: i32,
    /// The workflow's named outputs: which node makes each.
    pub outputs: BTreeMap<String, NodeId>,
    /// Somebody wants the run to end; what is finished stays.
    pub cancel: CancellationToken,
    /// This process executes the run no further, but the run goes on: the process stops, or another one has the run.
    /// From then on nothing is written about it here.
    pub leave: CancellationToken,
    /// Appended to by the writer alone. A lock and not a channel, because a late joiner reads from the start.
    events: Mutex<Vec<Arc<RunEvent>>>,
    /// How many events there are, and whether no more will come. Sent by the writer after the append.
    length: watch::Sender<Length>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Length {
    events: usize,
    ended: bool,
}

impl ActiveRun {
    pub fn new(
        run: RunId,
        workflow: WorkflowId,
        workspace: WorkspaceId,
        attempt: i32,
        outputs: BTreeMap<String, NodeId>,
    ) -> Self {
        let (length, _) = watch::channel(Length::default());
        let (cancel, leave) = (CancellationToken::new(), CancellationToken::new());
        Self { run, workflow, workspace, attempt, outputs, cancel, leave, events: Mutex::default(), length }
    }

    /// Adds events. Only the writer calls this.
    pub(super) fn publish(&self, events: Vec<RunEvent>) {
        let mut all = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        all.extend(events.into_iter().map(Arc::new));
        let length = all.len();
        drop(all);
        self.length.send_modify(|now| now.events = length);
    }

    /// No more events will come.
    pub(super) fn close(&self) {
        self.length.send_modify(|now| now.ended = true);
    }

    /// The events behind the first `seen`; waits for the next one if there are none yet. Empty: there are no more.
    pub async fn events_after(&self, seen: usize) -> Vec<Arc<RunEvent>> {
        let mut length = self.length.subscribe();
        // The sender lives as long as `self` does.
        let _ = length.wait_for(|now| now.events > seen || now.ended).await;
        self.events.lock().unwrap_or_else(PoisonError::into_inner).get(seen..).unwrap_or_default().to_vec()
    }

    /// What the events so far come to.
    pub fn summary(&self) -> EndedRun {
        let events = self.events.lock().unwrap_or_else(PoisonError::into_inner).clone();
        summarise(events.iter().map(|event| &**event), &self.outputs)
    }
}

/// What events come to: named outputs, failures, and the events worth keeping.
pub(super) fn summarise<'e>(events: impl Iterator<Item = &'e RunEvent>, named: &BTreeMap<String, NodeId>) -> EndedRun {
    let mut outputs = Values::new();
    let mut failures: BTreeMap<NodeId, NodeFailure> = BTreeMap::new();
    let (mut status, mut run_cost, mut node_costs) = (RunStatus::Running, None, None);
    let mut kept = Vec::new();
    for event in events {
        match event {
            // Superseded by the results.
            RunEvent::NodeProgress { .. } | RunEvent::TextDelta { .. } | RunEvent::Preview { .. } => continue,
            RunEvent::NodeFinished { node, outputs: made, cost_usd, items, .. } => {
                for (name, _) in named.iter().filter(|(_, maker)| *maker == node) {
                    // A node of role `output` has one port.
                    outputs.extend(made.values().next().map(|value| (name.clone(), value.clone())));
                }
                // Of a list, some items may have failed.
                let failure = items.as_ref().and_then(|items| items.failure.clone());
                failures.extend(failure.map(|failure| (node.clone(), failure)));
                node_costs = cost_usd.map(|cost| cost + node_costs.unwrap_or(0.0)).or(node_costs);
            }
            RunEvent::NodeFailed { node, failure } => {
                failures.insert(node.clone(), failure.clone());
            }
            RunEvent::RunFinished { status: ended, cost_usd, .. } => (status, run_cost) = (*ended, *cost_usd),
            RunEvent::RunStarted { .. }
            | RunEvent::NodeStarted { .. }
            | RunEvent::NodeWaiting { .. }
            | RunEvent::NodeAnswered { .. }
            | RunEvent::NodeSkipped { .. }
            | RunEvent::NodeCancelled { .. } => {}
        }
        kept.push(event.clone());
    }
    EndedRun { status, cost_usd: run_cost.or(node_costs), outputs, failures, events: kept }
}
