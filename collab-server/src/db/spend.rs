//! What calls of models cost, and how much may be spent. What is done with it is `crate::spend`.

use engine::Payer;
use sea_query::{Alias, Asterisk, Expr, ExprTrait, Func, Iden, OnConflict, Order, Query, SelectStatement};
use shared::{
    api::{Cap, CapSubject, MemberSpend, ModelSpend, SpendTotal, WorkflowSpend},
    id::{GenerationId, RunId, UserId, WorkflowId, WorkspaceId},
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Connection, DbError, now, user::UserTable, workflow::WorkflowTable};

#[derive(Iden)]
enum SpendTable {
    #[iden = "spend"]
    Table,
    GenerationId,
    WorkspaceId,
    UserId,
    WorkflowId,
    RunId,
    Provider,
    Model,
    Payer,
    CostUsd,
    CreatedAt,
}

#[derive(Iden)]
enum CapTable {
    #[iden = "spend_cap"]
    Table,
    WorkspaceId,
    Kind,
    SubjectId,
    UsdPerMonth,
}

pub struct NewSpend {
    pub generation: GenerationId,
    pub workspace: WorkspaceId,
    pub user: UserId,
    pub workflow: WorkflowId,
    pub run: RunId,
    pub provider: String,
    pub model: String,
    pub payer: Payer,
    pub cost_usd: Option<f64>,
}

fn payer_as_str(payer: Payer) -> &'static str {
    match payer {
        Payer::Person => "person",
        Payer::Workspace => "workspace",
    }
}

/// A call that is there already stays: a run that is taken up again may tell it twice.
pub async fn insert(db: impl Connection, spend: &NewSpend) -> Result<(), DbError> {
    let insert = Query::insert()
        .into_table(SpendTable::Table)
        .columns([
            SpendTable::GenerationId,
            SpendTable::WorkspaceId,
            SpendTable::UserId,
            SpendTable::WorkflowId,
            SpendTable::RunId,
            SpendTable::Provider,
            SpendTable::Model,
            SpendTable::Payer,
            SpendTable::CostUsd,
            SpendTable::CreatedAt,
        ])
        .values_panic([
            spend.generation.as_uuid().into(),
            spend.workspace.as_uuid().into(),
            spend.user.as_uuid().into(),
            spend.workflow.as_uuid().into(),
            spend.run.as_uuid().into(),
            spend.provider.as_str().into(),
            spend.model.as_str().into(),
            payer_as_str(spend.payer).into(),
            spend.cost_usd.into(),
            now().into(),
        ])
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .to_owned();
    db.execute(&insert).await.map(drop)
}

/// What is counted, since when, and whose.
#[derive(Debug, Clone, Copy)]
pub struct Period {
    pub workspace: WorkspaceId,
    pub since: OffsetDateTime,
    /// Only this person's.
    pub only: Option<UserId>,
}

/// The three columns of a total, dearest first, and no rows chosen or grouped yet.
fn sums() -> SelectStatement {
    let cost = || Expr::col((SpendTable::Table, SpendTable::CostUsd));
    Query::select()
        .expr_as(Func::sum(cost()), Alias::new("usd"))
        .expr_as(Func::count(Expr::col(Asterisk)), Alias::new("calls"))
        .expr_as(Func::count(cost()), Alias::new("priced"))
        .from(SpendTable::Table)
        .order_by(Alias::new("usd"), Order::Desc)
        .to_owned()
}

fn totals(period: Period) -> SelectStatement {
    let col = |column: SpendTable| Expr::col((SpendTable::Table, column));
    let mut select = sums();
    select
        .and_where(col(SpendTable::WorkspaceId).eq(period.workspace.as_uuid()))
        .and_where(col(SpendTable::CreatedAt).gte(period.since));
    if let Some(only) = period.only {
        select.and_where(col(SpendTable::UserId).eq(only.as_uuid()));
    }
    select
}

fn total(usd: Option<f64>, calls: i64, priced: i64) -> SpendTotal {
    SpendTotal {
        usd: usd.unwrap_or_default(),
        calls: calls.unsigned_abs(),
        calls_of_unknown_cost: (calls - priced).unsigned_abs(),
    }
}

pub async fn by_member(db: impl Connection, period: Period) -> Result<Vec<MemberSpend>, DbError> {
    let (user, name) = ((SpendTable::Table, SpendTable::UserId), (UserTable::Table, UserTable::Name));
    let is_user = Expr::col((UserTable::Table, UserTable::UserId)).equals(user);
    let mut select = totals(period);
    select.column((SpendTable::Table, SpendTable::UserId)).column(name).inner_join(UserTable::Table, is_user);
    select.group_by_col((SpendTable::Table, SpendTable::UserId)).group_by_col((UserTable::Table, UserTable::Name));
    let rows: Vec<(Option<f64>, i64, i64, Uuid, String)> = db.fetch_all(&select).await?;
    let rows = rows.into_iter();
    Ok(rows
        .map(|(usd, calls, priced, user, name)| MemberSpend {
            user: user.into(),
            name,
            total: total(usd, calls, priced),
        })
        .collect())
}

#[derive(sqlx::FromRow)]
struct WorkflowRow {
    usd: Option<f64>,
    calls: i64,
    priced: i64,
    workflow_id: Uuid,
    title: Option<String>,
}

