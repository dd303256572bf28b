//! Bodies about working together: workspaces, members, invitations, folders, roles on one workflow.

use serde::{Deserialize, Serialize};

use super::given;
use crate::{
    access::Role,
    id::{FolderId, InvitationId, UserId, WorkflowId},
};

/// `POST /api/workspaces`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreateWorkspace {
    pub name: String,
}

/// `PATCH /api/workspaces/{id}`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PatchWorkspace {
    pub name: String,
}

/// `POST /api/workspaces/{id}/transfer`: the member becomes an owner, the asking owner an admin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TransferWorkspace {
    pub user: UserId,
}

/// `PATCH /api/workspaces/{id}/members/{user}`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PatchMember {
    pub role: Role,
}

/// `POST /api/workspaces/{id}/invitations`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreateInvitation {
    /// Never `owner`.
    pub role: Role,
    /// Absent: 7. At most 90.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in_days: Option<u32>,
    /// How many people may follow it. Absent: any number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_uses: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Invitation {
    pub id: InvitationId,
    pub role: Role,
    pub created_by_name: String,
    pub created_at: String,
    pub expires_at: String,
    pub uses: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_uses: Option<u32>,
}

/// Answer to making an invitation: the one time that its token is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreatedInvitation {
    pub token: String,
    /// Where the link leads, to put behind the server's address. The token is behind the `#`, which browsers keep to
    /// themselves: it is in no log of a server or proxy.
    pub path: String,
    pub invitation: Invitation,
}

/// `POST /api/invitations/preview` and `POST /api/invitations/accept`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InvitationToken {
    pub token: String,
}

/// What somebody who holds a link learns before they join, signed in or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InvitationPreview {
    pub workspace_name: String,
    pub role: Role,
    pub invited_by: String,
    pub expires_at: String,
}

/// A folder of a workspace. The tree is the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Folder {
    pub id: FolderId,
    /// Absent: at the top.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<FolderId>,
    pub name: String,
}

/// `POST /api/workspaces/{id}/folders`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreateFolder {
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<FolderId>,
}

/// `PATCH /api/workspaces/{id}/folders/{folder}`: only what is given changes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PatchFolder {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `null` moves it to the top.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub parent: Option<Option<FolderId>>,
}

/// A member as one workflow sees them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WorkflowMember {
    pub user: UserId,
    pub name: String,
    pub email: String,
    /// In the workspace.
    pub workspace_role: Role,
    /// In this workflow instead, if an admin said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workflow_role: Option<Role>,
    /// What counts here.
    pub role: Role,
}

/// `PUT /api/workflows/{id}/members/{user}`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SetWorkflowRole {
    /// Absent or `null`: the role in the workspace counts again.
    #[serde(default)]
    pub role: Option<Role>,
}

/// `POST /api/me/copies`: what somebody made of a workflow that they may no longer change becomes their own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KeepCopy {
    /// The workflow they come from; whether they may still read it does not matter.
    pub source: WorkflowId,
    /// In the exchange format: the workflow with the edits that were not taken. Absent: as it is on the server, for
    /// whoever may still read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub graph: Option<serde_json::Value>,
}
