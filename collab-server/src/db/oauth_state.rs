//! Sign-ins that are away at a provider.

use sea_query::{Expr, ExprTrait, Iden, Query};
use shared::id::UserId;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Connection, DbError};

#[derive(Iden)]
enum StateTable {
    #[iden = "oauth_state"]
    Table,
    StateHash,
    BrowserHash,
    Verifier,
    UserId,
    Next,
    ExpiresAt,
}

pub struct NewState<'a> {
    pub state_hash: &'a [u8],
    pub browser_hash: &'a [u8],
    pub verifier: &'a str,
    /// Who wants to connect an account; `None` for a sign-in.
    pub user: Option<UserId>,
    pub next: &'a str,
    pub expires_at: OffsetDateTime,
}

pub async fn insert(db: impl Connection, state: NewState<'_>) -> Result<(), DbError> {
    let insert = Query::insert()
        .into_table(StateTable::Table)
        .columns([
            StateTable::StateHash,
            StateTable::BrowserHash,
            StateTable::Verifier,
            StateTable::UserId,
            StateTable::Next,
            StateTable::ExpiresAt,
        ])
        .values_panic([
            state.state_hash.into(),
            state.browser_hash.into(),
            state.verifier.into(),
            state.user.map(UserId::as_uuid).into(),
            state.next.into(),
            state.expires_at.into(),
        ])
        .to_owned();
    db.execute(&insert).await.map(drop)
}

#[derive(sqlx::FromRow)]
pub struct Taken {
    pub verifier: String,
    user_id: Option<Uuid>,
    pub next: String,
}

impl Taken {
    pub fn user(&self) -> Option<UserId> {
        self.user_id.map(Into::into)
    }
}

/// Takes it out: of two that come with the same state, one gets it. Another browser's is left alone.
pub async fn take(
    db: impl Connection,
    state_hash: &[u8],
    browser_hash: &[u8],
    now: OffsetDateTime,
) -> Result<Option<Taken>, DbError> {
    let delete = Query::delete()
        .from_table(StateTable::Table)
        .and_where(Expr::col(StateTable::StateHash).eq(state_hash))
        .and_where(Expr::col(StateTable::BrowserHash).eq(browser_hash))
        .and_where(Expr::col(StateTable::ExpiresAt).gt(now))
        .returning(Query::returning().columns([StateTable::Verifier, StateTable::UserId, StateTable::Next]))
        .to_owned();
    db.fetch_optional(&delete).await
}

pub async fn delete_expired(db: impl Connection, now: OffsetDateTime) -> Result<(), DbError> {
    let delete =
        Query::delete().from_table(StateTable::Table).and_where(Expr::col(StateTable::ExpiresAt).lte(now)).to_owned();
    db.execute(&delete).await.map(drop)
}
