//! People with an account.

use sea_query::{Expr, ExprTrait, Func, Iden, Order, Query};
use shared::{api::User, id::UserId};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Connection, DbError};
use crate::auth::PasswordHash;

#[derive(Iden)]
pub(super) enum UserTable {
    #[iden = "user"]
    Table,
    UserId,
    Email,
    Name,
    PasswordHash,
    CreatedAt,
}

#[derive(sqlx::FromRow)]
pub struct UserRow {
    user_id: Uuid,
    pub email: String,
    pub name: String,
    password_hash: String,
}

impl UserRow {
    pub fn id(&self) -> UserId {
        self.user_id.into()
    }

    /// `None` for somebody who signs in elsewhere.
    pub fn password(&self) -> Option<PasswordHash> {
        (!self.password_hash.is_empty()).then(|| PasswordHash::stored(self.password_hash.clone()))
    }

    pub fn to_user(&self) -> User {
        User { id: self.id(), name: self.name.clone(), email: self.email.clone() }
    }
}

/// Refused by `user_email_key` if the address has an account. Without a password for somebody who signs in elsewhere.
pub async fn insert(
    db: impl Connection,
    user: &User,
    password: Option<&PasswordHash>,
    now: OffsetDateTime,
) -> Result<(), DbError> {
    let insert = Query::insert()
        .into_table(UserTable::Table)
        .columns([UserTable::UserId, UserTable::Email, UserTable::Name, UserTable::PasswordHash, UserTable::CreatedAt])
        .values_panic([
            user.id.as_uuid().into(),
            user.email.as_str().into(),
            user.name.as_str().into(),
            password.map_or("", PasswordHash::as_str).into(),
            now.into(),
        ])
        .to_owned();
    db.execute(&insert).await.map(drop)
}

/// Whoever signed up first: the person who set the server up.
pub async fn first(db: impl Connection) -> Result<Option<UserId>, DbError> {
    let select = Query::select()
        .columns([UserTable::UserId, UserTable::Email, UserTable::Name, UserTable::PasswordHash])
        .from(UserTable::Table)
        .order_by(UserTable::CreatedAt, Order::Asc)
        // Ids are made in order, too: two sign-ups of one moment.
        .order_by(UserTable::UserId, Order::Asc)
        .limit(1)
        .to_owned();
    let row: Option<UserRow> = db.fetch_optional(&select).await?;
    Ok(row.map(|row| row.id()))
}

/// Without regard to case.
pub async fn find_by_email(db: impl Connection, email: &str) -> Result<Option<UserRow>, DbError> {
    let select = Query::select()
        .columns([UserTable::UserId, UserTable::Email, UserTable::Name, UserTable::PasswordHash])
        .from(UserTable::Table)
        // Lowered on both sides by the database, so that its idea of case is the one the index has.
        .and_where(Expr::expr(Func::lower(Expr::col(UserTable::Email))).eq(Func::lower(email)))
        .to_owned();
    db.fetch_optional(&select).await
}

pub async fn find(db: impl Connection, id: UserId) -> Result<Option<UserRow>, DbError> {
    let select = Query::select()
        .columns([UserTable::UserId, UserTable::Email, UserTable::Name, UserTable::PasswordHash])
        .from(UserTable::Table)
        .and_where(Expr::col(UserTable::UserId).eq(id.as_uuid()))
        .to_owned();
    db.fetch_optional(&select).await
}

pub async fn rename(db: impl Connection, id: UserId, name: &str) -> Result<(), DbError> {
    let update = Query::update()
        .table(UserTable::Table)
        .value(UserTable::Name, name)
        .and_where(Expr::col(UserTable::UserId).eq(id.as_uuid()))
        .to_owned();
    db.execute(&update).await.map(drop)
}

pub async fn set_password(db: impl Connection, id: UserId, password: &PasswordHash) -> Result<(), DbError> {
    let update = Query::update()
        .table(UserTable::Table)
        .value(UserTable::PasswordHash, password.as_str())
        .and_where(Expr::col(UserTable::UserId).eq(id.as_uuid()))
        .to_owned();
    db.execute(&update).await.map(drop)
}
