//! Runs: executing a plan and telling everybody what happens.
//!
//! The scheduler starts a node when the last one it waits for is through, so branches run in parallel and nothing is
//! ever scanned. What limits it are a run's cancellation, a time limit for each node, and semaphores for each resource,
//! shared by all runs of the engine. Called by the server's run service and by `openflow run`.

mod activity;
mod approval;
mod checkpoint;
mod execute;
mod items;
mod limits;
pub(crate) mod nested;
mod outcome;
mod record;
mod schedule;
mod seeds;
mod sink;
pub(crate) mod tool;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use serde_json::Value as Json;
use shared::{
    graph::Graph,
    id::{NodeId, RunId, WorkflowId},
    node::Resource,
    run::{NodeFailure, RunStatus},
    value::Values,
};
use tokio_util::sync::CancellationToken;

use crate::{
    BlobStore, GenerationSink, KeySource, LocalModels, Outbound, Plan, PlanError, WorkflowSource,
    cache::{Flights, ResultCache},
    context::RunScope,
    plan::{PlanScope, resolve},
};
pub use activity::Activity;
pub use approval::{Answered, ApprovalError, Approvals, Decision, NoApprovals};
pub use checkpoint::{CheckpointError, Checkpoints, NoCheckpoints, StepDone, StepEnd, StepId, VendorJob};
pub use limits::Limits;
use limits::Permits;
pub(crate) use nested::Hosted;
pub use sink::{EventLog, RunSink};

/// What an engine works with.
pub struct EngineConfig {
    /// Where media are.
    pub blobs: Arc<dyn BlobStore>,
    /// Where results are remembered.
    pub cache: Arc<dyn ResultCache>,
    /// The way to other machines.
    pub outbound: Outbound,
    /// The models of this machine.
    pub local_models: LocalModels,
    /// How much may work at once.
    pub limits: Limits,
}

/// Executes plans. Cheap to clone; all clones share their limits and what is under way.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    config: EngineConfig,
    permits: Permits,
    flights: Flights,
}

/// One run: what to execute, and on whose behalf.
pub struct RunRequest {
    /// The run.
    pub run: RunId,
    /// The workflow it is a run of, where there is one.
    pub workflow: Option<WorkflowId>,
    /// Who shares results with whom: the workspace. Runs of different scopes never see each other's results.
    pub scope: String,
    /// As it was when somebody pressed Run.
    pub graph: Graph,
    /// Run these and what they need; empty: everything.
    pub targets: Vec<NodeId>,
    /// Run these anew, whatever is remembered of them, and all that depends on them. Together with `targets` or alone.
    pub from: Vec<NodeId>,
    /// Values for the workflow's named inputs.
    pub inputs: BTreeMap<String, Json>,
    /// Provider keys that the run may use.
    pub keys: Arc<dyn KeySource>,
    /// Where model calls are told.
    pub generations: Arc<dyn GenerationSink>,
    /// What earlier attempts at this run finished, and where this one keeps what it finishes.
    pub checkpoints: Arc<dyn Checkpoints>,
    /// Where linked workflows are.
    pub workflows: Arc<dyn WorkflowSource>,
    /// Who is asked when a node waits for approval.
    pub approvals: Arc<dyn Approvals>,
    /// Ends the run. What is finished by then stays.
    pub cancel: CancellationToken,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub struct RunReport {
    /// Done, failed or cancelled.
    pub status: RunStatus,
    /// The workflow's named outputs, as far as they were reached.
    pub outputs: Values,
    /// What went wrong, by node.
    pub failures: BTreeMap<NodeId, NodeFailure>,
    /// What the run's calls cost, where that is known.
    pub cost_usd: Option<f64>,
    /// From start to end.
    pub duration: Duration,
}

impl Inner {
    /// Room for a call to a service elsewhere, for a node that makes several and holds none in between.
    pub async fn network(&self) -> Option<tokio::sync::OwnedSemaphorePermit> {
        self.permits.acquire(Resource::Network).await
    }
}

impl Engine {
    /// An engine with nothing under way.
    pub fn new(config: EngineConfig) -> Self {
        let permits = Permits::new(&config.limits);
        Self { inner: Arc::new(Inner { config, permits, flights: Flights::default() }) }
    }

    /// The blob store the engine works with.
    pub fn blobs(&self) -> &Arc<dyn BlobStore> {
        &self.inner.config.blobs
    }

    /// Checks and orders what the request asks for. Asks for linked workflows, and for nothing else.
    pub async fn prepare(&self, request: &RunRequest) -> Result<Plan, PlanError> {
        let library = resolve(&request.graph, &*request.workflows).await?;
        let scope = PlanScope { targets: &request.targets, from: &request.from };
        Plan::new(&request.graph, scope, &request.inputs, &library)
    }

    /// Executes a plan made by [`Engine::prepare`] from the same request. Ends when every node has ended.
    pub async fn execute(&self, plan: Plan, request: &RunRequest, sink: Arc<dyn RunSink>) -> RunReport {
        let config = &self.inner.config;
        let scope = RunScope {
            run: request.run,
            workflow: request.workflow,
            cache_scope: request.scope.clone(),
            blobs: config.blobs.clone(),
            outbound: config.outbound.clone(),
            local_models: config.local_models.clone(),
            keys: request.keys.clone(),
            generations: request.generations.clone(),
            checkpoints: request.checkpoints.clone(),
            activity: request.approvals.activity(),
            approvals: request.approvals.clone(),
            sink,
            within: None,
        };
        let (engine, plan, scope) = (self.inner.clone(), Arc::new(plan), Arc::new(scope));
        schedule::run(engine, plan, scope, BTreeMap::new(), request.cancel.clone()).await
    }

    /// Prepares and executes.
    pub async fn run(&self, request: &RunRequest, sink: Arc<dyn RunSink>) -> Result<RunReport, PlanError> {
        let plan = self.prepare(request).await?;
        Ok(self.execute(plan, request, sink).await)
    }
}
