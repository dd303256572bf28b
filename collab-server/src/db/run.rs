//! Runs as history: what was executed, for whom, and how it ended. How they wait and are taken is `db::run_queue`.

use std::collections::BTreeMap;

use sea_query::{Expr, ExprTrait, Iden, JoinType, LockType, Order, Query, SelectStatement};
use shared::{
    api::{Run, RunPriority},
    id::{NodeId, RunId, UserId, WorkflowId, WorkspaceId},
    run::{NodeFailure, RunEvent, RunStatus},
    value::Values,
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Connection, DbError, Tx, approval, now, rfc3339, run_step, user::UserTable, workflow::WorkflowTable};

#[derive(Iden)]
pub(super) enum RunTable {
    #[iden = "run"]
    Table,
    RunId,
    WorkflowId,
    StartedBy,
    Status,
    GraphHash,
    Graph,
    Targets,
    Inputs,
    Joined,
    CreatedAt,
    FinishedAt,
    CostUsd,
    Outputs,
    Failures,
    Events,
    FrozenHash,
    Priority,
    QueueOrder,
    Paused,
    Worker,
    LeaseUntil,
    Attempt,
    CancelRequested,
    StartedAt,
    Announced,
    Parked,
    Lost,
    Fresh,
}

/// How a run ended.
#[derive(Debug, Clone)]
pub struct EndedRun {
    pub status: RunStatus,
    pub cost_usd: Option<f64>,
    pub outputs: Values,
    pub failures: BTreeMap<NodeId, NodeFailure>,
    pub events: Vec<RunEvent>,
}

/// Ends a run and those that joined it, and forgets its checkpoints. A run that has ended already stays as it is, and
/// so does one that `worker` has lost to another. Whether anything ended.
pub async fn end(tx: &mut Tx, run: RunId, worker: Option<Uuid>, ended: &EndedRun) -> Result<bool, DbError> {
    if !lock_active(tx, run, worker).await? {
        return Ok(false);
    }
    let update = Query::update()
        .table(RunTable::Table)
        .value(RunTable::Status, ended.status.as_str())
        .value(RunTable::FinishedAt, now())
        .value(RunTable::CostUsd, ended.cost_usd)
        .value(RunTable::Outputs, json(&ended.outputs))
        .value(RunTable::Failures, json(&ended.failures))
        .value(RunTable::Events, json(&ended.events))
        .value(RunTable::Parked, false)
        // One that joins at this moment waits for the lock, and then finds nothing to join.
        .and_where(Expr::col(RunTable::RunId).eq(run.as_uuid()).or(Expr::col(RunTable::Joined).eq(run.as_uuid())))
        .and_where(is_active())
        .to_owned();
    tx.execute(&update).await?;
    approval::withdraw(tx, run).await?;
    run_step::delete(tx, &[run.as_uuid()]).await?;
    Ok(true)
}

/// Locks the row of a run that has not ended and, where it matters, is still `worker`'s.
pub(super) async fn lock_active(tx: &mut Tx, run: RunId, worker: Option<Uuid>) -> Result<bool, DbError> {
    let mut select = Query::select()
        .column(RunTable::RunId)
        .from(RunTable::Table)
        .and_where(Expr::col(RunTable::RunId).eq(run.as_uuid()))
        .and_where(is_active())
        .lock(LockType::NoKeyUpdate)
        .to_owned();
    if let Some(worker) = worker {
        select.and_where(Expr::col(RunTable::Worker).eq(worker));
    }
    Ok(tx.fetch_optional::<(Uuid,)>(&select).await?.is_some())
}

pub(super) fn is_active() -> Expr {
    Expr::col(RunTable::Status).is_in([RunStatus::Queued.as_str(), RunStatus::Running.as_str()])
}

#[derive(sqlx::FromRow)]
struct RunRow {
    run_id: Uuid,
    workflow_id: Uuid,
    started_by: Uuid,
    name: String,
    status: String,
    created_at: OffsetDateTime,
    finished_at: Option<OffsetDateTime>,
    cost_usd: Option<f64>,
    joined: Option<Uuid>,
    outputs: String,
    failures: String,
    priority: i32,
    paused: bool,
    attempt: i32,
    started_at: Option<OffsetDateTime>,
    parked: bool,
}

impl RunRow {
    fn into_run(self) -> Result<Run, DbError> {
        Ok(Run {
            id: self.run_id.into(),
            workflow: self.workflow_id.into(),
            started_by: self.started_by.into(),
            started_by_name: self.name,
            status: status(&self.status)?,
            created_at: rfc3339(self.created_at),
            finished_at: self.finished_at.map(rfc3339),
            cost_usd: self.cost_usd,
            joined: self.joined.map(Into::into),
            outputs: read(&self.outputs, "run.outputs")?,
            failures: read(&self.failures, "run.failures")?,
            priority: priority_of(self.priority),
            paused: self.paused,
            attempt: self.attempt.unsigned_abs(),
            started_at: self.started_at.map(rfc3339),
            waiting: self.parked,
            position: None,
        })
    }
}

