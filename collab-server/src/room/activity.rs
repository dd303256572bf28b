//! Who edited which workflow's graph since somebody last asked: rooms note it, the keeper of versions takes it.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use shared::id::{UserId, WorkflowId};
use tokio::time::Instant;

/// Edits of one workflow that no version holds yet.
#[derive(Debug, Clone)]
pub struct Edited {
    pub authors: BTreeSet<UserId>,
    pub first: Instant,
    pub last: Instant,
}

/// Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Activity {
    /// A lock because every room writes it; held for a look-up, never across an await.
    edited: Arc<Mutex<HashMap<WorkflowId, Edited>>>,
}

impl Activity {
    /// An edit was applied. `None`: the server's own.
    pub fn note(&self, workflow: WorkflowId, author: Option<UserId>) {
        let now = Instant::now();
        let mut edited = self.lock();
        let edited =
            edited.entry(workflow).or_insert_with(|| Edited { authors: BTreeSet::new(), first: now, last: now });
        edited.last = now;
        edited.authors.extend(author);
    }

    /// Takes what was noted of one workflow.
    pub fn take(&self, workflow: WorkflowId) -> Option<Edited> {
        self.lock().remove(&workflow)
    }

    /// Takes what is due.
    pub fn take_due(&self, due: impl Fn(&Edited) -> bool) -> Vec<(WorkflowId, Edited)> {
        self.lock().extract_if(|_, edited| due(edited)).collect()
    }

    /// Gives back what could not be dealt with.
    pub fn put_back(&self, workflow: WorkflowId, taken: Edited) {
        let mut edited = self.lock();
        let edited = edited.entry(workflow).or_insert_with(|| taken.clone());
        edited.first = edited.first.min(taken.first);
        edited.authors.extend(taken.authors);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<WorkflowId, Edited>> {
        self.edited.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
