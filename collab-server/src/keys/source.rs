//! Where a run finds its keys: first those of the person who started it, then those of its workspace.

use engine::{KeyError, KeySource, Payer, ProviderKey, Secret};
use shared::id::{UserId, WorkspaceId};

use super::Binding;
use crate::{
    db::{self, provider_key::KeyOwner},
    state::AppState,
};

/// The keys of one person's runs in one workspace, for the engine.
pub struct RunKeys {
    state: AppState,
    workspace: WorkspaceId,
    person: UserId,
}

impl RunKeys {
    pub fn new(state: AppState, workspace: WorkspaceId, person: UserId) -> Self {
        Self { state, workspace, person }
    }

    async fn of(&self, owner: KeyOwner, provider: &str, name: Option<&str>) -> Result<Option<ProviderKey>, KeyError> {
        let row = db::provider_key::find(&self.state.db, owner, provider, name).await;
        let Some(row) = row.map_err(|error| KeyError(error.into()))? else { return Ok(None) };
        let binding = Binding {
            key: row.id(),
            // The owner that was asked for, not the one the row claims.
            owner,
            provider: &row.provider,
            base_url: row.base_url.as_deref(),
        };
        let secret = self.state.master_key.open(&row.sealed, binding).map_err(|error| KeyError(error.into()))?;
        Ok(Some(ProviderKey {
            secret: Secret::new(&secret),
            base_url: row.base_url,
            // A workspace's admin is not the server's: only the operator opens the private network.
            allow_private: self.state.config.allow_private_network,
            payer: Some(match owner {
                KeyOwner::Workspace(_) => Payer::Workspace,
                KeyOwner::Person(_) => Payer::Person,
            }),
        }))
    }
}

#[async_trait::async_trait]
impl KeySource for RunKeys {
    async fn key(&self, provider: &str, name: Option<&str>) -> Result<Option<ProviderKey>, KeyError> {
        match self.of(KeyOwner::Person(self.person), provider, name).await? {
            Some(own) => Ok(Some(own)),
            None => self.of(KeyOwner::Workspace(self.workspace), provider, name).await,
        }
    }
}
