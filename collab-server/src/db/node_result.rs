//! Results by what went in, and which nodes show them: see `run::DbCache`.

use sea_query::{Expr, ExprTrait, Func, Iden, OnConflict, Order, Query};
use shared::{
    id::{NodeId, WorkflowId, WorkspaceId},
    outputs::HISTORY_LEN,
};
use time::OffsetDateTime;

use super::{Connection, Db, DbError, Tx, now};

#[derive(Iden)]
enum ResultTable {
    #[iden = "node_result"]
    Table,
    WorkspaceId,
    ResultKey,
    Result,
    CreatedAt,
    SizeBytes,
    UsedAt,
}

#[derive(Iden)]
enum VersionTable {
    #[iden = "node_version"]
    Table,
    WorkflowId,
    NodeId,
    WorkspaceId,
    ResultKey,
    ShownAt,
}

/// As it was stored: JSON of the engine's `CachedResult`, or the name of the blob that holds it.
pub async fn find(db: impl Connection, workspace: WorkspaceId, key: &str) -> Result<Option<String>, DbError> {
    let select = Query::select()
        .column(ResultTable::Result)
        .from(ResultTable::Table)
        .and_where(Expr::col(ResultTable::WorkspaceId).eq(workspace.as_uuid()))
        .and_where(Expr::col(ResultTable::ResultKey).eq(key))
        .to_owned();
    let row: Option<(String,)> = db.fetch_optional(&select).await?;
    Ok(row.map(|(text,)| text))
}

/// The newer of two results stays: the older one's media may be gone.
pub async fn upsert(
    db: impl Connection,
    workspace: WorkspaceId,
    key: &str,
    result: &str,
    size_bytes: i64,
    used_at_millis: i64,
) -> Result<(), DbError> {
    let insert = Query::insert()
        .into_table(ResultTable::Table)
        .columns([
            ResultTable::WorkspaceId,
            ResultTable::ResultKey,
            ResultTable::Result,
            ResultTable::CreatedAt,
            ResultTable::SizeBytes,
            ResultTable::UsedAt,
        ])
        .values_panic([
            workspace.as_uuid().into(),
            key.into(),
            result.into(),
            now().into(),
            size_bytes.into(),
            used_at_millis.into(),
        ])
        .on_conflict(
            OnConflict::columns([ResultTable::WorkspaceId, ResultTable::ResultKey])
                .update_columns([
                    ResultTable::Result,
                    ResultTable::CreatedAt,
                    ResultTable::SizeBytes,
                    ResultTable::UsedAt,
                ])
                .to_owned(),
        )
        .to_owned();
    db.execute(&insert).await.map(drop)
}

/// Notes that a node shows a result, and which of its last ones it shows no more.
pub async fn show(
    tx: &mut Tx,
    workspace: WorkspaceId,
    key: &str,
    workflow: WorkflowId,
    node: &NodeId,
    now_millis: i64,
) -> Result<(), DbError> {
    let used = Query::update()
        .table(ResultTable::Table)
        .value(ResultTable::UsedAt, now_millis)
        .and_where(Expr::col(ResultTable::WorkspaceId).eq(workspace.as_uuid()))
        .and_where(Expr::col(ResultTable::ResultKey).eq(key))
        .to_owned();
    tx.execute(&used).await?;
    let version = Query::insert()
        .into_table(VersionTable::Table)
        .columns([
            VersionTable::WorkflowId,
            VersionTable::NodeId,
            VersionTable::WorkspaceId,
            VersionTable::ResultKey,
            VersionTable::ShownAt,
        ])
        .values_panic([
            workflow.as_uuid().into(),
            node.as_str().into(),
            workspace.as_uuid().into(),
            key.into(),
            now_millis.into(),
        ])
        .on_conflict(
            OnConflict::columns([VersionTable::WorkflowId, VersionTable::NodeId, VersionTable::ResultKey])
                .update_column(VersionTable::ShownAt)
                .to_owned(),
        )
        .to_owned();
    tx.execute(&version).await?;
    let of_node = |query: sea_query::Condition| {
        query
            .add(Expr::col(VersionTable::WorkflowId).eq(workflow.as_uuid()))
            .add(Expr::col(VersionTable::NodeId).eq(node.as_str()))
    };
    let newest = Query::select()
        .column(VersionTable::ResultKey)
        .from(VersionTable::Table)
        .cond_where(of_node(sea_query::Condition::all()))
        .order_by(VersionTable::ShownAt, Order::Desc)
        .order_by(VersionTable::ResultKey, Order::Desc)
        .limit(HISTORY_LEN as u64)
        .to_owned();
    let old = Query::delete()
        .from_table(VersionTable::Table)
        .cond_where(of_node(sea_query::Condition::all()))
        .and_where(Expr::col(VersionTable::ResultKey).not_in_subquery(newest))
        .to_owned();
    tx.execute(&old).await.map(drop)
}

