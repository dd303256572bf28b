//! Taking runs from the queue, and staying the one who executes them.
//!
//! A claim locks the rows of the person and of the workspace, passing over those that another claim holds, so that
//! limits hold between any number of workers. Leases are measured by the database's clock.

use std::collections::{BTreeMap, HashMap};

use sea_query::{Expr, ExprTrait, Func, JoinType, LockBehavior, LockType, Query, UpdateStatement};
use shared::{
    id::{NodeId, RunId, UserId, WorkflowId, WorkspaceId},
    run::RunStatus,
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    Connection, DbError, Tx, now, rfc3339,
    run::{RunTable, read},
    run_queue::{GraphTable, QueueTable, TurnTable, of_workspaces},
    user::UserTable,
    workflow::WorkflowTable,
};

/// A run that waits for its turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    pub run: RunId,
    pub workflow: WorkflowId,
    pub person: UserId,
    pub workspace: WorkspaceId,
    pub priority: i32,
    pub order: i64,
}

#[derive(sqlx::FromRow)]
struct WaitingRow {
    run_id: Uuid,
    workflow_id: Uuid,
    started_by: Uuid,
    workspace_id: Uuid,
    priority: i32,
    queue_order: i64,
}

/// Runs that wait and are not held back. At most 1,000: nobody's turn is further away than that.
pub async fn waiting(db: impl Connection) -> Result<Vec<Waiting>, DbError> {
    let select = of_workspaces(Query::select().columns([
        (RunTable::Table, RunTable::RunId),
        (RunTable::Table, RunTable::WorkflowId),
        (RunTable::Table, RunTable::StartedBy),
        (RunTable::Table, RunTable::Priority),
        (RunTable::Table, RunTable::QueueOrder),
    ]))
    .column((WorkflowTable::Table, WorkflowTable::WorkspaceId))
    .join(
        JoinType::LeftJoin,
        QueueTable::Table,
        Expr::col((QueueTable::Table, QueueTable::WorkspaceId))
            .equals((WorkflowTable::Table, WorkflowTable::WorkspaceId)),
    )
    .and_where(Expr::col((RunTable::Table, RunTable::Status)).eq(RunStatus::Queued.as_str()))
    .and_where(Expr::col((RunTable::Table, RunTable::Joined)).is_null())
    .and_where(Expr::col((RunTable::Table, RunTable::Paused)).eq(false))
    .and_where(
        Expr::col((QueueTable::Table, QueueTable::Paused)).is_null().or(Expr::col((
            QueueTable::Table,
            QueueTable::Paused,
        ))
        .eq(false)),
    )
    .order_by((RunTable::Table, RunTable::Priority), sea_query::Order::Desc)
    .order_by((RunTable::Table, RunTable::QueueOrder), sea_query::Order::Asc)
    .limit(1000)
    .to_owned();
    let rows: Vec<WaitingRow> = db.fetch_all(&select).await?;
    let waiting = rows.into_iter().map(|row| Waiting {
        run: row.run_id.into(),
        workflow: row.workflow_id.into(),
        person: row.started_by.into(),
        workspace: row.workspace_id.into(),
        priority: row.priority,
        order: row.queue_order,
    });
    Ok(waiting.collect())
}

/// Who has how much under way, and whose turn was when.
#[derive(Debug, Clone, Default)]
pub struct Busy {
    pub persons: HashMap<UserId, u32>,
    pub workspaces: HashMap<WorkspaceId, u32>,
    /// Unix milliseconds.
    pub last_turns: HashMap<UserId, i64>,
}

/// Of everybody, or of one person and one workspace.
pub async fn busy(tx: &mut Tx, only: Option<(UserId, WorkspaceId)>) -> Result<Busy, DbError> {
    let mut select = of_workspaces(
        Query::select()
            .column((RunTable::Table, RunTable::StartedBy))
            .column((WorkflowTable::Table, WorkflowTable::WorkspaceId))
            .expr(Func::count(Expr::col((RunTable::Table, RunTable::RunId)))),
    )
    .and_where(Expr::col((RunTable::Table, RunTable::Status)).eq(RunStatus::Running.as_str()))
    .and_where(Expr::col((RunTable::Table, RunTable::Joined)).is_null())
    // Who waits for people takes nobody's place.
    .and_where(Expr::col((RunTable::Table, RunTable::Parked)).eq(false))
    .group_by_columns([(RunTable::Table, RunTable::StartedBy)])
    .group_by_columns([(WorkflowTable::Table, WorkflowTable::WorkspaceId)])
    .to_owned();
    if let Some((person, workspace)) = only {
        select.and_where(
            Expr::col((RunTable::Table, RunTable::StartedBy)).eq(person.as_uuid()).or(Expr::col((
                WorkflowTable::Table,
                WorkflowTable::WorkspaceId,
            ))
            .eq(workspace.as_uuid())),
        );
    }
    let mut busy = Busy::default();
    for (person, workspace, count) in tx.fetch_all::<(Uuid, Uuid, i64)>(&select).await? {
        *busy.persons.entry(person.into()).or_default() += count as u32;
        *busy.workspaces.entry(workspace.into()).or_default() += count as u32;
    }
    if only.is_none() {
        let turns = Query::select().columns([TurnTable::UserId, TurnTable::LastTurn]).from(TurnTable::Table).to_owned();
        let turns: Vec<(Uuid, i64)> = tx.fetch_all(&turns).await?;
        busy.last_turns = turns.into_iter().map(|(user, at)| (user.into(), at)).collect();
    }
    Ok(busy)
}

