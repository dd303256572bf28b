//! Servers on one Postgres that nobody told of NATS.

use super::Cluster;
use crate::sync::{
    Client,
    Protocol::{Hocuspocus, Websocket},
};

#[tokio::test]
async fn servers_without_nats_find_each_others_edits_in_the_database() {
    let mut cluster = Cluster::start_without_nats(2).await;
    let ada = cluster.sign_up(0, "ada").await;
    let name = cluster.workflow(0, &ada).await;
    let mut first = Client::synced(cluster.address(0), Hocuspocus, &name, &ada.token).await;
    let mut second = Client::synced(cluster.address(1), Websocket, &name, &ada.token).await;
    let by_first = first.add_note("by the first").await;
    second.until("told", |second| second.graph().nodes.contains_key(&by_first)).await;
    let by_second = second.add_note("by the second").await;
    first.until("told", |first| first.graph().nodes.contains_key(&by_second)).await;

    // A server that dies takes nothing with it, and the other goes on alone.
    let last = first.add_note("the last").await;
    first.until("saved", |first| first.saved >= 2).await;
    cluster.kill_server(0);
    second.until("told", |second| second.graph().nodes.contains_key(&last)).await;
    let alone = second.add_note("alone").await;
    second.until("saved", |second| second.saved >= 2).await;
    assert!(cluster.stored_graph(&name).await.nodes.contains_key(&alone));
}
