//! Links that make whoever follows them a member. A row is found by the hash of its token, never by the token.

use sea_query::{Expr, ExprTrait, Iden, Order, Query, SelectStatement};
use shared::{
    access::Role,
    api::Invitation,
    id::{InvitationId, UserId, WorkspaceId},
};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{
    Connection, DbError, rfc3339,
    user::UserTable,
    workspace::{WorkspaceTable, role},
};

/// How long an expired one can still say that it has expired.
const KEPT_FOR: Duration = Duration::days(30);

#[derive(Iden)]
enum InvitationTable {
    #[iden = "invitation"]
    Table,
    InvitationId,
    WorkspaceId,
    TokenHash,
    Role,
    CreatedBy,
    CreatedAt,
    ExpiresAt,
    Uses,
    MaxUses,
}

pub struct NewInvitation<'a> {
    pub id: InvitationId,
    pub workspace: WorkspaceId,
    pub token_hash: &'a [u8],
    pub role: Role,
    pub created_by: UserId,
    pub created_at: OffsetDateTime,
    pub expires_at: OffsetDateTime,
    pub max_uses: Option<u32>,
}

pub async fn insert(db: impl Connection, invitation: NewInvitation<'_>) -> Result<(), DbError> {
    let insert = Query::insert()
        .into_table(InvitationTable::Table)
        .columns([
            InvitationTable::InvitationId,
            InvitationTable::WorkspaceId,
            InvitationTable::TokenHash,
            InvitationTable::Role,
            InvitationTable::CreatedBy,
            InvitationTable::CreatedAt,
            InvitationTable::ExpiresAt,
            InvitationTable::MaxUses,
        ])
        .values_panic([
            invitation.id.as_uuid().into(),
            invitation.workspace.as_uuid().into(),
            invitation.token_hash.into(),
            invitation.role.as_str().into(),
            invitation.created_by.as_uuid().into(),
            invitation.created_at.into(),
            invitation.expires_at.into(),
            invitation.max_uses.map(i64::from).into(),
        ])
        .to_owned();
    db.execute(&insert).await.map(drop)
}

/// One with what a person who follows it should know.
pub struct Found {
    pub invitation: Invitation,
    pub workspace: WorkspaceId,
    pub workspace_name: String,
    pub expires_at: OffsetDateTime,
}

#[derive(sqlx::FromRow)]
struct InvitationRow {
    invitation_id: Uuid,
    workspace_id: Uuid,
    role: String,
    created_at: OffsetDateTime,
    expires_at: OffsetDateTime,
    uses: i64,
    max_uses: Option<i64>,
    created_by_name: String,
    workspace_name: String,
}

impl InvitationRow {
    fn into_found(self) -> Result<Found, DbError> {
        let count = |n: i64| u32::try_from(n).map_err(|_| DbError::Unreadable { column: "invitation.uses" });
        let invitation = Invitation {
            id: self.invitation_id.into(),
            role: role(&self.role)?,
            created_by_name: self.created_by_name,
            created_at: rfc3339(self.created_at),
            expires_at: rfc3339(self.expires_at),
            uses: count(self.uses)?,
            max_uses: self.max_uses.map(count).transpose()?,
        };
        Ok(Found {
            invitation,
            workspace: self.workspace_id.into(),
            workspace_name: self.workspace_name,
            expires_at: self.expires_at,
        })
    }
}

fn select() -> SelectStatement {
    Query::select()
        .column((InvitationTable::Table, InvitationTable::InvitationId))
        .column((InvitationTable::Table, InvitationTable::WorkspaceId))
        .column((InvitationTable::Table, InvitationTable::Role))
        .column((InvitationTable::Table, InvitationTable::CreatedAt))
        .column((InvitationTable::Table, InvitationTable::ExpiresAt))
        .column((InvitationTable::Table, InvitationTable::Uses))
        .column((InvitationTable::Table, InvitationTable::MaxUses))
        .expr_as(Expr::col((UserTable::Table, UserTable::Name)), "created_by_name")
        .expr_as(Expr::col((WorkspaceTable::Table, WorkspaceTable::Name)), "workspace_name")
        .from(InvitationTable::Table)
        .inner_join(
            UserTable::Table,
            Expr::col((UserTable::Table, UserTable::UserId))
                .equals((InvitationTable::Table, InvitationTable::CreatedBy)),
        )
        .inner_join(
            WorkspaceTable::Table,
            Expr::col((WorkspaceTable::Table, WorkspaceTable::WorkspaceId))
                .equals((InvitationTable::Table, InvitationTable::WorkspaceId)),
        )
        .to_owned()
}

