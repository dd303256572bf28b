//! One page in a Chromium of its own: scripts in it, a hand on it, and what its frames took.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, bail};
use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::{Instant, sleep, sleep_until};

use super::{
    cdp::Connection,
    frames::{self, Frames},
};

/// The window, in pixels: the same for every page.
pub const WINDOW: [f64; 2] = [1440.0, 900.0];
/// A hand sends its moves so often, as fast as screens show them.
const MOVE_EVERY: Duration = Duration::from_micros(16_667);
const PATIENCE: Duration = Duration::from_secs(60);

/// Notes when something to work with is on the screen, and has been painted.
const WATCH_START: &str = "
    const look = () => {
      if (document.querySelector('[data-node], .speck, .react-flow__node')) {
        requestAnimationFrame(() => setTimeout(() => { window.__interactive = performance.now(); }));
      } else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);";

/// Notes each frame, also as a mark in the trace, so that both clocks agree on what a frame is.
const WATCH_FRAMES: &str = "{
    window.__frames = []; window.__watching = true;
    const frame = (time) => {
      window.__frames.push(time);
      performance.mark('bench-frame');
      if (window.__watching) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame); } null";

pub struct Page {
    browser: Child,
    _profile: TempDir,
    connection: Connection,
    session: String,
}

#[derive(Clone, Copy)]
pub enum Button {
    Left,
    None,
}

impl Page {
    pub async fn open(chromium: &Path, work_dir: &Path) -> anyhow::Result<Self> {
        let profile = tempfile::Builder::new().prefix("chromium-").tempdir_in(work_dir)?;
        let [width, height] = WINDOW;
        let mut command = Command::new(chromium);
        command.args(["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--mute-audio"]);
        command.args(["--no-first-run", "--no-default-browser-check", "--disable-background-networking"]);
        command.args(["--disable-component-update", "--disable-sync", "--disable-renderer-backgrounding"]);
        command.args(["--disable-background-timer-throttling", "--disable-backgrounding-occluded-windows"]);
        command.args(["--allow-file-access-from-files", "--remote-debugging-port=0"]);
        command.arg(format!("--window-size={width},{height}"));
        command.arg(format!("--user-data-dir={}", profile.path().display())).arg("about:blank");
        let browser = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let browser = browser.context("starting Chromium")?;
        let mut connection = Connection::open(profile.path()).await?;
        let target = connection.call(None, "Target.createTarget", json!({"url": "about:blank"})).await?;
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let attached = connection.call(None, "Target.attachToTarget", attach).await?;
        let session = attached["sessionId"].as_str().context("a session has an id")?.to_owned();
        let mut page = Self { browser, _profile: profile, connection, session };
        page.call("Page.enable", json!({})).await?;
        page.call("Network.enable", json!({})).await?;
        page.call("Page.addScriptToEvaluateOnNewDocument", json!({"source": WATCH_START})).await?;
        Ok(page)
    }

    async fn call(&mut self, method: &str, params: Value) -> anyhow::Result<Value> {
        self.connection.call(Some(&self.session), method, params).await
    }

    pub async fn go(&mut self, url: &str) -> anyhow::Result<()> {
        let went = self.call("Page.navigate", json!({"url": url})).await?;
        match went["errorText"].as_str() {
            Some(error) => bail!("opening `{url}`: {error}"),
            None => Ok(()),
        }
    }

    /// Opens a page with nothing in the browser's cache, or with what it kept, and answers how long until its graph was
    /// on the screen.
    pub async fn interactive_millis(&mut self, url: &str, cached: bool) -> anyhow::Result<f64> {
        self.go("about:blank").await?;
        if !cached {
            self.call("Network.clearBrowserCache", json!({})).await?;
        }
        self.go(url).await?;
        let millis = self.until("window.__interactive ?? null").await?;
        millis.as_f64().context("a time is a number")
    }

    /// The value of an expression; promises are waited for.
    pub async fn value(&mut self, expression: &str) -> anyhow::Result<Value> {
        let params = json!({"expression": expression, "awaitPromise": true, "returnByValue": true});
        let mut answer = self.call("Runtime.evaluate", params).await?;
        if !answer["exceptionDetails"].is_null() {
            bail!("`{expression}`: {}", answer["exceptionDetails"]["exception"]["description"]);
        }
        Ok(answer["result"]["value"].take())
    }

    /// The first value that is something.
    pub async fn until(&mut self, expression: &str) -> anyhow::Result<Value> {
        let give_up = Instant::now() + PATIENCE;
        loop {
            match self.value(expression).await? {
                Value::Null | Value::Bool(false) if Instant::now() < give_up => sleep(Duration::from_millis(50)).await,
                Value::Null | Value::Bool(false) => bail!("`{expression}` did not become true"),
                value => return Ok(value),
            }
        }
    }

    pub async fn mouse(&mut self, kind: &str, at: [f64; 2], button: Button, shift: bool) -> anyhow::Result<()> {
        let (name, held) = match button {
            Button::Left => ("left", if kind == "mouseReleased" { 0 } else { 1 }),
            Button::None => ("none", 0),
        };
        let clicks = i32::from(kind != "mouseMoved");
        let params = json!({"type": kind, "x": at[0], "y": at[1], "button": name, "buttons": held,
                            "clickCount": clicks, "modifiers": if shift { 8 } else { 0 }});
        self.call("Input.dispatchMouseEvent", params).await.map(drop)
    }

