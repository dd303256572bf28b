//! The tables of documents: columns, rows, and how rows get in.

use sea_query::{Iden, OnConflict, Query};
use shared::protocol::DocumentName;
use uuid::Uuid;

use super::super::{Connection, DbError, Tx, now};
use crate::room::{Heads, LogRow, ServerId, Snapshot};

/// Rows of one insert: far below the number of parameters either database takes.
const ROWS_PER_INSERT: usize = 500;

#[derive(Iden)]
#[expect(clippy::enum_variant_names, reason = "columns are named as the database names them")]
pub(super) enum Document {
    Table,
    DocumentId,
    WorkflowId,
    Part,
    Snapshot,
    SnapshotHash,
    SnapshotHeads,
    SnapshotVersion,
    PreviousSnapshot,
    PreviousHash,
    PreviousHeads,
    CreatedAt,
}

#[derive(Iden)]
pub(super) enum DocumentUpdate {
    Table,
    DocumentId,
    ServerId,
    Seq,
    Content,
}

#[derive(Iden)]
pub(super) enum DocumentClient {
    Table,
    DocumentId,
    Client,
    UserId,
}

#[derive(Iden)]
pub(super) enum DocumentQuarantine {
    Table,
    DocumentId,
    ServerId,
    Seq,
    Content,
    Reason,
    CreatedAt,
    SettledAt,
}

#[derive(sqlx::FromRow)]
pub(super) struct DocumentRow {
    pub(super) snapshot: Option<Vec<u8>>,
    pub(super) snapshot_hash: Option<Vec<u8>>,
    pub(super) snapshot_heads: String,
    pub(super) snapshot_version: i64,
}

#[derive(sqlx::FromRow)]
pub(super) struct UpdateRow {
    pub(super) server_id: Uuid,
    pub(super) seq: i64,
    pub(super) content: Vec<u8>,
}

#[derive(sqlx::FromRow)]
pub(super) struct ClientRow {
    pub(super) client: i64,
    pub(super) user_id: Uuid,
}

pub(super) fn part(name: DocumentName) -> &'static str {
    match name {
        DocumentName::Graph(_) => "graph",
        DocumentName::Outputs(_) => "outputs",
    }
}

impl DocumentRow {
    pub(super) fn into_snapshot(self) -> Result<Option<Snapshot>, DbError> {
        let heads = read_heads(&self.snapshot_heads)?;
        Ok(self.snapshot.map(|state_v2| Snapshot {
            heads,
            state_v2: state_v2.into(),
            // One of another length belongs to nothing we wrote, and fails like any wrong one.
            hash: self.snapshot_hash.and_then(|hash| hash.try_into().ok()).unwrap_or_default(),
        }))
    }
}

pub(super) fn log_row(row: UpdateRow) -> LogRow {
    LogRow { server: row.server_id.into(), seq: row.seq as u64, update: row.content.into() }
}

pub(super) fn read_heads(text: &str) -> Result<Heads, DbError> {
    serde_json::from_str(text).map_err(|_| DbError::Unreadable { column: "document.snapshot_heads" })
}

pub(super) async fn insert_updates<'u>(
    tx: &mut Tx,
    rows: impl IntoIterator<Item = (Uuid, ServerId, u64, &'u [u8])>,
) -> Result<(), DbError> {
    let rows: Vec<_> = rows.into_iter().collect();
    for rows in rows.chunks(ROWS_PER_INSERT) {
        let mut insert = Query::insert()
            .into_table(DocumentUpdate::Table)
            .columns([
                DocumentUpdate::DocumentId,
                DocumentUpdate::ServerId,
                DocumentUpdate::Seq,
                DocumentUpdate::Content,
            ])
            // A commit whose answer was lost is tried again, with the same rows under the same numbers.
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .to_owned();
        for (id, server, seq, content) in rows {
            insert.values_panic([(*id).into(), server.as_uuid().into(), (*seq as i64).into(), content.to_vec().into()]);
        }
        tx.execute(&insert).await?;
    }
    Ok(())
}

pub(super) async fn insert_clients(tx: &mut Tx, rows: Vec<(Uuid, u64, Uuid)>) -> Result<(), DbError> {
    for rows in rows.chunks(ROWS_PER_INSERT) {
        let mut insert = Query::insert()
            .into_table(DocumentClient::Table)
            .columns([DocumentClient::DocumentId, DocumentClient::Client, DocumentClient::UserId])
            // The first to write keeps the id; a retried group may have written it before.
            .on_conflict(
                OnConflict::columns([DocumentClient::DocumentId, DocumentClient::Client]).do_nothing().to_owned(),
            )
            .to_owned();
        for (id, client, user) in rows {
            insert.values_panic([(*id).into(), (*client as i64).into(), (*user).into()]);
        }
        tx.execute(&insert).await?;
    }
    Ok(())
}

/// A new document with its first content, if it has any.
pub(super) async fn insert_document(tx: &mut Tx, name: DocumentName, update: &[u8]) -> Result<Uuid, DbError> {
    let id = Uuid::now_v7();
    let insert = Query::insert()
        .into_table(Document::Table)
        .columns([Document::DocumentId, Document::WorkflowId, Document::Part, Document::CreatedAt])
        .values_panic([id.into(), name.workflow().as_uuid().into(), part(name).into(), now().into()])
        .to_owned();
    tx.execute(&insert).await?;
    if !update.is_empty() {
        insert_updates(tx, [(id, ServerId::FOUNDER, 1, update)]).await?;
    }
    Ok(id)
}

/// Something set aside: a row of the log, or a snapshot under number 0.
#[derive(sqlx::FromRow)]
pub(super) struct QuarantineRow {
    pub(super) server_id: Uuid,
    pub(super) seq: i64,
    pub(super) content: Vec<u8>,
    pub(super) reason: String,
}

pub(super) async fn insert_aside(tx: &mut Tx, id: Uuid, row: QuarantineRow, settled: bool) -> Result<(), DbError> {
    let QuarantineRow { server_id, seq, content, reason } = row;
    let insert = Query::insert()
        .into_table(DocumentQuarantine::Table)
        .columns([
            DocumentQuarantine::DocumentId,
            DocumentQuarantine::ServerId,
            DocumentQuarantine::Seq,
            DocumentQuarantine::Content,
            DocumentQuarantine::Reason,
            DocumentQuarantine::CreatedAt,
            DocumentQuarantine::SettledAt,
        ])
        .values_panic([
            id.into(),
            server_id.into(),
            seq.into(),
            content.into(),
            reason.into(),
            now().into(),
            settled.then(now).into(),
        ])
        // Another server may have found it too.
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .to_owned();
    tx.execute(&insert).await?;
    Ok(())
}
