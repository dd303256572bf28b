//! The program `openflow` as a child: started, killed, started again on the same data.

use std::{
    fs::OpenOptions,
    net::TcpListener,
    path::{Path, PathBuf},
    process::Stdio,
};

use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::wait::eventually;

pub struct Server {
    // Dropped in this order: the program has ended before its folder goes.
    child: Child,
    data: TempDir,
    port: u16,
    log: PathBuf,
}

impl Server {
    pub async fn start(evidence: &Path) -> Self {
        let data = tempfile::tempdir().expect("a temporary folder can be made");
        let port = free_port();
        let log = evidence.join("server.log");
        let child = spawn(data.path(), port, &log);
        let server = Self { child, data, port, log };
        server.wait_until_ready().await;
        server
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// `kill -9`: no destructor, no flush, no goodbye.
    pub async fn kill(&mut self) {
        self.child.kill().await.expect("the server runs until it is killed");
    }

    /// Again, at the same address and on the same data.
    pub async fn restart(&mut self) {
        self.child = spawn(self.data.path(), self.port, &self.log);
        self.wait_until_ready().await;
    }

    /// The killed server once more, where no open page looks for it: what `act` does there happens behind everybody's back.
    pub async fn elsewhere(&mut self, act: impl AsyncFnOnce(&str)) {
        let home = std::mem::replace(&mut self.port, free_port());
        self.restart().await;
        act(&self.url("")).await;
        self.kill().await;
        self.port = home;
    }

    async fn wait_until_ready(&self) {
        let url = self.url("/readyz");
        eventually("the server's start", || async {
            reqwest::get(&url).await.ok().filter(|answer| answer.status().is_success())
        })
        .await;
    }
}

fn spawn(data: &Path, port: u16, log: &Path) -> Child {
    let log = OpenOptions::new().create(true).append(true).open(log).expect("the log can be written");
    let web_dir = std::env::var_os("OPENFLOW_TEST_WEB_DIR").expect("run this with `cargo xtask test`");
    Command::new(env!("CARGO_BIN_EXE_openflow"))
        .args(["serve", "--listen", &format!("127.0.0.1:{port}")])
        .arg("--data-dir")
        .arg(data)
        .arg("--web-dir")
        .arg(web_dir)
        // The vendor of these tests has a private address.
        .arg("--allow-private-network")
        .stdin(Stdio::null())
        .stdout(log.try_clone().expect("the log's handle can be copied"))
        .stderr(log)
        .kill_on_drop(true)
        .spawn()
        .expect("the program starts")
}

/// The same port is used again after a restart, so it is chosen here and not by the server.
fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("there is a free port");
    listener.local_addr().expect("a bound socket has an address").port()
}
