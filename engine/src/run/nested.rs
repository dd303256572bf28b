//! Running a workflow as a node of another one.
//!
//! Its nodes are steps of the same run: they share cache, permits, checkpoints and cancellation. Outside they are one
//! node, whose progress is the share of them that is through, and whose failure is the first of theirs.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use shared::{
    id::NodeId,
    run::{NodeFailure, RunEvent, RunStatus},
    value::Values,
};
use tokio_util::sync::CancellationToken;

use super::{Inner, RunSink, StepId, schedule};
use crate::{
    NodeError,
    context::{RunScope, Within},
    plan::Plan,
};

/// A workflow that a node stands for, and what runs it.
pub(crate) struct Hosted {
    pub plan: Arc<Plan>,
    pub engine: Arc<Inner>,
}

/// Runs it once. Inputs that the workflow does not have are left aside. What it cost comes back besides.
pub(crate) async fn run(
    hosted: &Hosted,
    outer: &Arc<RunScope>,
    step: &StepId,
    inputs: Values,
    round: u32,
    cancel: &CancellationToken,
) -> (Result<Values, NodeError>, Option<f64>) {
    let plan = hosted.plan.clone();
    let mut given = BTreeMap::new();
    for (name, value) in inputs {
        if let Some(&at) = plan.inputs.get(&name)
            && let Some(port) = plan.nodes[at].spec.outputs.first()
        {
            given.insert(at, Values::from([(port.name.clone(), value)]));
        }
    }
    let node = outer.within.as_ref().map_or(&step.node, |within| &within.node).clone();
    let place = format!("{}/{:?}/{round}", step.node, step.items);
    let sink = Arc::new(InnerSink {
        outer: outer.sink.clone(),
        node: node.clone(),
        nodes: plan.nodes.len(),
        through: AtomicUsize::new(0),
    });
    let within = Some(Arc::new(Within { node, place }));
    let scope = Arc::new(RunScope { sink, within, ..(**outer).clone() });
    let report = schedule::run(hosted.engine.clone(), plan.clone(), scope, given, cancel.clone()).await;
    let result = match report.failures.into_iter().next() {
        _ if report.status == RunStatus::Cancelled => Err(NodeError::Cancelled),
        None => Ok(report.outputs),
        Some((id, failure)) => Err(NodeError::Failed(Box::new(told_outside(&plan, &id, failure)))),
    };
    (result, report.cost_usd)
}

/// Which node within failed; its field is nothing that one could click on from outside.
fn told_outside(plan: &Plan, id: &NodeId, failure: NodeFailure) -> NodeFailure {
    let node = plan.nodes.iter().find(|node| node.id == *id);
    let title = node.map_or_else(|| id.to_string(), |node| node.spec.title.clone());
    NodeFailure { message: format!("in `{title}`: {}", failure.message), field: None, ..failure }
}

struct InnerSink {
    outer: Arc<dyn RunSink>,
    node: NodeId,
    nodes: usize,
    through: AtomicUsize,
}

impl RunSink for InnerSink {
    fn emit(&self, event: RunEvent) {
        match event {
            RunEvent::NodeFinished { .. }
            | RunEvent::NodeFailed { .. }
            | RunEvent::NodeSkipped { .. }
            | RunEvent::NodeCancelled { .. } => {
                let through = self.through.fetch_add(1, Ordering::Relaxed) + 1;
                let progress = (through as f64 / self.nodes as f64).min(1.0);
                self.outer.emit(RunEvent::NodeProgress { node: self.node.clone(), progress });
            }
            RunEvent::NodeWaiting { .. } | RunEvent::NodeAnswered { .. } => self.outer.emit(event),
            // What goes on inside has no place outside; results come as the node's own.
            RunEvent::RunStarted { .. }
            | RunEvent::RunFinished { .. }
            | RunEvent::NodeStarted { .. }
            | RunEvent::NodeProgress { .. }
            | RunEvent::TextDelta { .. }
            | RunEvent::Preview { .. } => {}
        }
    }
}
