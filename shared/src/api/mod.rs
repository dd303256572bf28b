//! Bodies of the HTTP interface, shared by server and client so that neither can drift.
//!
//! Times are UTC in RFC 3339. Paths and rights stand with the routes in `collab-server/src/routes/`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    access::Role,
    graph::Graph,
    id::{FolderId, KeyId, NodeId, RunId, UserId, WorkflowId, WorkspaceId},
    run::RunStatus,
    value::Values,
};

mod account;
mod approval;
mod generation;
mod link;
mod spend;
mod team;

pub use account::{Account, ApiKey, ChangePassword, CreateApiKey, CreatedApiKey, PatchMe, Session, SignInMethods};
pub use approval::{AnswerApproval, ApprovalState, AskedApproval};
pub use generation::{AllowTraining, Generation, TRAINING_POLICY_VERSION, Training};
pub use link::WorkflowInterface;
pub use spend::{
    CallCost, Cap, CapSubject, Estimate, MemberSpend, ModelSpend, SetCap, Spend, SpendTotal, WorkflowSpend,
};
pub use team::{
    CreateFolder, CreateInvitation, CreateWorkspace, CreatedInvitation, Folder, Invitation, InvitationPreview,
    InvitationToken, KeepCopy, PatchFolder, PatchMember, PatchWorkspace, SetWorkflowRole, TransferWorkspace,
    WorkflowMember,
};

/// `POST /api/auth/signup`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignUp {
    pub email: String,
    /// At least 10 characters.
    pub password: String,
    /// What others see.
    pub name: String,
}

/// `POST /api/auth/login`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Login {
    pub email: String,
    pub password: String,
}

/// Answer to sign-up and login, beside the session cookie.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignedIn {
    /// For `Authorization: Bearer`.
    pub token: String,
    pub user: User,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct User {
    pub id: UserId,
    pub name: String,
    pub email: String,
}

/// `GET /api/me`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Me {
    pub user: User,
    pub workspaces: Vec<Workspace>,
    pub account: Account,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Workspace {
    pub id: WorkspaceId,
    pub name: String,
    /// The asking person's.
    pub role: Role,
    /// Whether it is the asking person's own, made at sign-up: it cannot be left, handed over or deleted.
    #[serde(default)]
    pub personal: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Member {
    pub user: UserId,
    pub name: String,
    pub email: String,
    pub role: Role,
}

/// `POST /api/workspaces/{id}/members`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AddMember {
    pub email: String,
    pub role: Role,
}

/// `POST /api/workflows`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreateWorkflow {
    /// Absent: the person's own workspace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace: Option<WorkspaceId>,
    /// Absent: the top of the workspace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<FolderId>,
    pub title: String,
    /// In the exchange format. Kept as JSON here, so that the refusal can name the place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub graph: Option<serde_json::Value>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Workflow {
    pub id: WorkflowId,
    pub workspace: WorkspaceId,
    /// Absent: the top of the workspace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<FolderId>,
    pub title: String,
    pub description: String,
    /// The asking person's.
    pub role: Role,
    pub created_at: String,
    pub updated_at: String,
    pub created_by: UserId,
    pub node_count: u32,
    /// A poster of its newest output, to show in lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poster: Option<String>,
}

/// `PATCH /api/workflows/{id}`: only what is given changes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PatchWorkflow {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `null` moves it to the top of its workspace.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub folder: Option<Option<FolderId>>,
}

/// Tells `null` from absent, which serde takes for the same.
fn given<'de, T: Deserialize<'de>, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// `GET /api/templates`: the starter workflows that ship with the server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Template {
    /// File name without ending, for example `photos-to-film`.
    pub slug: String,
    pub graph: Graph,
    /// Whether it needs a provider key to run.
    pub needs_key: bool,
    /// Path of a picture of its output, under `/assets/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poster: Option<String>,
}

/// `POST /api/workflows/{id}/runs`
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StartRun {
    /// Run these nodes and what they need. Absent or empty: everything.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<NodeId>,
    /// Values for the workflow's named inputs: plain JSON, read as the input's type.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub inputs: BTreeMap<String, serde_json::Value>,
    /// Run these nodes, everything that depends on them, and what all of those need.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<NodeId>,
    #[serde(default, skip_serializing_if = "RunPriority::is_normal")]
    pub priority: RunPriority,
}

/// What waits goes in this order, before anything else counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RunPriority {
    /// When nobody else waits.
    Low,
    #[default]
    Normal,
    /// Before everybody else. For editors.
    High,
}

impl RunPriority {
    pub fn is_normal(&self) -> bool {
        *self == Self::Normal
    }
}

/// `GET /api/workspaces/{id}/queue`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunQueue {
    /// Nothing new begins in this workspace.
    pub paused: bool,
    /// First those that are executed, then those that wait, in the order of their turns.
    pub runs: Vec<Run>,
}

/// `PATCH /api/workspaces/{id}/queue`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangeQueue {
    pub paused: bool,
}

/// `PATCH /api/runs/{id}`, for a run that waits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangeRun {
    /// Whether it lets others go first until it is told to go on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<RunPriority>,
    /// Its new place among the waiting runs of the same person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<QueuePlace>,
}

/// A place in the order of one person's waiting runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum QueuePlace {
    First,
    Last,
    /// Right before this one.
    Before(RunId),
}

/// `GET /api/runs/{id}`, and the answer to starting one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Run {
    pub id: RunId,
    pub workflow: WorkflowId,
    pub started_by: UserId,
    pub started_by_name: String,
    pub status: RunStatus,
    pub created_at: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<f64>,
    /// The run whose execution this one shares, when the two are identical.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined: Option<RunId>,
    /// Results of the workflow's named outputs, by name, as far as they are there.
    #[serde(default, skip_serializing_if = "Values::is_empty")]
    pub outputs: Values,
    /// What went wrong, by node.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub failures: BTreeMap<NodeId, crate::run::NodeFailure>,
    #[serde(default, skip_serializing_if = "RunPriority::is_normal")]
    pub priority: RunPriority,
    /// Somebody holds it back while it waits.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub paused: bool,
    /// How often an execution of it began: more than one when a worker was lost, or when it waited for somebody.
    #[serde(default)]
    pub attempt: u32,
    /// When the first execution began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<String>,
    /// It has asked somebody, and nobody executes it until there is an answer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub waiting: bool,
    /// Its turn among the waiting runs of the workspace: 1 is next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<u32>,
}

/// `POST /api/workspaces/{id}/keys`, and `POST /api/me/keys` for oneself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreateKey {
    /// For example `openai`.
    pub provider: String,
    /// Tells several keys of one provider apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Of an OpenAI-compatible server; absent: the vendor's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// May be empty for a local server that asks for none.
    pub secret: String,
    /// Whether the provider is asked first if it takes the key.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub check: bool,
}

/// `GET /api/workspaces/{id}/endpoints`: a server of one's own, and what it serves now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Endpoint {
    /// As a node's connection names it.
    pub connection: String,
    /// Whether it said what it serves.
    pub answers: bool,
    pub models: Vec<String>,
}

/// A stored key, without the secret: that never leaves the server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Key {
    pub id: KeyId,
    pub provider: String,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// The last four characters of the secret.
    pub hint: String,
    pub created_at: String,
}
