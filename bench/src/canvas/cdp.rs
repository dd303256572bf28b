//! The Chrome DevTools Protocol, as far as measuring needs it: commands with answers, and events kept until asked for.

use std::{path::Path, time::Duration};

use anyhow::{Context, bail};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config, tungstenite};
use tungstenite::{Message, protocol::WebSocketConfig};

/// A page that answers nothing for this long hangs.
const PATIENCE: Duration = Duration::from_secs(120);

pub struct Connection {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    last_id: u64,
    /// Events that came while something else was waited for.
    events: Vec<Value>,
}

impl Connection {
    /// To the browser that uses this profile; it writes down where it listens.
    pub async fn open(profile: &Path) -> anyhow::Result<Self> {
        let file = profile.join("DevToolsActivePort");
        let (port, path) = timeout(PATIENCE, async {
            loop {
                let text = std::fs::read_to_string(&file).unwrap_or_default();
                if let Some((port, path)) = text.trim().split_once('\n') {
                    return (port.to_owned(), path.to_owned());
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        })
        .await
        .context("Chromium says nowhere where it listens")?;
        // A trace is one message of many megabytes.
        let config = WebSocketConfig::default().max_message_size(None).max_frame_size(None);
        let url = format!("ws://127.0.0.1:{port}{path}");
        let (socket, _) = connect_async_with_config(url, Some(config), true).await.context("connecting to Chromium")?;
        Ok(Self { socket, last_id: 0, events: Vec::new() })
    }

    /// Sends a command, to a page where `session` names one, and waits for its answer.
    pub async fn call(&mut self, session: Option<&str>, method: &str, params: Value) -> anyhow::Result<Value> {
        self.last_id += 1;
        let id = self.last_id;
        let mut message = json!({"id": id, "method": method, "params": params});
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        self.socket.send(Message::text(message.to_string())).await?;
        loop {
            let mut message = self.next().await.with_context(|| format!("waiting for `{method}`"))?;
            if message["id"] == id {
                if !message["error"].is_null() {
                    bail!("`{method}`: {}", message["error"]["message"]);
                }
                return Ok(message["result"].take());
            }
            self.events.push(message);
        }
    }

    /// All events of `method`, up to and with the first of `until`. Other events that wait are forgotten.
    pub async fn events_until(&mut self, method: &str, until: &str) -> anyhow::Result<Vec<Value>> {
        let mut found = Vec::new();
        let mut waiting = std::mem::take(&mut self.events).into_iter();
        loop {
            let event = match waiting.next() {
                Some(event) => event,
                None => self.next().await.with_context(|| format!("waiting for `{until}`"))?,
            };
            if event["method"] == method {
                found.push(event["params"].clone());
            } else if event["method"] == until {
                return Ok(found);
            }
        }
    }

    async fn next(&mut self) -> anyhow::Result<Value> {
        loop {
            let message = timeout(PATIENCE, self.socket.next()).await.context("it takes too long")?;
            if let Message::Text(text) = message.context("Chromium is gone")?? {
                return serde_json::from_str(&text).context("reading what Chromium says");
            }
        }
    }
}
