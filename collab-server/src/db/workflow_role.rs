//! Other roles for members in one workflow. `db::workflow` applies them wherever it yields a role.

use sea_query::{Expr, ExprTrait, Iden, OnConflict, Query};
use shared::{
    access::Role,
    id::{UserId, WorkflowId, WorkspaceId},
};
use uuid::Uuid;

use super::{
    Connection, DbError, now,
    workflow::{self, WorkflowTable},
    workspace::role,
};

#[derive(Iden)]
pub(super) enum WorkflowRoleTable {
    #[iden = "workflow_role"]
    Table,
    WorkflowId,
    UserId,
    Role,
    CreatedAt,
}

pub async fn set(db: impl Connection, workflow: WorkflowId, user: UserId, role: Role) -> Result<(), DbError> {
    let insert = Query::insert()
        .into_table(WorkflowRoleTable::Table)
        .columns([
            WorkflowRoleTable::WorkflowId,
            WorkflowRoleTable::UserId,
            WorkflowRoleTable::Role,
            WorkflowRoleTable::CreatedAt,
        ])
        .values_panic([workflow.as_uuid().into(), user.as_uuid().into(), role.as_str().into(), now().into()])
        .on_conflict(
            OnConflict::columns([WorkflowRoleTable::WorkflowId, WorkflowRoleTable::UserId])
                .update_column(WorkflowRoleTable::Role)
                .to_owned(),
        )
        .to_owned();
    db.execute(&insert).await.map(drop)
}

pub async fn clear(db: impl Connection, workflow: WorkflowId, user: UserId) -> Result<(), DbError> {
    let delete = Query::delete()
        .from_table(WorkflowRoleTable::Table)
        .and_where(Expr::col(WorkflowRoleTable::WorkflowId).eq(workflow.as_uuid()))
        .and_where(Expr::col(WorkflowRoleTable::UserId).eq(user.as_uuid()))
        .to_owned();
    db.execute(&delete).await.map(drop)
}

/// In all workflows of a workspace, for somebody who leaves it.
pub async fn clear_all(db: impl Connection, workspace: WorkspaceId, user: UserId) -> Result<(), DbError> {
    let delete = Query::delete()
        .from_table(WorkflowRoleTable::Table)
        .and_where(Expr::col(WorkflowRoleTable::UserId).eq(user.as_uuid()))
        .and_where(Expr::col(WorkflowRoleTable::WorkflowId).in_subquery(workflow::ids_in(workspace)))
        .to_owned();
    db.execute(&delete).await.map(drop)
}

/// Everybody who has another role in this workflow.
pub async fn list(db: impl Connection, id: WorkflowId) -> Result<Vec<(UserId, Role)>, DbError> {
    let select = Query::select()
        .columns([WorkflowRoleTable::UserId, WorkflowRoleTable::Role])
        .from(WorkflowRoleTable::Table)
        .and_where(Expr::col(WorkflowRoleTable::WorkflowId).eq(id.as_uuid()))
        .to_owned();
    let rows: Vec<(Uuid, String)> = db.fetch_all(&select).await?;
    rows.into_iter().map(|(user, text)| Ok((user.into(), role(&text)?))).collect()
}

/// The join that [`workflow`] makes: the row of this person, if there is one.
pub(super) fn of(user: UserId) -> sea_query::Condition {
    sea_query::Cond::all()
        .add(
            Expr::col((WorkflowRoleTable::Table, WorkflowRoleTable::WorkflowId))
                .equals((WorkflowTable::Table, WorkflowTable::WorkflowId)),
        )
        .add(Expr::col((WorkflowRoleTable::Table, WorkflowRoleTable::UserId)).eq(user.as_uuid()))
}
