//! Generation records, and who lets them be training data. The service around them is `run::capture`.

use sea_query::{Expr, ExprTrait, Func, Iden, JoinType, OnConflict, Order, Query, SelectStatement};
use serde_json::Value as Json;
use shared::id::{GenerationId, UserId, WorkspaceId};
use uuid::Uuid;

use super::{
    Connection, DbError, now,
    run::{json, read},
};

#[derive(Iden)]
enum GenerationTable {
    #[iden = "generation"]
    Table,
    GenerationId,
    WorkspaceId,
    UserId,
    Record,
    Consented,
    Redacted,
    CreatedAt,
}

#[derive(Iden)]
enum PolicyTable {
    #[iden = "training_policy"]
    Table,
    WorkspaceId,
    Allowed,
    ChangedAt,
}

#[derive(Iden)]
enum ConsentTable {
    #[iden = "training_consent"]
    Table,
    UserId,
    WorkspaceId,
    Given,
    ChangedAt,
}

/// A record and what decides about it.
#[derive(Debug, Clone)]
pub struct Kept {
    pub id: GenerationId,
    pub user: UserId,
    pub record: Json,
    /// Whether training was allowed when it was made.
    pub consented: bool,
    pub redacted: bool,
    /// Whether the workspace and the person allow it now.
    pub allowed: bool,
}

/// A record that is there already stays: a run that is taken up again may tell it twice.
pub async fn insert(
    db: impl Connection,
    id: GenerationId,
    workspace: WorkspaceId,
    user: UserId,
    record: &Json,
    consented: bool,
) -> Result<(), DbError> {
    let insert = Query::insert()
        .into_table(GenerationTable::Table)
        .columns([
            GenerationTable::GenerationId,
            GenerationTable::WorkspaceId,
            GenerationTable::UserId,
            GenerationTable::Record,
            GenerationTable::Consented,
            GenerationTable::CreatedAt,
        ])
        .values_panic([
            id.as_uuid().into(),
            workspace.as_uuid().into(),
            user.as_uuid().into(),
            json(record).into(),
            consented.into(),
            now().into(),
        ])
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .to_owned();
    db.execute(&insert).await.map(drop)
}

#[derive(sqlx::FromRow)]
struct KeptRow {
    generation_id: Uuid,
    user_id: Uuid,
    record: String,
    consented: bool,
    redacted: bool,
    allowed: Option<bool>,
    given: Option<bool>,
}

impl KeptRow {
    fn into_kept(self) -> Result<Kept, DbError> {
        Ok(Kept {
            id: self.generation_id.into(),
            user: self.user_id.into(),
            record: read(&self.record, "generation.record")?,
            consented: self.consented,
            redacted: self.redacted,
            allowed: self.allowed == Some(true) && self.given == Some(true),
        })
    }
}

fn select(workspace: WorkspaceId) -> SelectStatement {
    let of = |column: GenerationTable| (GenerationTable::Table, column);
    let policy = Expr::col((PolicyTable::Table, PolicyTable::WorkspaceId)).equals(of(GenerationTable::WorkspaceId));
    let consent = sea_query::Cond::all()
        .add(Expr::col((ConsentTable::Table, ConsentTable::WorkspaceId)).equals(of(GenerationTable::WorkspaceId)))
        .add(Expr::col((ConsentTable::Table, ConsentTable::UserId)).equals(of(GenerationTable::UserId)));
    Query::select()
        .columns([
            of(GenerationTable::GenerationId),
            of(GenerationTable::UserId),
            of(GenerationTable::Record),
            of(GenerationTable::Consented),
            of(GenerationTable::Redacted),
        ])
        .column((PolicyTable::Table, PolicyTable::Allowed))
        .column((ConsentTable::Table, ConsentTable::Given))
        .from(GenerationTable::Table)
        .join(JoinType::LeftJoin, PolicyTable::Table, policy)
        .join(JoinType::LeftJoin, ConsentTable::Table, consent)
        .and_where(Expr::col(of(GenerationTable::WorkspaceId)).eq(workspace.as_uuid()))
        .to_owned()
}

/// Records of a workspace, newest first, those older than `before`.
pub async fn list(
    db: impl Connection,
    workspace: WorkspaceId,
    before: Option<GenerationId>,
    limit: u64,
) -> Result<Vec<Kept>, DbError> {
    let mut select = select(workspace);
    if let Some(before) = before {
        let id = Expr::col((GenerationTable::Table, GenerationTable::GenerationId));
        select.and_where(id.lt(before.as_uuid()));
    }
    select.order_by((GenerationTable::Table, GenerationTable::GenerationId), Order::Desc).limit(limit);
    let rows: Vec<KeptRow> = db.fetch_all(&select).await?;
    rows.into_iter().map(KeptRow::into_kept).collect()
}

