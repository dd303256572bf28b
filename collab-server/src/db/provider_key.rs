//! Stored provider keys. The secret is sealed before it comes here (`keys`); this file never sees it.

use sea_query::{Expr, ExprTrait, Func, Iden, Order, Query, SelectStatement};
use shared::id::{KeyId, UserId, WorkspaceId};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Connection, DbError};

#[derive(Iden)]
enum KeyTable {
    #[iden = "provider_key"]
    Table,
    ProviderKeyId,
    WorkspaceId,
    Provider,
    Name,
    BaseUrl,
    Hint,
    Sealed,
    CreatedBy,
    CreatedAt,
}

#[derive(sqlx::FromRow)]
pub struct KeyRow {
    provider_key_id: Uuid,
    workspace_id: Uuid,
    pub provider: String,
    pub name: String,
    pub base_url: Option<String>,
    pub hint: String,
    pub sealed: Vec<u8>,
    pub created_at: OffsetDateTime,
}

impl KeyRow {
    pub fn id(&self) -> KeyId {
        self.provider_key_id.into()
    }

    pub fn workspace(&self) -> WorkspaceId {
        self.workspace_id.into()
    }
}

pub struct NewKey<'a> {
    pub id: KeyId,
    pub workspace: WorkspaceId,
    pub provider: &'a str,
    pub name: &'a str,
    pub base_url: Option<&'a str>,
    pub hint: &'a str,
    pub sealed: Vec<u8>,
    pub created_by: UserId,
    pub created_at: OffsetDateTime,
}

/// Refused by `provider_key_name_key` if the workspace has a key of that provider and name.
pub async fn insert(db: impl Connection, key: NewKey<'_>) -> Result<(), DbError> {
    let insert = Query::insert()
        .into_table(KeyTable::Table)
        .columns([
            KeyTable::ProviderKeyId,
            KeyTable::WorkspaceId,
            KeyTable::Provider,
            KeyTable::Name,
            KeyTable::BaseUrl,
            KeyTable::Hint,
            KeyTable::Sealed,
            KeyTable::CreatedBy,
            KeyTable::CreatedAt,
        ])
        .values_panic([
            key.id.as_uuid().into(),
            key.workspace.as_uuid().into(),
            key.provider.into(),
            key.name.into(),
            key.base_url.map(str::to_owned).into(),
            key.hint.into(),
            key.sealed.into(),
            key.created_by.as_uuid().into(),
            key.created_at.into(),
        ])
        .to_owned();
    db.execute(&insert).await.map(drop)
}

fn select_of(workspace: WorkspaceId) -> SelectStatement {
    Query::select()
        .columns([
            KeyTable::ProviderKeyId,
            KeyTable::WorkspaceId,
            KeyTable::Provider,
            KeyTable::Name,
            KeyTable::BaseUrl,
            KeyTable::Hint,
            KeyTable::Sealed,
            KeyTable::CreatedAt,
        ])
        .from(KeyTable::Table)
        .and_where(Expr::col(KeyTable::WorkspaceId).eq(workspace.as_uuid()))
        .to_owned()
}

/// By provider, then in the order of making.
pub async fn list(db: impl Connection, workspace: WorkspaceId) -> Result<Vec<KeyRow>, DbError> {
    let select = select_of(workspace)
        .order_by(KeyTable::Provider, Order::Asc)
        .order_by(KeyTable::ProviderKeyId, Order::Asc)
        .to_owned();
    db.fetch_all(&select).await
}

/// The key a run means: that of the name, or with no name the oldest of the provider.
pub async fn find(
    db: impl Connection,
    workspace: WorkspaceId,
    provider: &str,
    name: Option<&str>,
) -> Result<Option<KeyRow>, DbError> {
    let mut select = select_of(workspace);
    select.and_where(Expr::col(KeyTable::Provider).eq(provider));
    if let Some(name) = name {
        select.and_where(Expr::expr(Func::lower(Expr::col(KeyTable::Name))).eq(Func::lower(name)));
    }
    select.order_by(KeyTable::ProviderKeyId, Order::Asc).limit(1);
    db.fetch_optional(&select).await
}

/// Whether there was one.
pub async fn delete(db: impl Connection, workspace: WorkspaceId, key: KeyId) -> Result<bool, DbError> {
    let delete = Query::delete()
        .from_table(KeyTable::Table)
        .and_where(Expr::col(KeyTable::WorkspaceId).eq(workspace.as_uuid()))
        .and_where(Expr::col(KeyTable::ProviderKeyId).eq(key.as_uuid()))
        .to_owned();
    Ok(db.execute(&delete).await? > 0)
}
