//! Leases of runs under way: keeping, checking and giving them back, and the wish that a run be cancelled.

use sea_query::{Expr, ExprTrait, Query};
use shared::{
    id::{RunId, WorkflowId},
    run::RunStatus,
};
use uuid::Uuid;

use super::{
    Connection, Db, DbError, Tx,
    run::{RunTable, is_active, lock_active},
};

/// Says that the worker lives, and yields its runs, each with whether somebody wants it cancelled.
pub async fn renew(db: &Db, worker: Uuid, until_millis: i64) -> Result<Vec<(RunId, bool)>, DbError> {
    let update = Query::update()
        .table(RunTable::Table)
        .value(RunTable::LeaseUntil, until_millis)
        .and_where(Expr::col(RunTable::Worker).eq(worker))
        .and_where(Expr::col(RunTable::Status).eq(RunStatus::Running.as_str()))
        .to_owned();
    db.execute(&update).await?;
    let select = Query::select()
        .columns([RunTable::RunId, RunTable::CancelRequested])
        .from(RunTable::Table)
        .and_where(Expr::col(RunTable::Worker).eq(worker))
        .and_where(Expr::col(RunTable::Status).eq(RunStatus::Running.as_str()))
        .to_owned();
    let rows: Vec<(Uuid, bool)> = db.fetch_all(&select).await?;
    Ok(rows.into_iter().map(|(run, cancel)| (run.into(), cancel)).collect())
}

/// Whether the run is still this worker's; it stays so until the transaction ends.
pub async fn hold(tx: &mut Tx, run: RunId, worker: Uuid) -> Result<bool, DbError> {
    lock_active(tx, run, Some(worker)).await
}

/// Locks a run that has not ended until the transaction does. `false`: it has.
pub async fn lock(tx: &mut Tx, run: RunId) -> Result<bool, DbError> {
    lock_active(tx, run, None).await
}

/// Gives a run back that the worker does not end because it is stopping: it is not lost.
pub async fn release(db: impl Connection, run: RunId, worker: Uuid) -> Result<(), DbError> {
    let update = Query::update()
        .table(RunTable::Table)
        .value(RunTable::LeaseUntil, 0)
        .value(RunTable::Worker, None::<Uuid>)
        .and_where(Expr::col(RunTable::RunId).eq(run.as_uuid()))
        .and_where(Expr::col(RunTable::Worker).eq(worker))
        .and_where(Expr::col(RunTable::Status).eq(RunStatus::Running.as_str()))
        .to_owned();
    db.execute(&update).await.map(drop)
}

/// For a process that is the only one: whatever was under way is nobody's now.
pub async fn release_all(db: impl Connection) -> Result<u64, DbError> {
    let update = Query::update()
        .table(RunTable::Table)
        .value(RunTable::LeaseUntil, 0)
        .and_where(Expr::col(RunTable::Status).eq(RunStatus::Running.as_str()))
        .and_where(Expr::col(RunTable::Parked).eq(false))
        .to_owned();
    db.execute(&update).await
}

/// Asks whoever executes the run to stop. Whether it is under way; one that waits is ended by the caller.
pub async fn request_cancel(tx: &mut Tx, run: RunId) -> Result<bool, DbError> {
    if !lock_active(tx, run, None).await? {
        return Ok(false);
    }
    let update = Query::update()
        .table(RunTable::Table)
        .value(RunTable::CancelRequested, true)
        .and_where(Expr::col(RunTable::RunId).eq(run.as_uuid()))
        .and_where(is_active())
        .to_owned();
    tx.execute(&update).await?;
    let select = Query::select()
        .column(RunTable::Status)
        .from(RunTable::Table)
        .and_where(Expr::col(RunTable::RunId).eq(run.as_uuid()))
        .to_owned();
    let (status,): (String,) = tx.fetch_one(&select).await?;
    Ok(status == RunStatus::Running.as_str())
}

/// Workflows with runs from before there was a queue: nobody can execute those.
pub async fn without_graph(db: impl Connection) -> Result<Vec<WorkflowId>, DbError> {
    let select = Query::select()
        .distinct()
        .column(RunTable::WorkflowId)
        .from(RunTable::Table)
        .and_where(is_active())
        .and_where(Expr::col(RunTable::FrozenHash).is_null())
        .to_owned();
    let rows: Vec<(Uuid,)> = db.fetch_all(&select).await?;
    Ok(rows.into_iter().map(|(workflow,)| workflow.into()).collect())
}

/// Ends those runs.
pub async fn end_without_graph(db: impl Connection) -> Result<u64, DbError> {
    let update = Query::update()
        .table(RunTable::Table)
        .value(RunTable::Status, RunStatus::Failed.as_str())
        .value(RunTable::FinishedAt, super::now())
        .and_where(is_active())
        .and_where(Expr::col(RunTable::FrozenHash).is_null())
        .to_owned();
    db.execute(&update).await
}

/// Runs that other processes execute, each with its workflow and the last of its events that reached the canvas.
pub async fn elsewhere(db: impl Connection, worker: Uuid) -> Result<Vec<(RunId, WorkflowId, i64)>, DbError> {
    let select = Query::select()
        .columns([RunTable::RunId, RunTable::WorkflowId, RunTable::Announced])
        .from(RunTable::Table)
        .and_where(Expr::col(RunTable::Status).eq(RunStatus::Running.as_str()))
        .and_where(Expr::col(RunTable::Joined).is_null())
        .and_where(Expr::col(RunTable::Worker).ne(worker))
        .to_owned();
    let rows: Vec<(Uuid, Uuid, i64)> = db.fetch_all(&select).await?;
    Ok(rows.into_iter().map(|(run, workflow, seq)| (run.into(), workflow.into(), seq)).collect())
}
