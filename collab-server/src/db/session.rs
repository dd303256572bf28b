//! Sign-ins. A row is found by the hash of its token, never by the token.

use sea_query::{Expr, ExprTrait, Iden, Order, Query};
use shared::{
    api::User,
    id::{SessionId, UserId},
};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{Connection, DbError, user::UserTable};

/// How far behind `last_used_at` may be: nobody needs it to the second, and every write is a commit.
pub(super) const USE_IS_STALE_AFTER: Duration = Duration::minutes(5);

#[derive(Iden)]
enum SessionTable {
    #[iden = "session"]
    Table,
    SessionId,
    UserId,
    TokenHash,
    UserAgent,
    CreatedAt,
    LastUsedAt,
    ExpiresAt,
}

pub struct NewSession<'a> {
    pub id: SessionId,
    pub user: UserId,
    pub token_hash: &'a [u8],
    pub user_agent: &'a str,
    pub created_at: OffsetDateTime,
    pub expires_at: OffsetDateTime,
}

pub async fn insert(db: impl Connection, session: NewSession<'_>) -> Result<(), DbError> {
    let insert = Query::insert()
        .into_table(SessionTable::Table)
        .columns([
            SessionTable::SessionId,
            SessionTable::UserId,
            SessionTable::TokenHash,
            SessionTable::UserAgent,
            SessionTable::CreatedAt,
            SessionTable::ExpiresAt,
        ])
        .values_panic([
            session.id.as_uuid().into(),
            session.user.as_uuid().into(),
            session.token_hash.into(),
            session.user_agent.into(),
            session.created_at.into(),
            session.expires_at.into(),
        ])
        .to_owned();
    db.execute(&insert).await.map(drop)
}

/// A session with its person.
pub struct Found {
    pub id: SessionId,
    pub user: User,
    last_used_at: OffsetDateTime,
}

impl Found {
    /// Whether its use should be noted again.
    pub fn is_stale_use(&self, now: OffsetDateTime) -> bool {
        now - self.last_used_at > USE_IS_STALE_AFTER
    }
}

#[derive(sqlx::FromRow)]
struct SessionRow {
    session_id: Uuid,
    user_id: Uuid,
    email: String,
    name: String,
    created_at: OffsetDateTime,
    last_used_at: Option<OffsetDateTime>,
}

/// Who is signed in with this token, if it has not expired.
pub async fn find(db: impl Connection, token_hash: &[u8], now: OffsetDateTime) -> Result<Option<Found>, DbError> {
    let select = Query::select()
        .column((SessionTable::Table, SessionTable::SessionId))
        .column((SessionTable::Table, SessionTable::CreatedAt))
        .column((SessionTable::Table, SessionTable::LastUsedAt))
        .column((UserTable::Table, UserTable::UserId))
        .column((UserTable::Table, UserTable::Email))
        .column((UserTable::Table, UserTable::Name))
        .from(SessionTable::Table)
        .inner_join(
            UserTable::Table,
            Expr::col((UserTable::Table, UserTable::UserId)).equals((SessionTable::Table, SessionTable::UserId)),
        )
        .and_where(Expr::col((SessionTable::Table, SessionTable::TokenHash)).eq(token_hash))
        .and_where(Expr::col((SessionTable::Table, SessionTable::ExpiresAt)).gt(now))
        .to_owned();
    let row: Option<SessionRow> = db.fetch_optional(&select).await?;
    Ok(row.map(|row| Found {
        id: row.session_id.into(),
        user: User { id: row.user_id.into(), name: row.name, email: row.email },
        last_used_at: row.last_used_at.unwrap_or(row.created_at),
    }))
}

pub async fn touch(db: impl Connection, session: SessionId, now: OffsetDateTime) -> Result<(), DbError> {
    let update = Query::update()
        .table(SessionTable::Table)
        .value(SessionTable::LastUsedAt, now)
        .and_where(Expr::col(SessionTable::SessionId).eq(session.as_uuid()))
        .to_owned();
    db.execute(&update).await.map(drop)
}

#[derive(sqlx::FromRow)]
pub struct ListedSession {
    session_id: Uuid,
    pub user_agent: String,
    pub created_at: OffsetDateTime,
    last_used_at: Option<OffsetDateTime>,
}

impl ListedSession {
    pub fn id(&self) -> SessionId {
        self.session_id.into()
    }

    pub fn last_used_at(&self) -> OffsetDateTime {
        self.last_used_at.unwrap_or(self.created_at)
    }
}

/// Those of a person that have not expired, newest sign-in first.
pub async fn list(db: impl Connection, user: UserId, now: OffsetDateTime) -> Result<Vec<ListedSession>, DbError> {
    let select = Query::select()
        .columns([SessionTable::SessionId, SessionTable::UserAgent, SessionTable::CreatedAt, SessionTable::LastUsedAt])
        .from(SessionTable::Table)
        .and_where(Expr::col(SessionTable::UserId).eq(user.as_uuid()))
        .and_where(Expr::col(SessionTable::ExpiresAt).gt(now))
        .order_by(SessionTable::SessionId, Order::Desc)
        .to_owned();
    db.fetch_all(&select).await
}

/// Whether a session has neither ended nor expired.
pub async fn is_there(db: impl Connection, session: SessionId, now: OffsetDateTime) -> Result<bool, DbError> {
    let select = Query::select()
        .column(SessionTable::SessionId)
        .from(SessionTable::Table)
        .and_where(Expr::col(SessionTable::SessionId).eq(session.as_uuid()))
        .and_where(Expr::col(SessionTable::ExpiresAt).gt(now))
        .to_owned();
    Ok(db.fetch_optional::<(Uuid,)>(&select).await?.is_some())
}

/// Whether it was there, and the person's.
pub async fn delete(db: impl Connection, session: SessionId, user: UserId) -> Result<bool, DbError> {
    let delete = Query::delete()
        .from_table(SessionTable::Table)
        .and_where(Expr::col(SessionTable::SessionId).eq(session.as_uuid()))
        .and_where(Expr::col(SessionTable::UserId).eq(user.as_uuid()))
        .to_owned();
    Ok(db.execute(&delete).await? > 0)
}

/// All of a person but one. Yields those that are gone.
pub async fn delete_others(db: impl Connection, user: UserId, kept: SessionId) -> Result<Vec<SessionId>, DbError> {
    let delete = Query::delete()
        .from_table(SessionTable::Table)
        .and_where(Expr::col(SessionTable::UserId).eq(user.as_uuid()))
        .and_where(Expr::col(SessionTable::SessionId).ne(kept.as_uuid()))
        .returning_col(SessionTable::SessionId)
        .to_owned();
    let rows: Vec<(Uuid,)> = db.fetch_all(&delete).await?;
    Ok(rows.into_iter().map(|(id,)| id.into()).collect())
}

/// Yields those that are gone.
pub async fn delete_expired(db: impl Connection, now: OffsetDateTime) -> Result<Vec<SessionId>, DbError> {
    let delete = Query::delete()
        .from_table(SessionTable::Table)
        .and_where(Expr::col(SessionTable::ExpiresAt).lte(now))
        .returning_col(SessionTable::SessionId)
        .to_owned();
    let rows: Vec<(Uuid,)> = db.fetch_all(&delete).await?;
    Ok(rows.into_iter().map(|(id,)| id.into()).collect())
}
