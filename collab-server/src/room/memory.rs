//! Documents in memory: for tests. Can be told to fail, as a database does.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU8, Ordering},
    },
};

use async_trait::async_trait;
use bytes::Bytes;
use shared::{
    id::{UserId, WorkflowId},
    protocol::DocumentName,
};
use uuid::Uuid;

use super::{
    heads::{Heads, ServerId},
    store::{
        Append, DocStore, Edition, LogRow, Mirror, News, Renewal, Snapshot, Standing, StoreError, StoredDocument,
        nobody,
    },
};

/// How the store fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Fault {
    None = 0,
    /// Writes fail, as on a full disk.
    Full = 1,
    /// Rows are written and the answer is lost, as when a line breaks during a commit.
    AnswerLost = 2,
    /// Rows are written as what nobody can read, as on a failing disk.
    Damaged = 3,
}

#[derive(Debug, Default)]
pub struct MemoryStore {
    /// A lock because rooms of many tasks share the store; never held across an await.
    documents: Mutex<BTreeMap<DocumentName, Kept>>,
    /// A [`Fault`]. Set by tests.
    fault: AtomicU8,
}

/// A document as a database would keep it.
#[derive(Debug, Clone, Default)]
pub struct Kept {
    pub generation: Uuid,
    pub snapshot: Option<Snapshot>,
    pub previous: Option<Snapshot>,
    /// Rows up to here are gone.
    pub gone: Heads,
    pub version: u64,
    /// Everything behind the previous snapshot, by server and number.
    pub log: Vec<LogRow>,
    pub owners: BTreeMap<u64, UserId>,
    /// What was set aside, and why.
    pub quarantine: Vec<String>,
}

impl Kept {
    fn load(&self, snapshot: Option<Snapshot>) -> StoredDocument {
        let covered = snapshot.as_ref().map_or_else(Heads::default, |snapshot| snapshot.heads.clone());
        StoredDocument {
            generation: self.generation,
            version: self.version,
            log: self.log.iter().filter(|row| row.seq > covered.get(row.server)).cloned().collect(),
            covered,
            owners: self.owners.iter().map(|(client, user)| (*client, *user)).collect(),
            quarantined: !self.quarantine.is_empty(),
            snapshot,
        }
    }
}

fn founding(update: Bytes) -> LogRow {
    LogRow { server: ServerId::FOUNDER, seq: 1, update }
}

impl MemoryStore {
    pub fn set_fault(&self, fault: Fault) {
        self.fault.store(fault as u8, Ordering::SeqCst);
    }

    /// What lies there now.
    pub fn stored(&self, document: DocumentName) -> Option<StoredDocument> {
        self.lock().get(&document).map(|kept| kept.load(kept.snapshot.clone()))
    }

