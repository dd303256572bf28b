//! A mapped node at work: its steps, some at once, told about as one node.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use futures_util::StreamExt;
use shared::{
    id::NodeId,
    run::{Items, NodeFailure, RunEvent},
};
use tokio_util::sync::CancellationToken;

use super::{
    Inner, StepDone,
    execute::{Ending, execute},
    outcome::Outcome,
    sink::RunSink,
};
use crate::{Inputs, context::RunScope, plan::Plan};

/// How many items of one node are under way at once. What they use up is limited besides, by the permits.
const AT_ONCE: usize = 32;

/// The most items one node is run over: more is a mistake, and would not fit into a document either.
pub(super) const ITEMS_MAX: usize = 10_000;

/// A step that is to be run.
pub(super) struct Step {
    pub path: Vec<u32>,
    pub inputs: Inputs,
    /// Its place among all steps of the node.
    pub nth: usize,
}

/// How the steps ended.
pub(super) struct ItemsEnded {
    pub ends: Vec<(Vec<u32>, Ending)>,
    pub duration_millis: u64,
}

/// Runs the steps. All of them end: a failed one stops no other.
pub(super) async fn run_items(
    engine: &Arc<Inner>,
    scope: &Arc<RunScope>,
    plan: &Plan,
    at: usize,
    steps: Vec<Step>,
    cancel: &CancellationToken,
) -> ItemsEnded {
    let begin = Instant::now();
    let node = &plan.nodes[at];
    let telling = Arc::new(Telling::new(scope.sink.clone(), node.id.clone(), steps.len()));
    let ends = futures_util::stream::iter(steps).map(|step| {
        let telling = telling.clone();
        async move {
            let _working = scope.activity.begin();
            let sink = Arc::new(ItemSink { telling: telling.clone(), so_far: Mutex::new(0.0) });
            let scope = Arc::new(RunScope { sink: sink.clone(), ..(**scope).clone() });
            let id = scope.step(&node.id, step.path.clone());
            let ending = execute(engine, &scope, node, id, step.nth, step.inputs, cancel).await;
            sink.advance(1.0);
            (step.path, ending)
        }
    });
    // Each step counts for itself.
    let ends = scope.activity.idle(ends.buffer_unordered(AT_ONCE).collect()).await;
    ItemsEnded { ends, duration_millis: begin.elapsed().as_millis() as u64 }
}

/// What the ends of all steps come to.
#[derive(Default)]
pub(super) struct Tally {
    pub outcomes: BTreeMap<Vec<u32>, Outcome>,
    pub first_failure: Option<NodeFailure>,
    pub failed: usize,
    pub left_out: usize,
    pub done: usize,
    pub cached: usize,
    pub cancelled: bool,
    pub cost_usd: Option<f64>,
    pub seeds: Vec<u64>,
}

impl Tally {
    /// Adds what ended without being run.
    pub fn without(&mut self, path: Vec<u32>, outcome: Outcome) {
        match outcome {
            Outcome::Failed(_) => self.failed += 1,
            Outcome::LeftOut(_) => self.left_out += 1,
            Outcome::Cancelled => self.cancelled = true,
            Outcome::Done(_) => {}
        }
        self.outcomes.insert(path, outcome);
    }

    pub fn add(&mut self, at: usize, mut ended: ItemsEnded) {
        // In the order of items, whichever ended first.
        ended.ends.sort_by(|(a, _), (b, _)| a.cmp(b));
        for (path, ending) in ended.ends {
            let outcome = match ending {
                Ending::Done(StepDone { result, cached, cost_usd, .. }) => {
                    self.done += 1;
                    self.cached += usize::from(cached);
                    if let Some(cost) = cost_usd {
                        *self.cost_usd.get_or_insert(0.0) += cost;
                    }
                    self.seeds.extend(result.seed);
                    Outcome::Done(Arc::new(result.outputs))
                }
                Ending::Failed(failure) => {
                    self.failed += 1;
                    self.first_failure.get_or_insert(failure);
                    Outcome::Failed(at)
                }
                Ending::Cancelled => {
                    self.cancelled = true;
                    Outcome::Cancelled
                }
            };
            self.outcomes.insert(path, outcome);
        }
    }

    /// "3 of 20 failed", if any of them did so here.
    pub fn failure(&self) -> Option<NodeFailure> {
        let first = self.first_failure.clone()?;
        let total = self.done + self.failed + self.left_out;
        if total == 1 {
            return Some(first);
        }
        let message = format!("{} of {total} failed: {}", self.failed, first.message);
        Some(NodeFailure { message, ..first })
    }

    pub fn items(&self) -> Items {
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Items {
            total: count(self.done + self.failed + self.left_out),
            failed: count(self.failed),
            left_out: count(self.left_out),
            failure: self.failure(),
            seeds: self.seeds.clone(),
        }
    }
}

/// What the items of one node share when they tell how far they are.
struct Telling {
    sink: Arc<dyn RunSink>,
    node: NodeId,
    items: usize,
    /// Std mutex: added to for moments by items that end at the same time.
    state: Mutex<Told>,
}

#[derive(Default)]
struct Told {
    started: bool,
    /// The sum of all items' progress.
    sum: f64,
    /// In hundredths, as it was told last.
    hundredths: u32,
}

impl Telling {
    fn new(sink: Arc<dyn RunSink>, node: NodeId, items: usize) -> Self {
        Self { sink, node, items, state: Mutex::default() }
    }

    fn start(&self, event: RunEvent) {
        let mut told = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if !std::mem::replace(&mut told.started, true) {
            self.sink.emit(event);
        }
    }

    fn advance(&self, by: f64) {
        let mut told = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        told.sum += by;
        let progress = (told.sum / self.items as f64).min(1.0);
        let hundredths = (progress * 100.0) as u32;
        // The last hundredth is told by the end of the node.
        if told.started && hundredths > told.hundredths && hundredths < 100 {
            told.hundredths = hundredths;
            self.sink.emit(RunEvent::NodeProgress { node: self.node.clone(), progress });
        }
    }
}

/// The sink of one item: its events are the node's, as far as they make sense for all items together.
struct ItemSink {
    telling: Arc<Telling>,
    so_far: Mutex<f64>,
}

impl ItemSink {
    fn advance(&self, to: f64) {
        let mut so_far = self.so_far.lock().unwrap_or_else(PoisonError::into_inner);
        let by = to - *so_far;
        if by > 0.0 {
            *so_far = to;
            self.telling.advance(by);
        }
    }
}

impl RunSink for ItemSink {
    fn emit(&self, event: RunEvent) {
        match event {
            RunEvent::NodeStarted { .. } => self.telling.start(event),
            RunEvent::NodeProgress { progress, .. } => self.advance(progress),
            RunEvent::NodeWaiting { .. } | RunEvent::NodeAnswered { .. } => self.telling.sink.emit(event),
            // The only item is the node itself; the texts of many at once would be one mess.
            RunEvent::TextDelta { .. } | RunEvent::Preview { .. } if self.telling.items == 1 => {
                self.telling.sink.emit(event);
            }
            _ => {}
        }
    }
}