/// Records of a workspace behind `after`, oldest first.
pub async fn after(
    db: impl Connection,
    workspace: WorkspaceId,
    after: Option<GenerationId>,
    limit: u64,
) -> Result<Vec<Kept>, DbError> {
    let mut select = select(workspace);
    if let Some(after) = after {
        let id = Expr::col((GenerationTable::Table, GenerationTable::GenerationId));
        select.and_where(id.gt(after.as_uuid()));
    }
    select.order_by((GenerationTable::Table, GenerationTable::GenerationId), Order::Asc).limit(limit);
    let rows: Vec<KeptRow> = db.fetch_all(&select).await?;
    rows.into_iter().map(KeptRow::into_kept).collect()
}

pub async fn find(db: impl Connection, workspace: WorkspaceId, id: GenerationId) -> Result<Option<Kept>, DbError> {
    let is_it = Expr::col((GenerationTable::Table, GenerationTable::GenerationId)).eq(id.as_uuid());
    let select = select(workspace).and_where(is_it).to_owned();
    let row: Option<KeptRow> = db.fetch_optional(&select).await?;
    row.map(KeptRow::into_kept).transpose()
}

/// Adds what was measured afterwards, unless somebody had the record redacted meanwhile.
pub async fn set_record(db: impl Connection, id: GenerationId, record: &Json) -> Result<bool, DbError> {
    let update = Query::update()
        .table(GenerationTable::Table)
        .value(GenerationTable::Record, json(record))
        .and_where(Expr::col(GenerationTable::GenerationId).eq(id.as_uuid()))
        .and_where(Expr::col(GenerationTable::Redacted).eq(false))
        .to_owned();
    Ok(db.execute(&update).await? == 1)
}

/// Puts what is left of a record in its place, for good.
pub async fn redact(db: impl Connection, id: GenerationId, left: &Json) -> Result<(), DbError> {
    let update = Query::update()
        .table(GenerationTable::Table)
        .value(GenerationTable::Record, json(left))
        .value(GenerationTable::Redacted, true)
        .and_where(Expr::col(GenerationTable::GenerationId).eq(id.as_uuid()))
        .to_owned();
    db.execute(&update).await.map(drop)
}

/// What the workspace allows, and what the person does.
pub async fn training(db: &super::Db, workspace: WorkspaceId, user: UserId) -> Result<(bool, bool), DbError> {
    let policy = Query::select()
        .expr(Func::count(Expr::col(PolicyTable::WorkspaceId)))
        .from(PolicyTable::Table)
        .and_where(Expr::col(PolicyTable::WorkspaceId).eq(workspace.as_uuid()))
        .and_where(Expr::col(PolicyTable::Allowed).eq(true))
        .to_owned();
    let consent = Query::select()
        .expr(Func::count(Expr::col(ConsentTable::UserId)))
        .from(ConsentTable::Table)
        .and_where(Expr::col(ConsentTable::WorkspaceId).eq(workspace.as_uuid()))
        .and_where(Expr::col(ConsentTable::UserId).eq(user.as_uuid()))
        .and_where(Expr::col(ConsentTable::Given).eq(true))
        .to_owned();
    let ((allowed,), (given,)): ((i64,), (i64,)) = (db.fetch_one(&policy).await?, db.fetch_one(&consent).await?);
    Ok((allowed > 0, given > 0))
}

pub async fn set_policy(db: impl Connection, workspace: WorkspaceId, allowed: bool) -> Result<(), DbError> {
    let insert = Query::insert()
        .into_table(PolicyTable::Table)
        .columns([PolicyTable::WorkspaceId, PolicyTable::Allowed, PolicyTable::ChangedAt])
        .values_panic([workspace.as_uuid().into(), allowed.into(), now().into()])
        .on_conflict(
            OnConflict::column(PolicyTable::WorkspaceId)
                .update_columns([PolicyTable::Allowed, PolicyTable::ChangedAt])
                .to_owned(),
        )
        .to_owned();
    db.execute(&insert).await.map(drop)
}

pub async fn set_consent(
    db: impl Connection,
    workspace: WorkspaceId,
    user: UserId,
    given: bool,
) -> Result<(), DbError> {
    let insert = Query::insert()
        .into_table(ConsentTable::Table)
        .columns([ConsentTable::UserId, ConsentTable::WorkspaceId, ConsentTable::Given, ConsentTable::ChangedAt])
        .values_panic([user.as_uuid().into(), workspace.as_uuid().into(), given.into(), now().into()])
        .on_conflict(
            OnConflict::columns([ConsentTable::UserId, ConsentTable::WorkspaceId])
                .update_columns([ConsentTable::Given, ConsentTable::ChangedAt])
                .to_owned(),
        )
        .to_owned();
    db.execute(&insert).await.map(drop)
}
