//! Provider keys and what they spend.

use gloo_net::http::Method;
use shared::{
    api::{CreateKey, Endpoint, Estimate, Key, ModelSpend, SetCap, Spend},
    id::{KeyId, RunId, WorkflowId, WorkspaceId},
};

use super::{Api, ApiError, finish, get, request, send, tell};

/// A model server that answers on the server's machine.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
pub struct LocalServer {
    pub provider: String,
    pub base_url: String,
    #[serde(default)]
    pub models: Vec<String>,
}

/// Where keys are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyPlace {
    Workspace(WorkspaceId),
    /// With the person who asks.
    Own,
}

impl KeyPlace {
    fn path(self) -> String {
        match self {
            Self::Workspace(workspace) => format!("/api/workspaces/{workspace}/keys"),
            Self::Own => "/api/me/keys".to_owned(),
        }
    }
}

impl Api {
    pub async fn keys(self, place: KeyPlace) -> Result<Vec<Key>, ApiError> {
        get(&place.path()).await
    }

    pub async fn create_key(self, place: KeyPlace, body: &CreateKey) -> Result<Key, ApiError> {
        send(Method::POST, &place.path(), body).await
    }

    pub async fn delete_key(self, place: KeyPlace, key: KeyId) -> Result<(), ApiError> {
        finish(request(Method::DELETE, &format!("{}/{key}", place.path()))).await
    }

    /// This month's.
    pub async fn spend(self, workspace: WorkspaceId) -> Result<Spend, ApiError> {
        get(&format!("/api/workspaces/{workspace}/spend")).await
    }

    /// What a run was paid for, by model and whose key it was.
    pub async fn run_spend(self, run: RunId) -> Result<Vec<ModelSpend>, ApiError> {
        get(&format!("/api/runs/{run}/spend")).await
    }

    /// What a run of the workflow is going to cost.
    pub async fn estimate(self, workflow: WorkflowId) -> Result<Estimate, ApiError> {
        get(&format!("/api/workflows/{workflow}/estimate")).await
    }

    pub async fn set_cap(self, workspace: WorkspaceId, body: &SetCap) -> Result<(), ApiError> {
        tell(Method::PUT, &format!("/api/workspaces/{workspace}/caps"), body).await
    }

    /// Servers of one's own, with the models they name now.
    pub async fn endpoints(self, workspace: WorkspaceId) -> Result<Vec<Endpoint>, ApiError> {
        get(&format!("/api/workspaces/{workspace}/endpoints")).await
    }

    /// What a hosted model takes and gives, as a node notes it.
    pub async fn hosted_model(
        self,
        workspace: WorkspaceId,
        reference: &str,
        key: Option<&str>,
    ) -> Result<serde_json::Value, ApiError> {
        let body = serde_json::json!({"reference": reference, "key": key});
        send(Method::POST, &format!("/api/workspaces/{workspace}/hosted-models"), &body).await
    }

    /// Model servers that answer on the server's machine now.
    pub async fn local_servers(self) -> Result<Vec<LocalServer>, ApiError> {
        get("/api/local-servers").await
    }
}
