//! Waiting for people: a node shows what it has, and somebody lets it pass, changes it, or does not.

use serde::{Deserialize, Serialize};
use shared::{
    run::{Approval, FailureCode},
    value::Value,
};

use super::StepId;
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

/// Nobody can be asked.
#[derive(Debug, thiserror::Error)]
pub enum ApprovalError {
    /// There is nobody.
    #[error("nobody can approve anything here")]
    Nobody,
    /// The host could not keep the question or read the answer.
    #[error("the approval could not be asked for")]
    Host(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<ApprovalError> for NodeError {
    fn from(error: ApprovalError) -> Self {
        match &error {
            ApprovalError::Nobody => Self::new(FailureCode::MissingInput, error.to_string()),
            ApprovalError::Host(source) => Self::internal(error.to_string(), source),
        }
    }
}

/// Asks people. What they decided is kept by the host, so a run that is taken up again asks nobody twice.
#[async_trait::async_trait]
pub trait Approvals: Send + Sync {
    /// Waits until somebody has decided about this step. Dropped when the run is cancelled.
    async fn decision(&self, step: &StepId, approval: &Approval) -> Result<Decision, ApprovalError>;
}

/// For runs that nobody watches.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoApprovals;

#[async_trait::async_trait]
impl Approvals for NoApprovals {
    async fn decision(&self, _step: &StepId, _approval: &Approval) -> Result<Decision, ApprovalError> {
        Err(ApprovalError::Nobody)
    }
}
