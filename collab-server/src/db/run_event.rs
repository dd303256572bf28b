//! What happens in runs under way, for servers that do not execute them. Postgres only: SQLite has one process.

use sea_query::{Expr, ExprTrait, Func, Iden, JoinType, Order, Query};
use shared::{
    id::{RunId, WorkflowId},
    run::RunEvent,
};
use uuid::Uuid;

use super::{
    Connection, DbError,
    run::{RunTable, json, read},
};

#[derive(Iden)]
enum EventTable {
    #[iden = "run_event"]
    Table,
    RunId,
    Seq,
    Attempt,
    Events,
}

/// Events that were written together.
#[derive(Debug)]
pub struct EventBatch {
    pub run: RunId,
    pub seq: i64,
    pub attempt: i32,
    pub events: Vec<RunEvent>,
}

#[derive(sqlx::FromRow)]
struct EventRow {
    run_id: Uuid,
    seq: i64,
    attempt: i32,
    events: String,
}

impl EventRow {
    fn into_batch(self) -> Result<EventBatch, DbError> {
        Ok(EventBatch {
            run: self.run_id.into(),
            seq: self.seq,
            attempt: self.attempt,
            events: read(&self.events, "run_event.events")?,
        })
    }
}

pub async fn insert(db: impl Connection, batch: &EventBatch) -> Result<(), DbError> {
    let insert = Query::insert()
        .into_table(EventTable::Table)
        .columns([EventTable::RunId, EventTable::Seq, EventTable::Attempt, EventTable::Events])
        .values_panic([batch.run.as_uuid().into(), batch.seq.into(), batch.attempt.into(), json(&batch.events).into()])
        .to_owned();
    db.execute(&insert).await.map(drop)
}

/// The number of the run's last row; 0 if there is none.
pub async fn last_seq(db: impl Connection, run: RunId) -> Result<i64, DbError> {
    let select = Query::select()
        .expr(Func::max(Expr::col(EventTable::Seq)))
        .from(EventTable::Table)
        .and_where(Expr::col(EventTable::RunId).eq(run.as_uuid()))
        .to_owned();
    let (seq,): (Option<i64>,) = db.fetch_one(&select).await?;
    Ok(seq.unwrap_or(0))
}

/// Rows of a run behind `seq`, in order.
pub async fn after(db: impl Connection, run: RunId, seq: i64) -> Result<Vec<EventBatch>, DbError> {
    let select = Query::select()
        .columns([EventTable::RunId, EventTable::Seq, EventTable::Attempt, EventTable::Events])
        .from(EventTable::Table)
        .and_where(Expr::col(EventTable::RunId).eq(run.as_uuid()))
        .and_where(Expr::col(EventTable::Seq).gt(seq))
        .order_by(EventTable::Seq, Order::Asc)
        .limit(1000)
        .to_owned();
    let rows: Vec<EventRow> = db.fetch_all(&select).await?;
    rows.into_iter().map(EventRow::into_batch).collect()
}

#[derive(sqlx::FromRow)]
struct UnannouncedRow {
    workflow_id: Uuid,
    run_id: Uuid,
    seq: i64,
    attempt: i32,
    events: String,
}

/// Rows that have not reached the outputs document of their workflow, in the order of each run.
pub async fn unannounced(db: impl Connection) -> Result<Vec<(WorkflowId, EventBatch)>, DbError> {
    let select = Query::select()
        .column((RunTable::Table, RunTable::WorkflowId))
        .columns([
            (EventTable::Table, EventTable::RunId),
            (EventTable::Table, EventTable::Seq),
            (EventTable::Table, EventTable::Attempt),
            (EventTable::Table, EventTable::Events),
        ])
        .from(EventTable::Table)
        .join(
            JoinType::InnerJoin,
            RunTable::Table,
            Expr::col((RunTable::Table, RunTable::RunId)).equals((EventTable::Table, EventTable::RunId)),
        )
        .and_where(
            Expr::col((EventTable::Table, EventTable::Seq)).gt(Expr::col((RunTable::Table, RunTable::Announced))),
        )
        .order_by((EventTable::Table, EventTable::RunId), Order::Asc)
        .order_by((EventTable::Table, EventTable::Seq), Order::Asc)
        .limit(500)
        .to_owned();
    let rows: Vec<UnannouncedRow> = db.fetch_all(&select).await?;
    let batches = rows.into_iter().map(|row| {
        let UnannouncedRow { workflow_id, run_id, seq, attempt, events } = row;
        Ok((workflow_id.into(), EventRow { run_id, seq, attempt, events }.into_batch()?))
    });
    batches.collect()
}

/// The last row of a run that has reached the outputs document; 0 if none has, or the run is gone.
pub async fn announced(db: impl Connection, run: RunId) -> Result<i64, DbError> {
    let select = Query::select()
        .column(RunTable::Announced)
        .from(RunTable::Table)
        .and_where(Expr::col(RunTable::RunId).eq(run.as_uuid()))
        .to_owned();
    let row: Option<(i64,)> = db.fetch_optional(&select).await?;
    Ok(row.map_or(0, |(announced,)| announced))
}

/// Notes that rows up to `seq` have reached the outputs document.
pub async fn set_announced(db: impl Connection, run: RunId, seq: i64) -> Result<(), DbError> {
    let update = Query::update()
        .table(RunTable::Table)
        .value(RunTable::Announced, seq)
        .and_where(Expr::col(RunTable::RunId).eq(run.as_uuid()))
        .and_where(Expr::col(RunTable::Announced).lt(seq))
        .to_owned();
    db.execute(&update).await.map(drop)
}

/// Forgets what was told of runs that ended before `time`.
pub async fn delete_before(db: impl Connection, time: time::OffsetDateTime) -> Result<u64, DbError> {
    let ended = Query::select()
        .column(RunTable::RunId)
        .from(RunTable::Table)
        .and_where(Expr::col(RunTable::FinishedAt).lt(time))
        .to_owned();
    let delete = Query::delete()
        .from_table(EventTable::Table)
        .and_where(Expr::col(EventTable::RunId).in_subquery(ended))
        .to_owned();
    db.execute(&delete).await
}
