//! Runs that wait: entering the queue, its order, and what people change about it. `db::run_claim` takes from it.

use std::collections::BTreeMap;

use sea_query::{Expr, ExprTrait, Func, Iden, JoinType, LockType, OnConflict, Order, Query, SelectStatement};
use shared::{
    api::RunPriority,
    id::{NodeId, RunId, UserId, WorkflowId, WorkspaceId},
    run::RunStatus,
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    Connection, Db, DbError, Tx,
    run::{RunTable, is_active, json},
    workflow::WorkflowTable,
};

#[derive(Iden)]
pub(super) enum GraphTable {
    #[iden = "run_graph"]
    Table,
    FrozenHash,
    Graph,
}

#[derive(Iden)]
pub(super) enum QueueTable {
    #[iden = "run_queue"]
    Table,
    WorkspaceId,
    Paused,
}

#[derive(Iden)]
pub(super) enum TurnTable {
    #[iden = "run_turn"]
    Table,
    UserId,
    LastTurn,
}

pub struct NewRun<'a> {
    pub id: RunId,
    pub workflow: WorkflowId,
    pub workspace: WorkspaceId,
    pub started_by: UserId,
    /// Of the plan: see `run.graph_hash`.
    pub graph_hash: &'a str,
    /// In the exchange format.
    pub graph: &'a str,
    pub targets: &'a [NodeId],
    /// Nodes that are executed whatever is remembered of them.
    pub fresh: &'a [NodeId],
    pub inputs: &'a BTreeMap<String, serde_json::Value>,
    pub priority: RunPriority,
    pub created_at: OffsetDateTime,
}

/// The run that an identical one joined.
#[derive(Debug, Clone, Copy)]
pub struct Leader {
    pub run: RunId,
    pub status: RunStatus,
}

fn number_of(priority: RunPriority) -> i32 {
    match priority {
        RunPriority::Low => -1,
        RunPriority::Normal => 0,
        RunPriority::High => 1,
    }
}

/// Queues a run, or lets it join an identical one that has not ended.
pub async fn insert(tx: &mut Tx, run: &NewRun<'_>) -> Result<Option<Leader>, DbError> {
    let frozen_hash = blake3::hash(run.graph.as_bytes()).to_hex().to_string();
    let graph = Query::insert()
        .into_table(GraphTable::Table)
        .columns([GraphTable::FrozenHash, GraphTable::Graph])
        .values_panic([frozen_hash.as_str().into(), run.graph.into()])
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .to_owned();
    tx.execute(&graph).await?;
    let queue = Query::insert()
        .into_table(QueueTable::Table)
        .columns([QueueTable::WorkspaceId])
        .values_panic([run.workspace.as_uuid().into()])
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .to_owned();
    tx.execute(&queue).await?;
    let turn = Query::insert()
        .into_table(TurnTable::Table)
        .columns([TurnTable::UserId])
        .values_panic([run.started_by.as_uuid().into()])
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .to_owned();
    tx.execute(&turn).await?;
    loop {
        if insert_row(tx, run, &frozen_hash, None).await? {
            return Ok(None);
        }
        // Gone if it ended between the two statements: then this one leads.
        if let Some(leader) = find_leader(tx, run).await? {
            insert_row(tx, run, &frozen_hash, Some(leader)).await?;
            return Ok(Some(leader));
        }
    }
}

/// Refused, with `false`, by `run_leader_idx` if the run leads and another one does already.
async fn insert_row(tx: &mut Tx, run: &NewRun<'_>, frozen_hash: &str, leader: Option<Leader>) -> Result<bool, DbError> {
    let status = leader.map_or(RunStatus::Queued, |leader| leader.status);
    let queue_order = (run.created_at.unix_timestamp_nanos() / 1000) as i64;
    let insert = Query::insert()
        .into_table(RunTable::Table)
        .columns([
            RunTable::RunId,
            RunTable::WorkflowId,
            RunTable::StartedBy,
            RunTable::Status,
            RunTable::GraphHash,
            RunTable::Graph,
            RunTable::FrozenHash,
            RunTable::Targets,
            RunTable::Fresh,
            RunTable::Inputs,
            RunTable::Joined,
            RunTable::Priority,
            RunTable::QueueOrder,
            RunTable::CreatedAt,
        ])
        .values_panic([
            run.id.as_uuid().into(),
            run.workflow.as_uuid().into(),
            run.started_by.as_uuid().into(),
            status.as_str().into(),
            run.graph_hash.into(),
            // It is kept by its hash.
            "".into(),
            frozen_hash.into(),
            json(&run.targets).into(),
            json(&run.fresh).into(),
            json(run.inputs).into(),
            leader.map(|leader| leader.run.as_uuid()).into(),
            number_of(run.priority).into(),
            queue_order.into(),
            // Whole seconds: see `db::now`.
            run.created_at.replace_nanosecond(0).expect("zero is a number of nanoseconds").into(),
        ])
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .to_owned();
    Ok(tx.execute(&insert).await? == 1)
}

