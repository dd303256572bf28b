//! Duties that one process at a time has, and the clock that leases are measured by.

use sea_query::{Expr, ExprTrait, Iden, OnConflict, Query};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Connection, Db, DbError, Tx};

#[derive(Iden)]
pub(super) enum DutyTable {
    #[iden = "duty"]
    Table,
    Name,
    Holder,
    HeldUntil,
}

/// Unix milliseconds by the one clock that all processes share: the database's. SQLite has one process, and its own.
pub async fn clock(db: &Db) -> Result<i64, DbError> {
    let now = match db {
        Db::Sqlite { .. } => OffsetDateTime::now_utc(),
        Db::Postgres(_) => db.fetch_one::<(OffsetDateTime,)>(&select_now()).await?.0,
    };
    Ok(millis(now))
}

/// The same inside a transaction: when it began.
pub async fn clock_in(tx: &mut Tx) -> Result<i64, DbError> {
    let now = match tx {
        Tx::Sqlite(_) => OffsetDateTime::now_utc(),
        Tx::Postgres(_) => tx.fetch_one::<(OffsetDateTime,)>(&select_now()).await?.0,
    };
    Ok(millis(now))
}

fn select_now() -> sea_query::SelectStatement {
    Query::select().expr(Expr::current_timestamp()).to_owned()
}

fn millis(time: OffsetDateTime) -> i64 {
    (time.unix_timestamp_nanos() / 1_000_000) as i64
}

/// Takes a duty that nobody has, or goes on having it. Whether it is this holder's until `until_millis`.
pub async fn take(
    db: impl Connection,
    name: &str,
    holder: Uuid,
    now_millis: i64,
    until_millis: i64,
) -> Result<bool, DbError> {
    let free = Expr::col((DutyTable::Table, DutyTable::HeldUntil)).lt(now_millis).or(Expr::col((
        DutyTable::Table,
        DutyTable::Holder,
    ))
    .eq(holder));
    let insert = Query::insert()
        .into_table(DutyTable::Table)
        .columns([DutyTable::Name, DutyTable::Holder, DutyTable::HeldUntil])
        .values_panic([name.into(), holder.into(), until_millis.into()])
        .on_conflict(
            OnConflict::column(DutyTable::Name)
                .update_columns([DutyTable::Holder, DutyTable::HeldUntil])
                .action_and_where(free)
                .to_owned(),
        )
        .to_owned();
    Ok(db.execute(&insert).await? == 1)
}
