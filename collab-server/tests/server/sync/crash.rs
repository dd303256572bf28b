//! The real binary, killed again and again under load: what it acknowledged is there afterwards.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use rand::{RngExt, SeedableRng, rngs::SmallRng};
use shared::id::NodeId;
use tokio::time::sleep;

use super::{Client, Protocol, binary::Server};
use crate::support::fresh_postgres;

use Protocol::{Hocuspocus, Websocket};

const ROUNDS: usize = 50;
/// The kill comes when so many edits of the round were acknowledged, and others are under way.
const ACKNOWLEDGED_BEFORE_KILL: std::ops::Range<usize> = 3..40;

/// Edits until the server is gone. Yields what was acknowledged by then: words come in the order of the edits.
async fn edit_until_killed(mut client: Client, acknowledged: Arc<AtomicUsize>) -> Vec<NodeId> {
    let mut sent = Vec::new();
    while client.closed.is_none() {
        let before = client.saved;
        sent.push(client.add_note("load").await);
        client.listen(Duration::from_millis(2)).await;
        acknowledged.fetch_add(client.saved - before, Ordering::SeqCst);
    }
    assert_eq!(client.refused, 0, "nothing was wrong with these edits");
    sent.truncate(client.saved);
    sent
}

async fn kill_in_a_loop(database_url: Option<String>) {
    let seed =
        std::env::var("OPENFLOW_CRASH_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or_else(rand::random);
    let mut rng = SmallRng::seed_from_u64(seed);
    let dir = tempfile::tempdir().expect("a folder for the test");
    let start = async || Server::start(dir.path(), database_url.as_deref(), &[]).await;
    let mut server = start().await;
    let (name, token) = server.with_workflow().await;

    let begun = Instant::now();
    // With the round in which it was acknowledged.
    let mut kept: BTreeMap<NodeId, usize> = BTreeMap::new();
    for round in 0..ROUNDS {
        // Fresh replicas, so that nothing is there but what the server has.
        let mut clients = Vec::new();
        for protocol in [Hocuspocus, Websocket] {
            clients.push(Client::synced(server.address, protocol, &name, &token).await);
        }
        let there = clients[0].graph().nodes;
        let lost: Vec<_> = kept.iter().filter(|(id, _)| !there.contains_key(*id)).collect();
        assert!(
            lost.is_empty(),
            "seed {seed}, round {round}: of {} acknowledged edits these are lost: {lost:?}",
            kept.len()
        );

        let (acknowledged, enough) = (Arc::new(AtomicUsize::new(0)), rng.random_range(ACKNOWLEDGED_BEFORE_KILL));
        let load: Vec<_> =
            clients.into_iter().map(|client| tokio::spawn(edit_until_killed(client, acknowledged.clone()))).collect();
        let patience = Instant::now() + Duration::from_secs(30);
        while acknowledged.load(Ordering::SeqCst) < enough {
            assert!(Instant::now() < patience, "seed {seed}, round {round}: edits are not acknowledged");
            sleep(Duration::from_millis(1)).await;
        }
        server.kill();
        for client in load {
            let acknowledged = client.await.expect("a client does not panic");
            kept.extend(acknowledged.into_iter().map(|id| (id, round)));
        }
        server = start().await;
    }
    let client = Client::synced(server.address, Websocket, &name, &token).await;
    let there = client.graph().nodes;
    assert!(
        kept.keys().all(|id| there.contains_key(id)),
        "seed {seed}: an acknowledged edit of the last round is lost"
    );
    // Enough that losing some would show.
    assert!(kept.len() >= ROUNDS * ACKNOWLEDGED_BEFORE_KILL.start, "only {} were acknowledged", kept.len());
    let database = if database_url.is_some() { "Postgres" } else { "SQLite" };
    report(&format!(
        "{database}: {ROUNDS} kills in {:.1?}, {} edits acknowledged, 0 lost",
        begun.elapsed(),
        kept.len()
    ));
}

#[expect(clippy::print_stdout, reason = "the figures are what this test is for")]
fn report(text: &str) {
    println!("{text}");
}

#[tokio::test]
async fn a_killed_server_has_every_edit_it_acknowledged_on_sqlite() {
    kill_in_a_loop(None).await;
}

#[tokio::test]
async fn a_killed_server_has_every_edit_it_acknowledged_on_postgres() {
    kill_in_a_loop(Some(fresh_postgres().await)).await;
}
