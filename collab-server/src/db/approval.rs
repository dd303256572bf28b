//! Questions that runs ask people, and the answers. The service around them is `run::approvals`.

use engine::StepId;
use sea_query::{Expr, ExprTrait, Func, Iden, JoinType, LockType, Order, Query, SelectStatement};
use shared::{
    api::{ApprovalState, AskedApproval},
    id::{RunId, UserId, WorkflowId, WorkspaceId},
    run::{Approval, ApprovalAnswer, ApprovalDecision},
    value::Value,
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    Connection, DbError, Tx, now, rfc3339,
    run::{RunTable, json, read},
    run_step::text_of,
    user::UserTable,
    workflow::WorkflowTable,
};

#[derive(Iden)]
enum ApprovalTable {
    #[iden = "approval"]
    Table,
    RunId,
    Step,
    Question,
    AskedAt,
    ExpiresAt,
    State,
    AnsweredBy,
    AnsweredAt,
    Note,
    Value,
}

/// Keeps a question. One that was asked before stays as it is, with its answer.
pub async fn insert(tx: &mut Tx, run: RunId, step: &StepId, asked: &Approval, expires_at: i64) -> Result<(), DbError> {
    let insert = Query::insert()
        .into_table(ApprovalTable::Table)
        .columns([
            ApprovalTable::RunId,
            ApprovalTable::Step,
            ApprovalTable::Question,
            ApprovalTable::AskedAt,
            ApprovalTable::ExpiresAt,
        ])
        .values_panic([run.as_uuid().into(), text_of(step).into(), json(asked).into(), now().into(), expires_at.into()])
        .on_conflict(sea_query::OnConflict::new().do_nothing().to_owned())
        .to_owned();
    tx.execute(&insert).await.map(drop)
}

#[derive(sqlx::FromRow)]
struct AskedRow {
    run_id: Uuid,
    workflow_id: Uuid,
    question: String,
    asked_at: OffsetDateTime,
    expires_at: i64,
    state: String,
    answered_by: Option<Uuid>,
    name: Option<String>,
    answered_at: Option<OffsetDateTime>,
    note: Option<String>,
    value: Option<String>,
}

impl AskedRow {
    fn into_asked(self) -> Result<AskedApproval, DbError> {
        let approval: Approval = read(&self.question, "approval.question")?;
        let state = ApprovalState::ALL.into_iter().find(|state| state.as_str() == self.state);
        let state = state.ok_or(DbError::Unreadable { column: "approval.state" })?;
        let decision = match state {
            ApprovalState::Approved => Some(ApprovalDecision::Approved),
            ApprovalState::Rejected => Some(ApprovalDecision::Rejected),
            ApprovalState::Pending | ApprovalState::Expired | ApprovalState::Withdrawn => None,
        };
        let answer = match (decision, self.answered_by, self.answered_at) {
            (Some(decision), Some(by), Some(at)) => Some(ApprovalAnswer {
                node: approval.node.clone(),
                items: approval.items.clone(),
                decision,
                by: by.into(),
                by_name: self.name.unwrap_or_default(),
                at: rfc3339(at),
                note: self.note,
            }),
            _ => None,
        };
        let expires_at = OffsetDateTime::from_unix_timestamp(self.expires_at.div_euclid(1000));
        Ok(AskedApproval {
            run: self.run_id.into(),
            workflow: self.workflow_id.into(),
            approval,
            state,
            asked_at: rfc3339(self.asked_at),
            expires_at: rfc3339(expires_at.map_err(|_| DbError::Unreadable { column: "approval.expires_at" })?),
            answer,
            value: self.value.map(|value| read(&value, "approval.value")).transpose()?,
        })
    }
}

/// Which questions a list is about.
#[derive(Debug, Clone, Copy)]
pub enum Of {
    /// All that a run asked.
    Run(RunId),
    /// What waits for an answer in a workflow.
    Workflow(WorkflowId),
    /// What waits for an answer in a workspace.
    Workspace(WorkspaceId),
}

