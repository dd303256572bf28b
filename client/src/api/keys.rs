//! Provider keys and what they spend.

use gloo_net::http::Method;
use shared::{
    api::{CreateKey, Key, Spend},
    id::{KeyId, WorkspaceId},
};

use super::{Api, ApiError, finish, get, request, send};

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
}
