//! Starts the server on a listener, or a worker, and stops it without losing anything.

use std::{io, net::SocketAddr, time::Duration};

use anyhow::Context;
use axum::serve::{ListenerExt, TapIo};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_util::sync::CancellationToken;

use crate::{
    auth::sweep_sessions,
    config::{Config, WorkerConfig},
    router,
    state::AppState,
    version,
};

/// How long connections may take to finish once we stop. A container is killed after 10 s by default.
const GRACE: Duration = Duration::from_secs(8);

/// Serves until `shutdown` is cancelled, then lets requests under way finish.
pub async fn serve(config: Config, listener: TcpListener, shutdown: CancellationToken) -> anyhow::Result<()> {
    let state = AppState::open(config, shutdown.clone()).await?;
    engine::samples::install(state.blobs.as_ref()).await.context("storing the samples")?;
    let sweep = tokio::spawn(sweep_sessions(state.db.clone(), state.rooms.clone()));
    let versions = tokio::spawn(version::watch(state.clone()));
    let app = router(state.clone()).into_make_service_with_connect_info::<SocketAddr>();

    let server = axum::serve(undelayed(listener), app).with_graceful_shutdown(shutdown.clone().cancelled_owned());
    let late = async {
        shutdown.cancelled().await;
        tokio::time::sleep(GRACE).await;
    };
    let served = tokio::select! {
        served = server.into_future() => served,
        () = late => {
            tracing::warn!(grace_millis = GRACE.as_millis() as u64, "some connections did not end in time");
            Ok(())
        }
    };

    sweep.abort();
    versions.abort();
    // While rooms still answer.
    version::flush(&state).await;
    // After the last request, before the rooms they write to.
    state.runs.shutdown().await;
    state.generations.finish().await;
    // Before the database: rooms write what they hold.
    state.rooms.shutdown().await;
    state.db.close().await;
    served?;
    Ok(())
}

/// Executes runs of a database that servers and workers share, until `shutdown` is cancelled.
pub async fn work(config: WorkerConfig, shutdown: CancellationToken) -> anyhow::Result<()> {
    if config.data.database_url().starts_with("sqlite:") {
        anyhow::bail!(
            "a worker needs Postgres, named with --database-url: a SQLite file belongs to one process, whose own \
             workers are set with `openflow serve --workers`"
        );
    }
    let state = AppState::open(config.into(), shutdown.clone()).await?;
    engine::samples::install(state.blobs.as_ref()).await.context("storing the samples")?;
    tracing::info!(workers = state.config.workers, "waiting for runs");
    shutdown.cancelled().await;
    state.runs.shutdown().await;
    state.generations.finish().await;
    state.rooms.shutdown().await;
    state.db.close().await;
    Ok(())
}

/// A listener on which many may arrive at once.
///
/// Usual is a queue of 128. Whoever finds it full, as when a whole team comes back after a restart, is not heard for a
/// second and tries again then. The kernel cuts the length to its own limit.
///
/// # Errors
///
/// The address is taken, or not this machine's. Must be called within a runtime.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    const WAITING: u32 = 4096;
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // On Windows it would let others take the port over.
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(WAITING)
}

/// A listener whose connections send small frames at once.
///
/// By default TCP holds a small frame back until the one before it is confirmed, which peers do up to 40 ms late: an
/// acknowledgement right behind an edit would come that much later.
pub fn undelayed(listener: TcpListener) -> TapIo<TcpListener, impl FnMut(&mut TcpStream) + Send + 'static> {
    listener.tap_io(|connection| {
        if let Err(error) = connection.set_nodelay(true) {
            // Slower, not wrong.
            tracing::debug!(%error, "could not set TCP_NODELAY");
        }
    })
}
