//! The scheduler: by in-degree, one task for each node that is ready.

use std::{collections::BTreeMap, sync::Arc, time::Instant};

use shared::{
    id::NodeId,
    run::{NodeFailure, RunEvent, RunStatus},
    value::{Value, Values},
};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{
    Inner, RunReport, StepDone, StepId,
    execute::{Ending, execute},
};
use crate::{Inputs, context::RunScope, plan::Plan};

/// What became of a node.
enum State {
    /// For how many others it still waits.
    Waiting(usize),
    Running,
    Done(Arc<Values>),
    /// Failed, skipped or cancelled: there is no result.
    Without,
}

struct Schedule {
    engine: Arc<Inner>,
    plan: Arc<Plan>,
    scope: Arc<RunScope>,
    cancel: CancellationToken,
    states: Vec<State>,
    running: JoinSet<(usize, Ending)>,
    failures: BTreeMap<NodeId, NodeFailure>,
    cancelled: bool,
    cost_usd: Option<f64>,
}

/// Executes the plan. Ends when every node has ended.
pub(super) async fn run(engine: Arc<Inner>, plan: Plan, scope: Arc<RunScope>, cancel: CancellationToken) -> RunReport {
    let begin = Instant::now();
    let nodes = plan.nodes.iter().map(|node| node.id.clone()).collect();
    scope.sink.emit(RunEvent::RunStarted { run: scope.run, nodes });
    let states = plan.nodes.iter().map(|node| State::Waiting(node.waits_for)).collect();
    let mut schedule = Schedule {
        engine,
        plan: Arc::new(plan),
        scope,
        cancel,
        states,
        running: JoinSet::new(),
        failures: BTreeMap::new(),
        cancelled: false,
        cost_usd: None,
    };
    let ready: Vec<usize> = (0..schedule.states.len()).filter(|&at| schedule.plan.nodes[at].waits_for == 0).collect();
    ready.into_iter().for_each(|at| schedule.start(at));
    while let Some(ended) = schedule.running.join_next().await {
        // Tasks catch their nodes' panics and nobody aborts them.
        let (at, ending) = ended.expect("a node's task does not panic");
        schedule.end(at, ending);
    }
    schedule.report(begin)
}

impl Schedule {
    fn emit(&self, event: RunEvent) {
        self.scope.sink.emit(event);
    }

    /// Starts a node whose inputs are all there.
    fn start(&mut self, at: usize) {
        if self.cancel.is_cancelled() {
            return self.end_cancelled(at);
        }
        let inputs = match self.inputs(at) {
            Ok(inputs) => inputs,
            Err(source) => {
                let because = self.plan.nodes[source].id.clone();
                return self.skip(at, &because);
            }
        };
        self.states[at] = State::Running;
        let (engine, plan, scope) = (self.engine.clone(), self.plan.clone(), self.scope.clone());
        let cancel = self.cancel.clone();
        self.running.spawn(async move {
            let step = StepId::once(plan.nodes[at].id.clone());
            let ending = execute(&engine, &scope, &plan.nodes[at], step, inputs, &cancel).await;
            (at, ending)
        });
    }

    /// What arrives on the node's wires. An output may stay without a value (a branch that was not taken); if the node
    /// cannot do without it, the error is the node it should have come from.
    fn inputs(&self, at: usize) -> Result<Inputs, usize> {
        let node = &self.plan.nodes[at];
        let spec = node.kind.spec();
        let mut inputs = Inputs::new();
        for wire in &node.wires {
            let State::Done(values) = &self.states[wire.from] else {
                unreachable!("a node starts when all it waits for are done")
            };
            if let Some(value) = values.get(&wire.output) {
                inputs.entry(wire.input.clone()).or_default().push(value.clone());
            }
        }
        let lacking = node.wires.iter().find(|wire| {
            // For a wired parameter the literal would silently stand in for a value that never came.
            let required = spec.input(&wire.input).is_none_or(|port| port.required);
            required && !inputs.contains_key(&wire.input)
        });
        lacking.map_or(Ok(inputs), |wire| Err(wire.from))
    }

