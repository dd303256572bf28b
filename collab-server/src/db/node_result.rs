//! Results by what went in: see `run::DbCache`.

use engine::CachedResult;
use sea_query::{Expr, ExprTrait, Iden, OnConflict, Query};
use shared::id::WorkspaceId;
use time::OffsetDateTime;

use super::{Connection, DbError, now, run::json};

#[derive(Iden)]
enum ResultTable {
    #[iden = "node_result"]
    Table,
    WorkspaceId,
    ResultKey,
    Result,
    CreatedAt,
}

pub async fn find(db: impl Connection, workspace: WorkspaceId, key: &str) -> Result<Option<CachedResult>, DbError> {
    let select = Query::select()
        .column(ResultTable::Result)
        .from(ResultTable::Table)
        .and_where(Expr::col(ResultTable::WorkspaceId).eq(workspace.as_uuid()))
        .and_where(Expr::col(ResultTable::ResultKey).eq(key))
        .to_owned();
    let row: Option<(String,)> = db.fetch_optional(&select).await?;
    let read = |(text,): (String,)| serde_json::from_str(&text);
    row.map(read).transpose().map_err(|_| DbError::Unreadable { column: "node_result.result" })
}

/// The newer of two results stays: the older one's media may be gone.
pub async fn upsert(
    db: impl Connection,
    workspace: WorkspaceId,
    key: &str,
    result: &CachedResult,
) -> Result<(), DbError> {
    let insert = Query::insert()
        .into_table(ResultTable::Table)
        .columns([ResultTable::WorkspaceId, ResultTable::ResultKey, ResultTable::Result, ResultTable::CreatedAt])
        .values_panic([workspace.as_uuid().into(), key.into(), json(result).into(), now().into()])
        .on_conflict(
            OnConflict::columns([ResultTable::WorkspaceId, ResultTable::ResultKey])
                .update_columns([ResultTable::Result, ResultTable::CreatedAt])
                .to_owned(),
        )
        .to_owned();
    db.execute(&insert).await.map(drop)
}

/// Forgets results that were made before `time`.
pub async fn delete_before(db: impl Connection, time: OffsetDateTime) -> Result<u64, DbError> {
    let delete =
        Query::delete().from_table(ResultTable::Table).and_where(Expr::col(ResultTable::CreatedAt).lt(time)).to_owned();
    db.execute(&delete).await
}