fn select() -> SelectStatement {
    Query::select()
        .columns([
            (RunTable::Table, RunTable::RunId),
            (RunTable::Table, RunTable::WorkflowId),
            (RunTable::Table, RunTable::StartedBy),
            (RunTable::Table, RunTable::Status),
            (RunTable::Table, RunTable::CreatedAt),
            (RunTable::Table, RunTable::FinishedAt),
            (RunTable::Table, RunTable::CostUsd),
            (RunTable::Table, RunTable::Joined),
            (RunTable::Table, RunTable::Outputs),
            (RunTable::Table, RunTable::Failures),
            (RunTable::Table, RunTable::Priority),
            (RunTable::Table, RunTable::Paused),
            (RunTable::Table, RunTable::Attempt),
            (RunTable::Table, RunTable::StartedAt),
            (RunTable::Table, RunTable::Parked),
        ])
        .column((UserTable::Table, UserTable::Name))
        .from(RunTable::Table)
        .join(
            JoinType::InnerJoin,
            UserTable::Table,
            Expr::col((UserTable::Table, UserTable::UserId)).equals((RunTable::Table, RunTable::StartedBy)),
        )
        .to_owned()
}

pub async fn find(db: impl Connection, id: RunId) -> Result<Option<Run>, DbError> {
    let select = select().and_where(Expr::col((RunTable::Table, RunTable::RunId)).eq(id.as_uuid())).to_owned();
    let row: Option<RunRow> = db.fetch_optional(&select).await?;
    row.map(RunRow::into_run).transpose()
}

/// Which runs of a list are meant.
#[derive(Debug, Clone, Default)]
pub struct RunFilter {
    pub statuses: Vec<RunStatus>,
    pub started_by: Option<UserId>,
    /// Only runs that are older than this one.
    pub before: Option<RunId>,
    pub limit: u64,
}

/// Runs of a workflow, newest first. Ids are in the order of time.
pub async fn list(db: impl Connection, workflow: WorkflowId, filter: &RunFilter) -> Result<Vec<Run>, DbError> {
    let mut select = select()
        .and_where(Expr::col((RunTable::Table, RunTable::WorkflowId)).eq(workflow.as_uuid()))
        .order_by((RunTable::Table, RunTable::RunId), Order::Desc)
        .limit(filter.limit)
        .to_owned();
    if !filter.statuses.is_empty() {
        let statuses = filter.statuses.iter().map(|status| status.as_str());
        select.and_where(Expr::col((RunTable::Table, RunTable::Status)).is_in(statuses));
    }
    if let Some(user) = filter.started_by {
        select.and_where(Expr::col((RunTable::Table, RunTable::StartedBy)).eq(user.as_uuid()));
    }
    if let Some(run) = filter.before {
        select.and_where(Expr::col((RunTable::Table, RunTable::RunId)).lt(run.as_uuid()));
    }
    let rows: Vec<RunRow> = db.fetch_all(&select).await?;
    rows.into_iter().map(RunRow::into_run).collect()
}

/// Runs of a workspace that have not ended, oldest first.
pub async fn active(db: impl Connection, workspace: WorkspaceId) -> Result<Vec<Run>, DbError> {
    let select = select()
        .join(
            JoinType::InnerJoin,
            WorkflowTable::Table,
            Expr::col((WorkflowTable::Table, WorkflowTable::WorkflowId))
                .equals((RunTable::Table, RunTable::WorkflowId)),
        )
        .and_where(Expr::col((WorkflowTable::Table, WorkflowTable::WorkspaceId)).eq(workspace.as_uuid()))
        .and_where(
            Expr::col((RunTable::Table, RunTable::Status))
                .is_in([RunStatus::Queued.as_str(), RunStatus::Running.as_str()]),
        )
        .order_by((RunTable::Table, RunTable::RunId), Order::Asc)
        .limit(1000)
        .to_owned();
    let rows: Vec<RunRow> = db.fetch_all(&select).await?;
    rows.into_iter().map(RunRow::into_run).collect()
}

/// What happened in a run that has ended.
pub async fn events(db: impl Connection, id: RunId) -> Result<Vec<RunEvent>, DbError> {
    let select = Query::select()
        .column(RunTable::Events)
        .from(RunTable::Table)
        .and_where(Expr::col(RunTable::RunId).eq(id.as_uuid()))
        .to_owned();
    let row: Option<(String,)> = db.fetch_optional(&select).await?;
    row.map_or(Ok(Vec::new()), |(events,)| read(&events, "run.events"))
}

pub(super) fn priority_of(number: i32) -> RunPriority {
    match number {
        ..0 => RunPriority::Low,
        0 => RunPriority::Normal,
        1.. => RunPriority::High,
    }
}

fn status(text: &str) -> Result<RunStatus, DbError> {
    serde_json::from_value(text.into()).map_err(|_| DbError::Unreadable { column: "run.status" })
}

pub(super) fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("plain data with text keys")
}

pub(super) fn read<T: serde::de::DeserializeOwned>(text: &str, column: &'static str) -> Result<T, DbError> {
    serde_json::from_str(text).map_err(|_| DbError::Unreadable { column })
}
