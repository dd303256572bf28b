//! Workflows as lists show them. Their content is a document (`db::document`), which these rows mirror.

use sea_query::{Expr, ExprTrait, Iden, JoinType, Order, Query, SelectStatement};
use shared::{
    access::{Role, effective_role},
    api::Workflow,
    id::{FolderId, UserId, WorkflowId, WorkspaceId},
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    Connection, DbError, now, rfc3339,
    workflow_role::{self, WorkflowRoleTable},
    workspace::{MemberTable, role},
};

#[derive(Iden)]
pub(super) enum WorkflowTable {
    #[iden = "workflow"]
    Table,
    WorkflowId,
    WorkspaceId,
    FolderId,
    Title,
    Description,
    NodeCount,
    Poster,
    CreatedBy,
    CreatedAt,
    UpdatedAt,
}

pub struct NewWorkflow<'a> {
    pub id: WorkflowId,
    pub workspace: WorkspaceId,
    pub folder: Option<FolderId>,
    pub created_by: UserId,
    pub mirror: Mirror<'a>,
}

/// What a row repeats of its document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mirror<'a> {
    pub title: &'a str,
    pub description: &'a str,
    pub node_count: u32,
}

pub async fn insert(db: impl Connection, workflow: NewWorkflow<'_>) -> Result<(), DbError> {
    let now = now();
    let insert = Query::insert()
        .into_table(WorkflowTable::Table)
        .columns([
            WorkflowTable::WorkflowId,
            WorkflowTable::WorkspaceId,
            WorkflowTable::FolderId,
            WorkflowTable::Title,
            WorkflowTable::Description,
            WorkflowTable::NodeCount,
            WorkflowTable::CreatedBy,
            WorkflowTable::CreatedAt,
            WorkflowTable::UpdatedAt,
        ])
        .values_panic([
            workflow.id.as_uuid().into(),
            workflow.workspace.as_uuid().into(),
            workflow.folder.map(FolderId::as_uuid).into(),
            workflow.mirror.title.into(),
            workflow.mirror.description.into(),
            i64::from(workflow.mirror.node_count).into(),
            workflow.created_by.as_uuid().into(),
            now.into(),
            now.into(),
        ])
        .to_owned();
    db.execute(&insert).await.map(drop)
}

#[derive(sqlx::FromRow)]
struct WorkflowRow {
    workflow_id: Uuid,
    workspace_id: Uuid,
    folder_id: Option<Uuid>,
    title: String,
    description: String,
    node_count: i64,
    poster: Option<String>,
    created_by: Uuid,
    created_at: OffsetDateTime,
    updated_at: OffsetDateTime,
    role: String,
    workflow_role: Option<String>,
}

impl WorkflowRow {
    fn into_workflow(self) -> Result<Workflow, DbError> {
        Ok(Workflow {
            id: self.workflow_id.into(),
            workspace: self.workspace_id.into(),
            folder: self.folder_id.map(Into::into),
            title: self.title,
            description: self.description,
            role: effective_role(role(&self.role)?, self.workflow_role.as_deref().map(role).transpose()?),
            created_at: rfc3339(self.created_at),
            updated_at: rfc3339(self.updated_at),
            created_by: self.created_by.into(),
            node_count: self
                .node_count
                .try_into()
                .map_err(|_| DbError::Unreadable { column: "workflow.node_count" })?,
            poster: self.poster,
        })
    }
}

/// Workflows of workspaces `user` is a member of, with `user`'s role.
fn select_for(user: UserId) -> SelectStatement {
    Query::select()
        .columns([
            (WorkflowTable::Table, WorkflowTable::WorkflowId),
            (WorkflowTable::Table, WorkflowTable::WorkspaceId),
            (WorkflowTable::Table, WorkflowTable::FolderId),
            (WorkflowTable::Table, WorkflowTable::Title),
            (WorkflowTable::Table, WorkflowTable::Description),
            (WorkflowTable::Table, WorkflowTable::NodeCount),
            (WorkflowTable::Table, WorkflowTable::Poster),
            (WorkflowTable::Table, WorkflowTable::CreatedBy),
            (WorkflowTable::Table, WorkflowTable::CreatedAt),
            (WorkflowTable::Table, WorkflowTable::UpdatedAt),
        ])
        .column((MemberTable::Table, MemberTable::Role))
        .expr_as(Expr::col((WorkflowRoleTable::Table, WorkflowRoleTable::Role)), "workflow_role")
        .from(WorkflowTable::Table)
        .join(
            JoinType::InnerJoin,
            MemberTable::Table,
            Expr::col((MemberTable::Table, MemberTable::WorkspaceId))
                .equals((WorkflowTable::Table, WorkflowTable::WorkspaceId)),
        )
        .left_join(WorkflowRoleTable::Table, workflow_role::of(user))
        .and_where(Expr::col((MemberTable::Table, MemberTable::UserId)).eq(user.as_uuid()))
        .to_owned()
}

/// The workflow as `user` sees it; `None` if it is not there or `user` is no member of its workspace.
pub async fn find(db: impl Connection, id: WorkflowId, user: UserId) -> Result<Option<Workflow>, DbError> {
    let select = select_for(user)
        .and_where(Expr::col((WorkflowTable::Table, WorkflowTable::WorkflowId)).eq(id.as_uuid()))
        .to_owned();
    let row: Option<WorkflowRow> = db.fetch_optional(&select).await?;
    row.map(WorkflowRow::into_workflow).transpose()
}

