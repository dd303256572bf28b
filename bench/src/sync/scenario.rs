//! The loads, and how each is measured.

use std::time::Duration;

use super::{
    client::Seen,
    presence,
    report::{Figures, Percentiles},
    rooms,
    server::{Kind, Server},
    slow,
    stage::{Cast, Part},
    storm,
};

pub struct Scenario {
    pub name: &'static str,
    load: Load,
}

enum Load {
    /// Everybody edits, everybody sees it.
    Edits { rooms: usize, clients: usize, edits_per_second: f64, cursors_per_second: f64 },
    /// People are there and do nothing: so many in each room.
    Idle { rooms: usize, clients: usize },
    /// Everybody leaves again, but for one person in some rooms.
    RoomsTouched { rooms: usize, active: usize },
    /// A document of a megabyte, and everybody comes at once.
    JoinStorm { clients: usize },
    /// Somebody does not read while others write a lot.
    SlowClient,
    /// Somebody's line breaks, and they are back at once.
    Presence,
}

const fn edits(
    name: &'static str,
    rooms: usize,
    clients: usize,
    edits_per_second: f64,
    cursors_per_second: f64,
) -> Scenario {
    Scenario { name, load: Load::Edits { rooms, clients, edits_per_second, cursors_per_second } }
}

// The scenarios that promises are about.
pub const FAN_OUT: &str = "1x50 @10";
pub const CURSORS: &str = "1x50 @10 + cursors @10";
pub const SATURATION: &str = "1x100 @20";
pub const IDLE_ROOMS: &str = "idle 1000x1";
pub const IDLE_CONNECTIONS: &str = "idle 1x1000";
pub const ROOMS_TOUCHED: &str = "10,000 rooms, 100 active";
pub const JOIN_STORM: &str = "join storm 150, 1 MB";
pub const SLOW_CLIENT: &str = "slow client, 6 MB/s";
pub const PRESENCE: &str = "back after a reconnect";

/// Rooms x clients @ edits a second of each client.
pub const SCENARIOS: [Scenario; 13] = [
    edits("1x2 @10", 1, 2, 10.0, 0.0),
    edits("1x10 @10", 1, 10, 10.0, 0.0),
    edits(FAN_OUT, 1, 50, 10.0, 0.0),
    edits(CURSORS, 1, 50, 10.0, 10.0),
    edits(SATURATION, 1, 100, 20.0, 0.0),
    edits("1x200 @1", 1, 200, 1.0, 0.0),
    edits("100x2 @5", 100, 2, 5.0, 0.0),
    Scenario { name: IDLE_ROOMS, load: Load::Idle { rooms: 1000, clients: 1 } },
    Scenario { name: IDLE_CONNECTIONS, load: Load::Idle { rooms: 1, clients: 1000 } },
    Scenario { name: ROOMS_TOUCHED, load: Load::RoomsTouched { rooms: 10_000, active: 100 } },
    Scenario { name: JOIN_STORM, load: Load::JoinStorm { clients: 150 } },
    Scenario { name: SLOW_CLIENT, load: Load::SlowClient },
    Scenario { name: PRESENCE, load: Load::Presence },
];

/// After the load: what is under way arrives.
const DRAIN: Duration = Duration::from_secs(1);

impl Scenario {
    /// On Postgres only what the database has a part in.
    pub fn is_for(&self, kind: Kind, has_postgres: bool) -> bool {
        match kind {
            Kind::OpenFlowOnPostgres => has_postgres && self.name == FAN_OUT,
            Kind::OpenFlow | Kind::YWebsocket | Kind::Hocuspocus => true,
        }
    }

