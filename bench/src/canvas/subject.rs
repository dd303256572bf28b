//! What is measured: our editor on our server, or React Flow on a page of its own. The same hand works on both.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, bail};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{net::TcpStream, time::sleep};

use super::{
    Options, graph,
    page::{Page, WINDOW},
    people::{self, People},
};
use crate::sync::dialect::Dialect;

pub struct Subject {
    pub page: Page,
    url: String,
    kind: Kind,
}

enum Kind {
    OpenFlow { people: People, _server: Server },
    ReactFlow,
}

impl Subject {
    pub async fn openflow(options: &Options) -> anyhow::Result<Self> {
        let server = Server::start(options).await?;
        let mut page = Page::open(&options.chromium, &options.work_dir).await?;
        // Any page of ours will do: requests from it carry its cookie.
        page.go(&server.url("/")).await?;
        page.until("document.readyState === 'complete'").await?;
        page.value("localStorage.setItem('openflow.device', 'mouse')").await?;
        let person = json!({"email": "ada@example.org", "password": "a long enough password", "name": "Ada"});
        let signed_up = post(&mut page, "/api/auth/signup", &person).await?;
        let workflow = json!({"title": "Two thousand nodes", "graph": graph::ours()});
        let workflow = post(&mut page, "/api/workflows", &workflow).await?;
        let id = workflow["id"].as_str().context("a workflow has an id")?;
        let dialect = Dialect::Hocuspocus {
            url: format!("ws://127.0.0.1:{}/api/sync", server.port),
            address: id.to_owned(),
            token: signed_up["token"].as_str().context("a sign-up answers with a token")?.to_owned(),
        };
        let url = server.url(&format!("/w/{id}"));
        let people = People::arrive(&dialect).await?;
        Ok(Self { page, url, kind: Kind::OpenFlow { people, _server: server } })
    }

    pub async fn react_flow(options: &Options) -> anyhow::Result<Self> {
        let data = options.react_flow.join("data.js");
        std::fs::write(&data, format!("window.GRAPH = {}", graph::react_flow())).context("writing the graph")?;
        let page = Page::open(&options.chromium, &options.work_dir).await?;
        let file = options.react_flow.join("index.html").canonicalize().context("finding the page of React Flow")?;
        Ok(Self { page, url: format!("file://{}", file.display()), kind: Kind::ReactFlow })
    }

    pub fn is_ours(&self) -> bool {
        matches!(self.kind, Kind::OpenFlow { .. })
    }

    /// Opens the page, and answers after how many milliseconds its graph was on the screen.
    pub async fn open(&mut self, cached: bool) -> anyhow::Result<f64> {
        self.page.interactive_millis(&self.url, cached).await
    }

    /// Others' pointers move from now on, where that is not for the others to say.
    pub async fn settle(&mut self) -> anyhow::Result<()> {
        match &mut self.kind {
            Kind::OpenFlow { people, .. } => {
                people.all_here()?;
                let seen = format!("document.querySelectorAll('.cursor').length >= {}", people::COUNT);
                self.page.until(&seen).await.map(drop)
            }
            Kind::ReactFlow => {
                let script = format!("window.bench.people({}, {})", people::COUNT, people::CURSOR_MILLIS);
                self.page.value(&script).await.map(drop)
            }
        }
    }

    /// Whether others' pointers move: not while the other page is looked at, whose cores these are then.
    pub async fn others_move(&mut self, on: bool) -> anyhow::Result<()> {
        match &mut self.kind {
            Kind::OpenFlow { people, .. } => people.stand_still(!on),
            Kind::ReactFlow => {
                let every = if on { people::CURSOR_MILLIS } else { A_DAY_MILLIS };
                self.page.value(&format!("window.bench.people({}, {every})", people::COUNT)).await?;
            }
        }
        Ok(())
    }

    pub async fn others_edit(&mut self, on: bool) -> anyhow::Result<()> {
        match &mut self.kind {
            Kind::OpenFlow { people, .. } => {
                people.edit(on);
                people.all_here()
            }
            Kind::ReactFlow => {
                let middle: Vec<String> = graph::in_the_middle().iter().map(|(x, y)| graph::id(*x, *y)).collect();
                let every = if on { people::EDIT_MILLIS } else { 0 };
                self.page.value(&format!("window.bench.edits({every}, {})", json!(middle))).await.map(drop)
            }
        }
    }

