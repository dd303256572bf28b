//! Opens the database: connections, settings, migrations, and the lock that keeps a second process out of a SQLite file.

use std::{
    fs::{File, OpenOptions, TryLockError},
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use sqlx::{
    migrate::{MigrateError, Migrator},
    postgres::PgPoolOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::Db;

static SQLITE: Migrator = sqlx::migrate!("../migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("../migrations/postgres");

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("`{0}` is not a database address: `sqlite:FILE` and `postgres://…` are")]
    Address(String),
    #[error("another openflow process works on `{0}`: stop it first, or use another data folder")]
    Locked(PathBuf),
    #[error("could not use `{path}`")]
    File { path: PathBuf, source: std::io::Error },
    #[error("could not open the database")]
    Connect(#[source] sqlx::Error),
    #[error("could not bring the database's tables up to date")]
    Migrate(#[from] MigrateError),
}

/// Held for as long as the process uses a SQLite file. Dropping it, or dying, releases it.
pub struct DatabaseLock {
    _file: File,
}

impl DatabaseLock {
    /// Locks `FILE.lock`, beside the database rather than in it: SQLite's own locks are for single statements.
    fn take(database: &Path) -> Result<Self, OpenError> {
        let mut path = database.as_os_str().to_owned();
        path.push(".lock");
        let path = PathBuf::from(path);
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let file = file.map_err(|source| OpenError::File { path: path.clone(), source })?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(OpenError::Locked(database.to_owned())),
            Err(TryLockError::Error(source)) => Err(OpenError::File { path, source }),
        }
    }
}

impl Db {
    /// Opens `url` and brings its tables up to date. A SQLite database comes with the lock that keeps it ours.
    pub async fn open(url: &str) -> Result<(Self, Option<DatabaseLock>), OpenError> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            let path = Path::new(path.strip_prefix("//").unwrap_or(path));
            let lock = DatabaseLock::take(path)?;
            Ok((open_sqlite(path).await?, Some(lock)))
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Ok((open_postgres(url).await?, None))
        } else {
            // Not the whole text: it may hold a password.
            Err(OpenError::Address(url.split("//").next().unwrap_or_default().chars().take(24).collect()))
        }
    }
}

async fn open_sqlite(path: &Path) -> Result<Db, OpenError> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // A commit that was acknowledged survives a power cut; NORMAL only survives a crash of the process.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        // Only for tools that look into the file while we write: our own writers queue for the one connection.
        .busy_timeout(Duration::from_secs(5));
    let pool = SqlitePoolOptions::new().acquire_timeout(Duration::from_secs(10));
    let writer = pool.clone().max_connections(1).connect_with(options.clone()).await.map_err(OpenError::Connect)?;
    SQLITE.run(&writer).await?;
    let reader = pool.max_connections(8).connect_lazy_with(options.read_only(true));
    Ok(Db::Sqlite { reader, writer })
}

async fn open_postgres(url: &str) -> Result<Db, OpenError> {
    let options = sqlx::postgres::PgConnectOptions::from_str(url).map_err(OpenError::Connect)?;
    let pool = PgPoolOptions::new().max_connections(16).acquire_timeout(Duration::from_secs(10));
    let pool = pool.connect_with(options.application_name("openflow")).await.map_err(OpenError::Connect)?;
    // Several servers may start at once: the migrator takes an advisory lock.
    POSTGRES.run(&pool).await?;
    Ok(Db::Postgres(pool))
}