fn select() -> SelectStatement {
    let of = |column: ApprovalTable| (ApprovalTable::Table, column);
    Query::select()
        .columns([
            of(ApprovalTable::RunId),
            of(ApprovalTable::Question),
            of(ApprovalTable::AskedAt),
            of(ApprovalTable::ExpiresAt),
            of(ApprovalTable::State),
            of(ApprovalTable::AnsweredBy),
            of(ApprovalTable::AnsweredAt),
            of(ApprovalTable::Note),
            of(ApprovalTable::Value),
        ])
        .column((RunTable::Table, RunTable::WorkflowId))
        .column((UserTable::Table, UserTable::Name))
        .from(ApprovalTable::Table)
        .join(
            JoinType::InnerJoin,
            RunTable::Table,
            Expr::col((RunTable::Table, RunTable::RunId)).equals(of(ApprovalTable::RunId)),
        )
        .join(
            JoinType::InnerJoin,
            WorkflowTable::Table,
            Expr::col((WorkflowTable::Table, WorkflowTable::WorkflowId))
                .equals((RunTable::Table, RunTable::WorkflowId)),
        )
        .join(
            JoinType::LeftJoin,
            UserTable::Table,
            Expr::col((UserTable::Table, UserTable::UserId)).equals(of(ApprovalTable::AnsweredBy)),
        )
        .to_owned()
}

/// Oldest first, at most 1,000.
pub async fn list(db: impl Connection, of: Of) -> Result<Vec<AskedApproval>, DbError> {
    let mut select = select();
    match of {
        Of::Run(run) => select.and_where(Expr::col((ApprovalTable::Table, ApprovalTable::RunId)).eq(run.as_uuid())),
        Of::Workflow(workflow) => {
            select.and_where(Expr::col((RunTable::Table, RunTable::WorkflowId)).eq(workflow.as_uuid()))
        }
        Of::Workspace(workspace) => {
            select.and_where(Expr::col((WorkflowTable::Table, WorkflowTable::WorkspaceId)).eq(workspace.as_uuid()))
        }
    };
    if !matches!(of, Of::Run(_)) {
        select.and_where(is_pending());
    }
    select
        .order_by((ApprovalTable::Table, ApprovalTable::AskedAt), Order::Asc)
        .order_by((ApprovalTable::Table, ApprovalTable::RunId), Order::Asc)
        .order_by((ApprovalTable::Table, ApprovalTable::Step), Order::Asc)
        .limit(1000);
    let rows: Vec<AskedRow> = db.fetch_all(&select).await?;
    rows.into_iter().map(AskedRow::into_asked).collect()
}

/// One question, and until when it waits, in unix milliseconds.
pub async fn find(db: impl Connection, run: RunId, step: &StepId) -> Result<Option<(AskedApproval, i64)>, DbError> {
    let select = select()
        .and_where(Expr::col((ApprovalTable::Table, ApprovalTable::RunId)).eq(run.as_uuid()))
        .and_where(Expr::col((ApprovalTable::Table, ApprovalTable::Step)).eq(text_of(step)))
        .to_owned();
    let row: Option<AskedRow> = db.fetch_optional(&select).await?;
    row.map(|row| {
        let expires_at = row.expires_at;
        Ok((row.into_asked()?, expires_at))
    })
    .transpose()
}

/// Keeps an answer. `false`: the question does not wait for one, because somebody was faster.
pub async fn answer(
    tx: &mut Tx,
    run: RunId,
    step: &StepId,
    by: UserId,
    state: ApprovalState,
    value: Option<&Value>,
    note: Option<&str>,
) -> Result<bool, DbError> {
    let update = Query::update()
        .table(ApprovalTable::Table)
        .value(ApprovalTable::State, state.as_str())
        .value(ApprovalTable::AnsweredBy, by.as_uuid())
        .value(ApprovalTable::AnsweredAt, now())
        .value(ApprovalTable::Note, note)
        .value(ApprovalTable::Value, value.map(json))
        .and_where(Expr::col(ApprovalTable::RunId).eq(run.as_uuid()))
        .and_where(Expr::col(ApprovalTable::Step).eq(text_of(step)))
        .and_where(is_pending())
        .to_owned();
    Ok(tx.execute(&update).await? == 1)
}