/// Locks a person's and a workspace's turn until the transaction ends. `false`: another claim holds one of them.
pub async fn lock_turn(tx: &mut Tx, person: UserId, workspace: WorkspaceId) -> Result<bool, DbError> {
    let turn = Query::select()
        .column(TurnTable::UserId)
        .from(TurnTable::Table)
        .and_where(Expr::col(TurnTable::UserId).eq(person.as_uuid()))
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .to_owned();
    let queue = Query::select()
        .column(QueueTable::WorkspaceId)
        .from(QueueTable::Table)
        .and_where(Expr::col(QueueTable::WorkspaceId).eq(workspace.as_uuid()))
        .and_where(Expr::col(QueueTable::Paused).eq(false))
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .to_owned();
    Ok(tx.fetch_optional::<(Uuid,)>(&turn).await?.is_some() && tx.fetch_optional::<(Uuid,)>(&queue).await?.is_some())
}

/// Who executes, and until when.
#[derive(Debug, Clone, Copy)]
pub struct Lease {
    pub worker: Uuid,
    pub now_millis: i64,
    pub until_millis: i64,
}

/// Takes a waiting run. `false`: it does not wait any more.
pub async fn take(tx: &mut Tx, waiting: &Waiting, lease: Lease) -> Result<bool, DbError> {
    let update = leased(lease)
        .value(RunTable::StartedAt, now())
        .and_where(Expr::col(RunTable::RunId).eq(waiting.run.as_uuid()))
        .and_where(Expr::col(RunTable::Status).eq(RunStatus::Queued.as_str()))
        .and_where(Expr::col(RunTable::Paused).eq(false))
        .to_owned();
    if tx.execute(&update).await? == 0 {
        return Ok(false);
    }
    let joined = Query::update()
        .table(RunTable::Table)
        .value(RunTable::Status, RunStatus::Running.as_str())
        .value(RunTable::StartedAt, now())
        .and_where(Expr::col(RunTable::Joined).eq(waiting.run.as_uuid()))
        .and_where(Expr::col(RunTable::Status).eq(RunStatus::Queued.as_str()))
        .to_owned();
    tx.execute(&joined).await?;
    let turn = Query::update()
        .table(TurnTable::Table)
        .value(TurnTable::LastTurn, lease.now_millis)
        .and_where(Expr::col(TurnTable::UserId).eq(waiting.person.as_uuid()))
        .to_owned();
    tx.execute(&turn).await?;
    Ok(true)
}

fn leased(lease: Lease) -> UpdateStatement {
    Query::update()
        .table(RunTable::Table)
        .value(RunTable::Status, RunStatus::Running.as_str())
        .value(RunTable::Worker, lease.worker)
        .value(RunTable::LeaseUntil, lease.until_millis)
        .value(RunTable::Parked, false)
        .value(RunTable::Attempt, Expr::col(RunTable::Attempt).add(1))
        .to_owned()
}

/// Takes a run whose worker has not been heard of, or that nobody has: given back, or put aside until now. Those that
/// another claim looks at are passed over.
pub async fn take_abandoned(tx: &mut Tx, lease: Lease) -> Result<Option<RunId>, DbError> {
    let select = Query::select()
        .columns([RunTable::RunId, RunTable::Worker])
        .from(RunTable::Table)
        .and_where(Expr::col(RunTable::Status).eq(RunStatus::Running.as_str()))
        .and_where(Expr::col(RunTable::Joined).is_null())
        .and_where(Expr::col(RunTable::LeaseUntil).lt(lease.now_millis))
        .limit(1)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .to_owned();
    let Some((run, worker)) = tx.fetch_optional::<(Uuid, Option<Uuid>)>(&select).await? else { return Ok(None) };
    let lost = i32::from(worker.is_some());
    let update = leased(lease)
        .value(RunTable::Lost, Expr::col(RunTable::Lost).add(lost))
        .and_where(Expr::col(RunTable::RunId).eq(run))
        .to_owned();
    tx.execute(&update).await?;
    Ok(Some(run.into()))
}

