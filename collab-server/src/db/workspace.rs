//! Workspaces and who is a member of them.

use sea_query::{CaseStatement, Expr, ExprTrait, Iden, JoinType, OnConflict, Order, Query};
use shared::{
    access::Role,
    api::{Member, Workspace},
    id::{UserId, WorkspaceId},
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Connection, DbError, Tx, user::UserTable};

#[derive(Iden)]
pub(super) enum WorkspaceTable {
    #[iden = "workspace"]
    Table,
    WorkspaceId,
    Name,
    PersonalUserId,
    CreatedAt,
}

#[derive(Iden)]
pub(super) enum MemberTable {
    #[iden = "member"]
    Table,
    WorkspaceId,
    UserId,
    Role,
    CreatedAt,
}

pub(super) fn role(text: &str) -> Result<Role, DbError> {
    text.parse().map_err(|_| DbError::Unreadable { column: "member.role" })
}

/// `personal` names the person whose own space it is.
pub async fn insert(
    db: impl Connection,
    id: WorkspaceId,
    name: &str,
    personal: Option<UserId>,
    now: OffsetDateTime,
) -> Result<(), DbError> {
    let insert = Query::insert()
        .into_table(WorkspaceTable::Table)
        .columns([
            WorkspaceTable::WorkspaceId,
            WorkspaceTable::Name,
            WorkspaceTable::PersonalUserId,
            WorkspaceTable::CreatedAt,
        ])
        .values_panic([id.as_uuid().into(), name.into(), personal.map(UserId::as_uuid).into(), now.into()])
        .to_owned();
    db.execute(&insert).await.map(drop)
}

/// Adds a member, or gives one a new role.
pub async fn set_member(
    db: impl Connection,
    workspace: WorkspaceId,
    user: UserId,
    role: Role,
    now: OffsetDateTime,
) -> Result<(), DbError> {
    let insert = Query::insert()
        .into_table(MemberTable::Table)
        .columns([MemberTable::WorkspaceId, MemberTable::UserId, MemberTable::Role, MemberTable::CreatedAt])
        .values_panic([workspace.as_uuid().into(), user.as_uuid().into(), role.as_str().into(), now.into()])
        .on_conflict(
            OnConflict::columns([MemberTable::WorkspaceId, MemberTable::UserId])
                .update_column(MemberTable::Role)
                .to_owned(),
        )
        .to_owned();
    db.execute(&insert).await.map(drop)
}

#[derive(sqlx::FromRow)]
struct WorkspaceRow {
    workspace_id: Uuid,
    name: String,
    personal_user_id: Option<Uuid>,
    role: String,
    user_id: Uuid,
}

impl WorkspaceRow {
    fn into_workspace(self) -> Result<Workspace, DbError> {
        let personal = self.personal_user_id == Some(self.user_id);
        Ok(Workspace { id: self.workspace_id.into(), name: self.name, role: role(&self.role)?, personal })
    }
}

fn select_for(user: UserId) -> sea_query::SelectStatement {
    Query::select()
        .column((WorkspaceTable::Table, WorkspaceTable::WorkspaceId))
        .column((WorkspaceTable::Table, WorkspaceTable::Name))
        .column((WorkspaceTable::Table, WorkspaceTable::PersonalUserId))
        .column((MemberTable::Table, MemberTable::Role))
        .column((MemberTable::Table, MemberTable::UserId))
        .from(WorkspaceTable::Table)
        .join(
            JoinType::InnerJoin,
            MemberTable::Table,
            Expr::col((MemberTable::Table, MemberTable::WorkspaceId))
                .equals((WorkspaceTable::Table, WorkspaceTable::WorkspaceId)),
        )
        .and_where(Expr::col((MemberTable::Table, MemberTable::UserId)).eq(user.as_uuid()))
        .to_owned()
}

/// Those `user` is a member of, their own first, then in the order of making.
pub async fn list(db: impl Connection, user: UserId) -> Result<Vec<Workspace>, DbError> {
    let select = select_for(user)
        // Not `order by a = b desc`: the two databases disagree on where null belongs.
        .order_by_expr(
            CaseStatement::new()
                .case(Expr::col((WorkspaceTable::Table, WorkspaceTable::PersonalUserId)).eq(user.as_uuid()), 0)
                .finally(1)
                .into(),
            Order::Asc,
        )
        .order_by((WorkspaceTable::Table, WorkspaceTable::WorkspaceId), Order::Asc)
        .to_owned();
    let rows: Vec<WorkspaceRow> = db.fetch_all(&select).await?;
    rows.into_iter().map(WorkspaceRow::into_workspace).collect()
}

