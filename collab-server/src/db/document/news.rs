//! What other servers wrote into a document's log.

use std::collections::BTreeMap;

use sea_query::{Cond, Expr, ExprTrait, Func, Order, Query};
use shared::{id::UserId, protocol::DocumentName};
use uuid::Uuid;

use super::{
    super::{Connection, Db, DbError},
    is_quarantined,
    rows::{
        ClientRow, Document, DocumentClient, DocumentQuarantine, DocumentRow, DocumentUpdate, UpdateRow, log_row, part,
        read_heads,
    },
};
use crate::room::{Edition, Heads, News, Snapshot, Standing, StoreError};

#[derive(sqlx::FromRow)]
struct HeadRow {
    document_id: Uuid,
    server_id: Uuid,
    seq: i64,
}

/// The last rows in the logs of some documents.
async fn heads(db: &Db, documents: &[Uuid]) -> Result<BTreeMap<Uuid, Heads>, DbError> {
    let select = Query::select()
        .columns([DocumentUpdate::DocumentId, DocumentUpdate::ServerId])
        .expr_as(Func::max(Expr::col(DocumentUpdate::Seq)), DocumentUpdate::Seq)
        .from(DocumentUpdate::Table)
        .and_where(Expr::col(DocumentUpdate::DocumentId).is_in(documents.iter().copied()))
        .group_by_columns([DocumentUpdate::DocumentId, DocumentUpdate::ServerId])
        .to_owned();
    let rows: Vec<HeadRow> = db.fetch_all(&select).await?;
    let mut heads: BTreeMap<Uuid, Heads> = BTreeMap::new();
    for row in rows {
        heads.entry(row.document_id).or_default().advance(row.server_id.into(), row.seq as u64);
    }
    Ok(heads)
}

pub(super) async fn standings(db: &Db, documents: &[DocumentName]) -> Result<Vec<Standing>, StoreError> {
    let select = Query::select()
        .columns([Document::DocumentId, Document::WorkflowId, Document::Part, Document::SnapshotVersion])
        .from(Document::Table)
        .and_where(Expr::col(Document::WorkflowId).is_in(documents.iter().map(|name| name.workflow().as_uuid())))
        .to_owned();
    let rows: Vec<(Uuid, Uuid, String, i64)> = db.fetch_all(&select).await?;
    let rows: BTreeMap<(Uuid, String), (Uuid, i64)> =
        rows.into_iter().map(|(id, workflow, part, version)| ((workflow, part), (id, version))).collect();
    let found = |name: &DocumentName| {
        let (id, version) = *rows.get(&(name.workflow().as_uuid(), part(*name).to_owned()))?;
        Some((Edition { document: *name, generation: id }, version as u64))
    };
    let found: Vec<_> = documents.iter().filter_map(found).collect();
    let ids: Vec<Uuid> = found.iter().map(|(edition, _)| edition.generation).collect();
    let mut heads = heads(db, &ids).await?;
    let select = Query::select()
        .distinct()
        .column(DocumentQuarantine::DocumentId)
        .from(DocumentQuarantine::Table)
        .and_where(Expr::col(DocumentQuarantine::DocumentId).is_in(ids))
        .and_where(Expr::col(DocumentQuarantine::SettledAt).is_null())
        .to_owned();
    let quarantined: Vec<(Uuid,)> = db.fetch_all(&select).await?;
    let standing = |(edition, version): (Edition, u64)| {
        let id = edition.generation;
        let quarantined = quarantined.contains(&(id,));
        Standing { edition, version, heads: heads.remove(&id).unwrap_or_default(), quarantined }
    };
    Ok(found.into_iter().map(standing).collect())
}

pub(super) async fn news(db: &Db, id: Uuid, known: &Heads, version: u64) -> Result<News, StoreError> {
    // As in a load: rows before the snapshot, so that one written in between comes twice and not never.
    let there = heads(db, &[id]).await?.remove(&id).unwrap_or_default();
    let ahead = there.iter().filter(|(server, seq)| *seq > known.get(*server)).map(|(server, _)| server);
    let ahead = ahead.fold((Cond::any(), 0), |(any, count), server| {
        let of_server = Expr::col(DocumentUpdate::ServerId).eq(server.as_uuid());
        let behind = Expr::col(DocumentUpdate::Seq).gt(known.get(server) as i64);
        (any.add(of_server.and(behind)), count + 1)
    });
    let rows: Vec<UpdateRow> = match ahead {
        (_, 0) => Vec::new(),
        (ahead, _) => {
            let select = Query::select()
                .columns([DocumentUpdate::ServerId, DocumentUpdate::Seq, DocumentUpdate::Content])
                .from(DocumentUpdate::Table)
                .and_where(Expr::col(DocumentUpdate::DocumentId).eq(id))
                .cond_where(ahead)
                .order_by(DocumentUpdate::ServerId, Order::Asc)
                .order_by(DocumentUpdate::Seq, Order::Asc)
                .to_owned();
            db.fetch_all(&select).await?
        }
    };
    let select = Query::select()
        .columns([Document::SnapshotHeads, Document::SnapshotVersion])
        .from(Document::Table)
        .and_where(Expr::col(Document::DocumentId).eq(id))
        .to_owned();
    let row: Option<(String, i64)> = db.fetch_optional(&select).await?;
    let (covered, there) = row.ok_or(StoreError::Gone)?;
    let (mut there, mut snapshot) = (there as u64, None);
    if there != version && !known.covers(&read_heads(&covered)?) {
        // Perhaps a newer one by now: version and content are read together.
        (there, snapshot) = self::snapshot(db, id).await?;
    }
    let owners = if rows.is_empty() && snapshot.is_none() { Vec::new() } else { owners(db, id).await? };
    let quarantined = is_quarantined(db, id).await?;
    Ok(News { version: there, snapshot, log: rows.into_iter().map(log_row).collect(), owners, quarantined })
}

async fn snapshot(db: &Db, id: Uuid) -> Result<(u64, Option<Snapshot>), StoreError> {
    let select = Query::select()
        .columns([Document::Snapshot, Document::SnapshotHash, Document::SnapshotHeads, Document::SnapshotVersion])
        .from(Document::Table)
        .and_where(Expr::col(Document::DocumentId).eq(id))
        .to_owned();
    let row: Option<DocumentRow> = db.fetch_optional(&select).await?;
    let row = row.ok_or(StoreError::Gone)?;
    Ok((row.snapshot_version as u64, row.into_snapshot()?))
}

async fn owners(db: &Db, id: Uuid) -> Result<Vec<(u64, UserId)>, DbError> {
    let select = Query::select()
        .columns([DocumentClient::Client, DocumentClient::UserId])
        .from(DocumentClient::Table)
        .and_where(Expr::col(DocumentClient::DocumentId).eq(id))
        .to_owned();
    let clients: Vec<ClientRow> = db.fetch_all(&select).await?;
    Ok(clients.into_iter().map(|row| (row.client as u64, row.user_id.into())).collect())
}
