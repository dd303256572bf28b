//! Runs: rows of their own, and the results that later runs need not make again (`node_result` below).

use std::collections::BTreeMap;

use sea_query::{Expr, ExprTrait, Iden, JoinType, Order, Query, SelectStatement};
use shared::{
    api::Run,
    id::{NodeId, RunId, UserId, WorkflowId},
    run::{NodeFailure, RunEvent, RunStatus},
    value::Values,
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Connection, DbError, now, rfc3339, user::UserTable};

#[derive(Iden)]
enum RunTable {
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
}

pub struct NewRun<'a> {
    pub id: RunId,
    pub workflow: WorkflowId,
    pub started_by: UserId,
    pub graph_hash: &'a str,
    /// In the exchange format.
    pub graph: &'a str,
    pub targets: &'a [NodeId],
    pub inputs: &'a BTreeMap<String, serde_json::Value>,
    pub joined: Option<RunId>,
    pub created_at: OffsetDateTime,
}

/// A run is running from the moment it has a row: there is no queue behind it.
pub async fn insert(db: impl Connection, run: NewRun<'_>) -> Result<(), DbError> {
    let insert = Query::insert()
        .into_table(RunTable::Table)
        .columns([
            RunTable::RunId,
            RunTable::WorkflowId,
            RunTable::StartedBy,
            RunTable::Status,
            RunTable::GraphHash,
            RunTable::Graph,
            RunTable::Targets,
            RunTable::Inputs,
            RunTable::Joined,
            RunTable::CreatedAt,
        ])
        .values_panic([
            run.id.as_uuid().into(),
            run.workflow.as_uuid().into(),
            run.started_by.as_uuid().into(),
            RunStatus::Running.as_str().into(),
            run.graph_hash.into(),
            run.graph.into(),
            json(&run.targets).into(),
            json(run.inputs).into(),
            run.joined.map(RunId::as_uuid).into(),
            run.created_at.into(),
        ])
        .to_owned();
    db.execute(&insert).await.map(drop)
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

/// Ends runs that shared one execution. One that has ended already stays as it is.
pub async fn end(db: impl Connection, runs: &[RunId], ended: &EndedRun) -> Result<(), DbError> {
    let update = Query::update()
        .table(RunTable::Table)
        .value(RunTable::Status, ended.status.as_str())
        .value(RunTable::FinishedAt, now())
        .value(RunTable::CostUsd, ended.cost_usd)
        .value(RunTable::Outputs, json(&ended.outputs))
        .value(RunTable::Failures, json(&ended.failures))
        .value(RunTable::Events, json(&ended.events))
        .and_where(Expr::col(RunTable::RunId).is_in(runs.iter().map(|run| run.as_uuid())))
        .and_where(is_active())
        .to_owned();
    db.execute(&update).await.map(drop)
}

fn is_active() -> Expr {
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

/// The latest runs of a workflow, newest first. Ids are in the order of time.
pub async fn list(db: impl Connection, workflow: WorkflowId, limit: u64) -> Result<Vec<Run>, DbError> {
    let select = select()
        .and_where(Expr::col((RunTable::Table, RunTable::WorkflowId)).eq(workflow.as_uuid()))
        .order_by((RunTable::Table, RunTable::RunId), Order::Desc)
        .limit(limit)
        .to_owned();
    let rows: Vec<RunRow> = db.fetch_all(&select).await?;
    rows.into_iter().map(RunRow::into_run).collect()
}

/// Runs that were under way when somebody last looked: after a crash, those that nobody executes any more.
pub async fn active(db: impl Connection) -> Result<Vec<Run>, DbError> {
    let select = select()
        .and_where(
            Expr::col((RunTable::Table, RunTable::Status))
                .is_in([RunStatus::Queued.as_str(), RunStatus::Running.as_str()]),
        )
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

fn status(text: &str) -> Result<RunStatus, DbError> {
    serde_json::from_value(text.into()).map_err(|_| DbError::Unreadable { column: "run.status" })
}

pub(super) fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("plain data with text keys")
}

fn read<T: serde::de::DeserializeOwned>(text: &str, column: &'static str) -> Result<T, DbError> {
    serde_json::from_str(text).map_err(|_| DbError::Unreadable { column })
}
