//! Documents in SQL: snapshot, log, owners of client ids, and rows set aside. Rooms alone use it, as their [`DocStore`].

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use bytes::Bytes;
use sea_query::{Cond, Expr, ExprTrait, Iden, OnConflict, Order, Query};
use shared::{id::WorkflowId, protocol::DocumentName};
use uuid::Uuid;

use super::{Connection, Db, DbError, now, run::json, workflow};
use crate::room::{Append, DocStore, Heads, LogRow, Mirror, ServerId, Snapshot, StoreError, StoredDocument};

/// Rows of one insert: far below the number of parameters either database takes.
const ROWS_PER_INSERT: usize = 500;

#[derive(Iden)]
#[expect(clippy::enum_variant_names, reason = "columns are named as the database names them")]
enum Document {
    Table,
    DocumentId,
    WorkflowId,
    Part,
    Snapshot,
    SnapshotHash,
    SnapshotHeads,
    SnapshotVersion,
    CreatedAt,
}

#[derive(Iden)]
enum DocumentUpdate {
    Table,
    DocumentId,
    ServerId,
    Seq,
    Content,
}

#[derive(Iden)]
enum DocumentClient {
    Table,
    DocumentId,
    Client,
    UserId,
}

#[derive(Iden)]
enum DocumentQuarantine {
    Table,
    DocumentId,
    ServerId,
    Seq,
    Content,
    Reason,
    CreatedAt,
}

#[derive(sqlx::FromRow)]
struct DocumentRow {
    snapshot: Option<Vec<u8>>,
    snapshot_hash: Option<Vec<u8>>,
    snapshot_heads: String,
    snapshot_version: i64,
}

#[derive(sqlx::FromRow)]
struct UpdateRow {
    server_id: Uuid,
    seq: i64,
    content: Vec<u8>,
}

#[derive(sqlx::FromRow)]
struct ClientRow {
    client: i64,
    user_id: Uuid,
}

fn part(name: DocumentName) -> &'static str {
    match name {
        DocumentName::Graph(_) => "graph",
        DocumentName::Outputs(_) => "outputs",
    }
}

/// Documents in the server's database.
pub struct DbDocStore {
    db: Db,
    /// Ids of documents that were loaded, so that appending needs no look-up. Written by loads and deletions, read by
    /// the journal; a lock because rooms load at the same time.
    ids: Mutex<HashMap<DocumentName, Uuid>>,
}

impl DbDocStore {
    pub fn new(db: Db) -> Self {
        Self { db, ids: Mutex::default() }
    }

    fn ids(&self) -> MutexGuard<'_, HashMap<DocumentName, Uuid>> {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn id(&self, name: DocumentName) -> Result<Uuid, StoreError> {
        self.ids().get(&name).copied().ok_or(StoreError::Gone)
    }

    async fn find_id(&self, name: DocumentName) -> Result<Uuid, StoreError> {
        let select = Query::select()
            .column(Document::DocumentId)
            .from(Document::Table)
            .and_where(Expr::col(Document::WorkflowId).eq(name.workflow().as_uuid()))
            .and_where(Expr::col(Document::Part).eq(part(name)))
            .to_owned();
        let row: Option<(Uuid,)> = self.db.fetch_optional(&select).await?;
        let (id,) = row.ok_or(StoreError::Gone)?;
        self.ids().insert(name, id);
        Ok(id)
    }
}

impl From<DbError> for StoreError {
    fn from(error: DbError) -> Self {
        match &error {
            // The document's row, or the workflow's, was deleted meanwhile.
            DbError::Sqlx(sqlx::Error::Database(refusal)) if refusal.is_foreign_key_violation() => Self::Gone,
            DbError::Sqlx(_) | DbError::Unreadable { .. } => Self::Unavailable(error.into()),
        }
    }
}

