//! Versions in SQL. The service around them is `crate::version`.

use std::collections::HashMap;

use sea_query::{Expr, ExprTrait, Iden, JoinType, Order, Query, SelectStatement};
use shared::{
    id::{UserId, VersionId, WorkflowId},
    version::{Version, VersionAuthor, VersionReason},
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Connection, Db, DbError, now, rfc3339, user::UserTable, workflow::WorkflowTable};

#[derive(Iden)]
enum VersionTable {
    #[iden = "version"]
    Table,
    VersionId,
    WorkflowId,
    Reason,
    Name,
    Pinned,
    Content,
    ContentHash,
    NodeCount,
    WireCount,
    FrameCount,
    CreatedAt,
}

#[derive(Iden)]
enum AuthorTable {
    #[iden = "version_author"]
    Table,
    VersionId,
    UserId,
}

pub struct NewVersion<'a> {
    pub id: VersionId,
    pub workflow: WorkflowId,
    pub reason: VersionReason,
    pub name: Option<&'a str>,
    pub content: &'a [u8],
    pub content_hash: [u8; 32],
    pub counts: [u32; 3],
}

#[derive(sqlx::FromRow)]
struct VersionRow {
    version_id: Uuid,
    reason: String,
    name: Option<String>,
    pinned: bool,
    node_count: i64,
    wire_count: i64,
    frame_count: i64,
    created_at: OffsetDateTime,
}

impl VersionRow {
    fn into_version(self) -> Result<Version, DbError> {
        let count = |count: i64| count.try_into().map_err(|_| DbError::Unreadable { column: "version.node_count" });
        let reason = VersionReason::ALL.into_iter().find(|reason| reason.as_str() == self.reason);
        Ok(Version {
            id: self.version_id.into(),
            name: self.name,
            reason: reason.ok_or(DbError::Unreadable { column: "version.reason" })?,
            pinned: self.pinned,
            created_at: rfc3339(self.created_at),
            authors: Vec::new(),
            node_count: count(self.node_count)?,
            wire_count: count(self.wire_count)?,
            frame_count: count(self.frame_count)?,
        })
    }
}

pub async fn insert(tx: &mut super::Tx, version: NewVersion<'_>, authors: &[UserId]) -> Result<(), DbError> {
    let [nodes, wires, frames] = version.counts;
    let insert = Query::insert()
        .into_table(VersionTable::Table)
        .columns([
            VersionTable::VersionId,
            VersionTable::WorkflowId,
            VersionTable::Reason,
            VersionTable::Name,
            VersionTable::Content,
            VersionTable::ContentHash,
            VersionTable::NodeCount,
            VersionTable::WireCount,
            VersionTable::FrameCount,
            VersionTable::CreatedAt,
        ])
        .values_panic([
            version.id.as_uuid().into(),
            version.workflow.as_uuid().into(),
            version.reason.as_str().into(),
            version.name.into(),
            version.content.into(),
            version.content_hash.as_slice().into(),
            i64::from(nodes).into(),
            i64::from(wires).into(),
            i64::from(frames).into(),
            now().into(),
        ])
        .to_owned();
    tx.execute(&insert).await?;
    if authors.is_empty() {
        return Ok(());
    }
    let mut insert = Query::insert()
        .into_table(AuthorTable::Table)
        .columns([AuthorTable::VersionId, AuthorTable::UserId])
        .to_owned();
    for author in authors {
        insert.values_panic([version.id.as_uuid().into(), author.as_uuid().into()]);
    }
    tx.execute(&insert).await.map(drop)
}

/// Until the transaction ends, nobody else keeps a version of this workflow. `false`: it is gone.
pub async fn lock_workflow(tx: &mut super::Tx, workflow: WorkflowId) -> Result<bool, DbError> {
    let select = Query::select()
        .column(WorkflowTable::WorkflowId)
        .from(WorkflowTable::Table)
        .and_where(Expr::col(WorkflowTable::WorkflowId).eq(workflow.as_uuid()))
        // SQLite, which has no such clause, has one writer at a time anyway.
        .lock_exclusive()
        .to_owned();
    let row: Option<(Uuid,)> = tx.fetch_optional(&select).await?;
    Ok(row.is_some())
}

