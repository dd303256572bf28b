//! Where a run finds its workspace's keys.

use engine::{KeyError, KeySource, ProviderKey, Secret};
use shared::id::WorkspaceId;

use super::Binding;
use crate::{db, state::AppState};

/// The keys of one workspace, for the engine.
pub struct WorkspaceKeys {
    state: AppState,
    workspace: WorkspaceId,
}

impl WorkspaceKeys {
    pub fn new(state: AppState, workspace: WorkspaceId) -> Self {
        Self { state, workspace }
    }
}

#[async_trait::async_trait]
impl KeySource for WorkspaceKeys {
    async fn key(&self, provider: &str, name: Option<&str>) -> Result<Option<ProviderKey>, KeyError> {
        let row = db::provider_key::find(&self.state.db, self.workspace, provider, name).await;
        let Some(row) = row.map_err(|error| KeyError(error.into()))? else { return Ok(None) };
        let binding = Binding {
            key: row.id(),
            // The workspace that asks, not the one the row claims.
            workspace: self.workspace,
            provider: &row.provider,
            base_url: row.base_url.as_deref(),
        };
        let secret = self.state.master_key.open(&row.sealed, binding).map_err(|error| KeyError(error.into()))?;
        Ok(Some(ProviderKey {
            secret: Secret::new(&secret),
            base_url: row.base_url,
            // A workspace's admin is not the server's: only the operator opens the private network.
            allow_private: self.state.config.allow_private_network,
        }))
    }
}