/// Whatever its state: expired and used-up ones say so.
pub async fn find(db: impl Connection, token_hash: &[u8]) -> Result<Option<Found>, DbError> {
    let select =
        select().and_where(Expr::col((InvitationTable::Table, InvitationTable::TokenHash)).eq(token_hash)).to_owned();
    let row: Option<InvitationRow> = db.fetch_optional(&select).await?;
    row.map(InvitationRow::into_found).transpose()
}

/// Of a workspace, newest first, without those that have expired.
pub async fn list(
    db: impl Connection,
    workspace: WorkspaceId,
    now: OffsetDateTime,
) -> Result<Vec<Invitation>, DbError> {
    let select = select()
        .and_where(Expr::col((InvitationTable::Table, InvitationTable::WorkspaceId)).eq(workspace.as_uuid()))
        .and_where(Expr::col((InvitationTable::Table, InvitationTable::ExpiresAt)).gt(now))
        .order_by((InvitationTable::Table, InvitationTable::InvitationId), Order::Desc)
        .to_owned();
    let rows: Vec<InvitationRow> = db.fetch_all(&select).await?;
    rows.into_iter().map(|row| Ok(row.into_found()?.invitation)).collect()
}

/// Counts one use, unless they are used up, the time is over or it was revoked. The condition and the count are one
/// statement, so that of two who come at once for the last use one gets it.
pub async fn use_once(db: impl Connection, id: InvitationId, now: OffsetDateTime) -> Result<bool, DbError> {
    let max_uses = || Expr::col(InvitationTable::MaxUses);
    let update = Query::update()
        .table(InvitationTable::Table)
        .value(InvitationTable::Uses, Expr::col(InvitationTable::Uses).add(1))
        .and_where(Expr::col(InvitationTable::InvitationId).eq(id.as_uuid()))
        .and_where(Expr::col(InvitationTable::ExpiresAt).gt(now))
        .and_where(max_uses().is_null().or(Expr::col(InvitationTable::Uses).lt(max_uses())))
        .to_owned();
    Ok(db.execute(&update).await? > 0)
}

/// Whether it was there.
pub async fn delete(db: impl Connection, workspace: WorkspaceId, id: InvitationId) -> Result<bool, DbError> {
    let delete = Query::delete()
        .from_table(InvitationTable::Table)
        .and_where(Expr::col(InvitationTable::WorkspaceId).eq(workspace.as_uuid()))
        .and_where(Expr::col(InvitationTable::InvitationId).eq(id.as_uuid()))
        .to_owned();
    Ok(db.execute(&delete).await? > 0)
}

/// Those that somebody made who may invite no longer.
pub async fn delete_by(db: impl Connection, workspace: WorkspaceId, user: UserId) -> Result<(), DbError> {
    let delete = Query::delete()
        .from_table(InvitationTable::Table)
        .and_where(Expr::col(InvitationTable::WorkspaceId).eq(workspace.as_uuid()))
        .and_where(Expr::col(InvitationTable::CreatedBy).eq(user.as_uuid()))
        .to_owned();
    db.execute(&delete).await.map(drop)
}

pub async fn delete_long_expired(db: impl Connection, now: OffsetDateTime) -> Result<(), DbError> {
    let delete = Query::delete()
        .from_table(InvitationTable::Table)
        .and_where(Expr::col(InvitationTable::ExpiresAt).lte(now - KEPT_FOR))
        .to_owned();
    db.execute(&delete).await.map(drop)
}
