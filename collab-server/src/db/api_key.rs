//! Keys for programs. A row is found by the hash of its token, never by the token.

use sea_query::{Expr, ExprTrait, Iden, Order, Query};
use shared::{
    access::KeyScope,
    api::{ApiKey, User},
    id::{ApiKeyId, UserId, WorkspaceId},
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Connection, DbError, rfc3339, session::USE_IS_STALE_AFTER, user::UserTable};
use crate::auth::Limits;

#[derive(Iden)]
enum ApiKeyTable {
    #[iden = "api_key"]
    Table,
    ApiKeyId,
    UserId,
    Name,
    TokenHash,
    Hint,
    Scope,
    WorkspaceId,
    CreatedAt,
    ExpiresAt,
    LastUsedAt,
}

fn scope(text: &str) -> Result<KeyScope, DbError> {
    text.parse().map_err(|_| DbError::Unreadable { column: "api_key.scope" })
}

pub struct NewApiKey<'a> {
    pub id: ApiKeyId,
    pub user: UserId,
    pub name: &'a str,
    pub token_hash: &'a [u8],
    pub hint: &'a str,
    pub limits: Limits,
    pub created_at: OffsetDateTime,
    pub expires_at: Option<OffsetDateTime>,
}

pub async fn insert(db: impl Connection, key: NewApiKey<'_>) -> Result<(), DbError> {
    let scope = key.limits.scope.expect("a key has a scope");
    let insert = Query::insert()
        .into_table(ApiKeyTable::Table)
        .columns([
            ApiKeyTable::ApiKeyId,
            ApiKeyTable::UserId,
            ApiKeyTable::Name,
            ApiKeyTable::TokenHash,
            ApiKeyTable::Hint,
            ApiKeyTable::Scope,
            ApiKeyTable::WorkspaceId,
            ApiKeyTable::CreatedAt,
            ApiKeyTable::ExpiresAt,
        ])
        .values_panic([
            key.id.as_uuid().into(),
            key.user.as_uuid().into(),
            key.name.into(),
            key.token_hash.into(),
            key.hint.into(),
            scope.as_str().into(),
            key.limits.workspace.map(WorkspaceId::as_uuid).into(),
            key.created_at.into(),
            key.expires_at.into(),
        ])
        .to_owned();
    db.execute(&insert).await.map(drop)
}

/// A key that opens something.
pub struct Found {
    pub id: ApiKeyId,
    pub limits: Limits,
    last_used_at: Option<OffsetDateTime>,
}

impl Found {
    /// Whether its use should be noted again.
    pub fn is_stale_use(&self, now: OffsetDateTime) -> bool {
        self.last_used_at.is_none_or(|last| now - last > USE_IS_STALE_AFTER)
    }
}

#[derive(sqlx::FromRow)]
struct FoundRow {
    api_key_id: Uuid,
    scope: String,
    workspace_id: Option<Uuid>,
    last_used_at: Option<OffsetDateTime>,
    user_id: Uuid,
    email: String,
    name: String,
}

/// The key with this token and whose it is, if it has not expired.
pub async fn find(
    db: impl Connection,
    token_hash: &[u8],
    now: OffsetDateTime,
) -> Result<Option<(Found, User)>, DbError> {
    let expires_at = || Expr::col((ApiKeyTable::Table, ApiKeyTable::ExpiresAt));
    let select = Query::select()
        .column((ApiKeyTable::Table, ApiKeyTable::ApiKeyId))
        .column((ApiKeyTable::Table, ApiKeyTable::Scope))
        .column((ApiKeyTable::Table, ApiKeyTable::WorkspaceId))
        .column((ApiKeyTable::Table, ApiKeyTable::LastUsedAt))
        .column((UserTable::Table, UserTable::UserId))
        .column((UserTable::Table, UserTable::Email))
        .column((UserTable::Table, UserTable::Name))
        .from(ApiKeyTable::Table)
        .inner_join(
            UserTable::Table,
            Expr::col((UserTable::Table, UserTable::UserId)).equals((ApiKeyTable::Table, ApiKeyTable::UserId)),
        )
        .and_where(Expr::col((ApiKeyTable::Table, ApiKeyTable::TokenHash)).eq(token_hash))
        .and_where(expires_at().is_null().or(expires_at().gt(now)))
        .to_owned();
    let row: Option<FoundRow> = db.fetch_optional(&select).await?;
    row.map(|row| {
        let limits = Limits { scope: Some(scope(&row.scope)?), workspace: row.workspace_id.map(Into::into) };
        let found = Found { id: row.api_key_id.into(), limits, last_used_at: row.last_used_at };
        Ok((found, User { id: row.user_id.into(), name: row.name, email: row.email }))
    })
    .transpose()
}

