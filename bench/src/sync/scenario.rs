//! The loads, and how each is measured.

use std::time::{Duration, Instant};

use anyhow::Context;
use futures_util::future::join_all;

use super::{
    client::{Client, Seen},
    report::{Figures, Percentiles},
    server::Server,
    stage::{Bulk, Cast, Part},
};

pub struct Scenario {
    pub name: &'static str,
    load: Load,
}

enum Load {
    /// Everybody edits, everybody sees it.
    Edits { rooms: usize, clients: usize, edits_per_second: f64, cursors_per_second: f64 },
    /// Somebody is there and does nothing.
    Idle { rooms: usize },
    /// A document of a megabyte, and everybody comes at once.
    JoinStorm { clients: usize },
    /// Somebody does not read while others write a lot.
    SlowClient,
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

/// Rooms x clients @ edits a second of each client.
pub const SCENARIOS: [Scenario; 10] = [
    edits("1x2 @10", 1, 2, 10.0, 0.0),
    edits("1x10 @10", 1, 10, 10.0, 0.0),
    edits("1x50 @10", 1, 50, 10.0, 0.0),
    edits("1x50 @10 + cursors @10", 1, 50, 10.0, 10.0),
    edits("1x100 @20", 1, 100, 20.0, 0.0),
    edits("1x200 @1", 1, 200, 1.0, 0.0),
    edits("100x2 @5", 100, 2, 5.0, 0.0),
    Scenario { name: "idle 1000x1", load: Load::Idle { rooms: 1000 } },
    Scenario { name: "join storm 150, 1 MB", load: Load::JoinStorm { clients: 150 } },
    Scenario { name: "slow client, 6 MB/s", load: Load::SlowClient },
];

/// After the load: what is under way arrives.
const DRAIN: Duration = Duration::from_secs(1);

impl Scenario {
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
            Load::Idle { rooms } => idle(server, rooms).await,
            Load::JoinStorm { clients } => join_storm(server, clients).await,
            Load::SlowClient => slow_client(server, time).await,
        }
    }
}

async fn play(server: &Server, cast: Cast, time: Duration) -> anyhow::Result<Figures> {
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
        cpu_percent: cpu_micros as f64 / (time + DRAIN).as_micros() as f64 * 100.0,
        cpu_micros_per_delivery: (deliveries > 0.0).then(|| cpu_micros as f64 / deliveries),
        peak_rss_mb: after.peak_rss_kb as f64 / 1024.0,
        note: (refused > 0).then(|| format!("{refused} edits refused")),
        ..Figures::default()
    })
}

async fn idle(server: &Server, rooms: usize) -> anyhow::Result<Figures> {
    let documents = server.documents(rooms).await?;
    let before = server.usage()?;
    let cast = Cast::join(documents.into_iter().map(|document| (document, Part::default())).collect()).await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let there = server.usage()?;
    let watched = Duration::from_secs(3);
    cast.play(watched).await;
    let after = server.usage()?;
    cast.end(Duration::ZERO).await?;
    let growth_kb = there.rss_kb.saturating_sub(before.rss_kb) as f64 / rooms as f64;
    Ok(Figures {
        cpu_percent: (after.cpu_micros - there.cpu_micros) as f64 / watched.as_micros() as f64 * 100.0,
        peak_rss_mb: after.peak_rss_kb as f64 / 1024.0,
        kb_per_room: Some(growth_kb),
        ..Figures::default()
    })
}

async fn join_storm(server: &Server, clients: usize) -> anyhow::Result<Figures> {
    let document = server.documents(1).await?.remove(0);
    let mut writer = Client::join(0, &document).await?;
    let text = "x".repeat(16 * 1024);
    for key in 0..64 {
        writer.write(&key.to_string(), &text).await?;
    }
    // Whether the server says so or not, by then it has everything.
    let until = Instant::now() + Duration::from_secs(2);
    while Instant::now() < until {
        // Silence is what is hoped for.
        if let Ok(heard) = tokio::time::timeout(Duration::from_millis(100), writer.next()).await {
            heard?;
        }
    }
    let before = server.usage()?;
    let joins = (1..=clients as u32).map(|number| {
        let document = &document;
        async move {
            let started = Instant::now();
            Client::join(number, document).await.map(|client| (client, started.elapsed().as_micros() as u32))
        }
    });
    let joined = join_all(joins).await.into_iter().collect::<anyhow::Result<Vec<_>>>().context("in the storm")?;
    let after = server.usage()?;
    let times: Vec<u32> = joined.iter().map(|(_, micros)| *micros).collect();
    let cpu_micros = (after.cpu_micros - before.cpu_micros) as f64;
    Ok(Figures {
        travel: Percentiles::of(times),
        cpu_micros_per_delivery: Some(cpu_micros / clients as f64),
        peak_rss_mb: after.peak_rss_kb as f64 / 1024.0,
        note: Some("times are from connecting to having the document, CPU is per join".to_owned()),
        ..Figures::default()
    })
}

async fn slow_client(server: &Server, time: Duration) -> anyhow::Result<Figures> {
    let document = server.documents(1).await?.remove(0);
    // It joins, and then never reads.
    let slow = Client::join(u32::MAX, &document).await?;
    let person = Part { edits_per_second: 10.0, ..Part::default() };
    let writer = Part { bulk: Some(Bulk { per_second: 15.0, bytes: 100_000 }), ..Part::default() };
    let parts = std::iter::repeat_n(person, 10).chain(std::iter::repeat_n(writer, 4));
    let cast = Cast::join(parts.map(|part| (document.clone(), part)).collect()).await?;
    let mut figures = play(server, cast, time).await?;
    figures.expected_deliveries_per_second = figures.edits_per_second * 13.0;
    figures.note = Some(fate_of(slow).await);
    Ok(figures)
}

/// What became of a client that did not read.
async fn fate_of(mut slow: Client) -> String {
    let reading = async {
        loop {
            if let Err(error) = slow.next().await {
                return format!("slow client: {error:#}");
            }
        }
    };
    let fate = tokio::time::timeout(Duration::from_secs(3), reading).await;
    fate.unwrap_or_else(|_| "slow client: kept, all it missed was sent later".to_owned())
}
