//! The real binary as a child process, for what must hold of the program and not of its parts.

use std::{
    net::SocketAddr,
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{net::TcpStream, time::sleep};

pub struct Server {
    process: Child,
    pub address: SocketAddr,
}

impl Server {
    /// `flags` are further arguments of `openflow serve`.
    pub async fn start(data_dir: &std::path::Path, database_url: Option<&str>, flags: &[&str]) -> Self {
        // A port that was free a moment ago; nothing else on the machine asks for this one.
        let address = std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
        let address = address.expect("a free port");
        let mut command = Command::new(env!("CARGO_BIN_EXE_openflow"));
        command.args(["serve", "--listen", &address.to_string(), "--data-dir"]).arg(data_dir).args(flags);
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
    pub fn kill(mut self) {
        self.process.kill().expect("it runs");
        self.process.wait().expect("a child of ours");
    }

    /// Somebody with a workflow: the document's name, and a token.
    pub async fn with_workflow(&self) -> (String, String) {
        let signup = json!({"email": "ada@example.org", "password": "a long enough password", "name": "ada"});
        let token = self.post("auth/signup", None, signup).await["token"].as_str().expect("a token").to_owned();
        let workflow = self.post("workflows", Some(&token), json!({"title": "Test"})).await;
        (workflow["id"].as_str().expect("an id").to_owned(), token)
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

    /// What the process has in memory.
    pub fn resident_bytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).expect("the server runs");
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("Linux counts it");
        let kib: u64 = line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).expect("a number of KiB");
        kib * 1024
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}