/// Whether a key has neither been revoked nor expired.
pub async fn is_there(db: impl Connection, key: ApiKeyId, now: OffsetDateTime) -> Result<bool, DbError> {
    let expires_at = || Expr::col(ApiKeyTable::ExpiresAt);
    let select = Query::select()
        .column(ApiKeyTable::ApiKeyId)
        .from(ApiKeyTable::Table)
        .and_where(Expr::col(ApiKeyTable::ApiKeyId).eq(key.as_uuid()))
        .and_where(expires_at().is_null().or(expires_at().gt(now)))
        .to_owned();
    Ok(db.fetch_optional::<(Uuid,)>(&select).await?.is_some())
}

pub async fn touch(db: impl Connection, key: ApiKeyId, now: OffsetDateTime) -> Result<(), DbError> {
    let update = Query::update()
        .table(ApiKeyTable::Table)
        .value(ApiKeyTable::LastUsedAt, now)
        .and_where(Expr::col(ApiKeyTable::ApiKeyId).eq(key.as_uuid()))
        .to_owned();
    db.execute(&update).await.map(drop)
}

#[derive(sqlx::FromRow)]
struct ListedRow {
    api_key_id: Uuid,
    name: String,
    hint: String,
    scope: String,
    workspace_id: Option<Uuid>,
    created_at: OffsetDateTime,
    expires_at: Option<OffsetDateTime>,
    last_used_at: Option<OffsetDateTime>,
}

/// All of a person's, newest first. Expired ones too: they say why a program stopped working.
pub async fn list(db: impl Connection, user: UserId) -> Result<Vec<ApiKey>, DbError> {
    let select = Query::select()
        .columns([
            ApiKeyTable::ApiKeyId,
            ApiKeyTable::Name,
            ApiKeyTable::Hint,
            ApiKeyTable::Scope,
            ApiKeyTable::WorkspaceId,
            ApiKeyTable::CreatedAt,
            ApiKeyTable::ExpiresAt,
            ApiKeyTable::LastUsedAt,
        ])
        .from(ApiKeyTable::Table)
        .and_where(Expr::col(ApiKeyTable::UserId).eq(user.as_uuid()))
        .order_by(ApiKeyTable::ApiKeyId, Order::Desc)
        .to_owned();
    let rows: Vec<ListedRow> = db.fetch_all(&select).await?;
    rows.into_iter()
        .map(|row| {
            Ok(ApiKey {
                id: row.api_key_id.into(),
                name: row.name,
                scope: scope(&row.scope)?,
                workspace: row.workspace_id.map(Into::into),
                hint: row.hint,
                created_at: rfc3339(row.created_at),
                expires_at: row.expires_at.map(rfc3339),
                last_used_at: row.last_used_at.map(rfc3339),
            })
        })
        .collect()
}

/// Whether it was there, and the person's.
pub async fn delete(db: impl Connection, key: ApiKeyId, user: UserId) -> Result<bool, DbError> {
    let delete = Query::delete()
        .from_table(ApiKeyTable::Table)
        .and_where(Expr::col(ApiKeyTable::ApiKeyId).eq(key.as_uuid()))
        .and_where(Expr::col(ApiKeyTable::UserId).eq(user.as_uuid()))
        .to_owned();
    Ok(db.execute(&delete).await? > 0)
}

/// Those whose time ended after `since` and is over `now`.
pub async fn expired_between(
    db: impl Connection,
    since: OffsetDateTime,
    now: OffsetDateTime,
) -> Result<Vec<ApiKeyId>, DbError> {
    let select = Query::select()
        .column(ApiKeyTable::ApiKeyId)
        .from(ApiKeyTable::Table)
        .and_where(Expr::col(ApiKeyTable::ExpiresAt).gt(since))
        .and_where(Expr::col(ApiKeyTable::ExpiresAt).lte(now))
        .to_owned();
    let rows: Vec<(Uuid,)> = db.fetch_all(&select).await?;
    Ok(rows.into_iter().map(|(id,)| id.into()).collect())
}
