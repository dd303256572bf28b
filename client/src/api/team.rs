//! Working together: workspaces, members, invitations, folders, roles on one workflow.

use gloo_net::http::Method;
use shared::{
    access::Role,
    api::{
        CreateFolder, CreateInvitation, CreatedInvitation, Folder, Invitation, InvitationPreview, InvitationToken,
        Member, PatchFolder, PatchMember, PatchWorkspace, SetWorkflowRole, TransferWorkspace, WorkflowMember,
        Workspace,
    },
    id::{FolderId, InvitationId, UserId, WorkflowId, WorkspaceId},
};

use super::{Api, ApiError, finish, get, request, send};
use crate::dom;

impl Api {
    pub async fn rename_workspace(self, workspace: WorkspaceId, name: String) -> Result<Workspace, ApiError> {
        send(Method::PATCH, &format!("/api/workspaces/{workspace}"), &PatchWorkspace { name }).await
    }

    /// `name` is asked of the person, so that nobody deletes one by accident.
    pub async fn delete_workspace(self, workspace: WorkspaceId, name: &str) -> Result<(), ApiError> {
        let name = dom::encode_uri(name);
        finish(request(Method::DELETE, &format!("/api/workspaces/{workspace}?name={name}"))).await
    }

    pub async fn transfer_workspace(self, workspace: WorkspaceId, user: UserId) -> Result<Workspace, ApiError> {
        send(Method::POST, &format!("/api/workspaces/{workspace}/transfer"), &TransferWorkspace { user }).await
    }

    pub async fn change_member(self, workspace: WorkspaceId, user: UserId, role: Role) -> Result<Member, ApiError> {
        send(Method::PATCH, &format!("/api/workspaces/{workspace}/members/{user}"), &PatchMember { role }).await
    }

    /// Also how one leaves.
    pub async fn remove_member(self, workspace: WorkspaceId, user: UserId) -> Result<(), ApiError> {
        finish(request(Method::DELETE, &format!("/api/workspaces/{workspace}/members/{user}"))).await
    }

    pub async fn invitations(self, workspace: WorkspaceId) -> Result<Vec<Invitation>, ApiError> {
        get(&format!("/api/workspaces/{workspace}/invitations")).await
    }

    pub async fn create_invitation(
        self,
        workspace: WorkspaceId,
        body: &CreateInvitation,
    ) -> Result<CreatedInvitation, ApiError> {
        send(Method::POST, &format!("/api/workspaces/{workspace}/invitations"), body).await
    }

    pub async fn revoke_invitation(self, workspace: WorkspaceId, invitation: InvitationId) -> Result<(), ApiError> {
        finish(request(Method::DELETE, &format!("/api/workspaces/{workspace}/invitations/{invitation}"))).await
    }

    pub async fn preview_invitation(self, token: String) -> Result<InvitationPreview, ApiError> {
        send(Method::POST, "/api/invitations/preview", &InvitationToken { token }).await
    }

    pub async fn accept_invitation(self, token: String) -> Result<Workspace, ApiError> {
        send(Method::POST, "/api/invitations/accept", &InvitationToken { token }).await
    }

    pub async fn folders(self, workspace: WorkspaceId) -> Result<Vec<Folder>, ApiError> {
        get(&format!("/api/workspaces/{workspace}/folders")).await
    }

    pub async fn create_folder(self, workspace: WorkspaceId, body: &CreateFolder) -> Result<Folder, ApiError> {
        send(Method::POST, &format!("/api/workspaces/{workspace}/folders"), body).await
    }

    pub async fn patch_folder(
        self,
        workspace: WorkspaceId,
        folder: FolderId,
        body: &PatchFolder,
    ) -> Result<Folder, ApiError> {
        send(Method::PATCH, &format!("/api/workspaces/{workspace}/folders/{folder}"), body).await
    }

    pub async fn delete_folder(self, workspace: WorkspaceId, folder: FolderId) -> Result<(), ApiError> {
        finish(request(Method::DELETE, &format!("/api/workspaces/{workspace}/folders/{folder}"))).await
    }

    pub async fn workflow_members(self, workflow: WorkflowId) -> Result<Vec<WorkflowMember>, ApiError> {
        get(&format!("/api/workflows/{workflow}/members")).await
    }

    /// `None`: the role in the workspace counts again.
    pub async fn set_workflow_role(
        self,
        workflow: WorkflowId,
        user: UserId,
        role: Option<Role>,
    ) -> Result<WorkflowMember, ApiError> {
        send(Method::PUT, &format!("/api/workflows/{workflow}/members/{user}"), &SetWorkflowRole { role }).await
    }
}
