//! The engine's result cache, kept in the database so that a restart does not forget what was paid for.
//!
//! Memory in front, the database behind, large results as blobs. Each workspace has a budget; over it, results are
//! forgotten that no node shows, least recently used first. What a node shows are its last versions (`node_version`).
//! The budget counts what the cache itself keeps, not the media that results name: those are the workspace's.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use engine::{BlobStore, CachedResult, MemoryCache, ResultCache};
use serde::{Deserialize, Serialize};
use shared::{
    id::{NodeId, WorkflowId, WorkspaceId},
    value::BlobHash,
};
use time::OffsetDateTime;

use crate::db::{self, Db, DbError};

/// A larger result is kept as a blob.
const ROW_MAX_BYTES: usize = 64 << 10;
/// A workspace's budget is looked at when this part of it has been added.
const LOOK_AFTER_PART: i64 = 20;

/// A scope is a workspace's id.
pub struct DbCache {
    memory: MemoryCache,
    db: Db,
    blobs: Arc<dyn BlobStore>,
    budget_bytes: i64,
    /// Added since the budget was looked at. A lock, because many runs add; held for the sum only.
    added: Mutex<HashMap<WorkspaceId, i64>>,
}

#[derive(Serialize, Deserialize)]
struct InBlob {
    in_blob: BlobHash,
}

impl DbCache {
    pub fn new(db: Db, blobs: Arc<dyn BlobStore>, budget_bytes: u64) -> Self {
        let budget_bytes = i64::try_from(budget_bytes).unwrap_or(i64::MAX);
        Self { memory: MemoryCache::default(), db, blobs, budget_bytes, added: Mutex::default() }
    }

    async fn store(&self, workspace: WorkspaceId, key: &str, result: &CachedResult) -> Result<(), DbError> {
        let json = serde_json::to_string(result).expect("plain data with text keys");
        let size = (json.len() + key.len()) as i64;
        let row = match json.len() {
            ..=ROW_MAX_BYTES => json,
            _ => match self.blobs.put(json.into_bytes().into()).await {
                Ok(in_blob) => serde_json::to_string(&InBlob { in_blob }).expect("plain data"),
                Err(error) => {
                    tracing::warn!(%error, "could not keep a large result");
                    return Ok(());
                }
            },
        };
        db::node_result::upsert(&self.db, workspace, key, &row, size, now_millis()).await?;
        if self.is_due(workspace, size) {
            self.keep_budget(workspace).await?;
        }
        Ok(())
    }

    async fn load(&self, workspace: WorkspaceId, key: &str) -> Result<Option<CachedResult>, DbError> {
        let Some(row) = db::node_result::find(&self.db, workspace, key).await? else { return Ok(None) };
        let unreadable = |_| DbError::Unreadable { column: "node_result.result" };
        match serde_json::from_str::<InBlob>(&row) {
            // Gone with the blob store's disk, perhaps: then it is made again.
            Ok(InBlob { in_blob }) => match self.blobs.read(&in_blob).await {
                Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(unreadable),
                Err(_) => Ok(None),
            },
            Err(_) => serde_json::from_str(&row).map(Some).map_err(unreadable),
        }
    }

    fn is_due(&self, workspace: WorkspaceId, size: i64) -> bool {
        let mut added = self.added.lock().unwrap_or_else(PoisonError::into_inner);
        let sum = added.entry(workspace).or_default();
        *sum += size;
        let due = *sum >= self.budget_bytes / LOOK_AFTER_PART;
        if due {
            *sum = 0;
        }
        due
    }

    /// Forgets results that nobody sees until the workspace is within its budget.
    async fn keep_budget(&self, workspace: WorkspaceId) -> Result<(), DbError> {
        let mut over = db::node_result::total_bytes(&self.db, workspace).await? - self.budget_bytes;
        while over > 0 {
            let mut keys = Vec::new();
            for (key, size) in db::node_result::unshown(&self.db, workspace, 200).await? {
                if over <= 0 {
                    break;
                }
                over -= size;
                keys.push(key);
            }
            if keys.is_empty() {
                // Everything that is left is shown somewhere.
                break;
            }
            db::node_result::delete(&self.db, workspace, &keys).await?;
        }
        Ok(())
    }
}

fn now_millis() -> i64 {
    (OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000) as i64
}

#[async_trait::async_trait]
impl ResultCache for DbCache {
    async fn get(&self, scope: &str, key: &str) -> Option<CachedResult> {
        if let Some(result) = self.memory.get(scope, key).await {
            return Some(result);
        }
        let workspace: WorkspaceId = scope.parse().ok()?;
        let result = logged(self.load(workspace, key).await)??;
        self.memory.put(scope, key, &result).await;
        Some(result)
    }

    async fn put(&self, scope: &str, key: &str, result: &CachedResult) {
        self.memory.put(scope, key, result).await;
        if let Ok(workspace) = scope.parse() {
            logged(self.store(workspace, key, result).await);
        }
    }

    async fn shown(&self, scope: &str, key: &str, workflow: WorkflowId, node: &NodeId) {
        let Ok(workspace) = scope.parse() else { return };
        let noted = async {
            let mut tx = self.db.begin().await?;
            db::node_result::show(&mut tx, workspace, key, workflow, node, now_millis()).await?;
            tx.commit().await
        };
        logged(noted.await);
    }
}

/// A cache that fails is a cache that misses.
fn logged<T>(result: Result<T, DbError>) -> Option<T> {
    result.inspect_err(|error| tracing::warn!(error = %error, "the result cache does not answer")).ok()
}
