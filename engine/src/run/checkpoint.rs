//! Checkpoints: what a run has finished, so that another attempt at it repeats nothing and pays nothing twice.
//!
//! The executor asks before every step and tells after every step. What keeps them is the host: the server has rows,
//! `openflow run` keeps nothing ([`NoCheckpoints`]), because nobody will go on with its run.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use shared::{id::NodeId, run::NodeFailure};

use crate::CachedResult;

/// One execution of a node: which node, and for which item where it is mapped over lists.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StepId {
    /// The node.
    pub node: NodeId,
    /// Positions in the lists it is mapped over, outermost first. Empty for a node that runs once.
    pub items: Vec<u32>,
}

impl StepId {
    /// The only execution of a node that is not mapped.
    pub fn once(node: NodeId) -> Self {
        Self { node, items: Vec::new() }
    }
}

/// How a step ended. A cancelled one has not: nothing is kept of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "end", rename_all = "snake_case")]
pub enum StepEnd {
    /// With a result.
    Done(StepDone),
    /// Without one. Kept too: a vendor's refusal can cost as much as an answer.
    Failed {
        /// Why.
        failure: NodeFailure,
    },
}

/// The result of a step and what it took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepDone {
    /// What came out.
    #[serde(flatten)]
    pub result: CachedResult,
    /// Whether it was an earlier result.
    pub cached: bool,
    /// From the node's start to its end.
    pub duration_millis: u64,
    /// What its calls cost, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<f64>,
}

/// A paid call of a step: to be sent, or running at the vendor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VendorJob {
    /// The vendor, for example `openai`.
    pub provider: String,
    /// What the vendor calls the job. `None` from the moment before the request leaves until the vendor has answered:
    /// a run that is taken up in between cannot know whether the vendor has it, and must not send it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What else the provider needs in order to ask for the job again: an address, a model. Never a secret.
    #[serde(default, skip_serializing_if = "Json::is_null")]
    pub data: Json,
}

/// A checkpoint was not kept.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// It could not be.
    #[error("the state of the run could not be stored")]
    Store(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A paid call may not be made: too much is spent. In words for the person.
    #[error("{message}")]
    Capped {
        /// What is capped, how far, and who can change that.
        message: String,
    },
}

/// Keeps what a run has reached. Whoever makes one has read what earlier attempts left, so look-ups do not wait.
#[async_trait::async_trait]
pub trait Checkpoints: Send + Sync {
    /// How the step ended in an earlier attempt at this run.
    fn ended(&self, step: &StepId) -> Option<StepEnd>;

    /// Takes the result of a step. Written in batches behind the run, and durable before the run is reported as ended:
    /// what is lost in a crash is done once more.
    fn done(&self, step: &StepId, done: &StepDone);

    /// Takes the failure of a step; kept in the same way.
    fn failed(&self, step: &StepId, failure: &NodeFailure);

    /// The vendor's job that the step, in this attempt or an earlier one, left open.
    fn job(&self, step: &StepId) -> Option<VendorJob>;

    /// Keeps a vendor's job. Durable when it returns: nothing is sent, and nothing waited for, before that.
    async fn store_job(&self, step: &StepId, job: &VendorJob) -> Result<(), CheckpointError>;

    /// The vendor has given its last answer about the job: another attempt of the step may submit a new one. Durable
    /// when it returns.
    async fn forget_job(&self, step: &StepId) -> Result<(), CheckpointError>;
}

/// For runs that nobody will go on with.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoCheckpoints;

#[async_trait::async_trait]
impl Checkpoints for NoCheckpoints {
    fn ended(&self, _step: &StepId) -> Option<StepEnd> {
        None
    }

    fn done(&self, _step: &StepId, _done: &StepDone) {}

    fn failed(&self, _step: &StepId, _failure: &NodeFailure) {}

    fn job(&self, _step: &StepId) -> Option<VendorJob> {
        None
    }

    async fn store_job(&self, _step: &StepId, _job: &VendorJob) -> Result<(), CheckpointError> {
        Ok(())
    }

    async fn forget_job(&self, _step: &StepId) -> Result<(), CheckpointError> {
        Ok(())
    }
}
