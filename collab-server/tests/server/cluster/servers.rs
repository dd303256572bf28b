//! Server processes that can be killed and started again, with what they share.

use std::{
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use collab_server::{
    db::{Db, document::DbDocStore},
    room::{DbRights, DocStore, Rooms, StoredDocument},
};
use serde_json::{Value, json};
use shared::{graph::Graph, protocol::DocumentName};
use tempfile::TempDir;
use tokio::{net::TcpStream, time::sleep};

use crate::support::{PASSWORD, fresh_postgres};

const PATIENCE: Duration = Duration::from_secs(60);
/// 32 bytes in base64: servers of one database must agree on it.
const MASTER_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// A child that dies with the test, and without a handler when it is killed, as in a power cut.
struct Process(Child);

impl Process {
    fn start(command: &mut Command) -> Self {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        Self(child.expect("the program starts"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

pub struct Cluster {
    database_url: String,
    /// Of the test itself, which looks whether everything is there.
    db: Db,
    nats_address: SocketAddr,
    nats: Option<Process>,
    /// Whether servers and workers are told of it.
    with_nats: bool,
    arguments: Vec<String>,
    servers: Vec<Option<Server>>,
    workers: Vec<Process>,
    folder: TempDir,
}

pub struct Server {
    pub address: SocketAddr,
    _process: Process,
}

/// Somebody who has signed up.
pub struct Member {
    pub name: String,
    pub token: String,
}

impl Cluster {
    pub async fn start(servers: usize) -> Self {
        Self::start_with(servers, &[]).await
    }

    /// With more arguments for `openflow serve`.
    pub async fn start_with(servers: usize, arguments: &[&str]) -> Self {
        let mut cluster = Self::prepare(arguments).await;
        cluster.start_nats().await;
        cluster.start_servers(servers).await;
        cluster
    }

    /// Servers that were not told of any NATS.
    pub async fn start_without_nats(servers: usize) -> Self {
        let mut cluster = Self { with_nats: false, ..Self::prepare(&[]).await };
        cluster.start_servers(servers).await;
        cluster
    }

    async fn prepare(arguments: &[&str]) -> Self {
        let database_url = fresh_postgres().await;
        let (db, _) = Db::open(&database_url).await.expect("a database of the test");
        Self {
            database_url,
            db,
            nats_address: free_address(),
            nats: None,
            with_nats: true,
            arguments: arguments.iter().map(ToString::to_string).collect(),
            servers: Vec::new(),
            workers: Vec::new(),
            folder: tempfile::tempdir().expect("a folder for the test"),
        }
    }

    async fn start_servers(&mut self, servers: usize) {
        self.servers.resize_with(servers, || None);
        for server in 0..servers {
            self.start_server(server).await;
        }
        for server in 0..servers {
            self.until_ready(server, "ready").await;
        }
    }

    pub async fn start_nats(&mut self) {
        if self.nats.is_some() {
            return;
        }
        let mut command = Command::new(nats_server());
        command.args(["--addr", "127.0.0.1", "--port", &self.nats_address.port().to_string()]);
        self.nats = Some(Process::start(&mut command));
        wait_until_it_listens(self.nats_address).await;
    }

    pub fn kill_nats(&mut self) {
        self.nats = None;
    }

    pub async fn start_server(&mut self, server: usize) {
        if self.servers[server].is_some() {
            return;
        }
        // A port that was free a moment ago. Should somebody have taken it meanwhile, another is tried.
        for _ in 0..5 {
            let address = free_address();
            let mut command = Command::new(env!("CARGO_BIN_EXE_openflow"));
            command.args(["serve", "--listen", &address.to_string()]).args(&self.arguments);
            self.share(&mut command, &format!("server-{server}"));
            let mut process = Process::start(&mut command);
            let started = Instant::now();
            while started.elapsed() < PATIENCE && process.0.try_wait().expect("a child of ours").is_none() {
                if TcpStream::connect(address).await.is_ok() {
                    self.servers[server] = Some(Server { address, _process: process });
                    return;
                }
                sleep(Duration::from_millis(20)).await;
            }
        }
        panic!("server {server} does not start");
    }

    /// What all processes of the cluster have in common, and a folder of its own for each.
    fn share(&self, command: &mut Command, folder: &str) {
        command.arg("--allow-private-network");
        command.arg("--data-dir").arg(self.folder.path().join(folder));
        command.args(["--database-url", &self.database_url]);
        if self.with_nats {
            command.args(["--nats-url", &format!("nats://{}", self.nats_address)]);
        }
        command.arg("--blob-url").arg(format!("file:{}", self.folder.path().join("blobs").display()));
        command.env("OPENFLOW_MASTER_KEY", MASTER_KEY);
    }

    /// A process that executes runs and serves nobody.
    pub fn start_worker(&mut self) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_openflow"));
        command.arg("worker");
        self.share(&mut command, &format!("worker-{}", self.workers.len()));
        self.workers.push(Process::start(&mut command));
    }

    /// A workflow's graph as a new server reads it from the database.
    pub async fn stored_graph(&self, name: &str) -> Graph {
        let store = Arc::new(DbDocStore::new(self.db.clone()));
        let rooms = Rooms::new(store, Arc::new(DbRights(self.db.clone())));
        let (graph, _problems) = rooms.graph(name.parse().expect("a workflow's id")).await.expect("it can be read");
        rooms.shutdown().await;
        graph
    }

    /// A workflow's graph document as it lies in the database.
    pub async fn stored(&self, name: &str) -> StoredDocument {
        let document = DocumentName::Graph(name.parse().expect("a workflow's id"));
        DbDocStore::new(self.db.clone()).load(document).await.expect("the document is there")
    }

    pub fn kill_server(&mut self, server: usize) {
        self.servers[server] = None;
    }

    pub fn is_up(&self, server: usize) -> bool {
        self.servers[server].is_some()
    }

    pub fn address(&self, server: usize) -> SocketAddr {
        self.servers[server].as_ref().expect("the server runs").address
    }

    /// Waits until the server says this of itself.
    pub async fn until_ready(&self, server: usize, text: &str) {
        let url = format!("http://{}/readyz", self.address(server));
        let started = Instant::now();
        let mut said = String::new();
        while started.elapsed() < PATIENCE {
            if let Ok(answer) = http().get(&url).send().await {
                said = answer.text().await.unwrap_or_default();
                if said == text {
                    return;
                }
            }
            sleep(Duration::from_millis(20)).await;
        }
        panic!("server {server} says `{said}`, not `{text}`");
    }

    pub async fn post(&self, server: usize, path: &str, token: Option<&str>, body: Value) -> Value {
        let mut request = http().post(self.url(server, path)).json(&body);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let answer = request.send().await.expect("an answer");
        let status = answer.status();
        let text = answer.text().await.expect("a body");
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    pub async fn get(&self, server: usize, path: &str, token: &str) -> Value {
        self.watch(server, path, token).await.json().await.expect("JSON")
    }

    /// An answer whose body is still to come.
    pub async fn watch(&self, server: usize, path: &str, token: &str) -> reqwest::Response {
        http().get(self.url(server, path)).bearer_auth(token).send().await.expect("an answer")
    }

    pub async fn delete(&self, server: usize, path: &str, token: &str) {
        let answer = http().delete(self.url(server, path)).bearer_auth(token).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
    }

    fn url(&self, server: usize, path: &str) -> String {
        format!("http://{}/api/{path}", self.address(server))
    }

    pub async fn sign_up(&self, server: usize, name: &str) -> Member {
        let body = json!({"email": format!("{name}@example.org"), "password": PASSWORD, "name": name});
        let answer = self.post(server, "auth/signup", None, body).await;
        Member { name: name.into(), token: answer["token"].as_str().expect("a token").to_owned() }
    }

    pub async fn sign_in(&self, server: usize, name: &str) -> Member {
        let body = json!({"email": format!("{name}@example.org"), "password": PASSWORD});
        let answer = self.post(server, "auth/login", None, body).await;
        Member { name: name.into(), token: answer["token"].as_str().expect("a token").to_owned() }
    }

    /// The id of the workspace in which somebody owns everything.
    pub async fn own_workspace(&self, server: usize, owner: &Member) -> String {
        let workspaces = self.get(server, "workspaces", &owner.token).await;
        workspaces[0]["id"].as_str().expect("everybody has a workspace").to_owned()
    }

    /// Gives somebody a role in the owner's workspace.
    pub async fn give_role(&self, server: usize, owner: &Member, member: &Member, role: &str) {
        let workspace = self.own_workspace(server, owner).await;
        let body = json!({"email": format!("{}@example.org", member.name), "role": role});
        self.post(server, &format!("workspaces/{workspace}/members"), Some(&owner.token), body).await;
    }

    /// An empty workflow, as the name of its document.
    pub async fn workflow(&self, server: usize, owner: &Member) -> String {
        let workflow = self.post(server, "workflows", Some(&owner.token), json!({"title": "Shared"})).await;
        workflow["id"].as_str().expect("an id").to_owned()
    }
}

fn http() -> reqwest::Client {
    // Only servers under test are asked, on this machine.
    reqwest::Client::builder().no_proxy().build().expect("a client without settings")
}

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port")
}

async fn wait_until_it_listens(address: SocketAddr) {
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        if TcpStream::connect(address).await.is_ok() {
            return;
        }
        sleep(Duration::from_millis(20)).await;
    }
    panic!("nothing listens at {address}");
}

/// Debian keeps it where only root looks.
fn nats_server() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = std::env::split_paths(&path).chain([Path::new("/usr/sbin").to_owned()]);
    let found = folders.find_map(|folder| Some(folder.join("nats-server")).filter(|file| file.is_file()));
    found.expect("nats-server is not installed: use `cargo xtask test`, which installs it")
}