/// What all results of a workspace take.
pub async fn total_bytes(db: impl Connection, workspace: WorkspaceId) -> Result<i64, DbError> {
    let select = Query::select()
        .expr(Expr::expr(Func::sum(Expr::col(ResultTable::SizeBytes))).cast_as("bigint"))
        .from(ResultTable::Table)
        .and_where(Expr::col(ResultTable::WorkspaceId).eq(workspace.as_uuid()))
        .to_owned();
    let (bytes,): (Option<i64>,) = db.fetch_one(&select).await?;
    Ok(bytes.unwrap_or(0))
}

/// Results that no node shows, least recently used first, each with its size.
pub async fn unshown(db: &Db, workspace: WorkspaceId, limit: u64) -> Result<Vec<(String, i64)>, DbError> {
    let shown = Query::select()
        .column(VersionTable::ResultKey)
        .from(VersionTable::Table)
        .and_where(Expr::col(VersionTable::WorkspaceId).eq(workspace.as_uuid()))
        .to_owned();
    let select = Query::select()
        .columns([ResultTable::ResultKey, ResultTable::SizeBytes])
        .from(ResultTable::Table)
        .and_where(Expr::col(ResultTable::WorkspaceId).eq(workspace.as_uuid()))
        .and_where(Expr::col(ResultTable::ResultKey).not_in_subquery(shown))
        .order_by(ResultTable::UsedAt, Order::Asc)
        .order_by(ResultTable::ResultKey, Order::Asc)
        .limit(limit)
        .to_owned();
    db.fetch_all(&select).await
}

pub async fn delete(db: impl Connection, workspace: WorkspaceId, keys: &[String]) -> Result<u64, DbError> {
    let delete = Query::delete()
        .from_table(ResultTable::Table)
        .and_where(Expr::col(ResultTable::WorkspaceId).eq(workspace.as_uuid()))
        .and_where(Expr::col(ResultTable::ResultKey).is_in(keys.iter().map(String::as_str)))
        .to_owned();
    db.execute(&delete).await
}

/// Forgets results that were made before `time` and that no node shows.
pub async fn delete_before(db: impl Connection, time: OffsetDateTime) -> Result<u64, DbError> {
    let shown = Query::select()
        .expr(Expr::value(1))
        .from(VersionTable::Table)
        .and_where(
            Expr::col((VersionTable::Table, VersionTable::WorkspaceId))
                .equals((ResultTable::Table, ResultTable::WorkspaceId)),
        )
        .and_where(
            Expr::col((VersionTable::Table, VersionTable::ResultKey))
                .equals((ResultTable::Table, ResultTable::ResultKey)),
        )
        .to_owned();
    let delete = Query::delete()
        .from_table(ResultTable::Table)
        .and_where(Expr::col((ResultTable::Table, ResultTable::CreatedAt)).lt(time))
        .and_where(Expr::not_exists(shown))
        .to_owned();
    db.execute(&delete).await
}