/// The newest version, as far as it matters to whether another is to be kept.
#[derive(sqlx::FromRow)]
pub struct Latest {
    version_id: Uuid,
    pub name: Option<String>,
    pub content_hash: Vec<u8>,
}

impl Latest {
    pub fn id(&self) -> VersionId {
        self.version_id.into()
    }
}

pub async fn latest(db: impl Connection, workflow: WorkflowId) -> Result<Option<Latest>, DbError> {
    let select = Query::select()
        .columns([VersionTable::VersionId, VersionTable::Name, VersionTable::ContentHash])
        .from(VersionTable::Table)
        .and_where(Expr::col(VersionTable::WorkflowId).eq(workflow.as_uuid()))
        .order_by(VersionTable::VersionId, Order::Desc)
        .limit(1)
        .to_owned();
    db.fetch_optional(&select).await
}

fn select(workflow: WorkflowId) -> SelectStatement {
    Query::select()
        .columns([
            VersionTable::VersionId,
            VersionTable::Reason,
            VersionTable::Name,
            VersionTable::Pinned,
            VersionTable::NodeCount,
            VersionTable::WireCount,
            VersionTable::FrameCount,
            VersionTable::CreatedAt,
        ])
        .from(VersionTable::Table)
        .and_where(Expr::col(VersionTable::WorkflowId).eq(workflow.as_uuid()))
        .to_owned()
}

/// Newest first, those older than `before` if it is given. Ids are in the order of time.
pub async fn list(
    db: &Db,
    workflow: WorkflowId,
    before: Option<VersionId>,
    limit: u64,
) -> Result<Vec<Version>, DbError> {
    let mut select = select(workflow);
    if let Some(before) = before {
        select.and_where(Expr::col(VersionTable::VersionId).lt(before.as_uuid()));
    }
    select.order_by(VersionTable::VersionId, Order::Desc).limit(limit);
    let rows: Vec<VersionRow> = db.fetch_all(&select).await?;
    let versions = rows.into_iter().map(VersionRow::into_version).collect::<Result<_, _>>()?;
    with_authors(db, versions).await
}

pub async fn find(db: &Db, workflow: WorkflowId, id: VersionId) -> Result<Option<Version>, DbError> {
    let select = select(workflow).and_where(Expr::col(VersionTable::VersionId).eq(id.as_uuid())).to_owned();
    let row: Option<VersionRow> = db.fetch_optional(&select).await?;
    let Some(row) = row else { return Ok(None) };
    Ok(with_authors(db, vec![row.into_version()?]).await?.pop())
}

#[derive(sqlx::FromRow)]
struct AuthorRow {
    version_id: Uuid,
    user_id: Uuid,
    name: String,
}

async fn with_authors(db: &Db, mut versions: Vec<Version>) -> Result<Vec<Version>, DbError> {
    if versions.is_empty() {
        return Ok(versions);
    }
    let select = Query::select()
        .columns([(AuthorTable::Table, AuthorTable::VersionId), (AuthorTable::Table, AuthorTable::UserId)])
        .column((UserTable::Table, UserTable::Name))
        .from(AuthorTable::Table)
        .join(
            JoinType::InnerJoin,
            UserTable::Table,
            Expr::col((UserTable::Table, UserTable::UserId)).equals((AuthorTable::Table, AuthorTable::UserId)),
        )
        .and_where(
            Expr::col((AuthorTable::Table, AuthorTable::VersionId))
                .is_in(versions.iter().map(|version| version.id.as_uuid())),
        )
        .order_by((UserTable::Table, UserTable::Name), Order::Asc)
        .to_owned();
    let rows: Vec<AuthorRow> = db.fetch_all(&select).await?;
    let mut authors: HashMap<VersionId, Vec<VersionAuthor>> = HashMap::new();
    for row in rows {
        let author = VersionAuthor { id: row.user_id.into(), name: row.name };
        authors.entry(row.version_id.into()).or_default().push(author);
    }
    for version in &mut versions {
        version.authors = authors.remove(&version.id).unwrap_or_default();
    }
    Ok(versions)
}