/// Notes that nobody answered in time. `false`: somebody has.
pub async fn expire(db: impl Connection, run: RunId, step: &StepId) -> Result<bool, DbError> {
    let update = Query::update()
        .table(ApprovalTable::Table)
        .value(ApprovalTable::State, ApprovalState::Expired.as_str())
        .and_where(Expr::col(ApprovalTable::RunId).eq(run.as_uuid()))
        .and_where(Expr::col(ApprovalTable::Step).eq(text_of(step)))
        .and_where(is_pending())
        .to_owned();
    Ok(db.execute(&update).await? == 1)
}

/// Takes back what nobody has answered, because the run ends.
pub async fn withdraw(tx: &mut Tx, run: RunId) -> Result<(), DbError> {
    let update = Query::update()
        .table(ApprovalTable::Table)
        .value(ApprovalTable::State, ApprovalState::Withdrawn.as_str())
        .and_where(Expr::col(ApprovalTable::RunId).eq(run.as_uuid()))
        .and_where(is_pending())
        .to_owned();
    tx.execute(&update).await.map(drop)
}

/// Puts a run aside that its worker leaves, until somebody answers or the first question runs out. If one of the `asked`
/// questions has its answer already, the run is given back instead: whoever is free goes on with it at once.
pub async fn park(tx: &mut Tx, run: RunId, worker: Uuid, asked: usize) -> Result<(), DbError> {
    let lock = Query::select()
        .column(RunTable::RunId)
        .from(RunTable::Table)
        .and_where(Expr::col(RunTable::RunId).eq(run.as_uuid()))
        .lock(LockType::NoKeyUpdate)
        .to_owned();
    // Whoever answers takes the same lock first.
    tx.fetch_optional::<(Uuid,)>(&lock).await?;
    let pending = Query::select()
        .expr(Func::count(Expr::col(ApprovalTable::Step)))
        .expr(Func::min(Expr::col(ApprovalTable::ExpiresAt)))
        .from(ApprovalTable::Table)
        .and_where(Expr::col(ApprovalTable::RunId).eq(run.as_uuid()))
        .and_where(is_pending())
        .to_owned();
    let (count, first): (i64, Option<i64>) = tx.fetch_one(&pending).await?;
    let parked = count > 0 && count == asked as i64;
    let update = Query::update()
        .table(RunTable::Table)
        .value(RunTable::Parked, parked)
        .value(RunTable::Worker, None::<Uuid>)
        .value(RunTable::LeaseUntil, if parked { first.unwrap_or(0) } else { 0 })
        .and_where(Expr::col(RunTable::RunId).eq(run.as_uuid()))
        .and_where(Expr::col(RunTable::Worker).eq(worker))
        .to_owned();
    tx.execute(&update).await.map(drop)
}

/// Lets somebody go on with a run that was put aside.
pub async fn unpark(tx: &mut Tx, run: RunId) -> Result<(), DbError> {
    let update = Query::update()
        .table(RunTable::Table)
        .value(RunTable::Parked, false)
        .value(RunTable::LeaseUntil, 0)
        .and_where(Expr::col(RunTable::RunId).eq(run.as_uuid()))
        .and_where(Expr::col(RunTable::Parked).eq(true))
        .to_owned();
    tx.execute(&update).await.map(drop)
}

fn is_pending() -> Expr {
    Expr::col((ApprovalTable::Table, ApprovalTable::State)).eq(ApprovalState::Pending.as_str())
}
