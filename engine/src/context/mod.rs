//! What a node can reach while it works: progress, streamed text, blobs, the network, keys, and the wish to stop.
//!
//! A node has no other way out: no environment, no global state, no file of this machine but the blobs' and its own
//! temporary ones.

mod paid;
mod reporter;
mod within;

use std::{
    sync::{Arc, Mutex, atomic::AtomicBool},
    time::Duration,
};

use bytes::Bytes;
use shared::{
    id::{NodeId, RunId, WorkflowId},
    run::RunEvent,
    value::{BlobHash, Media, Value},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    NodeError,
    blob::BlobStore,
    generation::{DiscardGenerations, GenerationSink},
    http::{Outbound, OutboundPolicy},
    local::LocalModels,
    media,
    plan::{PlannedNode, PlannedTool},
    run::{Activity, Approvals, Checkpoints, EventLog, Hosted, Inner, NoApprovals, NoCheckpoints, RunSink, StepId},
    secret::{FixedKeys, KeySource},
};

pub(crate) use reporter::Reporter;

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