/// What `user` may do with the workflow; `None` if it is not there or `user` is no member of its workspace.
pub async fn role_of(db: impl Connection, id: WorkflowId, user: UserId) -> Result<Option<Role>, DbError> {
    Ok(find(db, id, user).await?.map(|workflow| workflow.role))
}

/// Of one workspace or of all, last changed first.
pub async fn list(db: impl Connection, user: UserId, workspace: Option<WorkspaceId>) -> Result<Vec<Workflow>, DbError> {
    let mut select = select_for(user);
    if let Some(workspace) = workspace {
        select.and_where(Expr::col((WorkflowTable::Table, WorkflowTable::WorkspaceId)).eq(workspace.as_uuid()));
    }
    select
        .order_by((WorkflowTable::Table, WorkflowTable::UpdatedAt), Order::Desc)
        .order_by((WorkflowTable::Table, WorkflowTable::WorkflowId), Order::Desc);
    let rows: Vec<WorkflowRow> = db.fetch_all(&select).await?;
    rows.into_iter().map(WorkflowRow::into_workflow).collect()
}

/// Called by the workflow's room after a commit that changed what the row repeats.
pub async fn mirror(db: impl Connection, id: WorkflowId, mirror: Mirror<'_>) -> Result<(), DbError> {
    let update = Query::update()
        .table(WorkflowTable::Table)
        .value(WorkflowTable::Title, mirror.title)
        .value(WorkflowTable::Description, mirror.description)
        .value(WorkflowTable::NodeCount, i64::from(mirror.node_count))
        .value(WorkflowTable::UpdatedAt, now())
        .and_where(Expr::col(WorkflowTable::WorkflowId).eq(id.as_uuid()))
        .to_owned();
    db.execute(&update).await.map(drop)
}

/// Called when a person renamed it; the document says the same.
pub async fn rename(db: impl Connection, id: WorkflowId, title: &str, description: &str) -> Result<(), DbError> {
    let update = Query::update()
        .table(WorkflowTable::Table)
        .value(WorkflowTable::Title, title)
        .value(WorkflowTable::Description, description)
        .value(WorkflowTable::UpdatedAt, now())
        .and_where(Expr::col(WorkflowTable::WorkflowId).eq(id.as_uuid()))
        .to_owned();
    db.execute(&update).await.map(drop)
}

/// Puts it into a folder, or to the top.
pub async fn move_to(db: impl Connection, id: WorkflowId, folder: Option<FolderId>) -> Result<(), DbError> {
    let update = Query::update()
        .table(WorkflowTable::Table)
        .value(WorkflowTable::FolderId, folder.map(FolderId::as_uuid))
        .and_where(Expr::col(WorkflowTable::WorkflowId).eq(id.as_uuid()))
        .to_owned();
    db.execute(&update).await.map(drop)
}

/// Moves everything that is in one folder.
pub async fn move_all(db: impl Connection, from: FolderId, to: Option<FolderId>) -> Result<(), DbError> {
    let update = Query::update()
        .table(WorkflowTable::Table)
        .value(WorkflowTable::FolderId, to.map(FolderId::as_uuid))
        .and_where(Expr::col(WorkflowTable::FolderId).eq(from.as_uuid()))
        .to_owned();
    db.execute(&update).await.map(drop)
}

/// For statements about all workflows of a workspace.
pub(super) fn ids_in(workspace: WorkspaceId) -> SelectStatement {
    Query::select()
        .column(WorkflowTable::WorkflowId)
        .from(WorkflowTable::Table)
        .and_where(Expr::col(WorkflowTable::WorkspaceId).eq(workspace.as_uuid()))
        .to_owned()
}

/// All of a workspace, for whoever ends their runs and rooms with it.
pub async fn ids_of(db: impl Connection, workspace: WorkspaceId) -> Result<Vec<WorkflowId>, DbError> {
    let rows: Vec<(Uuid,)> = db.fetch_all(&ids_in(workspace)).await?;
    Ok(rows.into_iter().map(|(id,)| id.into()).collect())
}

/// Called when a run has made something to show in lists.
pub async fn set_poster(db: impl Connection, id: WorkflowId, poster: &str) -> Result<(), DbError> {
    let update = Query::update()
        .table(WorkflowTable::Table)
        .value(WorkflowTable::Poster, poster)
        .and_where(Expr::col(WorkflowTable::WorkflowId).eq(id.as_uuid()))
        .to_owned();
    db.execute(&update).await.map(drop)
}

#[derive(sqlx::FromRow)]
struct WorkspaceOf {
    workspace_id: Uuid,
}

/// For services that act on their own, such as a run that grants its outputs; people go through [`find`].
pub async fn workspace_of(db: impl Connection, id: WorkflowId) -> Result<Option<WorkspaceId>, DbError> {
    let select = Query::select()
        .column(WorkflowTable::WorkspaceId)
        .from(WorkflowTable::Table)
        .and_where(Expr::col(WorkflowTable::WorkflowId).eq(id.as_uuid()))
        .to_owned();
    let row: Option<WorkspaceOf> = db.fetch_optional(&select).await?;
    Ok(row.map(|row| row.workspace_id.into()))
}

/// Rows that hang on it (documents, runs) go with it.
pub async fn delete(db: impl Connection, id: WorkflowId) -> Result<(), DbError> {
    let delete = Query::delete()
        .from_table(WorkflowTable::Table)
        .and_where(Expr::col(WorkflowTable::WorkflowId).eq(id.as_uuid()))
        .to_owned();
    db.execute(&delete).await.map(drop)
}
