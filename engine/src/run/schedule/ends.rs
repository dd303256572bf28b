//! How nodes end: what is told of it, what it costs, and whom it lets begin. Called by the scheduler alone.

use std::sync::Arc;

use shared::{node::NodeRole, run::RunEvent, value::Values};

use super::{Schedule, State};
use crate::{
    CachedResult,
    run::{
        StepDone,
        execute::Ending,
        items::{ItemsEnded, Tally},
        outcome::{Ended, Outcome, assembled, gather},
    },
};

impl Schedule {
    /// Ends a node whose result nobody has to make.
    pub(super) fn end_known(&mut self, at: usize, outputs: Values, seed: Option<u64>) {
        let result = CachedResult { outputs, seed };
        self.end_once(at, Ending::Done(StepDone { result, cached: true, duration_millis: 0, cost_usd: None }));
    }

    pub(super) fn end_once(&mut self, at: usize, ending: Ending) {
        let plan = self.plan.clone();
        let node = &plan.nodes[at];
        match ending {
            Ending::Done(StepDone { result, cached, duration_millis, cost_usd }) => {
                self.pay(cost_usd);
                self.emit(RunEvent::NodeFinished {
                    node: node.id.clone(),
                    key: node.key.clone(),
                    outputs: result.outputs.clone(),
                    cached,
                    duration_millis,
                    cost_usd,
                    seed: result.seed,
                    items: None,
                });
                self.end(at, Ended::Once(Outcome::Done(Arc::new(result.outputs))));
            }
            Ending::Failed(failure) => {
                self.emit(RunEvent::NodeFailed { node: node.id.clone(), failure: failure.clone() });
                self.failures.insert(node.id.clone(), failure);
                self.end(at, Ended::Once(Outcome::Failed(at)));
            }
            Ending::Cancelled => self.end_without(at, Outcome::Cancelled),
        }
    }

    /// Ends a node that was not run: in a list of it, there is nothing anywhere.
    pub(super) fn end_without(&mut self, at: usize, outcome: Outcome) {
        let node = self.plan.nodes[at].id.clone();
        match &outcome {
            Outcome::Cancelled => {
                self.cancelled = true;
                self.emit(RunEvent::NodeCancelled { node });
            }
            Outcome::Failed(because) | Outcome::LeftOut(because) => {
                let because = self.plan.nodes[*because].id.clone();
                self.emit(RunEvent::NodeSkipped { node, because });
            }
            Outcome::Done(_) => unreachable!("a result is an end of its own"),
        }
        self.end(at, Ended::Once(outcome));
    }

    pub(super) fn end_items(&mut self, at: usize, mut tally: Tally, ended: ItemsEnded) {
        let duration_millis = ended.duration_millis;
        tally.add(at, ended);
        self.pay(tally.cost_usd);
        let plan = self.plan.clone();
        let node = &plan.nodes[at];
        let failure = tally.failure();
        if let Some(failure) = &failure {
            self.failures.insert(node.id.clone(), failure.clone());
        }
        let none_done = tally.done == 0 && tally.failed > 0;
        let before = tally.outcomes.values().find_map(|outcome| match outcome {
            Outcome::Failed(because) => Some(plan.nodes[*because].id.clone()),
            Outcome::Done(_) | Outcome::LeftOut(_) | Outcome::Cancelled => None,
        });
        match (failure, before) {
            (Some(failure), _) if none_done && !tally.cancelled => {
                self.emit(RunEvent::NodeFailed { node: node.id.clone(), failure });
            }
            (None, Some(because)) if none_done && !tally.cancelled => {
                self.emit(RunEvent::NodeSkipped { node: node.id.clone(), because });
            }
            // What was finished before the run was cancelled stays.
            _ if tally.done > 0 || !tally.cancelled => self.emit(RunEvent::NodeFinished {
                node: node.id.clone(),
                key: node.key.clone(),
                outputs: assembled(node, &tally.outcomes),
                cached: tally.cached == tally.done && tally.done > 0,
                duration_millis,
                cost_usd: tally.cost_usd,
                seed: tally.seeds.last().copied(),
                items: Some(tally.items()),
            }),
            _ => {}
        }
        if tally.cancelled {
            self.cancelled = true;
            self.emit(RunEvent::NodeCancelled { node: node.id.clone() });
        }
        self.end(at, Ended::Mapped(tally.outcomes));
    }

    fn pay(&mut self, cost_usd: Option<f64>) {
        if let Some(cost) = cost_usd {
            *self.cost_usd.get_or_insert(0.0) += cost;
        }
    }

    /// Notes the end, and whom it lets begin.
    fn end(&mut self, at: usize, ended: Ended) {
        let plan = self.plan.clone();
        let node = &plan.nodes[at];
        if node.spec.role == NodeRole::Output {
            // A node of role `output` has one port.
            let value = match &ended {
                Ended::Once(Outcome::Done(values)) => values.values().next().cloned(),
                Ended::Once(_) => None,
                Ended::Mapped(steps) => assembled(node, steps).into_values().next(),
            };
            self.outputs.extend(value.map(|value| (at, value)));
        }
        let has_result = !matches!(ended, Ended::Once(Outcome::Failed(_) | Outcome::LeftOut(_) | Outcome::Cancelled));
        self.states[at] = State::Ended(ended);
        for &dependant in &node.dependants {
            if let State::Waiting(left) = &mut self.states[dependant] {
                *left -= 1;
                let waits = *left > 0;
                let behind = &plan.nodes[dependant];
                let races = behind.races && behind.axes.is_empty() && has_result;
                if !waits || (races && gather(self, behind, &[]).is_ok()) {
                    self.ready.push_back(dependant);
                }
            }
        }
    }
}