    /// Changes what lies there, behind everybody's back.
    pub fn tamper(&self, document: DocumentName, change: impl FnOnce(&mut Kept)) {
        if let Some(kept) = self.lock().get_mut(&document) {
            change(kept);
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<DocumentName, Kept>> {
        self.documents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has(&self, fault: Fault) -> bool {
        self.fault.load(Ordering::SeqCst) == fault as u8
    }

    fn fails_with(&self, fault: Fault) -> Result<(), StoreError> {
        if self.has(fault) {
            return Err(StoreError::Unavailable("the store was told to fail".into()));
        }
        Ok(())
    }

    fn as_written(&self, update: &Bytes) -> Bytes {
        if self.has(Fault::Damaged) { Bytes::from_static(b"\x01damaged") } else { update.clone() }
    }

    fn write<T>(
        &self,
        edition: Edition,
        write: impl FnOnce(&mut Kept) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.fails_with(Fault::Full)?;
        write(find(&mut self.lock(), edition).ok_or(StoreError::Gone)?)
    }
}

fn find(documents: &mut BTreeMap<DocumentName, Kept>, edition: Edition) -> Option<&mut Kept> {
    documents.get_mut(&edition.document).filter(|kept| kept.generation == edition.generation)
}

#[async_trait]
impl DocStore for MemoryStore {
    async fn create(&self, documents: Vec<(DocumentName, Bytes)>) -> Result<(), StoreError> {
        self.fails_with(Fault::Full)?;
        let mut stored = self.lock();
        for (name, update) in documents {
            let log = if update.is_empty() { Vec::new() } else { vec![founding(update)] };
            stored.insert(name, Kept { generation: Uuid::now_v7(), log, ..Kept::default() });
        }
        Ok(())
    }

    async fn load(&self, document: DocumentName) -> Result<StoredDocument, StoreError> {
        self.stored(document).ok_or(StoreError::Gone)
    }

    async fn load_previous(&self, document: DocumentName) -> Result<Option<StoredDocument>, StoreError> {
        let stored = self.lock();
        let kept = stored.get(&document).ok_or(StoreError::Gone)?;
        let there = kept.previous.is_some() || kept.gone == Heads::default();
        Ok(there.then(|| kept.load(kept.previous.clone())))
    }

    async fn standings(&self, documents: &[DocumentName]) -> Result<Vec<Standing>, StoreError> {
        let stored = self.lock();
        let standing = |document: &DocumentName| {
            let found = stored.get(document)?;
            let heads = found.log.iter().map(|row| (row.server, row.seq)).collect();
            let edition = Edition { document: *document, generation: found.generation };
            Some(Standing { edition, version: found.version, heads, quarantined: !found.quarantine.is_empty() })
        };
        Ok(documents.iter().filter_map(standing).collect())
    }

    async fn news(&self, edition: Edition, heads: &Heads, version: u64) -> Result<News, StoreError> {
        let there = self.stored(edition.document).filter(|stored| stored.generation == edition.generation);
        let stored = there.ok_or(StoreError::Gone)?;
        let log: Vec<_> = stored.log.into_iter().filter(|row| row.seq > heads.get(row.server)).collect();
        let snapshot = stored.snapshot.filter(|snapshot| stored.version != version && !heads.covers(&snapshot.heads));
        Ok(News { version: stored.version, snapshot, log, owners: stored.owners, quarantined: stored.quarantined })
    }

    async fn append(&self, rows: &[Append]) -> Result<(), StoreError> {
        self.fails_with(Fault::Full)?;
        let mut stored = self.lock();
        if rows.iter().any(|row| find(&mut stored, row.edition).is_none()) {
            return Err(StoreError::Gone);
        }
        for row in rows {
            let kept = find(&mut stored, row.edition).expect("checked above");
            let Append { server, seq, .. } = *row;
            let before = kept.log.partition_point(|other| (other.server, other.seq) < (server, seq));
            if kept.log.get(before).is_none_or(|other| (other.server, other.seq) != (server, seq)) {
                kept.log.insert(before, LogRow { server, seq, update: self.as_written(&row.update) });
            }
            for (client, user) in &row.claims {
                kept.owners.entry(*client).or_insert(*user);
            }
        }
        self.fails_with(Fault::AnswerLost)
    }

    async fn compact(&self, edition: Edition, snapshot: Snapshot, version: u64) -> Result<(), StoreError> {
        self.write(edition, |kept| {
            if kept.version != version {
                return Err(StoreError::Outrun);
            }
            kept.version += 1;
            kept.previous = kept.snapshot.replace(snapshot);
            if let Some(previous) = &kept.previous {
                kept.gone.advance_all(&previous.heads);
            }
            let gone = &kept.gone;
            kept.log.retain(|row| row.seq > gone.get(row.server));
            Ok(())
        })
    }

    async fn quarantine(&self, edition: Edition, row: LogRow, reason: String) -> Result<(), StoreError> {
        self.write(edition, |kept| {
            kept.log.retain(|there| (there.server, there.seq) != (row.server, row.seq));
            kept.quarantine.push(reason);
            Ok(())
        })
    }

    async fn quarantine_snapshot(&self, edition: Edition, reason: String) -> Result<(), StoreError> {
        self.write(edition, |kept| {
            kept.snapshot = kept.previous.take();
            kept.quarantine.push(reason);
            Ok(())
        })
    }

    async fn renew(&self, edition: Edition, renewal: Renewal) -> Result<Uuid, StoreError> {
        self.write(edition, |kept| {
            if kept.log.iter().any(|row| row.seq > renewal.covers.get(row.server)) {
                return Err(StoreError::Outrun);
            }
            *kept = Kept {
                generation: Uuid::now_v7(),
                log: vec![founding(renewal.update)],
                owners: renewal.retired.into_iter().map(|client| (client, nobody())).collect(),
                ..Kept::default()
            };
            Ok(kept.generation)
        })
    }

    async fn mirror(&self, _workflow: WorkflowId, _mirror: Mirror) -> Result<(), StoreError> {
        self.fails_with(Fault::Full)
    }

    async fn delete(&self, workflow: WorkflowId) -> Result<(), StoreError> {
        self.fails_with(Fault::Full)?;
        self.lock().retain(|name, _| name.workflow() != workflow);
        Ok(())
    }
}
