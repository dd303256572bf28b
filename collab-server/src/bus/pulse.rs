//! Tells through the database that a server lives: servers that share no messenger find each other so.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::{
    db::{self, Db, DbError},
    room::ServerId,
};

/// How often a server writes down that it lives, and looks for others.
const BEAT: Duration = Duration::from_secs(2);
/// How long that is believed.
const BELIEVED: Duration = Duration::from_secs(8);

/// A server that lives for as long as this is held.
pub struct Pulse {
    db: Db,
    server: ServerId,
    stop: CancellationToken,
    _stop_on_drop: DropGuard,
}

impl Pulse {
    /// Tells `heard` at every beat whether there are others.
    pub fn start(db: Db, server: ServerId, heard: impl Fn(bool) + Send + 'static) -> Self {
        let stop = CancellationToken::new();
        let (pool, stopped) = (db.clone(), stop.clone());
        tokio::spawn(async move {
            let mut beats = interval(BEAT);
            beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
            while stopped.run_until_cancelled(beats.tick()).await.is_some() {
                match beat(&pool, server).await {
                    Ok(others) => heard(others),
                    // Nobody can write now, so there is nothing to miss.
                    Err(error) => tracing::debug!(error = %anyhow::Error::from(error), "could not look for others"),
                }
            }
        });
        Self { db, server, _stop_on_drop: stop.clone().drop_guard(), stop }
    }

    /// Tells that the server ends, so that the others need not wait until nobody believes in it.
    pub async fn end(&self) {
        self.stop.cancel();
        if let Err(error) = db::cluster::leave(&self.db, self.server.as_uuid()).await {
            tracing::debug!(error = %anyhow::Error::from(error), "could not say that the server ends");
        }
    }
}

async fn beat(db: &Db, server: ServerId) -> Result<bool, DbError> {
    let now = db::duty::clock(db).await?;
    db::cluster::live(db, server.as_uuid(), now, now + BELIEVED.as_millis() as i64).await?;
    db::cluster::others_live(db, server.as_uuid(), now).await
}
