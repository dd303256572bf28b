//! Where documents are kept: the seam between rooms and the database.
//!
//! A stored document is a snapshot and the logs of updates behind it, one for each server that wrote. `db::document`
//! keeps it in SQL, [`super::memory`] in memory. Rooms alone call this; nobody else touches a document's rows.

use async_trait::async_trait;
use bytes::Bytes;
use shared::{
    graph::Meta,
    id::{UserId, WorkflowId},
    protocol::DocumentName,
};
use uuid::Uuid;

use super::heads::{Heads, ServerId};

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The rows are not there (any more): trying again will not help.
    #[error("the document does not exist")]
    Gone,
    #[error("the database refused or did not answer")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Another server folded the log first. What it covers has to be there before this one may do so.
    #[error("another server wrote a snapshot meanwhile")]
    Outrun,
}

/// One generation of a document. Whoever writes names it, so that what was meant for one never gets into the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edition {
    pub document: DocumentName,
    pub generation: Uuid,
}

/// A document as it lies in storage.
#[derive(Debug, Clone, Default)]
pub struct StoredDocument {
    /// Another one when the document was begun anew: what was written for one is never merged into the other.
    pub generation: Uuid,
    pub snapshot: Option<Snapshot>,
    /// The rows that are in the snapshot, and in no log any more.
    pub covered: Heads,
    /// How often the log was folded into a snapshot.
    pub version: u64,
    /// Updates behind the snapshot: by server, in the order of their numbers.
    pub log: Vec<LogRow>,
    /// Which person first wrote under a Yjs client id.
    pub owners: Vec<(u64, UserId)>,
    /// Rows were set aside because they could not be read: the document may be read, not written.
    pub quarantined: bool,
}

impl StoredDocument {
    pub fn bytes(&self) -> usize {
        let log = self.log.iter().map(|row| row.update.len()).sum::<usize>();
        log + self.snapshot.as_ref().map_or(0, |snapshot| snapshot.state_v2.len())
    }
}

/// The whole state up to some row of every server.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The last rows it covers.
    pub heads: Heads,
    /// Yjs v2 encoding, a tenth of v1 for documents with a past.
    pub state_v2: Bytes,
    /// BLAKE3 of `state_v2`: the strict decoder reads v1 only, so this says that the bytes are the ones we wrote.
    pub hash: [u8; 32],
}

#[derive(Debug, Clone)]
pub struct LogRow {
    pub server: ServerId,
    /// Counted by that server.
    pub seq: u64,
    pub update: Bytes,
}

/// One row to add to a document's log.
#[derive(Debug, Clone)]
pub struct Append {
    pub edition: Edition,
    pub server: ServerId,
    pub seq: u64,
    /// Yjs v1 encoding.
    pub update: Bytes,
    /// Client ids that appear for the first time, with their owners.
    pub claims: Vec<(u64, UserId)>,
}

/// A document's content under a new generation.
#[derive(Debug, Clone)]
pub struct Renewal {
    /// The rows that the content covers: one behind them means that somebody wrote meanwhile.
    pub covers: Heads,
    /// Everything, as the founder's row 1.
    pub update: Bytes,
    /// Client ids of the generation that ends. Nobody may bring them into the new one.
    pub retired: Vec<u64>,
}

/// The owner of client ids that belong to an earlier generation.
pub fn nobody() -> UserId {
    Uuid::nil().into()
}

/// How far a document is in storage.
#[derive(Debug, Clone)]
pub struct Standing {
    pub edition: Edition,
    pub version: u64,
    /// The last rows that are in the log.
    pub heads: Heads,
    /// As in [`StoredDocument`].
    pub quarantined: bool,
}

/// What a room lacks of a document that other servers wrote.
#[derive(Debug, Clone, Default)]
pub struct News {
    pub version: u64,
    /// If the log alone does not bring everything.
    pub snapshot: Option<Snapshot>,
    /// By server, in the order of their numbers.
    pub log: Vec<LogRow>,
    /// Everybody's, if there is anything else.
    pub owners: Vec<(u64, UserId)>,
    /// As in [`StoredDocument`].
    pub quarantined: bool,
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
    /// Stores new documents, all or none. Each begins with the given update as the founder's row 1, or empty.
    async fn create(&self, documents: Vec<(DocumentName, Bytes)>) -> Result<(), StoreError>;

    async fn load(&self, document: DocumentName) -> Result<StoredDocument, StoreError>;

    /// The document as of the snapshot before the last, with the longer log behind that one; for when the last snapshot
    /// cannot be read. `None` if it is not there any more.
    async fn load_previous(&self, document: DocumentName) -> Result<Option<StoredDocument>, StoreError>;

    /// How far documents are. Those that are not there are left out.
    async fn standings(&self, documents: &[DocumentName]) -> Result<Vec<Standing>, StoreError>;

    /// What is behind `heads`, for somebody who has the snapshot of `version`.
    async fn news(&self, edition: Edition, heads: &Heads, version: u64) -> Result<News, StoreError>;

    /// Adds rows of any number of documents in one transaction. They are on disk when this returns. Rows that an
    /// earlier attempt wrote, of which nobody heard, are left as they are.
    async fn append(&self, rows: &[Append]) -> Result<(), StoreError>;

    /// Puts a snapshot in place, keeps the one before it, and deletes exactly the rows that that one covers, in one
    /// transaction. Refused unless the log was folded `version` times before: two servers that fold at once must not
    /// drop each other's rows.
    async fn compact(&self, edition: Edition, snapshot: Snapshot, version: u64) -> Result<(), StoreError>;

    /// Moves a row that cannot be read out of the log, for somebody to look at.
    async fn quarantine(&self, edition: Edition, row: LogRow, reason: String) -> Result<(), StoreError>;

    /// Moves the last snapshot there too, and puts the previous one in its place.
    async fn quarantine_snapshot(&self, edition: Edition, reason: String) -> Result<(), StoreError>;

    /// Begins the document anew, in one transaction: another generation with this content alone. What was set aside
    /// stays, as settled. Yields the generation.
    async fn renew(&self, edition: Edition, renewal: Renewal) -> Result<Uuid, StoreError>;

    async fn mirror(&self, workflow: WorkflowId, mirror: Mirror) -> Result<(), StoreError>;

    /// Deletes both documents of a workflow.
    async fn delete(&self, workflow: WorkflowId) -> Result<(), StoreError>;
}
