//! A run that is started on one server and executed by a worker is watched and cancelled on another.
#![expect(clippy::print_stdout, reason = "the figures are promises")]

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::time::timeout;

use super::Cluster;
use crate::{
    runs::{
        question,
        vendor::{SECRET, Vendor},
    },
    sync::{Client, Protocol},
};

const PATIENCE: Duration = Duration::from_secs(30);

/// The state of node `ask` as somebody sees it who has the outputs document open.
fn status(client: &Client) -> Option<String> {
    use yrs::{GetString, Map, Transact};
    let nodes = client.document.doc().get_or_insert_map("nodes");
    let txn = client.document.doc().transact();
    let node = nodes.get(&txn, "ask")?.cast::<yrs::MapRef>().ok()?;
    let status = node.get(&txn, "status")?;
    Some(status.cast::<yrs::TextRef>().map_or_else(|value| value.to_string(&txn), |text| text.get_string(&txn)))
}

/// Events of a run, as a server sends them.
struct Events {
    answer: reqwest::Response,
    text: String,
}

impl Events {
    /// Waits until the stream has said this.
    async fn until(&mut self, what: &str) {
        let heard = timeout(PATIENCE, async {
            while !self.text.contains(what) {
                let chunk = self.answer.chunk().await.expect("the stream goes on").expect("the run has not ended");
                self.text.push_str(&String::from_utf8_lossy(&chunk));
            }
        });
        assert!(heard.await.is_ok(), "not `{what}` in {}", self.text);
    }
}

#[tokio::test]
async fn a_run_is_watched_and_cancelled_on_another_server() {
    // The servers execute nothing themselves.
    let mut cluster = Cluster::start_with(2, &["--workers", "0"]).await;
    cluster.start_worker();
    let ada = cluster.sign_up(0, "ada").await;
    let (vendor, base_url) = Vendor::listen().await;
    let workspace = cluster.own_workspace(0, &ada).await;
    let key = json!({"provider": "openai", "base_url": base_url, "secret": SECRET});
    cluster.post(0, &format!("workspaces/{workspace}/keys"), Some(&ada.token), key).await;
    let body = json!({"title": "To run", "graph": question("Who is there?")});
    let workflow = cluster.post(0, "workflows", Some(&ada.token), body).await;
    let name = workflow["id"].as_str().expect("an id").to_owned();
    let outputs = format!("{name}/outputs");
    let mut canvas = Client::synced(cluster.address(1), Protocol::Hocuspocus, &outputs, &ada.token).await;
    let start = async |cluster: &Cluster| {
        let body = json!({"targets": ["out"]});
        let run = cluster.post(0, &format!("workflows/{name}/runs"), Some(&ada.token), body).await;
        let run = run["id"].as_str().expect("an id").to_owned();
        let answer = cluster.watch(1, &format!("runs/{run}/events"), &ada.token).await;
        (run, Events { answer, text: String::new() })
    };

    let begun = Instant::now();
    let (run, mut events) = start(&cluster).await;
    canvas.until("shown the run", |canvas| status(canvas).as_deref() == Some("running")).await;
    println!("a run of another process is on the canvas of another server after {:?}", begun.elapsed());
    events.until("node_started").await;
    let cancelled = Instant::now();
    cluster.post(1, &format!("runs/{run}/cancel"), Some(&ada.token), json!({})).await;
    events.until("run_finished").await;
    println!("cancelled on another server, it ended there after {:?}", cancelled.elapsed());
    assert!(events.text.contains("cancelled"), "{}", events.text);
    canvas.until("shown the end", |canvas| status(canvas).as_deref() == Some("cancelled")).await;

    let (_, mut events) = start(&cluster).await;
    canvas.until("shown the run", |canvas| status(canvas).as_deref() == Some("running")).await;
    vendor.release();
    events.until("run_finished").await;
    canvas.until("shown the result", |canvas| status(canvas).as_deref() == Some("done")).await;
}