/// Whether there may be something to take: cheap, and without a lock.
pub async fn any_abandoned(db: impl Connection, now_millis: i64) -> Result<bool, DbError> {
    let select = Query::select()
        .column(RunTable::RunId)
        .from(RunTable::Table)
        .and_where(Expr::col(RunTable::Status).eq(RunStatus::Running.as_str()))
        .and_where(Expr::col(RunTable::Joined).is_null())
        .and_where(Expr::col(RunTable::LeaseUntil).lt(now_millis))
        .limit(1)
        .to_owned();
    Ok(db.fetch_optional::<(Uuid,)>(&select).await?.is_some())
}

/// What a worker needs in order to execute a run.
#[derive(Debug, Clone)]
pub struct ClaimedRun {
    pub id: RunId,
    pub workflow: WorkflowId,
    pub workspace: WorkspaceId,
    pub started_by: UserId,
    pub started_by_name: String,
    pub created_at: String,
    pub graph_hash: String,
    /// In the exchange format.
    pub graph: String,
    pub targets: Vec<NodeId>,
    pub inputs: BTreeMap<String, serde_json::Value>,
    pub attempt: i32,
    /// How many workers were lost over it.
    pub lost: i32,
    pub cancel_requested: bool,
    /// Nodes that are executed whatever is remembered of them.
    pub fresh: Vec<NodeId>,
}

#[derive(sqlx::FromRow)]
struct ClaimedRow {
    run_id: Uuid,
    workflow_id: Uuid,
    workspace_id: Uuid,
    started_by: Uuid,
    name: String,
    created_at: OffsetDateTime,
    graph_hash: String,
    graph: String,
    targets: String,
    inputs: String,
    attempt: i32,
    lost: i32,
    cancel_requested: bool,
    fresh: String,
}

/// With its frozen graph. `None`: it is not there, or from before there was a queue.
pub async fn find(db: impl Connection, run: RunId) -> Result<Option<ClaimedRun>, DbError> {
    let select = of_workspaces(Query::select().columns([
        (RunTable::Table, RunTable::RunId),
        (RunTable::Table, RunTable::WorkflowId),
        (RunTable::Table, RunTable::StartedBy),
        (RunTable::Table, RunTable::CreatedAt),
        (RunTable::Table, RunTable::GraphHash),
        (RunTable::Table, RunTable::Targets),
        (RunTable::Table, RunTable::Inputs),
        (RunTable::Table, RunTable::Attempt),
        (RunTable::Table, RunTable::Lost),
        (RunTable::Table, RunTable::CancelRequested),
        (RunTable::Table, RunTable::Fresh),
    ]))
    .column((WorkflowTable::Table, WorkflowTable::WorkspaceId))
    .column((UserTable::Table, UserTable::Name))
    .column((GraphTable::Table, GraphTable::Graph))
    .join(
        JoinType::InnerJoin,
        UserTable::Table,
        Expr::col((UserTable::Table, UserTable::UserId)).equals((RunTable::Table, RunTable::StartedBy)),
    )
    .join(
        JoinType::InnerJoin,
        GraphTable::Table,
        Expr::col((GraphTable::Table, GraphTable::FrozenHash)).equals((RunTable::Table, RunTable::FrozenHash)),
    )
    .and_where(Expr::col((RunTable::Table, RunTable::RunId)).eq(run.as_uuid()))
    .to_owned();
    let row: Option<ClaimedRow> = db.fetch_optional(&select).await?;
    row.map(|row| {
        Ok(ClaimedRun {
            id: row.run_id.into(),
            workflow: row.workflow_id.into(),
            workspace: row.workspace_id.into(),
            started_by: row.started_by.into(),
            started_by_name: row.name,
            created_at: rfc3339(row.created_at),
            graph_hash: row.graph_hash,
            graph: row.graph,
            targets: read(&row.targets, "run.targets")?,
            inputs: read(&row.inputs, "run.inputs")?,
            attempt: row.attempt,
            lost: row.lost,
            cancel_requested: row.cancel_requested,
            fresh: read(&row.fresh, "run.fresh")?,
        })
    })
    .transpose()
}
