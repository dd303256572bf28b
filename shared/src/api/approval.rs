//! Bodies about waiting for people: what runs ask, and what somebody answers.

use serde::{Deserialize, Serialize};

use crate::{
    id::{NodeId, RunId, WorkflowId},
    run::{Approval, ApprovalAnswer, ApprovalDecision},
    value::Value,
};

/// What a run asked, and what became of it.
///
/// `GET /api/runs/{id}/approvals` lists all of a run; `GET /api/workflows/{id}/approvals` and
/// `GET /api/workspaces/{id}/approvals` what waits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AskedApproval {
    /// The run that asked. Others may share its execution.
    pub run: RunId,
    pub workflow: WorkflowId,
    /// What to look at. `node` and `items` name the question within its run.
    pub approval: Approval,
    pub state: ApprovalState,
    pub asked_at: String,
    /// Unanswered at that time, the node fails.
    pub expires_at: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<ApprovalAnswer>,
    /// What the person made of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ApprovalState {
    /// Somebody is to answer.
    Pending,
    Approved,
    Rejected,
    /// Nobody answered in time.
    Expired,
    /// The run ended before anybody answered.
    Withdrawn,
}

impl ApprovalState {
    pub const ALL: [ApprovalState; 5] = [Self::Pending, Self::Approved, Self::Rejected, Self::Expired, Self::Withdrawn];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
            Self::Withdrawn => "withdrawn",
        }
    }
}

impl From<ApprovalDecision> for ApprovalState {
    fn from(decision: ApprovalDecision) -> Self {
        match decision {
            ApprovalDecision::Approved => Self::Approved,
            ApprovalDecision::Rejected => Self::Rejected,
        }
    }
}

/// `POST /api/runs/{id}/approvals`: the answer to one question. The first answer counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AnswerApproval {
    /// As in the [`Approval`].
    pub node: NodeId,
    /// As in the [`Approval`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<u32>,
    pub decision: ApprovalDecision,
    /// To go on with instead of what was shown: a value of the same type. Only with `approved`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// Why, for the others. At most 2,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}
