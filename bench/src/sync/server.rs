//! The servers under test: started fresh for every scenario, on a free port, and stopped with the value.

use std::{
    net::{SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, bail};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{net::TcpStream, time::sleep};

use super::{Options, dialect::Dialect, process};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// SQLite, every commit synced, edits acknowledged after the commit.
    OpenFlow,
    /// The same on Postgres, which syncs every commit too.
    OpenFlowOnPostgres,
    /// Memory only.
    YWebsocket,
    /// Memory only.
    Hocuspocus,
}

impl Kind {
    pub const ALL: [Self; 4] = [Self::OpenFlow, Self::OpenFlowOnPostgres, Self::YWebsocket, Self::Hocuspocus];

    pub fn name(self) -> &'static str {
        match self {
            Self::OpenFlow => "openflow",
            Self::OpenFlowOnPostgres => "openflow, Postgres",
            Self::YWebsocket => "y-websocket",
            Self::Hocuspocus => "hocuspocus",
        }
    }

    pub fn is_ours(self) -> bool {
        matches!(self, Self::OpenFlow | Self::OpenFlowOnPostgres)
    }
}

pub struct Server {
    kind: Kind,
    address: SocketAddr,
    /// Whoever is signed in at ours.
    token: String,
    process: Child,
    /// Ours keeps its data there.
    _folder: TempDir,
}

impl Server {
    pub async fn start(kind: Kind, options: &Options) -> anyhow::Result<Self> {
        let address = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).context("a free port")?;
        let folder = tempfile::Builder::new().prefix("data-").tempdir_in(&options.work_dir)?;
        let mut command = match kind {
            Kind::OpenFlow | Kind::OpenFlowOnPostgres => {
                let mut command = Command::new(&options.server);
                command.arg("serve").args(["--listen", &address.to_string()]).arg("--data-dir").arg(folder.path());
                command.env("RUST_LOG", "error");
                if kind == Kind::OpenFlowOnPostgres {
                    let database = options.postgres.as_deref().context("no Postgres was named with --postgres")?;
                    command.args(["--database-url", database]);
                }
                command
            }
            Kind::YWebsocket => node(&options.peers, "node_modules/@y/websocket-server/src/server.js", address),
            Kind::Hocuspocus => node(&options.peers, "hocuspocus.mjs", address),
        };
        let process = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::inherit()).spawn()?;
        let mut server = Self { kind, address, token: String::new(), process, _folder: folder };
        server.wait_until_it_listens().await?;
        if kind.is_ours() {
            server.sign_up().await?;
        }
        Ok(server)
    }

    async fn wait_until_it_listens(&mut self) -> anyhow::Result<()> {
        for _ in 0..600 {
            if TcpStream::connect(self.address).await.is_ok() {
                return Ok(());
            }
            if let Some(status) = self.process.try_wait()? {
                bail!("it ended with {status}");
            }
            sleep(Duration::from_millis(50)).await;
        }
        bail!("it does not listen")
    }

    async fn sign_up(&mut self) -> anyhow::Result<()> {
        // Postgres outlives a server.
        let email = format!("ada-{}@example.org", self.process.id());
        let body = json!({"email": email, "password": "a long enough password", "name": "Ada"});
        let answer = self.post("auth/signup", body).await?;
        self.token = answer["token"].as_str().context("a sign-up answers with a token")?.to_owned();
        Ok(())
    }

    async fn post(&self, path: &str, body: Value) -> anyhow::Result<Value> {
        // Only the server under test is asked, on this machine.
        let client = reqwest::Client::builder().no_proxy().build()?;
        let mut request = client.post(format!("http://{}/api/{path}", self.address)).json(&body);
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        Ok(request.send().await?.error_for_status()?.json().await?)
    }

    /// One of the figures that ours tells about itself.
    pub async fn metric(&self, name: &str) -> anyhow::Result<f64> {
        let client = reqwest::Client::builder().no_proxy().build()?;
        let text =
            client.get(format!("http://{}/metrics", self.address)).send().await?.error_for_status()?.text().await?;
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.with_context(|| format!("`{name}` is no metric"))?.parse().context("a metric is a number")
    }

    /// Ways to `count` documents that are empty.
    pub async fn documents(&self, count: usize) -> anyhow::Result<Vec<Dialect>> {
        let address = self.address;
        match self.kind {
            Kind::OpenFlow | Kind::OpenFlowOnPostgres => {
                let made = stream::iter(0..count).map(|number| async move {
                    let workflow = self.post("workflows", json!({"title": format!("Bench {number}")})).await?;
                    let id = workflow["id"].as_str().context("a workflow has an id")?.to_owned();
                    let url = format!("ws://{address}/api/sync");
                    anyhow::Ok(Dialect::Hocuspocus { url, address: id, token: self.token.clone() })
                });
                made.buffered(8).try_collect().await
            }
            Kind::YWebsocket => Ok((0..count)
                .map(|number| Dialect::Websocket { url: format!("ws://{address}/bench-{number}") })
                .collect()),
            Kind::Hocuspocus => {
                let document = |number| Dialect::Hocuspocus {
                    url: format!("ws://{address}/"),
                    address: format!("bench-{number}"),
                    token: "none".to_owned(),
                };
                Ok((0..count).map(document).collect())
            }
        }
    }

    /// Ways to `count` documents of any kind: half of ours are the outputs of the other half.
    pub async fn documents_of_all_kinds(&self, count: usize) -> anyhow::Result<Vec<Dialect>> {
        if !self.kind.is_ours() {
            return self.documents(count).await;
        }
        let graphs = self.documents(count.div_ceil(2)).await?;
        Ok(graphs.into_iter().flat_map(|graph| [graph.outputs(), graph]).take(count).collect())
    }

    pub fn kind(&self) -> Kind {
        self.kind
    }

    pub fn usage(&self) -> anyhow::Result<process::Usage> {
        process::usage(self.process.id())
    }
}

fn node(peers: &Path, script: &str, address: SocketAddr) -> Command {
    let mut command = Command::new("node");
    command.arg(script).current_dir(peers);
    command.env("HOST", address.ip().to_string()).env("PORT", address.port().to_string());
    command.env("NODE_ENV", "production");
    command
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to do.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}