    /// Presses Shift or lets go of it. React Flow listens to the key itself, and not to what a pointer says of it.
    pub async fn shift(&mut self, down: bool) -> anyhow::Result<()> {
        let (kind, modifiers) = if down { ("rawKeyDown", 8) } else { ("keyUp", 0) };
        let params = json!({"type": kind, "key": "Shift", "code": "ShiftLeft", "windowsVirtualKeyCode": 16,
                            "modifiers": modifiers});
        self.call("Input.dispatchKeyEvent", params).await?;
        // A page of React hears of it when it has rendered again.
        let script = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(null))))";
        self.value(script).await.map(drop)
    }

    pub async fn wheel(&mut self, at: [f64; 2], delta_y: f64) -> anyhow::Result<()> {
        let params = json!({"type": "mouseWheel", "x": at[0], "y": at[1], "deltaX": 0, "deltaY": delta_y});
        self.call("Input.dispatchMouseEvent", params).await.map(drop)
    }

    /// Drags along a path for a while. Where the hand is follows from the time, so a slow page is not dragged less far.
    pub async fn drag(
        &mut self,
        from: [f64; 2],
        lasts: Duration,
        path: impl Fn(f64) -> [f64; 2],
    ) -> anyhow::Result<()> {
        self.mouse("mouseMoved", from, Button::None, false).await?;
        self.mouse("mousePressed", from, Button::Left, false).await?;
        let began = Instant::now();
        let mut at = from;
        while began.elapsed() < lasts {
            let by = path(began.elapsed().as_secs_f64() / lasts.as_secs_f64());
            at = [from[0] + by[0], from[1] + by[1]];
            let sent = Instant::now();
            self.mouse("mouseMoved", at, Button::Left, false).await?;
            sleep_until(sent + MOVE_EVERY).await;
        }
        self.mouse("mouseReleased", at, Button::Left, false).await
    }

    /// Turns the wheel for a while: `step` says how far, from the part of the time that has passed.
    pub async fn turn(&mut self, at: [f64; 2], lasts: Duration, step: impl Fn(f64) -> f64) -> anyhow::Result<()> {
        let began = Instant::now();
        while began.elapsed() < lasts {
            let sent = Instant::now();
            self.wheel(at, step(began.elapsed().as_secs_f64() / lasts.as_secs_f64())).await?;
            sleep_until(sent + MOVE_EVERY).await;
        }
        Ok(())
    }

    pub async fn begin_watching(&mut self) -> anyhow::Result<()> {
        // The kinds of work, too: what they cost is the same for every page.
        let categories = "devtools.timeline,disabled-by-default-devtools.timeline,blink.user_timing,__metadata";
        let params = json!({"categories": categories, "transferMode": "ReportEvents"});
        self.call("Tracing.start", params).await?;
        self.value(WATCH_FRAMES).await.map(drop)
    }

    pub async fn end_watching(&mut self) -> anyhow::Result<Frames> {
        let times = self.value("window.__watching = false; window.__frames").await?;
        self.call("Tracing.end", json!({})).await?;
        let parts = self.connection.events_until("Tracing.dataCollected", "Tracing.tracingComplete").await?;
        let events = parts.into_iter().flat_map(|mut part| match part["value"].take() {
            Value::Array(events) => events,
            _ => Vec::new(),
        });
        frames::of(&times, events)
    }

    /// What is on the screen, as PNG.
    pub async fn picture(&mut self) -> anyhow::Result<Vec<u8>> {
        let taken = self.call("Page.captureScreenshot", json!({"format": "png"})).await?;
        let data = taken["data"].as_str().context("a picture has data")?;
        BASE64.decode(data).context("a picture is in base64")
    }

    /// Starts the profiler of scripts, or stops it and answers what it saw.
    pub async fn profile(&mut self, on: bool) -> anyhow::Result<Value> {
        if on {
            self.call("Profiler.enable", json!({})).await?;
            self.call("Profiler.setSamplingInterval", json!({"interval": 500})).await?;
            return self.call("Profiler.start", json!({})).await;
        }
        Ok(self.call("Profiler.stop", json!({})).await?["profile"].take())
    }

    /// Resident memory of the page's process, after what is garbage was collected.
    pub async fn resident_mb(&mut self) -> anyhow::Result<f64> {
        self.call("HeapProfiler.enable", json!({})).await?;
        self.call("HeapProfiler.collectGarbage", json!({})).await?;
        let info = self.connection.call(None, "SystemInfo.getProcessInfo", json!({})).await?;
        let processes = info["processInfo"].as_array().context("a browser has processes")?;
        let renderers = processes.iter().filter(|process| process["type"] == "renderer");
        let resident = renderers.filter_map(|process| {
            let status = std::fs::read_to_string(format!("/proc/{}/status", process["id"])).ok()?;
            let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
            line.split_whitespace().next()?.parse::<f64>().ok()
        });
        // Others of the browser's pages are blank: the largest is ours.
        resident.max_by(f64::total_cmp).map(|kilobytes| kilobytes / 1024.0).context("the page has no process")
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        // It may be gone already.
        self.browser.kill().ok();
        self.browser.wait().ok();
    }
}
