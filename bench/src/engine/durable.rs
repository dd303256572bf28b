//! How soon a durable run starts, through the real server: from the request until it is committed and answered, and
//! until its first node is heard to start.

use std::{
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use reqwest::Client;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{
    Options,
    report::{Report, Row},
    runtime,
};

const RUNS: usize = 200;
/// The first ones fill caches and pools.
const WARM_UP: usize = 20;
const PROMISE_MILLIS: f64 = 10.0;

pub fn measure(options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let runtime = runtime(1)?;
    for (name, url) in [("SQLite", None), ("Postgres", Some(options.postgres_url.as_str()))] {
        let times = runtime.block_on(async {
            let server = Server::start(options, url).await?;
            server.starts().await
        });
        let Times { answered, started } = times.with_context(|| format!("on {name}"))?;
        let row = |what: &str, times: &[f64], share: f64| {
            Row::new("durable", format!("{name}: {what}, p{:.0}", share * 100.0), at(times, share), "ms")
        };
        report.add(row("a run is committed", &answered, 0.5));
        report.add(row("a run's first node starts", &started, 0.5).below(PROMISE_MILLIS));
        report.add(row("a run's first node starts", &started, 0.99));
    }
    Ok(())
}

fn at(sorted: &[f64], share: f64) -> f64 {
    sorted.get(((sorted.len().saturating_sub(1)) as f64 * share).round() as usize).copied().unwrap_or(f64::NAN)
}

/// Milliseconds, the shortest first.
struct Times {
    answered: Vec<f64>,
    started: Vec<f64>,
}

struct Server {
    process: Child,
    address: String,
    client: Client,
    token: String,
    _folder: TempDir,
}

impl Server {
    async fn start(options: &Options, database_url: Option<&str>) -> anyhow::Result<Self> {
        let address = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).context("a free port")?;
        let folder = tempfile::Builder::new().prefix("data-").tempdir_in(&options.work_dir)?;
        let process = spawn(&options.server, &address.to_string(), folder.path(), database_url)?;
        let address = format!("http://{address}");
        // Only the server under test is asked, on this machine.
        let client = Client::builder().no_proxy().build()?;
        let mut server = Self { process, address, client, token: String::new(), _folder: folder };
        server.wait_until_ready().await?;
        let body = json!({"email": "ada@example.org", "password": "a long enough password", "name": "Ada"});
        let answer = server.post("auth/signup", body).await?;
        server.token = answer["token"].as_str().context("a sign-up answers with a token")?.to_owned();
        Ok(server)
    }

    async fn wait_until_ready(&mut self) -> anyhow::Result<()> {
        for _ in 0..600 {
            let asked = self.client.get(format!("{}/readyz", self.address)).send().await;
            if asked.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            if let Some(status) = self.process.try_wait()? {
                bail!("the server ended with {status}");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        bail!("the server is not ready")
    }

    async fn post(&self, path: &str, body: Value) -> anyhow::Result<Value> {
        let mut request = self.client.post(format!("{}/api/{path}", self.address)).json(&body);
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        let answer = request.send().await?;
        let (status, text) = (answer.status(), answer.text().await?);
        ensure!(status.is_success(), "`{path}` was answered with {status}: {text}");
        Ok(serde_json::from_str(&text)?)
    }

    /// One run after the other.
    async fn starts(&self) -> anyhow::Result<Times> {
        let graph = json!({
            "openflow": 1,
            "nodes": {
                "hello": {"type": "text.input", "params": {"name": "hello", "value": "Hello"}},
                "out": {"type": "output.text", "params": {"name": "greeting"}},
            },
            "edges": {"out:text": {"from": "hello", "output": "text", "to": "out", "input": "text"}},
        });
        let workflow = self.post("workflows", json!({"title": "Bench", "graph": graph})).await?;
        let runs = format!("workflows/{}/runs", workflow["id"].as_str().context("a workflow has an id")?);
        let (mut answered, mut started) = (Vec::new(), Vec::new());
        for number in 0..WARM_UP + RUNS {
            let begin = Instant::now();
            let run = self.post(&runs, json!({"inputs": {"hello": format!("Hello {number}")}})).await?;
            let until_answered = begin.elapsed();
            let run = run["id"].as_str().context("a run has an id")?.to_owned();
            let (until_started, rest) = self.first_start(&run, begin).await?;
            ensure!(rest.contains("run_finished"), "the run does not end");
            if number >= WARM_UP {
                answered.push(until_answered.as_secs_f64() * 1000.0);
                started.push(until_started.as_secs_f64() * 1000.0);
            }
        }
        answered.sort_by(f64::total_cmp);
        started.sort_by(f64::total_cmp);
        Ok(Times { answered, started })
    }

    /// When the events of a run first tell of a node, and all that they tell.
    async fn first_start(&self, run: &str, begin: Instant) -> anyhow::Result<(Duration, String)> {
        let url = format!("{}/api/runs/{run}/events", self.address);
        let mut events = self.client.get(url).bearer_auth(&self.token).send().await?.error_for_status()?;
        let (mut told, mut first) = (String::new(), None);
        while let Some(bytes) = events.chunk().await? {
            told.push_str(&String::from_utf8_lossy(&bytes));
            if first.is_none() && told.contains("event: node_started") {
                first = Some(begin.elapsed());
            }
        }
        Ok((first.context("no node started")?, told))
    }
}

fn spawn(program: &Path, address: &str, folder: &Path, database_url: Option<&str>) -> anyhow::Result<Child> {
    let mut command = Command::new(program);
    command.args(["serve", "--listen", address]).arg("--data-dir").arg(folder).env("RUST_LOG", "error");
    if let Some(url) = database_url {
        command.args(["--database-url", url]);
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::inherit()).spawn().context("starting the server")
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to do.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}
