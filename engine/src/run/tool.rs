//! One use of an agent's tool: a step of the same run, with its cache, permits, checkpoints and cancellation.
//!
//! It is named by its place among the agent's calls, so that a run that is taken up again finds what is done already.
//! Which tool is used with what decides the agent's node.

use std::{borrow::Cow, sync::Arc};

use shared::{graph::Params, run::RunEvent, value::Values};
use tokio_util::sync::CancellationToken;

use super::{
    Hosted, Inner, RunSink, StepId,
    execute::{Ending, execute},
    nested,
};
use crate::{
    Inputs, NodeError,
    context::{RunScope, Within},
    plan::{PlannedNode, PlannedTool, ToolWork},
};

/// The run that an agent is part of.
pub(crate) struct Place<'a> {
    pub engine: &'a Arc<Inner>,
    pub scope: &'a Arc<RunScope>,
    /// The agent's.
    pub step: &'a StepId,
    pub cancel: &'a CancellationToken,
}

/// Uses the tool; `nth` counts the agent's calls. What it cost comes back besides.
pub(crate) async fn run(
    place: Place<'_>,
    tool: &PlannedTool,
    nth: u32,
    inputs: Inputs,
    params: Params,
) -> (Result<Values, NodeError>, Option<f64>) {
    let Place { engine, scope, step, cancel } = place;
    let sink = Arc::new(QuietSink(scope.sink.clone()));
    match &tool.work {
        ToolWork::Workflow { plan, .. } => {
            let hosted = Hosted { plan: plan.clone(), engine: engine.clone() };
            let scope = Arc::new(RunScope { sink, ..(**scope).clone() });
            // An input of a workflow takes one value.
            let given = inputs.into_iter().filter_map(|(name, mut values)| Some((name, values.pop()?))).collect();
            nested::run(&hosted, &scope, step, given, nth, cancel).await
        }
        ToolWork::Node { kind, .. } => {
            let node = PlannedNode {
                id: format!("call-{nth}").parse().expect("letters and digits are an id"),
                kind,
                spec: Cow::Borrowed(kind.spec()),
                params,
                wires: Vec::new(),
                axes: Vec::new(),
                dependants: Vec::new(),
                waits_for: 0,
                races: false,
                key: String::new(),
                pin: None,
                timeout: None,
                retries: 0,
                fresh: false,
                inner: None,
                tools: Arc::default(),
            };
            let within = Within {
                node: scope.within.as_ref().map_or(&step.node, |within| &within.node).clone(),
                place: format!("{}/{:?}/tools", step.node, step.items),
            };
            let scope = Arc::new(RunScope { sink, within: Some(Arc::new(within)), ..(**scope).clone() });
            let id = scope.step(&node.id, Vec::new());
            let _working = scope.activity.begin();
            match Box::pin(execute(engine, &scope, &node, id, 0, inputs, cancel)).await {
                Ending::Done(done) => (Ok(done.result.outputs), done.cost_usd),
                Ending::Failed(failure) => (Err(NodeError::Failed(Box::new(failure))), None),
                Ending::Cancelled => (Err(NodeError::Cancelled), None),
            }
        }
    }
}

/// The agent tells itself what its tools do. Only questions to people go out.
struct QuietSink(Arc<dyn RunSink>);

impl RunSink for QuietSink {
    fn emit(&self, event: RunEvent) {
        if matches!(event, RunEvent::NodeWaiting { .. } | RunEvent::NodeAnswered { .. }) {
            self.0.emit(event);
        }
    }
}