    /// Looks at the middle of the graph at this zoom.
    pub async fn look(&mut self, zoom: f64) -> anyhow::Result<()> {
        let middle = graph::place(25, 20);
        if !self.is_ours() {
            let script = format!("window.bench.look({}, {}, {zoom})", middle[0], middle[1]);
            self.page.value(&script).await?;
            return self.rest().await;
        }
        // As a person would: the wheel until the zoom is right, then a drag until the middle is in the middle.
        for _ in 0..200 {
            let now = self.viewport().await?[2];
            if (now / zoom - 1.0).abs() < 0.01 {
                break;
            }
            let delta = (-(zoom / now).ln() / WHEEL_OURS).clamp(-60.0, 60.0);
            self.page.wheel(self.center(), delta).await?;
        }
        let [x, y, now] = self.viewport().await?;
        let center = self.center();
        let [dx, dy] = [center[0] - (middle[0] * now + x), center[1] - (middle[1] * now + y)];
        let script = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(null))))";
        self.page.value(script).await?;
        let surface = "document.getElementById('canvas-surface')";
        for (kind, [x, y]) in [
            ("pointerdown", [0.0, 0.0]),
            ("pointermove", [dx / 2.0, dy / 2.0]),
            ("pointermove", [dx, dy]),
            ("pointerup", [dx, dy]),
        ] {
            let at = json!({"bubbles": true, "cancelable": true, "pointerId": 9, "button": 1, "buttons": 4,
                            "clientX": center[0] + x, "clientY": center[1] + y});
            let script = format!("{surface}.dispatchEvent(new PointerEvent('{kind}', {at})); null");
            self.page.value(&script).await?;
        }
        self.rest().await
    }

    /// Where the layer is (relative to the window), and its zoom.
    async fn viewport(&mut self) -> anyhow::Result<[f64; 3]> {
        let script = "(() => { const layer = document.getElementById('canvas-layer');
            const place = layer.getBoundingClientRect();
            const scale = (id) => new DOMMatrix(getComputedStyle(document.getElementById(id)).transform).a;
            return [place.left, place.top, scale('canvas-layer') * scale('canvas-plane')]; })()";
        Ok(serde_json::from_value(self.page.value(script).await?)?)
    }

    /// Waits until nothing comes or goes any more.
    async fn rest(&mut self) -> anyhow::Result<()> {
        let script = "new Promise((done) => { let last = -1; let same = 0; const look = () => {
            const now = document.querySelectorAll('[data-node], .react-flow__node').length;
            same = now === last ? same + 1 : 0; last = now;
            if (same > 20) done(now); else requestAnimationFrame(look); }; look(); })";
        self.page.value(script).await.map(drop)
    }

    pub fn center(&self) -> [f64; 2] {
        [WINDOW[0] / 2.0, WINDOW[1] / 2.0]
    }

    /// How many nodes are elements of the page.
    pub async fn drawn(&mut self) -> anyhow::Result<f64> {
        let script = "document.querySelectorAll('article[data-node], .react-flow__node').length";
        self.page.value(script).await?.as_f64().context("a count is a number")
    }

    /// The turn of the wheel that zooms by this factor.
    pub fn wheel_for(&self, factor: f64) -> f64 {
        if self.is_ours() { -factor.ln() / WHEEL_OURS } else { -factor.log2() / WHEEL_REACT_FLOW }
    }

    /// Where the node near the middle is taken.
    pub async fn handle_of(&mut self, column: usize, row: usize) -> anyhow::Result<[f64; 2]> {
        let id = graph::id(column, row);
        let script = format!(
            "(() => {{ const node = document.querySelector('[data-node=\"{id}\"], .react-flow__node[data-id=\"{id}\"]');
             const head = node?.querySelector('.node-title, .title') ?? node; if (!head) return null;
             const place = head.getBoundingClientRect();
             return [place.left + place.width / 2, place.top + place.height / 2]; }})()"
        );
        Ok(serde_json::from_value(self.page.until(&script).await?)?)
    }

    pub async fn selected(&mut self) -> anyhow::Result<f64> {
        self.page.value(SELECTED).await?.as_f64().context("a count is a number")
    }
}

/// How many nodes are selected, for a script.
pub const SELECTED: &str =
    "document.querySelectorAll('article[data-selected=true], .react-flow__node.selected').length";

const A_DAY_MILLIS: u64 = 86_400_000;
/// Of `exp(-delta * this)` in `client/src/canvas/viewport.rs`.
const WHEEL_OURS: f64 = 0.008;
/// Of `2^(-delta * this)` in d3-zoom.
const WHEEL_REACT_FLOW: f64 = 0.002;

async fn post(page: &mut Page, path: &str, body: &Value) -> anyhow::Result<Value> {
    let body = serde_json::to_string(&body.to_string())?;
    let script = format!(
        "fetch('{path}', {{method: 'POST', headers: {{'Content-Type': 'application/json'}}, body: {body}}})
         .then(async (answer) => answer.ok ? answer.json() : Promise.reject(new Error(await answer.text())))"
    );
    page.value(&script).await
}

/// Ours, with an empty data folder.
struct Server {
    child: Child,
    port: u16,
    _folder: TempDir,
}

impl Server {
    async fn start(options: &Options) -> anyhow::Result<Self> {
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let folder = tempfile::Builder::new().prefix("data-").tempdir_in(&options.work_dir)?;
        let mut command = Command::new(&options.server);
        command.args(["serve", "--listen", &format!("127.0.0.1:{port}")]).arg("--data-dir").arg(folder.path());
        command.arg("--web-dir").arg(&options.web_dir).env("RUST_LOG", "error");
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::inherit()).spawn()?;
        let mut server = Self { child, port, _folder: folder };
        for _ in 0..600 {
            if TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
                return Ok(server);
            }
            if let Some(status) = server.child.try_wait()? {
                bail!("our server ended with {status}");
            }
            sleep(Duration::from_millis(50)).await;
        }
        bail!("our server does not listen")
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// What people load, in kilobytes as it travels.
pub fn module_kilobytes(web_dir: &Path) -> anyhow::Result<f64> {
    let compressed = web_dir.join("assets/openflow_bg.wasm.br");
    let size = std::fs::metadata(&compressed).with_context(|| format!("no `{}`", compressed.display()))?.len();
    Ok(size as f64 / 1000.0)
}
