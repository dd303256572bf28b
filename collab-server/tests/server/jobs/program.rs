//! `openflow serve` as a child process that logs everything it can, and somebody who talks to it.

use std::{
    fs::{File, OpenOptions},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{net::TcpStream, time::sleep};

/// A state is waited for so often, a quarter of a second apart.
const LOOKS: usize = 240;

pub struct Program {
    process: Child,
    address: SocketAddr,
    token: String,
    /// What it is started with beside address and folder.
    arguments: Vec<String>,
}

/// `openflow worker` as a child process that logs everything it can.
pub struct Worker(Child);

fn spawn(command: &str, arguments: &[String], dir: &Path, log: &Path) -> Child {
    let log: File = OpenOptions::new().create(true).append(true).open(log).expect("a log");
    Command::new(env!("CARGO_BIN_EXE_openflow"))
        .args([command, "--allow-private-network", "--data-dir"])
        .arg(dir)
        .args(arguments)
        .env("RUST_LOG", "trace")
        .stdout(Stdio::from(log.try_clone().expect("a second handle")))
        .stderr(Stdio::from(log))
        .spawn()
        .expect("the binary starts")
}

impl Worker {
    /// On the server's database, with its folder's master key.
    pub fn start(database_url: &str, dir: &Path, log: &Path) -> Self {
        Self(spawn("worker", &["--database-url".to_owned(), database_url.to_owned()], dir, log))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

impl Program {
    /// On SQLite in `dir`, unless told otherwise. What it logs is appended to `log`, outside of what it owns.
    async fn start(dir: &Path, log: &Path, arguments: &[String]) -> Self {
        // A port that was free a moment ago; nothing else on the machine asks for this one.
        let address = std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
        let address = address.expect("a free port");
        let listening = ["--listen".to_owned(), address.to_string()];
        let process = spawn("serve", &[&listening, arguments].concat(), dir, log);
        let mut program = Self { process, address, token: String::new(), arguments: arguments.to_vec() };
        for _ in 0..LOOKS {
            if TcpStream::connect(address).await.is_ok() {
                return program;
            }
            assert!(program.process.try_wait().expect("a child of ours").is_none(), "the server ended");
            sleep(Duration::from_millis(250)).await;
        }
        panic!("the server does not listen");
    }

    /// The first start: somebody signs up.
    pub async fn start_signed_up(dir: &Path, log: &Path) -> Self {
        Self::start_signed_up_with(dir, log, &[]).await
    }

    /// The same, with other settings.
    pub async fn start_signed_up_with(dir: &Path, log: &Path, arguments: &[String]) -> Self {
        let mut program = Self::start(dir, log, arguments).await;
        let body = json!({"email": "ada@example.org", "password": "a long enough password", "name": "ada"});
        let answer = program.post("auth/signup", body).await;
        program.token = answer["token"].as_str().expect("a token").to_owned();
        program
    }

    /// SIGKILL, as a power cut does it, and another start on the same data.
    pub async fn killed_and_started(mut self, dir: &Path, log: &Path) -> Self {
        self.process.kill().expect("it runs");
        self.process.wait().expect("a child of ours");
        let mut again = Self::start(dir, log, &self.arguments).await;
        again.token.clone_from(&self.token);
        again
    }

    fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        #[expect(clippy::disallowed_methods, reason = "the server under test is on this machine")]
        let client = reqwest::Client::new();
        let request = client.request(method, format!("http://{}/api/{path}", self.address));
        if self.token.is_empty() { request } else { request.bearer_auth(&self.token) }
    }

    /// Status and body, whatever they are.
    pub async fn try_post(&self, path: &str, body: Value) -> (u16, String) {
        let answer = self.request(reqwest::Method::POST, path).json(&body).send().await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("a body"))
    }

    pub async fn post(&self, path: &str, body: Value) -> Value {
        let (status, text) = self.try_post(path, body).await;
        assert!((200..300).contains(&status), "{path}: {status} {text}");
        serde_json::from_str(&text).expect("JSON")
    }

    pub async fn get_bytes(&self, path: &str) -> Vec<u8> {
        let answer = self.request(reqwest::Method::GET, path).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.bytes().await.expect("a body").to_vec()
    }

    pub async fn get(&self, path: &str) -> Value {
        serde_json::from_slice(&self.get_bytes(path).await).expect("JSON")
    }

    pub async fn workspace(&self) -> String {
        self.get("workspaces").await[0]["id"].as_str().expect("a workspace").to_owned()
    }

    /// Starts a run of a new workflow: the ids of both.
    pub async fn run(&self, graph: Value) -> (String, String) {
        let workflow = self.post("workflows", json!({"title": "Paid", "graph": graph})).await;
        let workflow = workflow["id"].as_str().expect("an id").to_owned();
        let run = self.post(&format!("workflows/{workflow}/runs"), json!({})).await;
        (workflow, run["id"].as_str().expect("an id").to_owned())
    }

    /// Asks until the answer is as wanted.
    pub async fn get_when(&self, path: &str, ready: impl Fn(&Value) -> bool) -> Value {
        let mut last = Value::Null;
        for _ in 0..LOOKS {
            last = self.get(path).await;
            if ready(&last) {
                return last;
            }
            sleep(Duration::from_millis(250)).await;
        }
        panic!("{path} stayed {last}");
    }

    pub async fn ended(&self, run: &str) -> Value {
        let is_final = |run: &Value| matches!(run["status"].as_str(), Some("done" | "failed" | "cancelled"));
        self.get_when(&format!("runs/{run}"), is_final).await
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}