pub async fn content(db: impl Connection, workflow: WorkflowId, id: VersionId) -> Result<Option<Vec<u8>>, DbError> {
    let select = Query::select()
        .column(VersionTable::Content)
        .from(VersionTable::Table)
        .and_where(Expr::col(VersionTable::WorkflowId).eq(workflow.as_uuid()))
        .and_where(Expr::col(VersionTable::VersionId).eq(id.as_uuid()))
        .to_owned();
    let row: Option<(Vec<u8>,)> = db.fetch_optional(&select).await?;
    Ok(row.map(|(content,)| content))
}

/// `Some(None)` takes the name away.
pub async fn change(
    db: impl Connection,
    id: VersionId,
    name: Option<Option<&str>>,
    pinned: Option<bool>,
) -> Result<(), DbError> {
    let mut update = Query::update().table(VersionTable::Table).to_owned();
    if let Some(name) = name {
        update.value(VersionTable::Name, name);
    }
    if let Some(pinned) = pinned {
        update.value(VersionTable::Pinned, pinned);
    }
    if name.is_none() && pinned.is_none() {
        return Ok(());
    }
    db.execute(update.and_where(Expr::col(VersionTable::VersionId).eq(id.as_uuid()))).await.map(drop)
}

pub async fn delete(db: impl Connection, workflow: WorkflowId, ids: &[VersionId]) -> Result<u64, DbError> {
    let delete = Query::delete()
        .from_table(VersionTable::Table)
        .and_where(Expr::col(VersionTable::WorkflowId).eq(workflow.as_uuid()))
        .and_where(Expr::col(VersionTable::VersionId).is_in(ids.iter().map(|id| id.as_uuid())))
        .to_owned();
    db.execute(&delete).await
}

/// Of versions that nobody named or pinned: when they were kept, newest first.
pub async fn unnamed(db: impl Connection, workflow: WorkflowId) -> Result<Vec<(VersionId, OffsetDateTime)>, DbError> {
    let select = Query::select()
        .columns([VersionTable::VersionId, VersionTable::CreatedAt])
        .from(VersionTable::Table)
        .and_where(Expr::col(VersionTable::WorkflowId).eq(workflow.as_uuid()))
        .and_where(Expr::col(VersionTable::Name).is_null())
        .and_where(Expr::col(VersionTable::Pinned).eq(false))
        .order_by(VersionTable::VersionId, Order::Desc)
        .to_owned();
    let rows: Vec<(Uuid, OffsetDateTime)> = db.fetch_all(&select).await?;
    Ok(rows.into_iter().map(|(id, created_at)| (id.into(), created_at)).collect())
}

/// Workflows with more than one unnamed version: the only ones with anything to thin out.
pub async fn workflows(db: impl Connection) -> Result<Vec<WorkflowId>, DbError> {
    let select = Query::select()
        .column(VersionTable::WorkflowId)
        .from(VersionTable::Table)
        .and_where(Expr::col(VersionTable::Name).is_null())
        .and_where(Expr::col(VersionTable::Pinned).eq(false))
        .group_by_col(VersionTable::WorkflowId)
        .and_having(Expr::col(VersionTable::VersionId).count().gt(1))
        .to_owned();
    let rows: Vec<(Uuid,)> = db.fetch_all(&select).await?;
    Ok(rows.into_iter().map(|(id,)| id.into()).collect())
}
