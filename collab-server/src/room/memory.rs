//! Documents in memory: for tests. Can be told to fail, as a database does.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use async_trait::async_trait;
use bytes::Bytes;
use shared::{id::WorkflowId, protocol::DocumentName};

use super::{
    heads::ServerId,
    store::{Append, DocStore, LogRow, Mirror, Snapshot, StoreError, StoredDocument},
};

#[derive(Debug, Default)]
pub struct MemoryStore {
    /// A lock because rooms of many tasks share the store; never held across an await.
    documents: Mutex<BTreeMap<DocumentName, StoredDocument>>,
    /// Set by tests: every write fails while it is on.
    broken: AtomicBool,
}

impl MemoryStore {
    pub fn set_broken(&self, broken: bool) {
        self.broken.store(broken, Ordering::SeqCst);
    }

    /// What lies there now.
    pub fn stored(&self, document: DocumentName) -> Option<StoredDocument> {
        self.lock().get(&document).cloned()
    }

    /// Changes what lies there, behind everybody's back.
    pub fn tamper(&self, document: DocumentName, change: impl FnOnce(&mut StoredDocument)) {
        if let Some(stored) = self.lock().get_mut(&document) {
            change(stored);
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<DocumentName, StoredDocument>> {
        self.documents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn writable(&self) -> Result<MutexGuard<'_, BTreeMap<DocumentName, StoredDocument>>, StoreError> {
        if self.broken.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable("the store was told to fail".into()));
        }
        Ok(self.lock())
    }
}

#[async_trait]
impl DocStore for MemoryStore {
    async fn create(&self, documents: Vec<(DocumentName, Bytes)>) -> Result<(), StoreError> {
        let mut stored = self.writable()?;
        for (name, update) in documents {
            let log =
                if update.is_empty() { Vec::new() } else { vec![LogRow { server: ServerId::FOUNDER, seq: 1, update }] };
            stored.insert(name, StoredDocument { log, ..StoredDocument::default() });
        }
        Ok(())
    }

    async fn load(&self, document: DocumentName) -> Result<StoredDocument, StoreError> {
        self.stored(document).ok_or(StoreError::Gone)
    }

    async fn append(&self, rows: &[Append]) -> Result<(), StoreError> {
        let mut stored = self.writable()?;
        if rows.iter().any(|row| !stored.contains_key(&row.document)) {
            return Err(StoreError::Gone);
        }
        for row in rows {
            let document = stored.get_mut(&row.document).expect("checked above");
            let Append { server, seq, .. } = *row;
            let before = document.log.partition_point(|other| (other.server, other.seq) < (server, seq));
            if document.log.get(before).is_none_or(|other| (other.server, other.seq) != (server, seq)) {
                document.log.insert(before, LogRow { server, seq, update: row.update.clone() });
            }
            document.owners.extend(&row.claims);
        }
        Ok(())
    }

    async fn compact(&self, document: DocumentName, snapshot: Snapshot, version: u64) -> Result<(), StoreError> {
        let mut stored = self.writable()?;
        let document = stored.get_mut(&document).ok_or(StoreError::Gone)?;
        if document.version != version {
            return Err(StoreError::Outrun);
        }
        document.version += 1;
        document.log.retain(|row| row.seq > snapshot.heads.get(row.server));
        document.snapshot = Some(snapshot);
        Ok(())
    }

    async fn quarantine(&self, document: DocumentName, row: LogRow, _reason: String) -> Result<(), StoreError> {
        let mut stored = self.writable()?;
        let document = stored.get_mut(&document).ok_or(StoreError::Gone)?;
        document.log.retain(|kept| (kept.server, kept.seq) != (row.server, row.seq));
        document.quarantined = true;
        Ok(())
    }

    async fn mirror(&self, _workflow: WorkflowId, _mirror: Mirror) -> Result<(), StoreError> {
        self.writable().map(drop)
    }

    async fn delete(&self, workflow: WorkflowId) -> Result<(), StoreError> {
        self.writable()?.retain(|name, _| name.workflow() != workflow);
        Ok(())
    }
}
