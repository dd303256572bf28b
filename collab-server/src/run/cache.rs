//! The engine's result cache, kept in the database so that a restart does not forget what was paid for.

use engine::{CachedResult, MemoryCache, ResultCache};
use shared::id::WorkspaceId;

use crate::db::{self, Db, DbError};

/// Memory in front, the database behind. A scope is a workspace's id.
pub struct DbCache {
    memory: MemoryCache,
    db: Db,
}

impl DbCache {
    pub fn new(db: Db) -> Self {
        Self { memory: MemoryCache::default(), db }
    }
}

#[async_trait::async_trait]
impl ResultCache for DbCache {
    async fn get(&self, scope: &str, key: &str) -> Option<CachedResult> {
        if let Some(result) = self.memory.get(scope, key).await {
            return Some(result);
        }
        let workspace: WorkspaceId = scope.parse().ok()?;
        let result = logged(db::node_result::find(&self.db, workspace, key).await)??;
        self.memory.put(scope, key, &result).await;
        Some(result)
    }

    async fn put(&self, scope: &str, key: &str, result: &CachedResult) {
        self.memory.put(scope, key, result).await;
        if let Ok(workspace) = scope.parse() {
            logged(db::node_result::upsert(&self.db, workspace, key, result).await);
        }
    }
}

/// A cache that fails is a cache that misses.
fn logged<T>(result: Result<T, DbError>) -> Option<T> {
    result.inspect_err(|error| tracing::warn!(error = %error, "the result cache does not answer")).ok()
}