    pub async fn run(&self, server: &Server, seconds: u64) -> anyhow::Result<Figures> {
        let time = Duration::from_secs(seconds);
        match self.load {
            Load::Edits { rooms, clients, edits_per_second, cursors_per_second } => {
                let part = Part { edits_per_second, cursors_per_second, bulk: None };
                let documents = server.documents(rooms).await?;
                let parts = documents.iter().flat_map(|document| vec![(document.clone(), part); clients]);
                let cast = Cast::join(parts.collect()).await?;
                let mut figures = play(server, cast, time).await?;
                let edits = figures.edits_per_second;
                figures.expected_deliveries_per_second = edits * (clients - 1) as f64;
                Ok(figures)
            }
            Load::Idle { rooms, clients } => idle(server, rooms, clients).await,
            Load::RoomsTouched { rooms, active } => rooms::touch(server, rooms, active).await,
            Load::JoinStorm { clients } => storm::join(server, clients).await,
            Load::SlowClient => slow::play_beside(server, time).await,
            Load::Presence => presence::come_back(server).await,
        }
    }
}

pub async fn play(server: &Server, cast: Cast, time: Duration) -> anyhow::Result<Figures> {
    // What joining cost is over by then.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let before = server.usage()?;
    cast.play(time).await;
    let seen = cast.end(DRAIN).await?;
    let after = server.usage()?;
    let cpu_micros = after.cpu_micros - before.cpu_micros;
    let (mut travel, mut acknowledged) = (Vec::new(), Vec::new());
    let (mut edits, mut frames, mut refused) = (0, 0, 0);
    for Seen { travel_micros, acknowledged_micros, edits: made, frames: got, refused: not } in seen {
        travel.extend(travel_micros);
        acknowledged.extend(acknowledged_micros);
        (edits, frames, refused) = (edits + made, frames + got, refused + not);
    }
    let deliveries = travel.len() as f64;
    let seconds = time.as_secs_f64();
    Ok(Figures {
        edits_per_second: edits as f64 / seconds,
        deliveries_per_second: deliveries / seconds,
        frames_per_second: frames as f64 / seconds,
        travel: Percentiles::of(travel),
        acknowledged: Percentiles::of(acknowledged),
        // All of it, also what is done after the last edit: nothing is given away by pausing.
        cpu_percent: cpu_micros as f64 / time.as_micros() as f64 * 100.0,
        kernel_percent: (cpu_micros > 0)
            .then(|| (after.kernel_micros - before.kernel_micros) as f64 / cpu_micros as f64 * 100.0),
        cpu_micros_per_delivery: (deliveries > 0.0).then(|| cpu_micros as f64 / deliveries),
        peak_rss_mb: after.peak_rss_kb as f64 / 1024.0,
        note: (refused > 0).then(|| format!("{refused} edits refused")),
        ..Figures::default()
    })
}

/// So many come and go before what one takes is measured.
const FIRST: usize = 64;
/// Allocators keep what is free for a while, for the next who wants memory; ours for ten seconds.
pub const SETTLED: Duration = Duration::from_secs(12);

async fn idle(server: &Server, rooms: usize, clients: usize) -> anyhow::Result<Figures> {
    let documents = server.documents(rooms).await?;
    // What the first few allocate once, such as lines to the database, is no connection's.
    let first = Cast::join(vec![(documents[0].clone(), Part::default()); FIRST]).await?;
    first.end(Duration::ZERO).await?;
    tokio::time::sleep(SETTLED).await;
    let before = server.usage()?;
    let parts = documents.iter().flat_map(|document| vec![(document.clone(), Part::default()); clients]);
    let cast = Cast::join(parts.collect()).await?;
    tokio::time::sleep(SETTLED).await;
    let there = server.usage()?;
    let watched = Duration::from_secs(3);
    cast.play(watched).await;
    let after = server.usage()?;
    cast.end(Duration::ZERO).await?;
    let growth_kb = there.rss_kb.saturating_sub(before.rss_kb) as f64 / (rooms * clients) as f64;
    Ok(Figures {
        cpu_percent: (after.cpu_micros - there.cpu_micros) as f64 / watched.as_micros() as f64 * 100.0,
        peak_rss_mb: after.peak_rss_kb as f64 / 1024.0,
        kb_each: Some(growth_kb),
        ..Figures::default()
    })
}
