//! Results of earlier executions, and identical ones that are under way.
//!
//! The key is [`shared::merkle::result_key`] within a scope: what came in decides, not where the node stands. A scope is
//! a workspace: keys of providers, and with them what "the same model" means, differ between workspaces.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use serde::{Deserialize, Serialize};
use shared::{
    id::{NodeId, WorkflowId},
    run::NodeFailure,
    value::Values,
};
use tokio::sync::watch;

/// What a node made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CachedResult {
    /// By output port.
    pub outputs: Values,
    /// The seed that made them, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}

/// Remembers results. A cache that fails is a cache that misses: neither method can fail a run.
#[async_trait::async_trait]
pub trait ResultCache: Send + Sync {
    /// The result under this key.
    async fn get(&self, scope: &str, key: &str) -> Option<CachedResult>;

    /// Remembers a result.
    async fn put(&self, scope: &str, key: &str, result: &CachedResult);

    /// A node of a workflow has this result now: whoever forgets results had better keep it.
    async fn shown(&self, _scope: &str, _key: &str, _workflow: WorkflowId, _node: &NodeId) {}
}

/// A cache in memory, bounded by the size of what it holds.
pub struct MemoryCache(moka::future::Cache<(String, String), Arc<CachedResult>>);

impl MemoryCache {
    /// Room for about `max_bytes`.
    pub fn new(max_bytes: u64) -> Self {
        let weigh = |_: &(String, String), result: &Arc<CachedResult>| -> u32 {
            // Texts and embeddings are what can be large; the JSON's length is close enough.
            serde_json::to_vec(&**result).map_or(u32::MAX, |json| u32::try_from(json.len() + 128).unwrap_or(u32::MAX))
        };
        Self(moka::future::Cache::builder().max_capacity(max_bytes).weigher(weigh).build())
    }
}

impl Default for MemoryCache {
    fn default() -> Self {
        Self::new(64 << 20)
    }
}

#[async_trait::async_trait]
impl ResultCache for MemoryCache {
    async fn get(&self, scope: &str, key: &str) -> Option<CachedResult> {
        self.0.get(&(scope.to_owned(), key.to_owned())).await.map(|result| (*result).clone())
    }

    async fn put(&self, scope: &str, key: &str, result: &CachedResult) {
        self.0.insert((scope.to_owned(), key.to_owned()), Arc::new(result.clone())).await;
    }
}

/// How an execution that others wait for ended. Cancelled ones do not land: whoever waits takes over.
pub(crate) type Landing = Result<CachedResult, NodeFailure>;

type Waiting = watch::Receiver<Option<Landing>>;

/// Executions under way, so that an identical one waits instead of paying twice.
#[derive(Clone, Default)]
pub(crate) struct Flights {
    /// Std mutex: held for a look-up only, never across an await.
    under_way: Arc<Mutex<HashMap<(String, String), Waiting>>>,
}

/// What to do about an execution.
pub(crate) enum Flight {
    /// Nobody does it yet: do it, and land it.
    Lead(Lead),
    /// It is under way: wait for it with [`landed`].
    Follow(Waiting),
}

impl Flights {
    pub fn board(&self, scope: &str, key: &str) -> Flight {
        let key = (scope.to_owned(), key.to_owned());
        let mut under_way = self.under_way.lock().expect("nothing panics while it holds the lock");
        match under_way.get(&key) {
            Some(waiting) => Flight::Follow(waiting.clone()),
            None => {
                let (landing, waiting) = watch::channel(None);
                under_way.insert(key.clone(), waiting);
                Flight::Lead(Lead { flights: self.clone(), key, landing })
            }
        }
    }
}

/// The end of an execution; `None` if it was given up.
pub(crate) async fn landed(mut waiting: Waiting) -> Option<Landing> {
    waiting.wait_for(Option::is_some).await.ok()?.clone()
}

/// The right, and the duty, to execute. Dropping it without [`Lead::land`] lets somebody else take over.
pub(crate) struct Lead {
    flights: Flights,
    key: (String, String),
    landing: watch::Sender<Option<Landing>>,
}

impl Lead {
    pub fn land(self, landing: Landing) {
        self.landing.send_replace(Some(landing));
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        self.flights.under_way.lock().expect("nothing panics while it holds the lock").remove(&self.key);
    }
}
