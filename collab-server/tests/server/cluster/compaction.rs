//! Two servers that fold the log of one document.

use std::time::Duration;

use super::Cluster;
use crate::sync::{Client, Protocol::Hocuspocus};

const NOTES: usize = 60;

#[tokio::test]
async fn servers_that_fold_one_log_lose_nothing() {
    let mut cluster = Cluster::start(2).await;
    let ada = cluster.sign_up(0, "ada").await;
    let name = cluster.workflow(0, &ada).await;
    let mut first = Client::synced(cluster.address(0), Hocuspocus, &name, &ada.token).await;
    let mut second = Client::synced(cluster.address(1), Hocuspocus, &name, &ada.token).await;
    // Each server sees more bytes than it leaves in a log, from both, at the same time.
    let text = "x".repeat(2000);
    for round in 1..=NOTES {
        for client in [&mut first, &mut second] {
            let note = client.add_note("long").await;
            client.edit(|edit| edit.edit_text(&note, "text", 0, 0, &text).expect("a note has a text")).await;
        }
        for client in [&mut first, &mut second] {
            client.until("saved", |client| client.saved >= 2 * round).await;
        }
    }
    // Each has its own edits, so they are equal when both have all.
    for _ in 0..3000 {
        if first.graph() == second.graph() {
            break;
        }
        first.listen(Duration::from_millis(5)).await;
        second.listen(Duration::from_millis(5)).await;
    }
    let graph = first.graph();
    assert_eq!(graph.nodes.len(), 2 * NOTES);
    assert!(second.graph() == graph, "the clients are not equal");
    let stored = cluster.stored(&name).await;
    assert!(stored.version > 0, "nobody has folded the log of {} rows", stored.log.len());
    assert!(cluster.stored_graph(&name).await == graph, "a new server reads something else");
    cluster.kill_server(0);
    cluster.kill_server(1);
    cluster.start_server(0).await;
    let fresh = Client::synced(cluster.address(0), Hocuspocus, &name, &ada.token).await;
    assert!(fresh.graph() == graph, "the first server reads something else");
}
