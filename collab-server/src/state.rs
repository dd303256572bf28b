//! What every handler can reach. Built once at start, cheap to clone.

use std::{ops::Deref, sync::Arc};

use anyhow::Context;
use tokio_util::sync::CancellationToken;

use crate::{
    auth::{Passwords, Throttle},
    config::Config,
    db::{DatabaseLock, Db},
};

#[derive(Clone)]
pub struct AppState(Arc<Inner>);

pub struct Inner {
    pub config: Config,
    pub db: Db,
    pub passwords: Passwords,
    pub throttle: Throttle,
    /// Cancelled when the server begins to stop: whatever lives longer than a request ends itself on it.
    pub shutdown: CancellationToken,
    /// Held, never read: dropping it would let a second process into the SQLite file.
    _lock: Option<DatabaseLock>,
}

impl AppState {
    /// Opens everything under the configured folder, making what is not there yet.
    pub async fn open(config: Config, shutdown: CancellationToken) -> anyhow::Result<Self> {
        let data_dir = &config.data.data_dir;
        std::fs::create_dir_all(data_dir).with_context(|| format!("creating the folder {}", data_dir.display()))?;
        let (db, lock) = Db::open(&config.data.database_url()).await?;
        let passwords = Passwords::start().await.context("hashing a first password")?;
        let inner = Inner { config, db, passwords, throttle: Throttle::default(), shutdown, _lock: lock };
        Ok(Self(Arc::new(inner)))
    }
}

impl Deref for AppState {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}
