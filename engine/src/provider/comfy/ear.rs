//! What ComfyUI says about a job while it works: how far it is, and that it is over.
//!
//! It says so on a socket and nowhere else. Without one, or where it breaks off, a job is asked about all the same.

use std::collections::BTreeMap;

use futures_util::StreamExt;
use serde_json::Value as Json;
use tokio_tungstenite::tungstenite::Message;

use crate::provider::rest::{Rest, Socket};

/// Previews come along; a picture of 4096 x 4096 stays below this.
const MESSAGE_MAX_BYTES: usize = 32 << 20;

/// Hears what is said about one job.
pub(crate) struct Ear {
    socket: Socket,
    progress: Progress,
}

/// What was heard.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Heard {
    /// How far the job is, 0 to 1.
    Working(f64),
    /// It has ended, well or badly.
    Ended,
}

impl Ear {
    /// Begins to listen. The server speaks to the client that sends the job: `client` is that of the order.
    pub(super) async fn open(rest: &Rest, client: &str, job: &str, nodes: usize) -> Option<Self> {
        let socket = rest.socket(&format!("/ws?clientId={client}"), MESSAGE_MAX_BYTES).await?;
        Some(Self { socket, progress: Progress { job: job.to_owned(), nodes, done: BTreeMap::new(), told: 0.0 } })
    }

    /// Waits for the next thing that is said about the job; `None`: nothing more will be.
    pub async fn heard(&mut self) -> Option<Heard> {
        loop {
            match self.socket.next().await?.ok()? {
                Message::Text(text) => {
                    // What makes no sense is not for us.
                    let Ok(message) = serde_json::from_str(&text) else { continue };
                    if let Some(heard) = self.progress.take(&message) {
                        return Some(heard);
                    }
                }
                Message::Close(_) => return None,
                // Previews.
                _ => {}
            }
        }
    }
}

/// How far each node of a job is.
struct Progress {
    job: String,
    nodes: usize,
    /// By node, 0 to 1.
    done: BTreeMap<String, f64>,
    /// What was told last: it does not go back.
    told: f64,
}

impl Progress {
    /// Takes a message; what it says about the job comes back.
    fn take(&mut self, message: &Json) -> Option<Heard> {
        let data = &message["data"];
        if data["prompt_id"] != self.job {
            return None;
        }
        match message["type"].as_str()? {
            "execution_success" | "execution_error" | "execution_interrupted" => return Some(Heard::Ended),
            "execution_cached" => {
                let nodes = data["nodes"].as_array()?.iter().filter_map(Json::as_str);
                self.done.extend(nodes.map(|node| (node.to_owned(), 1.0)));
            }
            "executing" if data["node"].is_null() => return Some(Heard::Ended),
            "executing" => {
                // One works at a time: whoever worked before is through.
                self.done.values_mut().for_each(|done| *done = 1.0);
                self.done.entry(data["node"].as_str()?.to_owned()).or_insert(0.0);
            }
            "progress" => self.note(data["node"].as_str()?, data),
            "progress_state" => {
                for (node, state) in data["nodes"].as_object()? {
                    match state["state"].as_str() {
                        Some("finished") => self.done.extend([(node.clone(), 1.0)]),
                        Some("running") => self.note(node, state),
                        _ => {}
                    }
                }
            }
            _ => return None,
        }
        let done: f64 = self.done.values().sum();
        self.told = (done / self.nodes.max(1) as f64).clamp(self.told, 1.0);
        Some(Heard::Working(self.told))
    }

    fn note(&mut self, node: &str, state: &Json) {
        if let (Some(value), Some(max)) = (state["value"].as_f64(), state["max"].as_f64().filter(|max| *max > 0.0)) {
            self.done.insert(node.to_owned(), (value / max).clamp(0.0, 1.0));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn progress_is_that_of_all_nodes_together() {
        let mut progress = Progress { job: "job".into(), nodes: 4, done: BTreeMap::new(), told: 0.0 };
        let mut told = |kind: &str, mut data: Json| {
            data["prompt_id"] = json!("job");
            progress.take(&json!({"type": kind, "data": data}))
        };
        assert_eq!(told("execution_cached", json!({"nodes": ["1"]})), Some(Heard::Working(0.25)));
        assert_eq!(told("executing", json!({"node": "2"})), Some(Heard::Working(0.25)));
        assert_eq!(told("progress", json!({"node": "2", "value": 10, "max": 20})), Some(Heard::Working(0.375)));
        let state = json!({"nodes": {
            "2": {"state": "running", "value": 15, "max": 20}, "6": {"state": "pending", "value": 0, "max": 1},
        }});
        assert_eq!(told("progress_state", state), Some(Heard::Working(0.4375)));
        assert_eq!(told("executing", json!({"node": "9"})), Some(Heard::Working(0.5)));
        assert_eq!(told("status", json!({})), None);
        assert_eq!(told("executing", json!({"node": null})), Some(Heard::Ended));
        let others = json!({"type": "progress", "data": {"prompt_id": "other", "node": "2", "value": 1, "max": 1}});
        assert_eq!(progress.take(&others), None);
        for nonsense in [json!(null), json!({"type": 5}), json!({"type": "progress", "data": {"prompt_id": "job"}})] {
            assert_eq!(progress.take(&nonsense), None, "{nonsense}");
        }
    }
}
