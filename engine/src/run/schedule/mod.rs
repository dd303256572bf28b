//! The scheduler: by in-degree, one task for each node that is ready. What a node's end sets off is `ends`.

mod ends;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Instant,
};

use shared::{
    id::NodeId,
    run::{FailureCode, NodeFailure, RunEvent, RunStatus},
    value::{Value, Values},
};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{
    Inner, RunReport, StepEnd,
    activity::Working,
    execute::{Ending, execute},
    items::{ITEMS_MAX, ItemsEnded, Step, Tally, run_items},
    outcome::{Ended, Ends, Outcome, gather, paths},
};
use crate::{context::RunScope, plan::Plan};

/// What became of a node.
enum State {
    /// For how many others it still waits.
    Waiting(usize),
    Running,
    Ended(Ended),
}

/// What a node's task brings back.
enum Work {
    Once(Ending),
    Items(Tally, ItemsEnded),
}

struct Schedule {
    engine: Arc<Inner>,
    plan: Arc<Plan>,
    scope: Arc<RunScope>,
    cancel: CancellationToken,
    states: Vec<State>,
    /// What waits for nothing any more. A queue and no recursion: a workflow may be one long chain.
    ready: VecDeque<usize>,
    /// Each counts as working until its end has been taken in.
    running: JoinSet<(usize, Work, Working)>,
    failures: BTreeMap<NodeId, NodeFailure>,
    /// What named outputs came to.
    outputs: BTreeMap<usize, Value>,
    cancelled: bool,
    cost_usd: Option<f64>,
}

impl Ends for Schedule {
    fn ended(&self, at: usize) -> Option<&Ended> {
        match &self.states[at] {
            State::Ended(ended) => Some(ended),
            State::Waiting(_) | State::Running => None,
        }
    }

    fn depth(&self, at: usize) -> usize {
        self.plan.nodes[at].axes.len()
    }
}

/// Executes the plan; `given` are results that some nodes have already. Ends when every node has ended.
pub(super) async fn run(
    engine: Arc<Inner>,
    plan: Arc<Plan>,
    scope: Arc<RunScope>,
    given: BTreeMap<usize, Values>,
    cancel: CancellationToken,
) -> RunReport {
    let begin = Instant::now();
    let nodes = plan.nodes.iter().map(|node| node.id.clone()).collect();
    scope.sink.emit(RunEvent::RunStarted { run: scope.run, nodes });
    let states: Vec<State> = plan.nodes.iter().map(|node| State::Waiting(node.waits_for)).collect();
    let ready = (0..states.len()).filter(|&at| plan.nodes[at].waits_for == 0).collect();
    let mut schedule = Schedule {
        engine,
        plan,
        scope,
        cancel,
        states,
        ready,
        running: JoinSet::new(),
        failures: BTreeMap::new(),
        outputs: BTreeMap::new(),
        cancelled: false,
        cost_usd: None,
    };
    schedule.go(&given);
    while let Some(ended) = schedule.running.join_next().await {
        // Tasks catch their nodes' panics and nobody aborts them.
        let (at, work, working) = ended.expect("a node's task does not panic");
        match work {
            Work::Once(ending) => schedule.end_once(at, ending),
            Work::Items(tally, ended) => schedule.end_items(at, tally, ended),
        }
        schedule.go(&given);
        drop(working);
    }
    schedule.report(begin)
}

impl Schedule {
    fn emit(&self, event: RunEvent) {
        self.scope.sink.emit(event);
    }

    fn go(&mut self, given: &BTreeMap<usize, Values>) {
        while let Some(at) = self.ready.pop_front() {
            // One that races may have been started by an earlier value.
            if matches!(self.states[at], State::Waiting(_)) {
                self.start(at, given.get(&at));
            }
        }
    }

    /// Starts a node whose inputs are all there, or ends it at once.
    fn start(&mut self, at: usize, given: Option<&Values>) {
        let plan = self.plan.clone();
        let node = &plan.nodes[at];
        if self.cancel.is_cancelled() {
            // What an earlier attempt finished stays finished.
            return match self.scope.checkpoints.ended(&self.scope.step(&node.id, Vec::new())) {
                Some(StepEnd::Done(done)) => self.end_once(at, Ending::Done(done)),
                Some(StepEnd::Failed { .. }) | None => self.end_without(at, Outcome::Cancelled),
            };
        }
        if let Some(pin) = &node.pin {
            return self.end_known(at, pin.values.clone(), pin.seed);
        }
        if let Some(values) = given {
            return self.end_known(at, values.clone(), None);
        }
        if !node.axes.is_empty() {
            return self.start_items(at);
        }
        let inputs = match gather(self, node, &[]) {
            Ok(inputs) => inputs,
            Err(outcome) => return self.end_without(at, outcome),
        };
        self.states[at] = State::Running;
        let (engine, scope, cancel) = (self.engine.clone(), self.scope.clone(), self.cancel.clone());
        let working = scope.activity.begin();
        self.running.spawn(async move {
            let node = &plan.nodes[at];
            let step = scope.step(&node.id, Vec::new());
            (at, Work::Once(execute(&engine, &scope, node, step, 0, inputs, &cancel).await), working)
        });
    }

    /// Starts a node that is run over lists.
    fn start_items(&mut self, at: usize) {
        let plan = self.plan.clone();
        let node = &plan.nodes[at];
        let (paths, without) = paths(self, node);
        // No list at all: the node ends as what should have made it did.
        if let Some(outcome) = without.get(&[] as &[u32]) {
            return self.end_without(at, outcome.clone());
        }
        if paths.len() > ITEMS_MAX {
            let message = format!("{} items are more than the {ITEMS_MAX} that a node is run over", paths.len());
            let failure = NodeFailure { code: FailureCode::InvalidInput, message, field: None, raw: None };
            return self.end_once(at, Ending::Failed(failure));
        }
        let (mut tally, mut steps) = (Tally::default(), Vec::new());
        without.into_iter().for_each(|(path, outcome)| tally.without(path, outcome));
        for (nth, path) in paths.into_iter().enumerate() {
            match gather(self, node, &path) {
                Ok(inputs) => steps.push(Step { path, inputs, nth }),
                Err(outcome) => tally.without(path, outcome),
            }
        }
        self.states[at] = State::Running;
        let (engine, scope, cancel) = (self.engine.clone(), self.scope.clone(), self.cancel.clone());
        let working = scope.activity.begin();
        self.running.spawn(async move {
            let ended = run_items(&engine, &scope, &plan, at, steps, &cancel).await;
            (at, Work::Items(tally, ended), working)
        });
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
        let named = self.plan.outputs.iter();
        let outputs = named.filter_map(|(name, at)| Some((name.clone(), self.outputs.get(at)?.clone())));
        RunReport {
            status,
            outputs: outputs.collect(),
            failures: self.failures.clone(),
            cost_usd: self.cost_usd,
            duration,
        }
    }
}
