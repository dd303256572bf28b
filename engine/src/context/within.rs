//! Work that lies within a node: the workflow it stands for, an agent's tools, and a question to a person.

use std::sync::atomic::Ordering;

use shared::{
    graph::Params,
    run::{Approval, RunEvent},
    value::{Value, Values},
};

use super::NodeContext;
use crate::{
    Inputs, NodeError,
    plan::PlannedTool,
    run::{Decision, nested, tool},
};

impl NodeContext {
    /// The public inputs of the workflow that the node stands for.
    pub(crate) fn inner_inputs(&self) -> impl Iterator<Item = &str> {
        self.hosted.iter().flat_map(|hosted| hosted.plan.inputs.keys().map(String::as_str))
    }

    /// Runs the workflow that the node stands for; `round` tells repetitions apart. What came of its named outputs.
    pub(crate) async fn run_inner(&self, inputs: Values, round: u32) -> Result<Values, NodeError> {
        let hosted = self.hosted.as_ref().ok_or_else(|| NodeError::invalid("source", "no workflow is chosen"))?;
        let inner = nested::run(hosted, &self.scope, &self.step, inputs, round, &self.cancel);
        // What works in it counts for itself.
        let (result, cost_usd) = self.scope.activity.idle(inner).await;
        self.spend(cost_usd);
        result
    }

    /// What the node, an agent, may use.
    pub(crate) fn tools(&self) -> &[PlannedTool] {
        self.tools.as_ref().map_or(&[], |(tools, _)| tools)
    }

    /// Uses one of them; `nth` counts all uses. Whoever awaits several does so within [`NodeContext::idle`].
    pub(crate) async fn use_tool(
        &self,
        at: usize,
        nth: u32,
        inputs: Inputs,
        params: Params,
    ) -> (Result<Values, NodeError>, Option<f64>) {
        let (tools, engine) = self.tools.as_ref().expect("only what has tools uses them");
        let place = tool::Place { engine, scope: &self.scope, step: &self.step, cancel: &self.cancel };
        let (result, cost_usd) = tool::run(place, &tools[at], nth, inputs, params).await;
        self.spend(cost_usd);
        (result, cost_usd)
    }

    /// Awaits work that counts for itself.
    pub(crate) async fn idle<T>(&self, work: impl Future<Output = T>) -> T {
        self.scope.activity.idle(work).await
    }

    /// Room for a call to a service elsewhere; held by nodes that are not of that kind as a whole.
    pub(crate) async fn network(&self) -> Option<tokio::sync::OwnedSemaphorePermit> {
        self.tools.as_ref()?.1.network().await
    }

    /// Shows the value to everybody and waits until somebody decides.
    pub(crate) async fn ask(&self, question: String, value: Value) -> Result<Decision, NodeError> {
        let approval = Approval { node: self.step.node.clone(), question, value, items: self.step.items.clone() };
        let node = self.scope.within.as_ref().map_or(&self.step.node, |within| &within.node).clone();
        let asked = RunEvent::NodeWaiting { node: node.clone(), approval: approval.clone() };
        self.scope.sink.emit(asked);
        let answered = self.scope.activity.ask(async {
            tokio::select! {
                answered = self.scope.approvals.decision(&self.step, &approval, self.limit) => Ok(answered?),
                () = self.cancel.cancelled() => Err(NodeError::Cancelled),
            }
        });
        self.asking.store(true, Ordering::Relaxed);
        let answered = answered.await;
        self.asking.store(false, Ordering::Relaxed);
        let answered = answered?;
        if let Some(answer) = answered.answer {
            self.scope.sink.emit(RunEvent::NodeAnswered { node, answer });
        }
        Ok(answered.decision)
    }

    /// Whether the node waits for somebody's answer.
    pub(crate) fn is_asking(&self) -> bool {
        self.asking.load(Ordering::Relaxed)
    }
}