pub async fn by_workflow(db: impl Connection, period: Period) -> Result<Vec<WorkflowSpend>, DbError> {
    let id = Expr::col((WorkflowTable::Table, WorkflowTable::WorkflowId));
    let is_workflow = id.equals((SpendTable::Table, SpendTable::WorkflowId));
    let mut select = totals(period);
    select
        .column((SpendTable::Table, SpendTable::WorkflowId))
        .column((WorkflowTable::Table, WorkflowTable::Title))
        .left_join(WorkflowTable::Table, is_workflow)
        .group_by_col((SpendTable::Table, SpendTable::WorkflowId))
        .group_by_col((WorkflowTable::Table, WorkflowTable::Title));
    let rows: Vec<WorkflowRow> = db.fetch_all(&select).await?;
    let rows = rows.into_iter();
    Ok(rows
        .map(|row| WorkflowSpend {
            workflow: row.workflow_id.into(),
            title: row.title,
            total: total(row.usd, row.calls, row.priced),
        })
        .collect())
}

pub async fn by_model(db: impl Connection, period: Period) -> Result<Vec<ModelSpend>, DbError> {
    grouped_by_model(db, totals(period)).await
}

/// What one run was paid for.
pub async fn of_run(db: impl Connection, run: RunId) -> Result<Vec<ModelSpend>, DbError> {
    let mut select = sums();
    select.and_where(Expr::col((SpendTable::Table, SpendTable::RunId)).eq(run.as_uuid()));
    grouped_by_model(db, select).await
}

async fn grouped_by_model(db: impl Connection, mut select: SelectStatement) -> Result<Vec<ModelSpend>, DbError> {
    for column in [SpendTable::Provider, SpendTable::Model, SpendTable::Payer] {
        let name = column.to_string();
        select.expr(Expr::col((SpendTable::Table, Alias::new(name.clone()))));
        select.group_by_col((SpendTable::Table, Alias::new(name)));
    }
    let rows: Vec<(Option<f64>, i64, i64, String, String, String)> = db.fetch_all(&select).await?;
    let rows = rows.into_iter();
    Ok(rows
        .map(|(usd, calls, priced, provider, model, payer)| ModelSpend {
            provider,
            model,
            payer,
            total: total(usd, calls, priced),
        })
        .collect())
}

/// What a member, or everybody together in a workflow, spent in the workspace since then, where it is known.
pub async fn spent(
    db: impl Connection,
    workspace: WorkspaceId,
    subject: CapSubject,
    since: OffsetDateTime,
) -> Result<f64, DbError> {
    let mut select = Query::select()
        .expr(Func::sum(Expr::col(SpendTable::CostUsd)))
        .from(SpendTable::Table)
        .and_where(Expr::col(SpendTable::WorkspaceId).eq(workspace.as_uuid()))
        .and_where(Expr::col(SpendTable::CreatedAt).gte(since))
        .to_owned();
    match subject {
        CapSubject::Member(user) => select.and_where(Expr::col(SpendTable::UserId).eq(user.as_uuid())),
        CapSubject::Workflow(workflow) => select.and_where(Expr::col(SpendTable::WorkflowId).eq(workflow.as_uuid())),
    };
    let (usd,): (Option<f64>,) = db.fetch_one(&select).await?;
    Ok(usd.unwrap_or_default())
}

fn parts(subject: CapSubject) -> (&'static str, Uuid) {
    match subject {
        CapSubject::Member(user) => ("member", user.as_uuid()),
        CapSubject::Workflow(workflow) => ("workflow", workflow.as_uuid()),
    }
}

pub async fn caps(db: impl Connection, workspace: WorkspaceId) -> Result<Vec<Cap>, DbError> {
    let select = Query::select()
        .columns([CapTable::Kind, CapTable::SubjectId, CapTable::UsdPerMonth])
        .from(CapTable::Table)
        .and_where(Expr::col(CapTable::WorkspaceId).eq(workspace.as_uuid()))
        .order_by(CapTable::Kind, Order::Asc)
        .order_by(CapTable::SubjectId, Order::Asc)
        .to_owned();
    let rows: Vec<(String, Uuid, f64)> = db.fetch_all(&select).await?;
    rows.into_iter()
        .map(|(kind, id, usd_per_month)| {
            let subject = match kind.as_str() {
                "member" => CapSubject::Member(id.into()),
                "workflow" => CapSubject::Workflow(id.into()),
                _ => return Err(DbError::Unreadable { column: "spend_cap.kind" }),
            };
            Ok(Cap { subject, usd_per_month })
        })
        .collect()
}

pub async fn set_cap(db: impl Connection, workspace: WorkspaceId, cap: Cap) -> Result<(), DbError> {
    let (kind, subject) = parts(cap.subject);
    let insert = Query::insert()
        .into_table(CapTable::Table)
        .columns([CapTable::WorkspaceId, CapTable::Kind, CapTable::SubjectId, CapTable::UsdPerMonth])
        .values_panic([workspace.as_uuid().into(), kind.into(), subject.into(), cap.usd_per_month.into()])
        .on_conflict(
            OnConflict::columns([CapTable::WorkspaceId, CapTable::Kind, CapTable::SubjectId])
                .update_column(CapTable::UsdPerMonth)
                .to_owned(),
        )
        .to_owned();
    db.execute(&insert).await.map(drop)
}

pub async fn delete_cap(db: impl Connection, workspace: WorkspaceId, subject: CapSubject) -> Result<(), DbError> {
    let (kind, subject) = parts(subject);
    let delete = Query::delete()
        .from_table(CapTable::Table)
        .and_where(Expr::col(CapTable::WorkspaceId).eq(workspace.as_uuid()))
        .and_where(Expr::col(CapTable::Kind).eq(kind))
        .and_where(Expr::col(CapTable::SubjectId).eq(subject))
        .to_owned();
    db.execute(&delete).await.map(drop)
}
