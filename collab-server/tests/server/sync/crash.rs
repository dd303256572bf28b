//! The real binary, killed again and again: what it acknowledged is there afterwards.

use std::{
    net::SocketAddr,
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::{Value, json};
use shared::id::NodeId;
use tokio::{net::TcpStream, time::sleep};

use super::{Client, Protocol};

const ROUNDS: usize = 5;
const EDITS_BEFORE_KILL: usize = 60;

struct Server {
    process: Child,
    address: SocketAddr,
}

impl Server {
    async fn start(data_dir: &std::path::Path) -> Self {
        // A port that was free a moment ago; nothing else on the machine asks for this one.
        let address = std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
        let address = address.expect("a free port");
        let process = Command::new(env!("CARGO_BIN_EXE_openflow"))
            .args(["serve", "--listen", &address.to_string(), "--data-dir"])
            .arg(data_dir)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary starts");
        let mut server = Self { process, address };
        for _ in 0..600 {
            if TcpStream::connect(address).await.is_ok() {
                return server;
            }
            assert!(server.process.try_wait().expect("a child of ours").is_none(), "the server ended");
            sleep(Duration::from_millis(50)).await;
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

#[tokio::test]
async fn a_killed_server_has_every_edit_it_acknowledged() {
    let dir = tempfile::tempdir().expect("a folder for the test");
    let mut server = Server::start(dir.path()).await;
    let signup = json!({"email": "ada@example.org", "password": "a long enough password", "name": "ada"});
    let token = server.post("auth/signup", None, signup).await["token"].as_str().expect("a token").to_owned();
    let workflow = server.post("workflows", Some(&token), json!({"title": "Test"})).await;
    let name = workflow["id"].as_str().expect("an id").to_owned();

    let mut acknowledged: Vec<NodeId> = Vec::new();
    for round in 0..ROUNDS {
        // Each round a fresh replica, so that nothing is there but what the server has.
        let mut client = Client::synced(server.address, Protocol::Hocuspocus, &name, &token).await;
        let there = client.graph().nodes;
        let lost: Vec<_> = acknowledged.iter().filter(|id| !there.contains_key(*id)).collect();
        assert!(lost.is_empty(), "round {round}: {} of {} acknowledged edits are lost", lost.len(), acknowledged.len());

        let mut sent = Vec::new();
        for edit in 0..EDITS_BEFORE_KILL {
            sent.push(client.add_note(&format!("note {edit}")).await);
            if edit % 10 == 9 {
                client.until("acknowledged in part", |client| client.saved > edit / 2).await;
            }
        }
        // Acknowledgements come in the order of the edits; the newest ones are still under way.
        let saved = client.saved;
        server.kill();
        acknowledged.extend(sent.into_iter().take(saved));
        server = Server::start(dir.path()).await;
    }
    // Enough that losing some would show.
    assert!(acknowledged.len() >= ROUNDS * EDITS_BEFORE_KILL / 4, "only {} were acknowledged", acknowledged.len());
    let client = Client::synced(server.address, Protocol::Websocket, &name, &token).await;
    let there = client.graph().nodes;
    assert!(acknowledged.iter().all(|id| there.contains_key(id)));
}
