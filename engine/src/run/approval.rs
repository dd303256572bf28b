//! Waiting for people: a node shows what it has, and somebody lets it pass, changes it, or does not.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use shared::{
    run::{Approval, ApprovalAnswer, FailureCode},
    value::Value,
};

use super::{Activity, StepId};
use crate::NodeError;

/// What somebody decided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "decision", rename_all = "snake_case")]
pub enum Decision {
    /// It may go on: with what was shown, or with what stands here.
    Approved {
        /// What the person made of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        value: Option<Value>,
    },
    /// It may not.
    Rejected,
}

/// What was decided and, where the host knows it, by whom.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    /// What is to happen.
    pub decision: Decision,
    /// For everybody who watches.
    pub answer: Option<ApprovalAnswer>,
}

impl From<Decision> for Answered {
    fn from(decision: Decision) -> Self {
        Self { decision, answer: None }
    }
}

/// There is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ApprovalError {
    /// There is nobody.
    #[error("nobody can approve anything here")]
    Nobody,
    /// Nobody answered within the node's time limit.
    #[error("nobody answered in time")]
    Expired,
    /// The host could not keep the question or read the answer.
    #[error("the approval could not be asked for")]
    Host(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<ApprovalError> for NodeError {
    fn from(error: ApprovalError) -> Self {
        match &error {
            ApprovalError::Nobody => Self::new(FailureCode::MissingInput, error.to_string()),
            ApprovalError::Expired => Self::new(FailureCode::Timeout, error.to_string()),
            ApprovalError::Host(source) => Self::internal(error.to_string(), source),
        }
    }
}

/// Asks people. What they decided is kept by the host, so a run that is taken up again asks nobody twice.
#[async_trait::async_trait]
pub trait Approvals: Send + Sync {
    /// Waits until somebody has decided about this step, at most as long as `within` from the first time that it was
    /// asked. Dropped when the run is cancelled.
    async fn decision(&self, step: &StepId, approval: &Approval, within: Duration) -> Result<Answered, ApprovalError>;

    /// What the run counts its work with: who answers hears there that the run does nothing but wait.
    fn activity(&self) -> Activity {
        Activity::default()
    }
}

/// For runs that nobody watches.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoApprovals;

#[async_trait::async_trait]
impl Approvals for NoApprovals {
    async fn decision(&self, _: &StepId, _: &Approval, _: Duration) -> Result<Answered, ApprovalError> {
        Err(ApprovalError::Nobody)
    }
}
