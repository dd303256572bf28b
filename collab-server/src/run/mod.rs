//! The run service: freezes a workflow's graph, executes it, and tells everybody.
//!
//! A run is a row (`db::run`), an entry in the workflow's outputs document (through [`crate::room`]), and while it is
//! under way an [`ActiveRun`] in memory, which event streams read from. What executes it is the engine; what it emits
//! goes through `sink` (coalesced) to `writer` (document, rights, row, streams). `capture` keeps the record of every
//! model call. Called by `routes::runs`; this server executes what it started, there is no queue between servers yet.

mod active;
mod cache;
mod media;
mod capture;
mod recover;
mod sink;
mod start;
mod writer;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use shared::id::{RunId, WorkflowId};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use active::ActiveRun;
pub use cache::DbCache;
pub use capture::Generations;
pub use recover::recover;
pub use start::start;

/// How long runs may take to wind up when the server stops.
const SHUTDOWN: Duration = Duration::from_secs(7);

/// All runs that this server executes now. Cheap to clone.
#[derive(Clone)]
pub struct Runs(Arc<Inner>);

struct Inner {
    /// A lock because any request may start, join or watch; held for a look-up, never across an await.
    table: Mutex<Table>,
    tasks: TaskTracker,
    /// Ends every run; the parent of their own tokens.
    stop: CancellationToken,
}

#[derive(Default)]
struct Table {
    /// Those that joined stand here under their own ids too.
    by_id: HashMap<RunId, Arc<ActiveRun>>,
    /// By workflow and hash of the plan: where an identical run finds the one to join.
    by_hash: HashMap<(WorkflowId, String), Arc<ActiveRun>>,
}

impl Runs {
    /// None yet. All of them are cancelled with `stop`.
    pub fn new(stop: CancellationToken) -> Self {
        Self(Arc::new(Inner { table: Mutex::default(), tasks: TaskTracker::new(), stop }))
    }

    /// The execution behind a run, if it is under way.
    pub fn find(&self, run: RunId) -> Option<Arc<ActiveRun>> {
        self.table().by_id.get(&run).cloned()
    }

    /// Cancels the executions of a workflow, because it is being deleted.
    pub fn cancel_workflow(&self, workflow: WorkflowId) {
        for active in self.table().by_id.values().filter(|active| active.workflow == workflow) {
            active.cancel.cancel();
        }
    }

    /// Cancels everything and waits until it is written down.
    pub async fn shutdown(&self) {
        self.0.stop.cancel();
        self.0.tasks.close();
        if tokio::time::timeout(SHUTDOWN, self.0.tasks.wait()).await.is_err() {
            tracing::error!(runs = self.table().by_id.len(), "some runs did not end in time");
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
