//! Stored provider keys, of workspaces and of persons. The secret is sealed before it comes here (`keys`); this file never
//! sees it.

use sea_query::{Alias, Expr, ExprTrait, Func, Order, Query, SelectStatement, SimpleExpr};
use shared::id::{KeyId, UserId, WorkspaceId};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Connection, DbError};

/// Whose a key is. Their tables have the same columns but for the owner's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyOwner {
    Workspace(WorkspaceId),
    Person(UserId),
}

impl KeyOwner {
    fn table(self) -> Alias {
        Alias::new(match self {
            Self::Workspace(_) => "provider_key",
            Self::Person(_) => "person_key",
        })
    }

    fn id_column(self) -> Alias {
        Alias::new(match self {
            Self::Workspace(_) => "provider_key_id",
            Self::Person(_) => "person_key_id",
        })
    }

    fn is_owner(self) -> SimpleExpr {
        Expr::col(self.owner_column()).eq(self.as_uuid())
    }

    fn owner_column(self) -> Alias {
        Alias::new(match self {
            Self::Workspace(_) => "workspace_id",
            Self::Person(_) => "user_id",
        })
    }

    pub fn as_uuid(self) -> Uuid {
        match self {
            Self::Workspace(workspace) => workspace.as_uuid(),
            Self::Person(person) => person.as_uuid(),
        }
    }

    /// The index that refuses a second key of one provider and name.
    pub fn name_constraint(self) -> &'static str {
        match self {
            Self::Workspace(_) => "provider_key_name_key",
            Self::Person(_) => "person_key_name_key",
        }
    }
}

#[derive(sqlx::FromRow)]
pub struct KeyRow {
    key_id: Uuid,
    pub provider: String,
    pub name: String,
    pub base_url: Option<String>,
    pub hint: String,
    pub sealed: Vec<u8>,
    pub created_at: OffsetDateTime,
}

impl KeyRow {
    pub fn id(&self) -> KeyId {
        self.key_id.into()
    }
}

pub struct NewKey<'a> {
    pub id: KeyId,
    pub owner: KeyOwner,
    pub provider: &'a str,
    pub name: &'a str,
    pub base_url: Option<&'a str>,
    pub hint: &'a str,
    pub sealed: Vec<u8>,
    pub created_by: UserId,
    pub created_at: OffsetDateTime,
}

/// Refused by [`KeyOwner::name_constraint`] if the owner has a key of that provider and name.
pub async fn insert(db: impl Connection, key: NewKey<'_>) -> Result<(), DbError> {
    let names = ["provider", "name", "base_url", "hint", "sealed", "created_at"];
    let mut columns = vec![key.owner.id_column(), key.owner.owner_column()];
    columns.extend(names.map(Alias::new));
    let mut values: Vec<SimpleExpr> = vec![
        key.id.as_uuid().into(),
        key.owner.as_uuid().into(),
        key.provider.into(),
        key.name.into(),
        key.base_url.map(str::to_owned).into(),
        key.hint.into(),
        key.sealed.into(),
        key.created_at.into(),
    ];
    // A person's key is always their own.
    if let KeyOwner::Workspace(_) = key.owner {
        columns.push(Alias::new("created_by"));
        values.push(key.created_by.as_uuid().into());
    }
    let insert = Query::insert().into_table(key.owner.table()).columns(columns).values_panic(values).to_owned();
    db.execute(&insert).await.map(drop)
}

fn select_of(owner: KeyOwner) -> SelectStatement {
    let columns = ["provider", "name", "base_url", "hint", "sealed", "created_at"];
    Query::select()
        .expr_as(Expr::col(owner.id_column()), Alias::new("key_id"))
        .columns(columns.map(Alias::new))
        .from(owner.table())
        .and_where(owner.is_owner())
        .to_owned()
}

/// By provider, then in the order of making.
pub async fn list(db: impl Connection, owner: KeyOwner) -> Result<Vec<KeyRow>, DbError> {
    let select = select_of(owner)
        .order_by(Alias::new("provider"), Order::Asc)
        .order_by(owner.id_column(), Order::Asc)
        .to_owned();
    db.fetch_all(&select).await
}

/// The key a run means: that of the name, or with no name the oldest of the provider.
pub async fn find(
    db: impl Connection,
    owner: KeyOwner,
    provider: &str,
    name: Option<&str>,
) -> Result<Option<KeyRow>, DbError> {
    let mut select = select_of(owner);
    select.and_where(Expr::col(Alias::new("provider")).eq(provider));
    if let Some(name) = name {
        select.and_where(Expr::expr(Func::lower(Expr::col(Alias::new("name")))).eq(Func::lower(name)));
    }
    select.order_by(owner.id_column(), Order::Asc).limit(1);
    db.fetch_optional(&select).await
}

/// Whether there was one.
pub async fn delete(db: impl Connection, owner: KeyOwner, key: KeyId) -> Result<bool, DbError> {
    let delete = Query::delete()
        .from_table(owner.table())
        .and_where(owner.is_owner())
        .and_where(Expr::col(owner.id_column()).eq(key.as_uuid()))
        .to_owned();
    Ok(db.execute(&delete).await? > 0)
}
