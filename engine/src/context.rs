//! What a node can reach while it works: progress, streamed text, blobs, the network, keys, and the wish to stop.
//!
//! A node has no other way out: no environment, no global state, no file of this machine but the blobs' and its own
//! temporary ones.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use shared::{
    graph::Params,
    id::{GenerationId, NodeId, RunId, WorkflowId},
    run::{Approval, FailureCode, RunEvent},
    value::{BlobHash, Media, Value, Values},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    Inputs, NodeError,
    blob::BlobStore,
    generation::{DiscardGenerations, Generation, GenerationRecord, GenerationSink},
    http::{Outbound, OutboundPolicy},
    local::LocalModels,
    media,
    plan::{PlannedNode, PlannedTool},
    run::{
        Activity, Approvals, Checkpoints, Decision, EventLog, Hosted, Inner, NoApprovals, NoCheckpoints, RunSink,
        StepId, VendorJob, nested, tool,
    },
    secret::{FixedKeys, KeySource, ProviderKey, Secret},
};

/// What all nodes of a run share.
#[derive(Clone)]
pub(crate) struct RunScope {
    pub run: RunId,
    pub workflow: Option<WorkflowId>,
    /// See [`crate::run::RunRequest::scope`].
    pub cache_scope: String,
    pub blobs: Arc<dyn BlobStore>,
    pub outbound: Outbound,
    pub local_models: LocalModels,
    pub keys: Arc<dyn KeySource>,
    pub generations: Arc<dyn GenerationSink>,
    pub checkpoints: Arc<dyn Checkpoints>,
    pub approvals: Arc<dyn Approvals>,
    pub activity: Activity,
    pub sink: Arc<dyn RunSink>,
    /// The step of a workflow's node that this run of a workflow within is part of.
    pub within: Option<Arc<Within>>,
}

/// Where a workflow within another one is run.
pub(crate) struct Within {
    /// The node of the outermost graph, which people know.
    pub node: NodeId,
    /// The step it belongs to, and the round where it is repeated.
    pub place: String,
}

impl RunScope {
    /// The name of a step. Nodes of workflows within others may have equal ids, their steps do not.
    pub fn step(&self, node: &NodeId, items: Vec<u32>) -> StepId {
        match &self.within {
            None => StepId { node: node.clone(), items },
            Some(within) => StepId { node: inner_id(&within.place, node), items },
        }
    }
}

/// The same in every attempt at a run, and another one for every place.
fn inner_id(place: &str, node: &NodeId) -> NodeId {
    let hash = blake3::hash(format!("{place}/{node}").as_bytes()).to_hex();
    format!("in-{}", &hash[..40]).parse().expect("letters and digits are an id")
}

/// One node's view of its run.
pub struct NodeContext {
    scope: Arc<RunScope>,
    step: StepId,
    seed: Option<u64>,
    cancel: CancellationToken,
    /// How long the node may take.
    limit: Duration,
    /// Whether it waits for somebody's answer.
    asking: AtomicBool,
    /// Whether the node has handed in a record.
    recorded: AtomicBool,
    /// What the node's calls cost so far. Std mutex: added to by concurrent calls of one node, never held across awaits.
    cost_usd: Mutex<Option<f64>>,
    /// The workflow the node stands for, and what runs it.
    hosted: Option<Hosted>,
    /// What an agent may use, and what runs that.
    tools: Option<(Arc<[PlannedTool]>, Arc<Inner>)>,
}

impl NodeContext {
    pub(crate) fn new(scope: Arc<RunScope>, step: StepId, seed: Option<u64>, cancel: CancellationToken) -> Self {
        Self {
            scope,
            step,
            seed,
            cancel,
            limit: Duration::MAX,
            asking: AtomicBool::new(false),
            recorded: AtomicBool::new(false),
            cost_usd: Mutex::default(),
            hosted: None,
            tools: None,
        }
    }

    /// For a node that other work lies within.
    pub(crate) fn hosting(mut self, node: &PlannedNode, engine: Arc<Inner>) -> Self {
        self.hosted = node.inner.clone().map(|plan| Hosted { plan, engine: engine.clone() });
        self.tools = Some((node.tools.clone(), engine));
        self
    }

