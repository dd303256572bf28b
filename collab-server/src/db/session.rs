//! Sign-ins. A row is found by the hash of its token, never by the token.

use sea_query::{Expr, ExprTrait, Iden, Query};
use shared::{
    api::User,
    id::{SessionId, UserId},
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Connection, DbError, user::UserTable};

#[derive(Iden)]
enum SessionTable {
    #[iden = "session"]
    Table,
    SessionId,
    UserId,
    TokenHash,
    CreatedAt,
    ExpiresAt,
}

pub struct NewSession<'a> {
    pub id: SessionId,
    pub user: UserId,
    pub token_hash: &'a [u8],
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
            SessionTable::CreatedAt,
            SessionTable::ExpiresAt,
        ])
        .values_panic([
            session.id.as_uuid().into(),
            session.user.as_uuid().into(),
            session.token_hash.into(),
            session.created_at.into(),
            session.expires_at.into(),
        ])
        .to_owned();
    db.execute(&insert).await.map(drop)
}

#[derive(sqlx::FromRow)]
struct SessionRow {
    session_id: Uuid,
    user_id: Uuid,
    email: String,
    name: String,
}

/// Who is signed in with this token, if it has not expired.
pub async fn find(
    db: impl Connection,
    token_hash: &[u8],
    now: OffsetDateTime,
) -> Result<Option<(SessionId, User)>, DbError> {
    let select = Query::select()
        .column((SessionTable::Table, SessionTable::SessionId))
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
    Ok(row.map(|row| {
        let user = User { id: row.user_id.into(), name: row.name, email: row.email };
        (row.session_id.into(), user)
    }))
}

pub async fn delete(db: impl Connection, session: SessionId) -> Result<(), DbError> {
    let delete = Query::delete()
        .from_table(SessionTable::Table)
        .and_where(Expr::col(SessionTable::SessionId).eq(session.as_uuid()))
        .to_owned();
    db.execute(&delete).await.map(drop)
}

/// Yields how many there were.
pub async fn delete_expired(db: impl Connection, now: OffsetDateTime) -> Result<u64, DbError> {
    let delete = Query::delete()
        .from_table(SessionTable::Table)
        .and_where(Expr::col(SessionTable::ExpiresAt).lte(now))
        .to_owned();
    db.execute(&delete).await
}