/// Locked until the transaction ends, so that it cannot end before its follower is there.
async fn find_leader(tx: &mut Tx, run: &NewRun<'_>) -> Result<Option<Leader>, DbError> {
    let select = Query::select()
        .columns([RunTable::RunId, RunTable::Status])
        .from(RunTable::Table)
        .and_where(Expr::col(RunTable::WorkflowId).eq(run.workflow.as_uuid()))
        .and_where(Expr::col(RunTable::GraphHash).eq(run.graph_hash))
        .and_where(is_active())
        .and_where(Expr::col(RunTable::Joined).is_null())
        .and_where(Expr::col(RunTable::CancelRequested).eq(false))
        .lock(LockType::NoKeyUpdate)
        .to_owned();
    let row: Option<(Uuid, String)> = tx.fetch_optional(&select).await?;
    Ok(row.map(|(run, status)| Leader {
        run: run.into(),
        status: if status == RunStatus::Running.as_str() { RunStatus::Running } else { RunStatus::Queued },
    }))
}

/// How many runs of the workspace have not ended.
pub async fn count_active(db: impl Connection, workspace: WorkspaceId) -> Result<i64, DbError> {
    let select = of_workspaces(Query::select().expr(Func::count(Expr::col((RunTable::Table, RunTable::RunId)))))
        .and_where(Expr::col((WorkflowTable::Table, WorkflowTable::WorkspaceId)).eq(workspace.as_uuid()))
        .and_where(
            Expr::col((RunTable::Table, RunTable::Status))
                .is_in([RunStatus::Queued.as_str(), RunStatus::Running.as_str()]),
        )
        .to_owned();
    let (count,): (i64,) = db.fetch_one(&select).await?;
    Ok(count)
}

/// From runs and their workflows, which know the workspace.
pub(super) fn of_workspaces(select: &mut SelectStatement) -> &mut SelectStatement {
    select.from(RunTable::Table).join(
        JoinType::InnerJoin,
        WorkflowTable::Table,
        Expr::col((WorkflowTable::Table, WorkflowTable::WorkflowId)).equals((RunTable::Table, RunTable::WorkflowId)),
    )
}

/// Whether the workspace's queue is held back.
pub async fn is_paused(db: impl Connection, workspace: WorkspaceId) -> Result<bool, DbError> {
    let select = Query::select()
        .column(QueueTable::Paused)
        .from(QueueTable::Table)
        .and_where(Expr::col(QueueTable::WorkspaceId).eq(workspace.as_uuid()))
        .to_owned();
    let row: Option<(bool,)> = db.fetch_optional(&select).await?;
    Ok(row.is_some_and(|(paused,)| paused))
}

pub async fn set_paused(db: impl Connection, workspace: WorkspaceId, paused: bool) -> Result<(), DbError> {
    let insert = Query::insert()
        .into_table(QueueTable::Table)
        .columns([QueueTable::WorkspaceId, QueueTable::Paused])
        .values_panic([workspace.as_uuid().into(), paused.into()])
        .on_conflict(OnConflict::column(QueueTable::WorkspaceId).update_column(QueueTable::Paused).to_owned())
        .to_owned();
    db.execute(&insert).await.map(drop)
}

/// What changes about a run that waits.
#[derive(Debug, Clone, Copy, Default)]
pub struct Change {
    pub paused: Option<bool>,
    pub priority: Option<RunPriority>,
    pub queue_order: Option<i64>,
}

/// Whether the run still waited.
pub async fn change(db: impl Connection, run: RunId, change: Change) -> Result<bool, DbError> {
    let mut update = Query::update()
        .table(RunTable::Table)
        .and_where(Expr::col(RunTable::RunId).eq(run.as_uuid()))
        .and_where(Expr::col(RunTable::Status).eq(RunStatus::Queued.as_str()))
        // Without effect, so that the statement is one whatever changes.
        .value(RunTable::Attempt, Expr::col(RunTable::Attempt))
        .to_owned();
    if let Some(paused) = change.paused {
        update.value(RunTable::Paused, paused);
    }
    if let Some(priority) = change.priority {
        update.value(RunTable::Priority, number_of(priority));
    }
    if let Some(order) = change.queue_order {
        update.value(RunTable::QueueOrder, order);
    }
    Ok(db.execute(&update).await? == 1)
}

/// The waiting runs of one person, in their order.
pub async fn orders(db: impl Connection, user: UserId) -> Result<Vec<(RunId, i64)>, DbError> {
    let select = Query::select()
        .columns([RunTable::RunId, RunTable::QueueOrder])
        .from(RunTable::Table)
        .and_where(Expr::col(RunTable::StartedBy).eq(user.as_uuid()))
        .and_where(Expr::col(RunTable::Status).eq(RunStatus::Queued.as_str()))
        .and_where(Expr::col(RunTable::Joined).is_null())
        .order_by(RunTable::QueueOrder, Order::Asc)
        .order_by(RunTable::RunId, Order::Asc)
        .to_owned();
    let rows: Vec<(Uuid, i64)> = db.fetch_all(&select).await?;
    Ok(rows.into_iter().map(|(run, order)| (run.into(), order)).collect())
}

/// Forgets frozen graphs that no run names any more.
pub async fn sweep_graphs(db: &Db) -> Result<u64, DbError> {
    let named = Query::select()
        .column(RunTable::FrozenHash)
        .from(RunTable::Table)
        .and_where(Expr::col(RunTable::FrozenHash).is_not_null())
        .to_owned();
    let delete = Query::delete()
        .from_table(GraphTable::Table)
        .and_where(Expr::col(GraphTable::FrozenHash).not_in_subquery(named))
        .to_owned();
    db.execute(&delete).await
}
