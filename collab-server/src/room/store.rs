//! Where documents are kept: the seam between rooms and the database.
//!
//! A stored document is a snapshot and the log of updates behind it. `db::document` keeps it in SQL, [`super::memory`]
//! in memory. Rooms alone call this; nobody else touches a document's rows.

use async_trait::async_trait;
use bytes::Bytes;
use shared::{
    graph::Meta,
    id::{UserId, WorkflowId},
    protocol::DocumentName,
};

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The rows are not there (any more): trying again will not help.
    #[error("the document does not exist")]
    Gone,
    #[error("the database refused or did not answer")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A document as it lies in storage.
#[derive(Debug, Clone, Default)]
pub struct StoredDocument {
    pub snapshot: Option<Snapshot>,
    /// Updates behind the snapshot, in the order of their numbers.
    pub log: Vec<LogRow>,
    /// Which person first wrote under a Yjs client id.
    pub owners: Vec<(u64, UserId)>,
    /// Rows were set aside because they could not be read: the document may be read, not written.
    pub quarantined: bool,
}

/// The whole state up to a log number.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The last log row it covers.
    pub seq: u64,
    /// Yjs v2 encoding, a tenth of v1 for documents with a past.
    pub state_v2: Bytes,
    /// BLAKE3 of `state_v2`: the strict decoder reads v1 only, so this says that the bytes are the ones we wrote.
    pub hash: [u8; 32],
}

#[derive(Debug, Clone)]
pub struct LogRow {
    pub seq: u64,
    pub update: Bytes,
}

/// One row to add to a document's log.
#[derive(Debug, Clone)]
pub struct Append {
    pub document: DocumentName,
    pub seq: u64,
    /// Yjs v1 encoding.
    pub update: Bytes,
    /// Client ids that appear for the first time, with their owners.
    pub claims: Vec<(u64, UserId)>,
}

/// What the workflow's row repeats of its graph document, for lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mirror {
    pub title: String,
    pub description: String,
    pub node_count: u32,
}

impl Mirror {
    pub fn new(meta: Meta, node_count: u32) -> Self {
        Self { title: meta.title, description: meta.description, node_count }
    }
}

#[async_trait]
pub trait DocStore: Send + Sync + 'static {
    /// Stores new documents, all or none. Each begins with the given update as row 1, or empty.
    async fn create(&self, documents: Vec<(DocumentName, Bytes)>) -> Result<(), StoreError>;

    async fn load(&self, document: DocumentName) -> Result<StoredDocument, StoreError>;

    /// Adds rows of any number of documents in one transaction. They are on disk when this returns.
    async fn append(&self, rows: &[Append]) -> Result<(), StoreError>;

    /// Replaces the snapshot, then deletes exactly the rows it covers, in one transaction.
    async fn compact(&self, document: DocumentName, snapshot: Snapshot) -> Result<(), StoreError>;

    /// Moves a row that cannot be read out of the log, for somebody to look at.
    async fn quarantine(&self, document: DocumentName, row: LogRow, reason: String) -> Result<(), StoreError>;

    async fn mirror(&self, workflow: WorkflowId, mirror: Mirror) -> Result<(), StoreError>;

    /// Deletes both documents of a workflow.
    async fn delete(&self, workflow: WorkflowId) -> Result<(), StoreError>;
}
