//! What is paid for: the key, the vendor's job that must not be ordered twice, the record and its cost.

use std::sync::atomic::Ordering;

use shared::{id::GenerationId, run::FailureCode};
use uuid::Uuid;

use super::NodeContext;
use crate::{
    NodeError,
    generation::{Generation, GenerationRecord},
    run::VendorJob,
    secret::ProviderKey,
};

impl NodeContext {
    /// Adds to what the node cost.
    pub(crate) fn spend(&self, cost_usd: Option<f64>) {
        if let Some(cost) = cost_usd {
            *self.cost_usd.lock().expect("nothing panics while it holds the lock").get_or_insert(0.0) += cost;
        }
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
}
