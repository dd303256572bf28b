//! Telling the workers of other processes that a run was queued, so that they need not look for it. Postgres only.

use sea_query::{Expr, Func, Query};
use sqlx::postgres::PgListener;

use super::{Connection, Db, DbError, Tx};

const CHANNEL: &str = "openflow_run_queued";

/// Told when the transaction commits.
pub async fn tell(tx: &mut Tx) -> Result<(), DbError> {
    if matches!(tx, Tx::Sqlite(_)) {
        return Ok(());
    }
    let notify = Query::select().expr(Func::cust("pg_notify").args([Expr::value(CHANNEL), Expr::value("")])).to_owned();
    tx.execute(&notify).await.map(drop)
}

/// Hears what others tell. Holds a connection of its own.
pub struct Signals(PgListener);

impl Signals {
    /// `None`: there are no other processes.
    pub async fn listen(db: &Db) -> Result<Option<Self>, DbError> {
        let Db::Postgres(pool) = db else { return Ok(None) };
        let mut listener = PgListener::connect_with(pool).await?;
        listener.listen(CHANNEL).await?;
        Ok(Some(Self(listener)))
    }

    /// Waits for the next one. What is told while the connection is lost is not heard: whoever waits looks by itself, too.
    pub async fn next(&mut self) -> Result<(), DbError> {
        self.0.recv().await?;
        Ok(())
    }
}