/// The workspace as `user` sees it; `None` if it is not there or `user` is no member.
pub async fn find(db: impl Connection, id: WorkspaceId, user: UserId) -> Result<Option<Workspace>, DbError> {
    let select = select_for(user)
        .and_where(Expr::col((WorkspaceTable::Table, WorkspaceTable::WorkspaceId)).eq(id.as_uuid()))
        .to_owned();
    let row: Option<WorkspaceRow> = db.fetch_optional(&select).await?;
    row.map(WorkspaceRow::into_workspace).transpose()
}

/// The person's own workspace, made at sign-up.
pub async fn find_personal(db: impl Connection, user: UserId) -> Result<Option<Workspace>, DbError> {
    let select = select_for(user)
        .and_where(Expr::col((WorkspaceTable::Table, WorkspaceTable::PersonalUserId)).eq(user.as_uuid()))
        .to_owned();
    let row: Option<WorkspaceRow> = db.fetch_optional(&select).await?;
    row.map(WorkspaceRow::into_workspace).transpose()
}

/// Whose own workspace it is, if it is somebody's.
pub async fn personal_owner(db: impl Connection, id: WorkspaceId) -> Result<Option<UserId>, DbError> {
    let select = Query::select()
        .column(WorkspaceTable::PersonalUserId)
        .from(WorkspaceTable::Table)
        .and_where(Expr::col(WorkspaceTable::WorkspaceId).eq(id.as_uuid()))
        .to_owned();
    let row: Option<(Option<Uuid>,)> = db.fetch_optional(&select).await?;
    Ok(row.and_then(|(user,)| user).map(Into::into))
}

pub async fn rename(db: impl Connection, id: WorkspaceId, name: &str) -> Result<(), DbError> {
    let update = Query::update()
        .table(WorkspaceTable::Table)
        .value(WorkspaceTable::Name, name)
        .and_where(Expr::col(WorkspaceTable::WorkspaceId).eq(id.as_uuid()))
        .to_owned();
    db.execute(&update).await.map(drop)
}

/// Everything in it goes with it.
pub async fn delete(db: impl Connection, id: WorkspaceId) -> Result<(), DbError> {
    let delete = Query::delete()
        .from_table(WorkspaceTable::Table)
        .and_where(Expr::col(WorkspaceTable::WorkspaceId).eq(id.as_uuid()))
        .to_owned();
    db.execute(&delete).await.map(drop)
}

pub async fn remove_member(db: impl Connection, id: WorkspaceId, user: UserId) -> Result<(), DbError> {
    let delete = Query::delete()
        .from_table(MemberTable::Table)
        .and_where(Expr::col(MemberTable::WorkspaceId).eq(id.as_uuid()))
        .and_where(Expr::col(MemberTable::UserId).eq(user.as_uuid()))
        .to_owned();
    db.execute(&delete).await.map(drop)
}

#[derive(sqlx::FromRow)]
struct MemberRow {
    user_id: Uuid,
    name: String,
    email: String,
    role: String,
}

/// In the order they joined.
pub async fn members(db: impl Connection, workspace: WorkspaceId) -> Result<Vec<Member>, DbError> {
    let select = Query::select()
        .column((UserTable::Table, UserTable::UserId))
        .column((UserTable::Table, UserTable::Name))
        .column((UserTable::Table, UserTable::Email))
        .column((MemberTable::Table, MemberTable::Role))
        .from(MemberTable::Table)
        .join(
            JoinType::InnerJoin,
            UserTable::Table,
            Expr::col((UserTable::Table, UserTable::UserId)).equals((MemberTable::Table, MemberTable::UserId)),
        )
        .and_where(Expr::col((MemberTable::Table, MemberTable::WorkspaceId)).eq(workspace.as_uuid()))
        .order_by((MemberTable::Table, MemberTable::CreatedAt), Order::Asc)
        .order_by((MemberTable::Table, MemberTable::UserId), Order::Asc)
        .to_owned();
    let rows: Vec<MemberRow> = db.fetch_all(&select).await?;
    rows.into_iter()
        .map(|row| {
            let role = role(&row.role)?;
            Ok(Member { user: row.user_id.into(), name: row.name, email: row.email, role })
        })
        .collect()
}

/// Makes other transactions that take it wait until this one ends. (SQLite's writing transactions always do.)
pub async fn lock(tx: &mut Tx, workspace: WorkspaceId) -> Result<(), DbError> {
    let select = Query::select()
        .column(WorkspaceTable::WorkspaceId)
        .from(WorkspaceTable::Table)
        .and_where(Expr::col(WorkspaceTable::WorkspaceId).eq(workspace.as_uuid()))
        .lock_exclusive()
        .to_owned();
    tx.fetch_optional::<(Uuid,)>(&select).await.map(drop)
}
