//! Accounts elsewhere that sign a person in here.

use sea_query::{Expr, ExprTrait, Iden, Query};
use shared::{api::User, id::UserId};
use uuid::Uuid;

use super::{Connection, DbError, now, user::UserTable};

pub const GITHUB: &str = "github";

#[derive(Iden)]
enum IdentityTable {
    #[iden = "identity"]
    Table,
    Provider,
    Subject,
    UserId,
    Login,
    CreatedAt,
}

/// Refused by `identity_user_id_key` if the person has one already.
pub async fn insert(db: impl Connection, subject: &str, user: UserId, login: &str) -> Result<(), DbError> {
    let insert = Query::insert()
        .into_table(IdentityTable::Table)
        .columns([
            IdentityTable::Provider,
            IdentityTable::Subject,
            IdentityTable::UserId,
            IdentityTable::Login,
            IdentityTable::CreatedAt,
        ])
        .values_panic([GITHUB.into(), subject.into(), user.as_uuid().into(), login.into(), now().into()])
        .to_owned();
    db.execute(&insert).await.map(drop)
}

#[derive(sqlx::FromRow)]
struct FoundRow {
    user_id: Uuid,
    email: String,
    name: String,
}

/// Whose GitHub account this is.
pub async fn find(db: impl Connection, subject: &str) -> Result<Option<User>, DbError> {
    let select = Query::select()
        .column((UserTable::Table, UserTable::UserId))
        .column((UserTable::Table, UserTable::Email))
        .column((UserTable::Table, UserTable::Name))
        .from(IdentityTable::Table)
        .inner_join(
            UserTable::Table,
            Expr::col((UserTable::Table, UserTable::UserId)).equals((IdentityTable::Table, IdentityTable::UserId)),
        )
        .and_where(Expr::col((IdentityTable::Table, IdentityTable::Provider)).eq(GITHUB))
        .and_where(Expr::col((IdentityTable::Table, IdentityTable::Subject)).eq(subject))
        .to_owned();
    let row: Option<FoundRow> = db.fetch_optional(&select).await?;
    Ok(row.map(|row| User { id: row.user_id.into(), name: row.name, email: row.email }))
}

/// The name of the GitHub account that is connected.
pub async fn login_of(db: impl Connection, user: UserId) -> Result<Option<String>, DbError> {
    let select = Query::select()
        .column(IdentityTable::Login)
        .from(IdentityTable::Table)
        .and_where(Expr::col(IdentityTable::Provider).eq(GITHUB))
        .and_where(Expr::col(IdentityTable::UserId).eq(user.as_uuid()))
        .to_owned();
    let row: Option<(String,)> = db.fetch_optional(&select).await?;
    Ok(row.map(|(login,)| login))
}

pub async fn delete(db: impl Connection, user: UserId) -> Result<bool, DbError> {
    let delete = Query::delete()
        .from_table(IdentityTable::Table)
        .and_where(Expr::col(IdentityTable::Provider).eq(GITHUB))
        .and_where(Expr::col(IdentityTable::UserId).eq(user.as_uuid()))
        .to_owned();
    Ok(db.execute(&delete).await? > 0)
}
