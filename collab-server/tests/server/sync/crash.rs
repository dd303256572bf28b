//! The real binary, killed again and again under load: what it acknowledged is there afterwards.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use rand::{RngExt, SeedableRng, rngs::SmallRng};
use serde_json::{Value, json};
use shared::id::NodeId;
use tokio::{net::TcpStream, time::sleep};

use super::{Client, Protocol};
use crate::support::fresh_postgres;

use Protocol::{Hocuspocus, Websocket};

const ROUNDS: usize = 50;
/// The kill comes when so many edits of the round were acknowledged, and others are under way.
const ACKNOWLEDGED_BEFORE_KILL: std::ops::Range<usize> = 3..40;

struct Server {
    process: Child,
    address: SocketAddr,
}

impl Server {
    async fn start(data_dir: &std::path::Path, database_url: Option<&str>) -> Self {
        // A port that was free a moment ago; nothing else on the machine asks for this one.
        let address = std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
        let address = address.expect("a free port");
        let mut command = Command::new(env!("CARGO_BIN_EXE_openflow"));
        command.args(["serve", "--listen", &address.to_string(), "--data-dir"]).arg(data_dir);
        if let Some(url) = database_url {
            command.args(["--database-url", url]);
        }
        let process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary starts");
        let mut server = Self { process, address };
        for _ in 0..3000 {
            if TcpStream::connect(address).await.is_ok() {
                return server;
            }
            assert!(server.process.try_wait().expect("a child of ours").is_none(), "the server ended");
            sleep(Duration::from_millis(10)).await;
        }
        panic!("the server does not listen");
    }

    /// As a power cut does to a process: no handler runs.
    fn kill(mut self) {
        self.process.kill().expect("it runs");
        self.process.wait().expect("a child of ours");
    }

    async fn post(&self, path: &str, token: Option<&str>, body: Value) -> Value {
        #[expect(clippy::disallowed_methods, reason = "the server under test is on this machine")]
        let client = reqwest::Client::new();
        let mut request = client.post(format!("http://{}/api/{path}", self.address)).json(&body);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let answer = request.send().await.expect("an answer");
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.expect("JSON")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

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
    let start = async || Server::start(dir.path(), database_url.as_deref()).await;
    let mut server = start().await;
    let signup = json!({"email": "ada@example.org", "password": "a long enough password", "name": "ada"});
    let token = server.post("auth/signup", None, signup).await["token"].as_str().expect("a token").to_owned();
    let workflow = server.post("workflows", Some(&token), json!({"title": "Test"})).await;
    let name = workflow["id"].as_str().expect("an id").to_owned();

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
