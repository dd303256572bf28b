//! ChromeDriver and the Chromiums it starts, each with an empty profile of its own.

use std::process::Stdio;

use axum::http::Method;
use fantoccini::{Client, ClientBuilder, wd::WebDriverCompatibleCommand};
use hyper_util::client::legacy::connect::HttpConnector;
use reqwest::Url;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

pub struct ChromeDriver {
    _child: Child,
    port: u16,
}

impl ChromeDriver {
    /// It takes a free port for IPv4 and then wants the same one for IPv6, which somebody else may have: then it ends, and
    /// another start finds another port.
    pub async fn start() -> Self {
        for _ in 0..10 {
            if let Some(started) = Self::try_start().await {
                return started;
            }
        }
        panic!("ChromeDriver ends before it says its port");
    }

    async fn try_start() -> Option<Self> {
        let program = std::env::var_os("OPENFLOW_TEST_CHROMEDRIVER").expect("run this with `cargo xtask test`");
        let mut child = Command::new(program)
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("ChromeDriver starts");
        let mut lines = BufReader::new(child.stdout.take().expect("it was started with a pipe")).lines();
        let port = loop {
            let line = lines.next_line().await.expect("ChromeDriver's output is text")?;
            // "ChromeDriver was started successfully on port 41235."
            if let Some((_, port)) = line.split_once("successfully on port ") {
                break port.trim_end_matches('.').parse().expect("a port is a number");
            }
        };
        // A full pipe would stop it.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Some(Self { _child: child, port })
    }

    /// A Chromium that shares nothing with any other.
    pub async fn open(&self) -> Client {
        let chromium = std::env::var("OPENFLOW_TEST_CHROMIUM").expect("run this with `cargo xtask test`");
        let capabilities = json!({
            "goog:loggingPrefs": { "browser": "ALL" },
            "goog:chromeOptions": {
                "binary": chromium,
                "args": [
                    "--headless=new",
                    "--window-size=1440,900",
                    // CI runs as root, in a container with a small /dev/shm and no graphics card.
                    "--no-sandbox",
                    "--disable-dev-shm-usage",
                    "--disable-gpu",
                    // Nothing here may ask the world.
                    "--disable-background-networking",
                    "--disable-component-update",
                    "--disable-quic",
                    "--disable-sync",
                    "--no-default-browser-check",
                    "--no-first-run",
                    // Two people means one window is always behind the other: neither may be slowed down.
                    "--disable-background-timer-throttling",
                    "--disable-backgrounding-occluded-windows",
                    "--disable-renderer-backgrounding",
                    "--autoplay-policy=no-user-gesture-required",
                    "--mute-audio",
                ],
            },
        });
        let Value::Object(capabilities) = capabilities else { unreachable!("written as an object") };
        ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{}", self.port))
            .await
            .expect("Chromium starts")
    }

    /// Ends all its Chromiums, also those that a failed test left open.
    pub async fn close(&self) {
        // It ends while it answers.
        let _ = reqwest::get(format!("http://127.0.0.1:{}/shutdown", self.port)).await;
    }
}

/// What the page has written to the console since the last call: an extension of ChromeDriver.
pub async fn console(client: &Client) -> Vec<String> {
    let entries = client.issue_cmd(ConsoleLog).await.expect("ChromeDriver gives the console's log");
    let entries = entries.as_array().cloned().unwrap_or_default();
    entries.iter().map(|entry| format!("{} {}", entry["level"].as_str().unwrap_or(""), entry["message"])).collect()
}

#[derive(Debug)]
struct ConsoleLog;

impl WebDriverCompatibleCommand for ConsoleLog {
    fn endpoint(&self, base_url: &Url, session_id: Option<&str>) -> Result<Url, url::ParseError> {
        base_url.join(&format!("session/{}/se/log", session_id.unwrap_or_default()))
    }

    fn method_and_body(&self, _request_url: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(json!({ "type": "browser" }).to_string()))
    }
}
