//! Runs as everybody sees them: states, events, failures.
//!
//! The engine emits [`RunEvent`]s; the server turns them into the outputs document and the SSE stream;
//! the client shows them. One vocabulary for all three.

use serde::{Deserialize, Serialize};

use crate::{
    id::{NodeId, RunId, UserId},
    value::{Value, Values},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    Queued,
    Running,
    /// Every target finished.
    Done,
    /// At least one node failed; independent branches finished all the same.
    Failed,
    Cancelled,
}

impl RunStatus {
    pub fn is_final(self) -> bool {
        match self {
            Self::Queued | Self::Running => false,
            Self::Done | Self::Failed | Self::Cancelled => true,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum NodeStatus {
    Queued,
    Running,
    /// For somebody's approval.
    Waiting,
    Done,
    Failed,
    /// Finished without work: the result of an earlier identical execution.
    Cached,
    /// Something it depends on failed.
    Skipped,
    Cancelled,
}

impl NodeStatus {
    pub fn is_final(self) -> bool {
        match self {
            Self::Queued | Self::Running | Self::Waiting => false,
            Self::Done | Self::Failed | Self::Cached | Self::Skipped | Self::Cancelled => true,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cached => "cached",
            Self::Skipped => "skipped",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Why a node failed, for the person who has to do something about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NodeFailure {
    pub code: FailureCode,
    /// One sentence, plain, naming the parameter or input if it is one's fault.
    pub message: String,
    /// The parameter or input to look at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What the vendor or tool answered, shortened to 4 KiB, secrets removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
}

/// What kind of failure: a client offers a different next step for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum FailureCode {
    /// A parameter or an input has a value the node cannot work with.
    InvalidInput,
    /// A required input has no wire and no value.
    MissingInput,
    /// No usable key for the provider.
    MissingKey,
    /// The provider refused the key.
    Auth,
    Quota,
    RateLimited,
    /// The provider's content policy refused.
    Filtered,
    /// The provider is down, or answered nonsense.
    ProviderDown,
    /// A program or model this node needs is not on this machine; the message says what to install.
    MissingTool,
    Timeout,
    /// A fault in OpenFlow.
    Internal,
}

/// How the items of a mapped node ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Items {
    pub total: u32,
    /// What has no result because it failed, itself or something before it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub failed: u32,
    /// What has no result because it was filtered out.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_out: u32,
    /// "3 of 20 failed", and why the first did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<NodeFailure>,
    /// The seeds that made the outputs, one for each, where there were any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seeds: Vec<u64>,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// What somebody is asked to approve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Approval {
    /// The node that waits: the one that shows it, or one in a workflow within.
    pub node: NodeId,
    /// What to look at, or to decide.
    pub question: String,
    /// What would be passed on.
    pub value: Value,
    /// Where in mapped lists, outermost first; empty outside of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<u32>,
}

/// What somebody says about an [`Approval`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ApprovalDecision {
    /// It may go on.
    Approved,
    /// It may not.
    Rejected,
}

/// Who decided what about an [`Approval`], and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApprovalAnswer {
    /// As in the question.
    pub node: NodeId,
    /// As in the question.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<u32>,
    pub decision: ApprovalDecision,
    pub by: UserId,
    pub by_name: String,
    /// UTC, RFC 3339.
    pub at: String,
    /// Why, in their words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// What happens during a run, in order. Also the data of the SSE stream, one event each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum RunEvent {
    RunStarted {
        run: RunId,
        /// What will be executed, in the order of the plan.
        nodes: Vec<NodeId>,
    },
    NodeStarted {
        node: NodeId,
        key: String,
    },
    NodeProgress {
        node: NodeId,
        /// 0 to 1.
        progress: f64,
    },
    /// A piece of a text that is still being written.
    TextDelta {
        node: NodeId,
        output: String,
        delta: String,
    },
    /// An unfinished picture or film, to be replaced by the next preview or by the result.
    Preview {
        node: NodeId,
        output: String,
        value: Value,
    },
    NodeFinished {
        node: NodeId,
        key: String,
        outputs: Values,
        cached: bool,
        duration_millis: u64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cost_usd: Option<f64>,
        /// The seed that made this output, where there was one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seed: Option<u64>,
        /// Of a node that was run over a list. `outputs` has the results of those items that have one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        items: Option<Items>,
    },
    /// The node waits for somebody to approve what it shows.
    NodeWaiting {
        node: NodeId,
        approval: Approval,
    },
    /// Somebody has decided about something the node waited for.
    NodeAnswered {
        node: NodeId,
        answer: ApprovalAnswer,
    },
    NodeFailed {
        node: NodeId,
        failure: NodeFailure,
    },
    NodeSkipped {
        node: NodeId,
        /// The failed or cancelled node it depended on.
        because: NodeId,
    },
    NodeCancelled {
        node: NodeId,
    },
    RunFinished {
        status: RunStatus,
        duration_millis: u64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cost_usd: Option<f64>,
    },
}