    /// With the time that the node has.
    pub(crate) fn limited(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

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

    /// Adds to what the node cost.
    pub(crate) fn spend(&self, cost_usd: Option<f64>) {
        if let Some(cost) = cost_usd {
            *self.cost_usd.lock().expect("nothing panics while it holds the lock").get_or_insert(0.0) += cost;
        }
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

    /// A context outside any run: no keys, no network but the public one, events are dropped. For tests of nodes.
    pub fn detached(blobs: Arc<dyn BlobStore>) -> Self {
        let scope = RunScope {
            run: RunId::from(Uuid::now_v7()),
            workflow: None,
            cache_scope: String::new(),
            blobs,
            outbound: Outbound::new(OutboundPolicy::default()),
            local_models: LocalModels::none(),
            keys: Arc::new(FixedKeys::none()),
            generations: Arc::new(DiscardGenerations),
            checkpoints: Arc::new(NoCheckpoints),
            approvals: Arc::new(NoApprovals),
            activity: Activity::default(),
            sink: Arc::new(EventLog::default()),
            within: None,
        };
        Self::new(Arc::new(scope), StepId::once(NodeId::random()), None, CancellationToken::new())
    }

    /// The node of the graph that is being run.
    pub fn node(&self) -> &NodeId {
        &self.step.node
    }

    /// Which execution of the node this is.
    pub fn step(&self) -> &StepId {
        &self.step
    }

    /// The run.
    pub fn run(&self) -> RunId {
        self.scope.run
    }

    /// The seed of this execution, for nodes that have a [`crate::Seed`] parameter.
    pub fn seed(&self) -> Option<u64> {
        self.seed
    }

    /// Says how far the work is, 0 to 1.
    pub fn progress(&self, progress: f64) {
        emit_progress(&self.scope, &self.step.node, progress);
    }

    /// Streams a piece of the text that will stand on `output`.
    pub fn text(&self, output: &str, delta: &str) {
        if !delta.is_empty() {
            let (node, output) = (self.step.node.clone(), output.to_owned());
            self.scope.sink.emit(RunEvent::TextDelta { node, output, delta: delta.to_owned() });
        }
    }

    /// Shows an unfinished result on `output`.
    pub fn preview(&self, output: &str, value: Value) {
        self.scope.sink.emit(RunEvent::Preview { node: self.step.node.clone(), output: output.to_owned(), value });
    }

    /// The blob store.
    pub fn blobs(&self) -> &dyn BlobStore {
        &*self.scope.blobs
    }

    /// Keeps bytes that the node made, and probes them: the reference is ready to be an output.
    pub async fn store(&self, bytes: Bytes) -> Result<Media, NodeError> {
        let blob = self.blobs().put(bytes).await?;
        self.describe(&blob).await
    }

    /// Keeps a file that the node made (it is moved away), and probes it.
    pub async fn store_file(&self, path: &std::path::Path) -> Result<Media, NodeError> {
        let blob = self.blobs().put_file(path).await?;
        self.describe(&blob).await
    }

    async fn describe(&self, blob: &BlobHash) -> Result<Media, NodeError> {
        Ok(media::describe(self.blobs(), blob, None).await?)
    }

    /// The only way to the network: see [`Outbound`].
    pub fn http(&self) -> &Outbound {
        &self.scope.outbound
    }

    /// The models of this machine.
    pub(crate) fn local_models(&self) -> &LocalModels {
        &self.scope.local_models
    }

    /// A handle for work that outlives a borrow of the context, such as on a thread of its own.
    pub(crate) fn reporter(&self) -> Reporter {
        Reporter { scope: self.scope.clone(), node: self.step.node.clone(), cancel: self.cancel.clone() }
    }

    /// The key for `provider`, or the failure that asks the person to add one.
    pub async fn key(&self, provider: &str, name: Option<&str>) -> Result<ProviderKey, NodeError> {
        let key = self.scope.keys.key(provider, name).await;
        let key = key.map_err(|error| NodeError::internal("the provider keys could not be read", error))?;
        key.ok_or_else(|| {
            let message = format!("there is no key for the provider `{provider}`: add one in the workspace's settings");
            NodeError::new(FailureCode::MissingKey, message)
        })
    }

    /// Records a model call. Its cost, where known, is added to the node's.
    pub fn record(&self, generation: Generation) {
        self.recorded.store(true, Ordering::Relaxed);
        self.spend(generation.metrics.cost_usd);
        let timestamp = time::OffsetDateTime::now_utc()
            - std::time::Duration::from_millis(generation.metrics.latency_ms.unwrap_or_default());
        self.scope.generations.record(GenerationRecord {
            id: GenerationId::from(Uuid::now_v7()),
            workflow_id: self.scope.workflow,
            run_id: self.scope.run,
            node_id: self.scope.within.as_ref().map_or(&self.step.node, |within| &within.node).clone(),
            timestamp: timestamp
                .format(&time::format_description::well_known::Rfc3339)
                .expect("the present fits into RFC 3339"),
            generation,
        });
    }

    /// The vendor's job that an earlier attempt at this step left open: go on with it instead of paying for another.
    /// One without an id was about to be sent when the attempt ended, and may not be sent again.
    pub fn job(&self) -> Option<VendorJob> {
        self.scope.checkpoints.job(&self.step)
    }

    /// Keeps a vendor's job, so that a run that is cut off goes on with it. Durable when it returns: called with no id
    /// before a paid request is sent, and with the vendor's id before the job is waited for.
    pub async fn store_job(&self, job: &VendorJob) -> Result<(), NodeError> {
        Ok(self.scope.checkpoints.store_job(&self.step, job).await?)
    }

    /// The vendor has answered for good, well or badly: trying again may submit a new job.
    pub async fn forget_job(&self) -> Result<(), NodeError> {
        Ok(self.scope.checkpoints.forget_job(&self.step).await?)
    }

    /// Whether the node has recorded what it made.
    pub(crate) fn has_recorded(&self) -> bool {
        self.recorded.load(Ordering::Relaxed)
    }

    /// What the node's calls cost so far, where it is known.
    pub fn cost_usd(&self) -> Option<f64> {
        *self.cost_usd.lock().expect("nothing panics while it holds the lock")
    }

    /// Becomes cancelled when the run, or this node, is to stop. Work that takes long selects on it.
    pub fn cancel(&self) -> &CancellationToken {
        &self.cancel
    }

    /// For loops: leaves with [`NodeError::Cancelled`] once the run is cancelled.
    pub fn check_cancelled(&self) -> Result<(), NodeError> {
        if self.cancel.is_cancelled() { Err(NodeError::Cancelled) } else { Ok(()) }
    }

    /// Runs work that keeps a core busy (pixels, hashes) where it does not hold up other nodes.
    pub async fn blocking<R: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<R, NodeError> + Send + 'static,
    ) -> Result<R, NodeError> {
        match tokio::task::spawn_blocking(work).await {
            Ok(result) => result,
            // Goes on as the node's own panic: the scheduler turns it into this node's failure.
            Err(join) if join.is_panic() => std::panic::resume_unwind(join.into_panic()),
            Err(_) => Err(NodeError::Cancelled),
        }
    }
}

fn emit_progress(scope: &RunScope, node: &NodeId, progress: f64) {
    let progress = if progress.is_finite() { progress.clamp(0.0, 1.0) } else { 0.0 };
    scope.sink.emit(RunEvent::NodeProgress { node: node.clone(), progress });
}

/// What is left of a [`NodeContext`] on another thread: see [`NodeContext::reporter`].
#[derive(Clone)]
pub(crate) struct Reporter {
    scope: Arc<RunScope>,
    node: NodeId,
    cancel: CancellationToken,
}

impl Reporter {
    /// See [`NodeContext::progress`].
    pub fn progress(&self, progress: f64) {
        emit_progress(&self.scope, &self.node, progress);
    }

    /// The secret of a provider's key, if there is one.
    pub async fn secret(&self, provider: &str) -> Option<Secret> {
        Some(self.scope.keys.key(provider, None).await.ok()??.secret)
    }

    /// See [`NodeContext::cancel`].
    pub fn cancel(&self) -> &CancellationToken {
        &self.cancel
    }
}
