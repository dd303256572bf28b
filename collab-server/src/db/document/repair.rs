//! What a document needs rarely: setting aside what cannot be read, and beginning anew.

use sea_query::{Expr, ExprTrait, LockType, Query};
use uuid::Uuid;

use super::{
    DbDocStore,
    rows::{
        Document, DocumentQuarantine, DocumentUpdate, QuarantineRow, insert_aside, insert_clients, insert_document,
    },
};
use crate::{
    db::Connection,
    room::{Edition, LogRow, Renewal, ServerId, StoreError, nobody},
};

impl DbDocStore {
    pub(super) async fn set_row_aside(&self, id: Uuid, row: LogRow, reason: String) -> Result<(), StoreError> {
        let (server_id, seq) = (row.server.as_uuid(), row.seq as i64);
        let mut tx = self.db.begin().await?;
        let aside = QuarantineRow { server_id, seq, content: row.update.to_vec(), reason };
        insert_aside(&mut tx, id, aside, false).await?;
        let delete = Query::delete()
            .from_table(DocumentUpdate::Table)
            .and_where(Expr::col(DocumentUpdate::DocumentId).eq(id))
            .and_where(Expr::col(DocumentUpdate::ServerId).eq(server_id))
            .and_where(Expr::col(DocumentUpdate::Seq).eq(seq))
            .to_owned();
        tx.execute(&delete).await?;
        Ok(tx.commit().await?)
    }

    pub(super) async fn set_snapshot_aside(&self, id: Uuid, reason: String) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        let select = Query::select()
            .column(Document::Snapshot)
            .from(Document::Table)
            .and_where(Expr::col(Document::DocumentId).eq(id))
            .lock(LockType::Update)
            .to_owned();
        let (content,): (Option<Vec<u8>>,) = tx.fetch_optional(&select).await?.ok_or(StoreError::Gone)?;
        let server_id = ServerId::FOUNDER.as_uuid();
        let aside = QuarantineRow { server_id, seq: 0, content: content.unwrap_or_default(), reason };
        insert_aside(&mut tx, id, aside, false).await?;
        let update = Query::update()
            .table(Document::Table)
            .value(Document::Snapshot, Expr::col(Document::PreviousSnapshot))
            .value(Document::SnapshotHash, Expr::col(Document::PreviousHash))
            .value(Document::SnapshotHeads, Expr::col(Document::PreviousHeads))
            .value(Document::PreviousSnapshot, Option::<Vec<u8>>::None)
            .value(Document::PreviousHash, Option::<Vec<u8>>::None)
            .and_where(Expr::col(Document::DocumentId).eq(id))
            .to_owned();
        tx.execute(&update).await?;
        Ok(tx.commit().await?)
    }

    pub(super) async fn begin_anew(&self, edition: Edition, renewal: Renewal) -> Result<Uuid, StoreError> {
        let Edition { document: name, generation: old } = edition;
        let mut tx = self.db.begin().await?;
        // The row first: appends of others wait for it, and then find it gone. (SQLite has one writer anyway.)
        let lock = Query::select()
            .column(Document::SnapshotVersion)
            .from(Document::Table)
            .and_where(Expr::col(Document::DocumentId).eq(old))
            .lock(LockType::Update)
            .to_owned();
        tx.fetch_optional::<(i64,)>(&lock).await?.ok_or(StoreError::Gone)?;
        let rows = Query::select()
            .columns([DocumentUpdate::ServerId, DocumentUpdate::Seq])
            .from(DocumentUpdate::Table)
            .and_where(Expr::col(DocumentUpdate::DocumentId).eq(old))
            .to_owned();
        let rows: Vec<(Uuid, i64)> = tx.fetch_all(&rows).await?;
        if rows.into_iter().any(|(server, seq)| seq as u64 > renewal.covers.get(server.into())) {
            return Err(StoreError::Outrun);
        }
        let aside = Query::select()
            .columns([
                DocumentQuarantine::ServerId,
                DocumentQuarantine::Seq,
                DocumentQuarantine::Content,
                DocumentQuarantine::Reason,
            ])
            .from(DocumentQuarantine::Table)
            .and_where(Expr::col(DocumentQuarantine::DocumentId).eq(old))
            .to_owned();
        let aside: Vec<QuarantineRow> = tx.fetch_all(&aside).await?;
        let delete =
            Query::delete().from_table(Document::Table).and_where(Expr::col(Document::DocumentId).eq(old)).to_owned();
        tx.execute(&delete).await?;
        let new = insert_document(&mut tx, name, &renewal.update).await?;
        let retired = renewal.retired.into_iter().map(|client| (new, client, nobody().as_uuid())).collect();
        insert_clients(&mut tx, retired).await?;
        for row in aside {
            insert_aside(&mut tx, new, row, true).await?;
        }
        tx.commit().await?;
        Ok(new)
    }
}