    fn end(&mut self, at: usize, ending: Ending) {
        match ending {
            Ending::Done(done) => self.end_done(at, done),
            Ending::Failed(failure) => {
                let node = self.plan.nodes[at].id.clone();
                self.emit(RunEvent::NodeFailed { node: node.clone(), failure: failure.clone() });
                self.failures.insert(node.clone(), failure);
                self.states[at] = State::Without;
                self.skip_dependants(at, &node);
            }
            Ending::Cancelled => self.end_cancelled(at),
        }
    }

    fn end_done(&mut self, at: usize, done: StepDone) {
        let StepDone { result, cached, duration_millis, cost_usd } = done;
        if let Some(cost) = cost_usd {
            *self.cost_usd.get_or_insert(0.0) += cost;
        }
        let plan = self.plan.clone();
        let node = &plan.nodes[at];
        self.emit(RunEvent::NodeFinished {
            node: node.id.clone(),
            key: node.key.clone(),
            outputs: result.outputs.clone(),
            cached,
            duration_millis,
            cost_usd,
            seed: result.seed,
        });
        self.states[at] = State::Done(Arc::new(result.outputs));
        for &dependant in &node.dependants {
            if let State::Waiting(left) = &mut self.states[dependant] {
                *left -= 1;
                if *left == 0 {
                    self.start(dependant);
                }
            }
        }
    }

    /// Ends a node without a result because another one has none.
    fn skip(&mut self, at: usize, because: &NodeId) {
        self.states[at] = State::Without;
        self.emit(RunEvent::NodeSkipped { node: self.plan.nodes[at].id.clone(), because: because.clone() });
        self.skip_dependants(at, because);
    }

    /// Skips everything that waits for this node, however far behind. Independent branches go on.
    fn skip_dependants(&mut self, at: usize, because: &NodeId) {
        let plan = self.plan.clone();
        // Not recursive: a workflow may be one long chain.
        let mut queue = plan.nodes[at].dependants.clone();
        while let Some(dependant) = queue.pop() {
            if matches!(self.states[dependant], State::Waiting(_)) {
                self.states[dependant] = State::Without;
                let node = &plan.nodes[dependant];
                self.emit(RunEvent::NodeSkipped { node: node.id.clone(), because: because.clone() });
                queue.extend(&node.dependants);
            }
        }
    }

    fn end_cancelled(&mut self, at: usize) {
        self.cancelled = true;
        self.states[at] = State::Without;
        let plan = self.plan.clone();
        self.emit(RunEvent::NodeCancelled { node: plan.nodes[at].id.clone() });
        // What waits for it will not be started by anybody.
        let mut queue = plan.nodes[at].dependants.clone();
        while let Some(dependant) = queue.pop() {
            if matches!(self.states[dependant], State::Waiting(_)) {
                self.states[dependant] = State::Without;
                let node = &plan.nodes[dependant];
                self.emit(RunEvent::NodeCancelled { node: node.id.clone() });
                queue.extend(&node.dependants);
            }
        }
    }

    fn report(self, begin: Instant) -> RunReport {
        let status = match (self.cancelled, self.failures.is_empty()) {
            (true, _) => RunStatus::Cancelled,
            (false, false) => RunStatus::Failed,
            (false, true) => RunStatus::Done,
        };
        let duration = begin.elapsed();
        self.emit(RunEvent::RunFinished {
            status,
            duration_millis: duration.as_millis() as u64,
            cost_usd: self.cost_usd,
        });
        let outputs = self.plan.outputs.iter().filter_map(|(name, &at)| {
            let State::Done(values) = &self.states[at] else { return None };
            // A node of role `output` has one port.
            let value: Option<&Value> = values.values().next();
            value.map(|value| (name.clone(), value.clone()))
        });
        RunReport { status, outputs: outputs.collect(), failures: self.failures, cost_usd: self.cost_usd, duration }
    }
}
