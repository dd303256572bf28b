//! The database: one enum over SQLite and Postgres, and one file of queries a noun.
//!
//! A query function builds its statement once with sea-query and runs it on whatever [`Connection`] it is given: `&Db`
//! for a statement of its own, `&mut Tx` for one step of a service's transaction. Services start transactions, query
//! functions do not. No SQL stands outside this folder.

use std::future::Future;

use sea_query::{
    DeleteStatement, InsertStatement, PostgresQueryBuilder, SelectStatement, SqliteQueryBuilder, UpdateStatement,
};
use sea_query_sqlx::{SqlxBinder, SqlxValues};
use sqlx::{AssertSqlSafe, FromRow, PgPool, SqlitePool, postgres::PgRow, sqlite::SqliteRow};
use time::OffsetDateTime;

mod open;
pub mod user;
pub mod session;
pub mod api_key;
pub mod identity;
pub mod oauth_state;
pub mod workspace;
pub mod invitation;
pub mod folder;
pub mod workflow;
pub mod workflow_role;
pub mod blob;
pub mod provider_key;
pub mod cluster;
pub mod document;
pub mod run;
pub mod run_queue;
pub mod run_claim;
pub mod run_lease;
pub mod run_step;
pub mod run_event;
pub mod run_seed;
pub mod run_signal;
pub mod generation;
pub mod spend;
pub mod approval;
pub mod duty;
pub mod node_result;
pub mod version;

pub use open::{DatabaseLock, OpenError};

/// A handle to the database, cheap to clone.
#[derive(Clone)]
pub enum Db {
    /// Readers never wait for the writer (WAL). There is one writing connection, because SQLite has one writer anyway:
    /// whoever waits for it waits in the pool's fair queue, without blocking a thread in `busy_timeout`.
    Sqlite {
        reader: SqlitePool,
        writer: SqlitePool,
    },
    Postgres(PgPool),
}

