//! People on one server are seen on the others, for as long as they are there.
#![expect(clippy::print_stdout, reason = "the figures are promises")]

use std::time::Instant;

use super::Cluster;
use crate::sync::{
    Client,
    Protocol::{Hocuspocus, Websocket},
};

fn shows(client: &Client, id: u64) -> bool {
    matches!(client.presence.get(&id), Some((_, Some(_))))
}

#[tokio::test]
async fn people_are_seen_on_all_servers_and_vanish_with_theirs() {
    let mut cluster = Cluster::start(2).await;
    let ada = cluster.sign_up(0, "ada").await;
    let name = cluster.workflow(1, &ada).await;
    let mut early = Client::synced(cluster.address(0), Hocuspocus, &name, &ada.token).await;
    let early_id = early.client_id();
    early.say(1, Some(r#"{"cursor":[1,2],"user":{"name":"Eve"}}"#)).await;

    // Who opens the document later, on another server, is told who is there; and is seen.
    let mut witness = Client::synced(cluster.address(1), Websocket, &name, &ada.token).await;
    witness.until("aware of the early one", |witness| shows(witness, early_id)).await;
    assert!(witness.presence[&early_id].1.as_ref().is_some_and(|state| state.contains(r#""name":"ada""#)));
    let witness_id = witness.client_id();
    let said = Instant::now();
    witness.say(1, Some(r#"{"cursor":[3,4]}"#)).await;
    early.until("aware of the witness", |early| shows(early, witness_id)).await;
    println!("presence is on another server after {:?}", said.elapsed());

    // The person changes the server, with the clock they had: stock clients count on.
    let document = early.drop_line();
    let mut moved = Client::open_with(cluster.address(1), Hocuspocus, &name, &ada.token, document).await;
    moved.say(1, Some(r#"{"cursor":[5,6]}"#)).await;
    let at_56 = move |witness: &Client| {
        witness
            .presence
            .get(&early_id)
            .is_some_and(|(_, state)| state.as_ref().is_some_and(|state| state.contains("[5,6]")))
    };
    witness.until("aware of the move", at_56).await;

    // A server dies: its people are gone, without anybody saying so.
    let mut last = Client::synced(cluster.address(0), Hocuspocus, &name, &ada.token).await;
    let last_id = last.client_id();
    last.say(1, Some("{}")).await;
    witness.until("aware of the last one", |witness| shows(witness, last_id)).await;
    cluster.kill_server(0);
    let killed = Instant::now();
    witness.until("told that the last one is gone", |witness| !shows(witness, last_id)).await;
    println!("people on a killed server are gone after {:?}", killed.elapsed());
    assert!(shows(&witness, early_id), "the others stay");
}
