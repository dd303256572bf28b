//! What the outputs subdocument says, as plain data: the state of every node and the latest runs.
//!
//! The server alone writes it (see [`crate::document`]); clients read it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    id::{NodeId, RunId, UserId},
    run::{Approval, Items, NodeFailure, NodeStatus, RunStatus},
    value::Values,
};

/// How many versions of its output a node keeps in the document.
pub const HISTORY_LEN: usize = 8;
/// How many of a node's open approvals the document lists.
pub const APPROVALS_LEN: usize = 32;
/// How many runs the document lists.
pub const RUNS_LEN: usize = 20;

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Outputs {
    #[serde(default)]
    pub nodes: BTreeMap<NodeId, NodeOutput>,
    #[serde(default)]
    pub runs: BTreeMap<RunId, RunSummary>,
}

/// The newest state of one node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NodeOutput {
    pub run: RunId,
    pub status: NodeStatus,
    /// 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<f64>,
    /// The Merkle key it ran under (see [`crate::merkle`]); another key now means *stale*.
    pub key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<NodeFailure>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_millis: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Text that is being written now; empty once it stands in `values`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// Unfinished pictures or films of the run under way, by output port.
    #[serde(default, skip_serializing_if = "Values::is_empty")]
    pub preview: Values,
    /// The last finished result, by output port. Stays while a new run is under way.
    #[serde(default)]
    pub values: Values,
    /// Of a node that was run over a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<Items>,
    /// What the node waits for somebody to approve; at most [`APPROVALS_LEN`] are shown at once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approvals: Vec<Approval>,
    /// Finished results, newest first, at most [`HISTORY_LEN`]; the first is the one in `values`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<OutputVersion>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutputVersion {
    pub run: RunId,
    pub key: String,
    /// When it finished: UTC, RFC 3339.
    pub finished_at: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    pub values: Values,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunSummary {
    pub started_by: UserId,
    pub started_by_name: String,
    /// UTC, RFC 3339.
    pub started_at: String,
    pub status: RunStatus,
    /// Share of nodes that are through, 0 to 1.
    pub progress: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<f64>,
    /// While it waits: its turn in the workspace's queue, 1 is next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<u32>,
}