/// A transaction that may write. Rolls back when dropped.
pub enum Tx {
    Sqlite(sqlx::Transaction<'static, sqlx::Sqlite>),
    Postgres(sqlx::Transaction<'static, sqlx::Postgres>),
}

#[derive(Debug, thiserror::Error)]
pub enum DbError {
    #[error("the database refused or did not answer")]
    Sqlx(#[from] sqlx::Error),
    /// Something was written by a newer version, or by hand.
    #[error("column `{column}` holds something this version cannot read")]
    Unreadable { column: &'static str },
}

/// What a query yields: a plain struct that derives `sqlx::FromRow`, or a tuple.
pub trait Row: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin + 'static {}
impl<T> Row for T where T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin + 'static {}

/// A sea-query statement.
pub trait Statement: SqlxBinder + Sync {
    /// Whether it needs SQLite's writing connection.
    const WRITES: bool;
}

impl Statement for SelectStatement {
    const WRITES: bool = false;
}
impl Statement for InsertStatement {
    const WRITES: bool = true;
}
impl Statement for UpdateStatement {
    const WRITES: bool = true;
}
impl Statement for DeleteStatement {
    const WRITES: bool = true;
}

/// Where statements run: `&Db` or `&mut Tx`.
pub trait Connection: Send + Sized {
    fn fetch_all<T: Row>(self, statement: &impl Statement) -> impl Future<Output = Result<Vec<T>, DbError>> + Send;

    fn fetch_optional<T: Row>(
        self,
        statement: &impl Statement,
    ) -> impl Future<Output = Result<Option<T>, DbError>> + Send;

    /// The row must be there, for example because it is a count.
    fn fetch_one<T: Row>(self, statement: &impl Statement) -> impl Future<Output = Result<T, DbError>> + Send;

    /// Yields the number of rows it touched.
    fn execute(self, statement: &impl Statement) -> impl Future<Output = Result<u64, DbError>> + Send;
}

impl Db {
    /// Starts a transaction that may write. On SQLite it takes the write lock at once: taking it half-way could fail
    /// with a busy error that no waiting mends.
    pub async fn begin(&self) -> Result<Tx, DbError> {
        Ok(match self {
            Self::Sqlite { writer, .. } => Tx::Sqlite(writer.begin_with("begin immediate").await?),
            Self::Postgres(pool) => Tx::Postgres(pool.begin().await?),
        })
    }

    /// Whether the database answers at all.
    pub async fn ping(&self) -> Result<(), DbError> {
        let one = sea_query::Query::select().expr(sea_query::Expr::value(1)).to_owned();
        self.fetch_all::<(i32,)>(&one).await.map(drop)
    }

    /// Waits for statements under way, then closes. SQLite folds its journal into the file on the way.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { reader, writer } => {
                reader.close().await;
                writer.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

impl Tx {
    pub async fn commit(self) -> Result<(), DbError> {
        match self {
            Self::Sqlite(tx) => tx.commit().await?,
            Self::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }
}

/// Builds a statement for one of the two databases and runs it there; the two differ in type, not in text.
macro_rules! rows {
    ($statement:expr, $builder:expr, $method:ident, $executor:expr) => {{
        let (text, values): (String, SqlxValues) = $statement.build_sqlx($builder);
        // Safe to assert: the text holds only our identifiers and placeholders, values travel beside it.
        sqlx::query_as_with(AssertSqlSafe(text), values).$method($executor).await?
    }};
}

macro_rules! affected {
    ($statement:expr, $builder:expr, $executor:expr) => {{
        let (text, values): (String, SqlxValues) = $statement.build_sqlx($builder);
        sqlx::query_with(AssertSqlSafe(text), values).execute($executor).await?.rows_affected()
    }};
}

/// The pool of SQLite's two that a statement belongs on.
fn pool_for<'p, S: Statement>(_: &S, reader: &'p SqlitePool, writer: &'p SqlitePool) -> &'p SqlitePool {
    if S::WRITES { writer } else { reader }
}

impl Connection for &Db {
    async fn fetch_all<T: Row>(self, statement: &impl Statement) -> Result<Vec<T>, DbError> {
        Ok(match self {
            Db::Sqlite { reader, writer } => {
                rows!(statement, SqliteQueryBuilder, fetch_all, pool_for(statement, reader, writer))
            }
            Db::Postgres(pool) => rows!(statement, PostgresQueryBuilder, fetch_all, pool),
        })
    }

    async fn fetch_optional<T: Row>(self, statement: &impl Statement) -> Result<Option<T>, DbError> {
        Ok(match self {
            Db::Sqlite { reader, writer } => {
                rows!(statement, SqliteQueryBuilder, fetch_optional, pool_for(statement, reader, writer))
            }
            Db::Postgres(pool) => rows!(statement, PostgresQueryBuilder, fetch_optional, pool),
        })
    }

    async fn fetch_one<T: Row>(self, statement: &impl Statement) -> Result<T, DbError> {
        Ok(match self {
            Db::Sqlite { reader, writer } => {
                rows!(statement, SqliteQueryBuilder, fetch_one, pool_for(statement, reader, writer))
            }
            Db::Postgres(pool) => rows!(statement, PostgresQueryBuilder, fetch_one, pool),
        })
    }

    async fn execute(self, statement: &impl Statement) -> Result<u64, DbError> {
        Ok(match self {
            Db::Sqlite { reader, writer } => {
                affected!(statement, SqliteQueryBuilder, pool_for(statement, reader, writer))
            }
            Db::Postgres(pool) => affected!(statement, PostgresQueryBuilder, pool),
        })
    }
}

impl Connection for &mut Tx {
    async fn fetch_all<T: Row>(self, statement: &impl Statement) -> Result<Vec<T>, DbError> {
        Ok(match self {
            Tx::Sqlite(tx) => rows!(statement, SqliteQueryBuilder, fetch_all, &mut **tx),
            Tx::Postgres(tx) => rows!(statement, PostgresQueryBuilder, fetch_all, &mut **tx),
        })
    }

    async fn fetch_optional<T: Row>(self, statement: &impl Statement) -> Result<Option<T>, DbError> {
        Ok(match self {
            Tx::Sqlite(tx) => rows!(statement, SqliteQueryBuilder, fetch_optional, &mut **tx),
            Tx::Postgres(tx) => rows!(statement, PostgresQueryBuilder, fetch_optional, &mut **tx),
        })
    }

    async fn fetch_one<T: Row>(self, statement: &impl Statement) -> Result<T, DbError> {
        Ok(match self {
            Tx::Sqlite(tx) => rows!(statement, SqliteQueryBuilder, fetch_one, &mut **tx),
            Tx::Postgres(tx) => rows!(statement, PostgresQueryBuilder, fetch_one, &mut **tx),
        })
    }

    async fn execute(self, statement: &impl Statement) -> Result<u64, DbError> {
        Ok(match self {
            Tx::Sqlite(tx) => affected!(statement, SqliteQueryBuilder, &mut **tx),
            Tx::Postgres(tx) => affected!(statement, PostgresQueryBuilder, &mut **tx),
        })
    }
}

impl DbError {
    /// Whether the database could not be reached, as opposed to having refused.
    pub fn is_away(&self) -> bool {
        use sqlx::Error::{Io, PoolClosed, PoolTimedOut, Tls, WorkerCrashed};
        match self {
            Self::Sqlx(error) => matches!(error, Io(_) | Tls(_) | PoolTimedOut | PoolClosed | WorkerCrashed),
            Self::Unreadable { .. } => false,
        }
    }

    /// Whether the unique index `name` refused. SQLite names an index only if it is over an expression, which is why
    /// ours are.
    pub fn is_on_constraint(&self, name: &str) -> bool {
        let Self::Sqlx(sqlx::Error::Database(error)) = self else { return false };
        error.constraint() == Some(name) || error.message().ends_with(&format!("index '{name}'"))
    }
}

/// Turns the refusal of one constraint into a clear answer, and passes everything else on.
pub trait OnConstraint<T, E> {
    fn on_constraint(self, name: &str, answer: impl FnOnce() -> E) -> Result<T, E>;
}

impl<T, E: From<DbError>> OnConstraint<T, E> for Result<T, DbError> {
    fn on_constraint(self, name: &str, answer: impl FnOnce() -> E) -> Result<T, E> {
        self.map_err(|error| if error.is_on_constraint(name) { answer() } else { error.into() })
    }
}

/// The time as it is stored: whole seconds. SQLite keeps times as text without trailing zeros, and only with a fixed
/// number of digits is the order of texts the order of times.
pub fn now() -> OffsetDateTime {
    let now = OffsetDateTime::now_utc();
    now.replace_nanosecond(0).expect("zero is a valid number of nanoseconds")
}

/// As bodies carry it.
pub fn rfc3339(time: OffsetDateTime) -> String {
    time.format(&time::format_description::well_known::Rfc3339).expect("a stored year has four digits")
}