#[async_trait]
impl DocStore for DbDocStore {
    async fn create(&self, documents: Vec<(DocumentName, Bytes)>) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        for (name, update) in &documents {
            let id = Uuid::now_v7();
            let insert = Query::insert()
                .into_table(Document::Table)
                .columns([Document::DocumentId, Document::WorkflowId, Document::Part, Document::CreatedAt])
                .values_panic([id.into(), name.workflow().as_uuid().into(), part(*name).into(), now().into()])
                .to_owned();
            tx.execute(&insert).await?;
            if !update.is_empty() {
                insert_updates(&mut tx, [(id, ServerId::FOUNDER, 1, update.as_ref())]).await?;
            }
        }
        Ok(tx.commit().await?)
    }

    async fn load(&self, name: DocumentName) -> Result<StoredDocument, StoreError> {
        let id = self.find_id(name).await?;
        // Another server may fold the log at any moment. The rows are read before the snapshot: what is folded in
        // between comes twice, which does no harm; the other way round it would be missing.
        let select = Query::select()
            .columns([DocumentUpdate::ServerId, DocumentUpdate::Seq, DocumentUpdate::Content])
            .from(DocumentUpdate::Table)
            .and_where(Expr::col(DocumentUpdate::DocumentId).eq(id))
            .order_by(DocumentUpdate::ServerId, Order::Asc)
            .order_by(DocumentUpdate::Seq, Order::Asc)
            .to_owned();
        let updates: Vec<UpdateRow> = self.db.fetch_all(&select).await?;
        let select = Query::select()
            .columns([DocumentClient::Client, DocumentClient::UserId])
            .from(DocumentClient::Table)
            .and_where(Expr::col(DocumentClient::DocumentId).eq(id))
            .to_owned();
        let clients: Vec<ClientRow> = self.db.fetch_all(&select).await?;
        let select = Query::select()
            .column(DocumentQuarantine::Seq)
            .from(DocumentQuarantine::Table)
            .and_where(Expr::col(DocumentQuarantine::DocumentId).eq(id))
            .limit(1)
            .to_owned();
        let quarantined: Option<(i64,)> = self.db.fetch_optional(&select).await?;
        let select = Query::select()
            .columns([Document::Snapshot, Document::SnapshotHash, Document::SnapshotHeads, Document::SnapshotVersion])
            .from(Document::Table)
            .and_where(Expr::col(Document::DocumentId).eq(id))
            .to_owned();
        let row: DocumentRow = self.db.fetch_optional(&select).await?.ok_or(StoreError::Gone)?;

        let version = row.snapshot_version as u64;
        let heads = read_heads(&row.snapshot_heads)?;
        let snapshot = row.snapshot.map(|state_v2| Snapshot {
            heads,
            state_v2: state_v2.into(),
            // One of another length belongs to nothing we wrote, and fails like any wrong one.
            hash: row.snapshot_hash.and_then(|hash| hash.try_into().ok()).unwrap_or_default(),
        });
        let log = updates.into_iter().map(log_row).collect();
        let owners = clients.into_iter().map(|row| (row.client as u64, row.user_id.into())).collect();
        Ok(StoredDocument { snapshot, version, log, owners, quarantined: quarantined.is_some() })
    }

    async fn append(&self, rows: &[Append]) -> Result<(), StoreError> {
        let mut updates = Vec::with_capacity(rows.len());
        let mut claims = Vec::new();
        for row in rows {
            let id = self.id(row.document)?;
            updates.push((id, row.server, row.seq, row.update.as_ref()));
            claims.extend(row.claims.iter().map(|(client, user)| (id, *client, user.as_uuid())));
        }
        let mut tx = self.db.begin().await?;
        insert_updates(&mut tx, updates).await?;
        insert_clients(&mut tx, claims).await?;
        Ok(tx.commit().await?)
    }

    async fn compact(&self, name: DocumentName, snapshot: Snapshot, version: u64) -> Result<(), StoreError> {
        let id = self.id(name)?;
        let mut tx = self.db.begin().await?;
        let update = Query::update()
            .table(Document::Table)
            .value(Document::Snapshot, snapshot.state_v2.to_vec())
            .value(Document::SnapshotHash, snapshot.hash.to_vec())
            .value(Document::SnapshotHeads, json(&snapshot.heads))
            .value(Document::SnapshotVersion, version as i64 + 1)
            .and_where(Expr::col(Document::DocumentId).eq(id))
            .and_where(Expr::col(Document::SnapshotVersion).eq(version as i64))
            .to_owned();
        if tx.execute(&update).await? == 0 {
            // Or it is gone, which the next append finds out.
            return Err(StoreError::Outrun);
        }
        let covered = snapshot.heads.iter().fold(Cond::any(), |any, (server, seq)| {
            let of_server = Expr::col(DocumentUpdate::ServerId).eq(server.as_uuid());
            any.add(of_server.and(Expr::col(DocumentUpdate::Seq).lte(seq as i64)))
        });
        let delete = Query::delete()
            .from_table(DocumentUpdate::Table)
            .and_where(Expr::col(DocumentUpdate::DocumentId).eq(id))
            .cond_where(covered)
            .to_owned();
        if snapshot.heads.iter().next().is_some() {
            tx.execute(&delete).await?;
        }
        Ok(tx.commit().await?)
    }

    async fn quarantine(&self, name: DocumentName, row: LogRow, reason: String) -> Result<(), StoreError> {
        let id = self.id(name)?;
        let mut tx = self.db.begin().await?;
        let insert = Query::insert()
            .into_table(DocumentQuarantine::Table)
            .columns([
                DocumentQuarantine::DocumentId,
                DocumentQuarantine::ServerId,
                DocumentQuarantine::Seq,
                DocumentQuarantine::Content,
                DocumentQuarantine::Reason,
                DocumentQuarantine::CreatedAt,
            ])
            .values_panic([
                id.into(),
                row.server.as_uuid().into(),
                (row.seq as i64).into(),
                row.update.to_vec().into(),
                reason.into(),
                now().into(),
            ])
            // Another server may have found it too.
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .to_owned();
        tx.execute(&insert).await?;
        let delete = Query::delete()
            .from_table(DocumentUpdate::Table)
            .and_where(Expr::col(DocumentUpdate::DocumentId).eq(id))
            .and_where(Expr::col(DocumentUpdate::ServerId).eq(row.server.as_uuid()))
            .and_where(Expr::col(DocumentUpdate::Seq).eq(row.seq as i64))
            .to_owned();
        tx.execute(&delete).await?;
        Ok(tx.commit().await?)
    }

    async fn mirror(&self, id: WorkflowId, mirror: Mirror) -> Result<(), StoreError> {
        let Mirror { title, description, node_count } = &mirror;
        Ok(workflow::mirror(&self.db, id, workflow::Mirror { title, description, node_count: *node_count }).await?)
    }

    async fn delete(&self, id: WorkflowId) -> Result<(), StoreError> {
        self.ids().retain(|name, _| name.workflow() != id);
        let delete = Query::delete()
            .from_table(Document::Table)
            .and_where(Expr::col(Document::WorkflowId).eq(id.as_uuid()))
            .to_owned();
        self.db.execute(&delete).await?;
        Ok(())
    }
}

fn log_row(row: UpdateRow) -> LogRow {
    LogRow { server: row.server_id.into(), seq: row.seq as u64, update: row.content.into() }
}

fn read_heads(text: &str) -> Result<Heads, DbError> {
    serde_json::from_str(text).map_err(|_| DbError::Unreadable { column: "document.snapshot_heads" })
}

async fn insert_updates<'u>(
    tx: &mut super::Tx,
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

async fn insert_clients(tx: &mut super::Tx, rows: Vec<(Uuid, u64, Uuid)>) -> Result<(), DbError> {
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
