//! What the servers of this database call themselves together, and which of them live.

use sea_query::{Expr, ExprTrait, Iden, Query};
use uuid::Uuid;

use super::{
    Connection, DbError,
    duty::{self, DutyTable},
};

#[derive(Iden)]
enum Cluster {
    Table,
    ClusterId,
}

/// How long rows of servers that died are kept, in milliseconds.
const DEAD_KEPT: i64 = 3_600_000;

/// The same for every server, another one for every database. The migration wrote it.
pub async fn id(db: impl Connection) -> Result<Uuid, DbError> {
    let select = Query::select().column(Cluster::ClusterId).from(Cluster::Table).to_owned();
    let (id,): (Uuid,) = db.fetch_one(&select).await?;
    Ok(id)
}

/// That a server lives is a duty that only it has.
fn name(server: Uuid) -> String {
    format!("server {server}")
}

/// Notes that a server lives, by the database's clock in milliseconds.
pub async fn live(db: impl Connection, server: Uuid, now: i64, until: i64) -> Result<(), DbError> {
    duty::take(db, &name(server), server, now, until).await.map(drop)
}

/// Whether another server lives.
pub async fn others_live(db: impl Connection + Copy, server: Uuid, now: i64) -> Result<bool, DbError> {
    let delete = Query::delete()
        .from_table(DutyTable::Table)
        .and_where(Expr::col(DutyTable::Name).like("server %"))
        .and_where(Expr::col(DutyTable::HeldUntil).lt(now - DEAD_KEPT))
        .to_owned();
    db.execute(&delete).await?;
    let select = Query::select()
        .column(DutyTable::HeldUntil)
        .from(DutyTable::Table)
        .and_where(Expr::col(DutyTable::Name).like("server %"))
        .and_where(Expr::col(DutyTable::Name).ne(name(server)))
        .and_where(Expr::col(DutyTable::HeldUntil).gt(now))
        .limit(1)
        .to_owned();
    Ok(db.fetch_optional::<(i64,)>(&select).await?.is_some())
}

/// Notes that a server ends.
pub async fn leave(db: impl Connection, server: Uuid) -> Result<(), DbError> {
    let delete =
        Query::delete().from_table(DutyTable::Table).and_where(Expr::col(DutyTable::Name).eq(name(server))).to_owned();
    db.execute(&delete).await.map(drop)
}
