//! Executing one node: its inputs, the cache, identical executions under way, its permit, its time, its panics.

use std::{any::Any, panic::AssertUnwindSafe, sync::Arc, time::Duration, time::Instant};

use futures_util::FutureExt;
use shared::{
    merkle::result_key,
    node::Resource,
    run::{FailureCode, NodeFailure, RunEvent},
    value::{Value, Values},
};
use tokio_util::sync::CancellationToken;

use super::{
    Inner, StepDone, StepEnd, StepId,
    record::Given,
    seeds::{SeedOf, seed_number, settle_seed},
};
use crate::{
    Inputs, NodeContext, NodeError,
    cache::{CachedResult, Flight, landed},
    context::RunScope,
    plan::PlannedNode,
};

/// How long a node that was told to stop may take to tidy up (kill a process, record a call) before it is dropped.
const GRACE: Duration = Duration::from_secs(5);

/// How long to wait before the first retry; twice as long before each further one.
const RETRY_PAUSE: Duration = Duration::from_millis(500);
const RETRY_PAUSE_MAX: Duration = Duration::from_secs(60);

/// How one step ended.
pub(super) enum Ending {
    Done(StepDone),
    Failed(NodeFailure),
    Cancelled,
}

/// Runs one step of the node, the `nth` of all its steps, or finds how it ended in an earlier attempt at this run. Emits everything but the event
/// of its end, which the scheduler orders.
pub(super) async fn execute(
    engine: &Arc<Inner>,
    scope: &Arc<RunScope>,
    node: &PlannedNode,
    step: StepId,
    nth: usize,
    inputs: Inputs,
    cancel: &CancellationToken,
) -> Ending {
    match scope.checkpoints.ended(&step) {
        Some(StepEnd::Done(done)) => return Ending::Done(done),
        Some(StepEnd::Failed { failure }) => return Ending::Failed(failure),
        None => {}
    }
    let ending = work(engine, scope, node, &step, nth, inputs, cancel).await;
    match &ending {
        Ending::Done(done) => scope.checkpoints.done(&step, done),
        Ending::Failed(failure) => scope.checkpoints.failed(&step, failure),
        // Nothing is kept of it: a run that was cancelled is not taken up again.
        Ending::Cancelled => {}
    }
    ending
}

/// Runs the step, or finds its result.
async fn work(
    engine: &Arc<Inner>,
    scope: &Arc<RunScope>,
    node: &PlannedNode,
    step: &StepId,
    nth: usize,
    inputs: Inputs,
    cancel: &CancellationToken,
) -> Ending {
    let spec = node.kind.spec();
    let mut params = node.params.clone();
    let seed = settle_seed(scope.run, node, step, nth, &inputs, &mut params);
    // A light node is recalculated faster than it is looked up.
    let cacheable = spec.cacheable && spec.resource != Resource::Light && seed != SeedOf::Drawn;
    let work = Work { engine, scope, node, step, seed: seed_number(node, &inputs, &params), cancel };
    if !cacheable {
        return work.run_with_retries(inputs, params).await;
    }
    let key = result_key(spec, &params, &inputs);
    let ending = shared_work(engine, scope, &work, &key, inputs, params, cancel).await;
    if let (Ending::Done(_), Some(workflow)) = (&ending, scope.workflow) {
        engine.config.cache.shown(&scope.cache_scope, &key, workflow, &node.id).await;
    }
    ending
}

/// Finds the result, waits for somebody who is making it, or makes it for everybody.
async fn shared_work(
    engine: &Inner,
    scope: &RunScope,
    work: &Work<'_>,
    key: &str,
    inputs: Inputs,
    params: shared::graph::Params,
    cancel: &CancellationToken,
) -> Ending {
    loop {
        if !work.node.fresh
            && let Some(result) = work.find(key).await
        {
            return Ending::Done(found(result, Duration::ZERO));
        }
        match engine.flights.board(&scope.cache_scope, key) {
            Flight::Lead(lead) => {
                let ending = work.run_with_retries(inputs, params).await;
                match &ending {
                    Ending::Done(done) => {
                        engine.config.cache.put(&scope.cache_scope, key, &done.result).await;
                        lead.land(Ok(done.result.clone()));
                    }
                    Ending::Failed(failure) => lead.land(Err(failure.clone())),
                    Ending::Cancelled => drop(lead),
                }
                return ending;
            }
            Flight::Follow(waiting) => {
                work.tell_started();
                let begin = Instant::now();
                let landing = tokio::select! {
                    landing = landed(waiting) => landing,
                    () = cancel.cancelled() => return Ending::Cancelled,
                };
                match landing {
                    Some(Ok(result)) => {
                        return Ending::Done(found(result, begin.elapsed()));
                    }
                    Some(Err(failure)) => return Ending::Failed(failure),
                    // The other run was cancelled: one of those who waited goes on in its place.
                    None => {}
                }
            }
        }
    }
}

/// A result that somebody else made.
fn found(result: CachedResult, waited: Duration) -> StepDone {
    StepDone { result, cached: true, duration_millis: waited.as_millis() as u64, cost_usd: None }
}

struct Work<'a> {
    engine: &'a Arc<Inner>,
    scope: &'a Arc<RunScope>,
    node: &'a PlannedNode,
    step: &'a StepId,
    seed: Option<u64>,
    cancel: &'a CancellationToken,
}

