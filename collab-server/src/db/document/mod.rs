//! Documents in SQL: snapshot, log, owners of client ids, and rows set aside. Rooms alone use it, as their [`DocStore`].
//!
//! A document's id is its generation: beginning anew is another row, so whoever still writes to the old one is refused
//! by the foreign key. `news` is what other servers wrote, `repair` what is rarely needed: setting aside and beginning
//! anew.

mod news;
mod repair;
mod rows;

use async_trait::async_trait;
use bytes::Bytes;
use sea_query::{Cond, Expr, ExprTrait, Order, Query};
use shared::{id::WorkflowId, protocol::DocumentName};
use uuid::Uuid;

use self::rows::{
    ClientRow, Document, DocumentClient, DocumentQuarantine, DocumentRow, DocumentUpdate, UpdateRow, insert_clients,
    insert_document, insert_updates, log_row, part, read_heads,
};
use super::{Connection, Db, DbError, run::json, workflow};
use crate::room::{
    Append, DocStore, Edition, Heads, LogRow, Mirror, News, Renewal, Snapshot, Standing, StoreError, StoredDocument,
};

/// Documents in the server's database.
pub struct DbDocStore {
    db: Db,
}

impl DbDocStore {
    pub fn new(db: Db) -> Self {
        Self { db }
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
        Ok(id)
    }

    /// A document as of the snapshot in these columns, with the log behind it.
    async fn read(&self, id: Uuid, columns: [Document; 3]) -> Result<Option<StoredDocument>, StoreError> {
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
        let quarantined = is_quarantined(&self.db, id).await?;
        let [snapshot, hash, heads] = columns;
        let select = Query::select()
            .expr_as(Expr::col(snapshot), Document::Snapshot)
            .expr_as(Expr::col(hash), Document::SnapshotHash)
            .expr_as(Expr::col(heads), Document::SnapshotHeads)
            .column(Document::SnapshotVersion)
            .from(Document::Table)
            .and_where(Expr::col(Document::DocumentId).eq(id))
            .to_owned();
        let Some(row) = self.db.fetch_optional::<DocumentRow>(&select).await? else { return Ok(None) };

        let version = row.snapshot_version as u64;
        let covered = read_heads(&row.snapshot_heads)?;
        let snapshot = row.into_snapshot()?;
        // Rows behind the snapshot before this one are kept, in case that this one cannot be read.
        let log = updates.into_iter().map(log_row).filter(|row| row.seq > covered.get(row.server)).collect();
        let owners = clients.into_iter().map(|row| (row.client as u64, row.user_id.into())).collect();
        Ok(Some(StoredDocument { generation: id, snapshot, covered, version, log, owners, quarantined }))
    }
}

