//! Many clients in one play: they join, wait for each other, make their load, and listen until what is under way has
//! arrived.

use std::{rc::Rc, time::Duration};

use anyhow::Context;
use tokio::{
    sync::{Semaphore, watch},
    task::{JoinHandle, spawn_local},
    time::{Instant, MissedTickBehavior, interval_at},
};

use super::{
    client::{Client, Seen},
    dialect::Dialect,
};

/// More at once would measure how connections are accepted.
const JOINING: usize = 32;

/// What one client does while the play is on.
#[derive(Debug, Clone, Copy, Default)]
pub struct Part {
    pub edits_per_second: f64,
    pub cursors_per_second: f64,
    /// Large updates without a mark.
    pub bulk: Option<Bulk>,
}

#[derive(Debug, Clone, Copy)]
pub struct Bulk {
    pub per_second: f64,
    pub bytes: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Waiting,
    Playing,
    /// Nothing new, but what is under way still counts.
    Listening,
    Over,
}

/// Everybody who has joined.
pub struct Cast {
    phase: watch::Sender<Phase>,
    clients: Vec<JoinHandle<anyhow::Result<Seen>>>,
}

impl Cast {
    /// Lets clients join. `parts` say where and what for.
    pub async fn join(parts: Vec<(Dialect, Part)>) -> anyhow::Result<Self> {
        let (phase, _) = watch::channel(Phase::Waiting);
        let doors = Rc::new(Semaphore::new(JOINING));
        let count = parts.len();
        let (joined, mut all_joined) = watch::channel(0);
        let clients = parts.into_iter().enumerate().map(|(number, (dialect, part))| {
            let (doors, phase, joined) = (doors.clone(), phase.subscribe(), joined.clone());
            spawn_local(async move {
                let door = doors.acquire().await.context("the doors are open")?;
                let client = Client::join(number as u32, &dialect).await;
                drop(door);
                joined.send_modify(|joined| *joined += 1);
                play(client?, part, phase, number as f64 / count as f64).await
            })
        });
        let clients = clients.collect();
        all_joined.wait_for(|joined| *joined == count).await.context("everybody joins or fails")?;
        Ok(Self { phase, clients })
    }

    pub async fn play(&self, time: Duration) {
        self.phase.send_replace(Phase::Playing);
        tokio::time::sleep(time).await;
        self.phase.send_replace(Phase::Listening);
    }

    /// What everybody saw.
    pub async fn end(self, after: Duration) -> anyhow::Result<Vec<Seen>> {
        tokio::time::sleep(after).await;
        self.phase.send_replace(Phase::Over);
        let mut all = Vec::with_capacity(self.clients.len());
        for client in self.clients {
            all.push(client.await.context("a client does not panic")??);
        }
        Ok(all)
    }
}

/// `share` spreads the clients over the first interval, so that they do not all edit in the same moment.
async fn play(mut client: Client, part: Part, mut phase: watch::Receiver<Phase>, share: f64) -> anyhow::Result<Seen> {
    while *phase.borrow_and_update() == Phase::Waiting {
        tokio::select! {
            changed = phase.changed() => changed.context("the stage is there")?,
            heard = client.next() => { heard?; }
        }
    }
    client.count();
    let mut edits = Beat::new(part.edits_per_second, share);
    let mut cursors = Beat::new(part.cursors_per_second, (share + 0.5) % 1.0);
    let mut bulk = Beat::new(part.bulk.map_or(0.0, |bulk| bulk.per_second), share);
    let bulk_text = part.bulk.map(|bulk| "b".repeat(bulk.bytes)).unwrap_or_default();
    loop {
        // Looked at here and nowhere else: a phase counts as seen from then on, and the last one is not told twice.
        let now = *phase.borrow_and_update();
        if now == Phase::Over {
            return Ok(client.seen);
        }
        let playing = now == Phase::Playing;
        tokio::select! {
            changed = phase.changed() => changed.context("the stage is there")?,
            () = edits.next(), if playing => client.edit().await?,
            () = cursors.next(), if playing => client.move_cursor().await?,
            () = bulk.next(), if playing => client.write("bulk", &bulk_text).await?,
            heard = client.next() => { heard?; }
        }
    }
}

/// Ticks at a rate, or never.
struct Beat(Option<tokio::time::Interval>);

impl Beat {
    fn new(per_second: f64, share: f64) -> Self {
        if per_second <= 0.0 {
            return Self(None);
        }
        let period = Duration::from_secs_f64(1.0 / per_second);
        let mut interval = interval_at(Instant::now() + period.mul_f64(share), period);
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self(Some(interval))
    }

    async fn next(&mut self) {
        match &mut self.0 {
            Some(interval) => drop(interval.tick().await),
            None => std::future::pending().await,
        }
    }
}