impl Work<'_> {
    fn tell_started(&self) {
        self.scope.sink.emit(RunEvent::NodeStarted { node: self.node.id.clone(), key: self.node.key.clone() });
    }

    /// An earlier result, if all its media are still there.
    async fn find(&self, key: &str) -> Option<CachedResult> {
        let result = self.engine.config.cache.get(&self.scope.cache_scope, key).await?;
        for blob in media_of(&result.outputs) {
            self.scope.blobs.size(blob).await.ok()??;
        }
        Some(result)
    }

    /// Runs the step, and again after failures that may pass by themselves, as often as the person allowed.
    async fn run_with_retries(&self, inputs: Inputs, params: shared::graph::Params) -> Ending {
        for attempt in 0..self.node.retries {
            match self.run(inputs.clone(), params.clone()).await {
                Ending::Failed(failure) if may_pass(failure.code) => {}
                ending => return ending,
            }
            let pause = RETRY_PAUSE.saturating_mul(1 << attempt.min(10)).min(RETRY_PAUSE_MAX);
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.cancel.cancelled() => return Ending::Cancelled,
            }
        }
        self.run(inputs, params).await
    }

    async fn run(&self, inputs: Inputs, params: shared::graph::Params) -> Ending {
        let kind = self.node.kind;
        let _permit = tokio::select! {
            permit = self.engine.permits.acquire(kind.spec().resource) => permit,
            () = self.cancel.cancelled() => return Ending::Cancelled,
        };
        self.tell_started();
        let begin = Instant::now();
        // The node's own: its time limit ends it without ending the run.
        let stop = self.cancel.child_token();
        let ctx = NodeContext::new(self.scope.clone(), self.step.clone(), self.seed, stop.clone());
        let limit = self.node.timeout.or(kind.timeout()).unwrap_or(self.engine.config.limits.node_timeout);
        let ctx = ctx.hosting(self.node, self.engine.clone()).limited(limit);
        let given = Given::of(kind.spec(), &inputs, &params, self.seed);
        let work = AssertUnwindSafe(kind.run(&ctx, inputs, params)).catch_unwind();
        let mut work = std::pin::pin!(work);
        let stopped = tokio::select! {
            result = &mut work => return self.ending(&ctx, given, flatten(result), begin),
            () = overdue(&ctx, limit) => {
                let message = format!("the node was stopped after its time limit of {} s", limit.as_secs());
                Ending::Failed(NodeFailure { code: FailureCode::Timeout, message, field: None, raw: None })
            }
            () = self.cancel.cancelled() => Ending::Cancelled,
        };
        stop.cancel();
        // A result that arrives all the same counts when the run was cancelled: it is paid for.
        match tokio::time::timeout(GRACE, work).await {
            Ok(Ok(Ok(outputs))) if matches!(stopped, Ending::Cancelled) => self.ending(&ctx, given, Ok(outputs), begin),
            _ => stopped,
        }
    }

    fn ending(
        &self,
        ctx: &NodeContext,
        given: Option<Given>,
        result: Result<Values, NodeError>,
        begin: Instant,
    ) -> Ending {
        // A node that calls a model has said itself what it asked and what came of it.
        if let (Some(given), Ok(outputs), false) = (given, &result, ctx.has_recorded()) {
            given.records(outputs, begin.elapsed()).into_iter().for_each(|generation| ctx.record(generation));
        }
        match result {
            Ok(outputs) => Ending::Done(StepDone {
                result: CachedResult { outputs, seed: self.seed },
                cached: false,
                duration_millis: begin.elapsed().as_millis() as u64,
                cost_usd: ctx.cost_usd(),
            }),
            Err(NodeError::Cancelled) => Ending::Cancelled,
            Err(NodeError::Failed(failure)) => Ending::Failed(*failure),
        }
    }
}

/// Until the node has taken longer than it may. How long people may take, a question says itself.
async fn overdue(ctx: &NodeContext, limit: Duration) {
    tokio::time::sleep(limit).await;
    while ctx.is_asking() {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Whether trying again can help: the fault is not in what the person asked for.
fn may_pass(code: FailureCode) -> bool {
    match code {
        FailureCode::RateLimited | FailureCode::ProviderDown | FailureCode::Timeout | FailureCode::Internal => true,
        FailureCode::InvalidInput
        | FailureCode::MissingInput
        | FailureCode::MissingKey
        | FailureCode::Auth
        | FailureCode::Quota
        | FailureCode::Filtered
        | FailureCode::MissingTool => false,
    }
}

/// A panic in a node is that node's failure, not the run's.
fn flatten(result: Result<Result<Values, NodeError>, Box<dyn Any + Send>>) -> Result<Values, NodeError> {
    result.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<&str>().copied();
        let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message");
        Err(NodeError::internal("the node has a fault and gave up", text))
    })
}

/// All blobs that values name.
fn media_of(values: &Values) -> Vec<&shared::value::BlobHash> {
    fn add<'v>(value: &'v Value, blobs: &mut Vec<&'v shared::value::BlobHash>) {
        match value {
            Value::List(items) => items.iter().for_each(|item| add(item, blobs)),
            value => blobs.extend(value.media().map(|media| &media.blob)),
        }
    }
    let mut blobs = Vec::new();
    values.values().for_each(|value| add(value, &mut blobs));
    blobs
}
