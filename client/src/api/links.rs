//! Workflows within workflows: what they take and give, linking one, making a linked one one's own.

use gloo_net::http::Method;
use shared::{
    api::WorkflowInterface,
    id::{NodeId, VersionId, WorkflowId},
};

use super::{Api, ApiError, finish, get, request, send};

impl Api {
    /// What a workflow takes and gives, as it was in a version; and whether it reads otherwise now.
    pub async fn interface(
        self,
        workflow: WorkflowId,
        version: Option<VersionId>,
    ) -> Result<WorkflowInterface, ApiError> {
        let version = version.map(|version| format!("?version={version}")).unwrap_or_default();
        get(&format!("/api/workflows/{workflow}/interface{version}")).await
    }

    /// Keeps the workflow as it is now as a version that can be linked.
    pub async fn link_workflow(self, workflow: WorkflowId) -> Result<WorkflowInterface, ApiError> {
        send(Method::POST, &format!("/api/workflows/{workflow}/links"), &()).await
    }

    /// Makes the graph of a linked workflow part of the workflow that links it.
    pub async fn detach_workflow(self, workflow: WorkflowId, node: &NodeId) -> Result<(), ApiError> {
        finish(request(Method::POST, &format!("/api/workflows/{workflow}/nodes/{node}/detach"))).await
    }
}