/// Whether something of a document lies aside that nobody has settled.
async fn is_quarantined(db: &Db, id: Uuid) -> Result<bool, DbError> {
    let select = Query::select()
        .column(DocumentQuarantine::Seq)
        .from(DocumentQuarantine::Table)
        .and_where(Expr::col(DocumentQuarantine::DocumentId).eq(id))
        .and_where(Expr::col(DocumentQuarantine::SettledAt).is_null())
        .limit(1)
        .to_owned();
    Ok(db.fetch_optional::<(i64,)>(&select).await?.is_some())
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
            insert_document(&mut tx, *name, update).await?;
        }
        Ok(tx.commit().await?)
    }

    async fn load(&self, name: DocumentName) -> Result<StoredDocument, StoreError> {
        let id = self.find_id(name).await?;
        let columns = [Document::Snapshot, Document::SnapshotHash, Document::SnapshotHeads];
        self.read(id, columns).await?.ok_or(StoreError::Gone)
    }

    async fn load_previous(&self, name: DocumentName) -> Result<Option<StoredDocument>, StoreError> {
        let id = self.find_id(name).await?;
        let columns = [Document::PreviousSnapshot, Document::PreviousHash, Document::PreviousHeads];
        let stored = self.read(id, columns).await?.ok_or(StoreError::Gone)?;
        // Without a snapshot the log must begin at its beginning.
        let whole = stored.snapshot.is_some() || stored.covered.iter().next().is_none();
        Ok(whole.then_some(stored))
    }

    async fn standings(&self, documents: &[DocumentName]) -> Result<Vec<Standing>, StoreError> {
        news::standings(&self.db, documents).await
    }

    async fn news(&self, edition: Edition, heads: &Heads, version: u64) -> Result<News, StoreError> {
        news::news(&self.db, edition.generation, heads, version).await
    }

    async fn append(&self, rows: &[Append]) -> Result<(), StoreError> {
        let mut updates = Vec::with_capacity(rows.len());
        let mut claims = Vec::new();
        for row in rows {
            let id = row.edition.generation;
            updates.push((id, row.server, row.seq, row.update.as_ref()));
            claims.extend(row.claims.iter().map(|(client, user)| (id, *client, user.as_uuid())));
        }
        let mut tx = self.db.begin().await?;
        insert_updates(&mut tx, updates).await?;
        insert_clients(&mut tx, claims).await?;
        Ok(tx.commit().await?)
    }

    async fn compact(&self, edition: Edition, snapshot: Snapshot, version: u64) -> Result<(), StoreError> {
        let id = edition.generation;
        let mut tx = self.db.begin().await?;
        let select = Query::select()
            .column(Document::SnapshotHeads)
            .from(Document::Table)
            .and_where(Expr::col(Document::DocumentId).eq(id))
            .to_owned();
        let (last,): (String,) = tx.fetch_optional(&select).await?.ok_or(StoreError::Gone)?;
        let update = Query::update()
            .table(Document::Table)
            // What stands on the right is the row as it was.
            .value(Document::PreviousSnapshot, Expr::col(Document::Snapshot))
            .value(Document::PreviousHash, Expr::col(Document::SnapshotHash))
            .value(Document::PreviousHeads, Expr::col(Document::SnapshotHeads))
            .value(Document::Snapshot, snapshot.state_v2.to_vec())
            .value(Document::SnapshotHash, snapshot.hash.to_vec())
            .value(Document::SnapshotHeads, json(&snapshot.heads))
            .value(Document::SnapshotVersion, version as i64 + 1)
            .and_where(Expr::col(Document::DocumentId).eq(id))
            // Nobody has folded it since, so the heads read above are still the last.
            .and_where(Expr::col(Document::SnapshotVersion).eq(version as i64))
            .to_owned();
        if tx.execute(&update).await? == 0 {
            // Or it is gone, which the next append finds out.
            return Err(StoreError::Outrun);
        }
        let last = read_heads(&last)?;
        let covered = last.iter().fold(Cond::any(), |any, (server, seq)| {
            let of_server = Expr::col(DocumentUpdate::ServerId).eq(server.as_uuid());
            any.add(of_server.and(Expr::col(DocumentUpdate::Seq).lte(seq as i64)))
        });
        let delete = Query::delete()
            .from_table(DocumentUpdate::Table)
            .and_where(Expr::col(DocumentUpdate::DocumentId).eq(id))
            .cond_where(covered)
            .to_owned();
        if last.iter().next().is_some() {
            tx.execute(&delete).await?;
        }
        Ok(tx.commit().await?)
    }

    async fn quarantine(&self, edition: Edition, row: LogRow, reason: String) -> Result<(), StoreError> {
        self.set_row_aside(edition.generation, row, reason).await
    }

    async fn quarantine_snapshot(&self, edition: Edition, reason: String) -> Result<(), StoreError> {
        self.set_snapshot_aside(edition.generation, reason).await
    }

    async fn renew(&self, edition: Edition, renewal: Renewal) -> Result<Uuid, StoreError> {
        self.begin_anew(edition, renewal).await
    }

    async fn mirror(&self, id: WorkflowId, mirror: Mirror) -> Result<(), StoreError> {
        let Mirror { title, description, node_count } = &mirror;
        Ok(workflow::mirror(&self.db, id, workflow::Mirror { title, description, node_count: *node_count }).await?)
    }

    async fn delete(&self, id: WorkflowId) -> Result<(), StoreError> {
        let delete = Query::delete()
            .from_table(Document::Table)
            .and_where(Expr::col(Document::WorkflowId).eq(id.as_uuid()))
            .to_owned();
        self.db.execute(&delete).await?;
        Ok(())
    }
}
