//! A right that is taken on one server is lost on the others at once, and soon also while NATS is away.
#![expect(clippy::print_stdout, reason = "the figures are promises")]

use std::time::{Duration, Instant};

use serde_json::json;
use shared::protocol::hocuspocus::Scope;

use super::Cluster;
use crate::sync::{Client, Protocol::Hocuspocus};

async fn until_scope(client: &mut Client, scope: Scope) {
    client.until("told what it may do", |client| client.scope == Some(scope)).await;
}

#[tokio::test]
async fn a_right_that_is_taken_on_one_server_is_lost_on_the_others() {
    let mut cluster = Cluster::start(2).await;
    let (ada, bob) = (cluster.sign_up(0, "ada").await, cluster.sign_up(0, "bob").await);
    let name = cluster.workflow(0, &ada).await;
    cluster.give_role(0, &ada, &bob, "editor").await;
    let mut client = Client::synced(cluster.address(1), Hocuspocus, &name, &bob.token).await;
    until_scope(&mut client, Scope::ReadWrite).await;
    let mut times = Vec::new();
    for _ in 0..3 {
        let taken = Instant::now();
        cluster.give_role(0, &ada, &bob, "viewer").await;
        until_scope(&mut client, Scope::ReadOnly).await;
        times.push(taken.elapsed());
        let refused = client.refused;
        client.add_note("too late").await;
        client.until("refused", |client| client.refused > refused).await;
        client.forget_unsent();
        cluster.give_role(0, &ada, &bob, "editor").await;
        until_scope(&mut client, Scope::ReadWrite).await;
    }
    let quickest = times.iter().min().copied().unwrap_or_default();
    println!("a role changed on one server holds on another after {quickest:?} (all: {times:?})");
    assert!(quickest < Duration::from_secs(1), "{times:?}");

    // An API key that is revoked.
    let key = json!({"name": "script", "scope": "read", "expires_in_days": 1});
    let key = cluster.post(0, "me/api-keys", Some(&ada.token), key).await;
    let mut script = Client::open(cluster.address(1), Hocuspocus, &name, key["token"].as_str().expect("a token")).await;
    script.until("in sync", |script| script.synced).await;
    cluster.delete(0, &format!("me/api-keys/{}", key["key"]["id"].as_str().expect("an id")), &ada.token).await;
    script.until_or_closed("closed", |script| script.closed.is_some()).await;
    assert_eq!(script.closed, Some(4401));

    // A membership that ends.
    let workspace = cluster.own_workspace(0, &ada).await;
    let members = cluster.get(0, &format!("workspaces/{workspace}/members"), &ada.token).await;
    let bob_id = members.as_array().expect("a list").iter().find(|member| member["email"] == "bob@example.org");
    let bob_id = bob_id.expect("bob is a member")["user"].as_str().expect("an id").to_owned();
    cluster.delete(0, &format!("workspaces/{workspace}/members/{bob_id}"), &ada.token).await;
    client.until_or_closed("sent away", |client| client.denied.is_some()).await;
    assert_eq!(client.denied.as_deref(), Some(shared::protocol::CloseCode::Forbidden.reason()));

    // Signing out closes sockets on the other server.
    let mut other = Client::synced(cluster.address(1), Hocuspocus, &name, &ada.token).await;
    let signed_out = Instant::now();
    let again = cluster.sign_in(0, "ada").await;
    cluster.post(0, "auth/logout", Some(&ada.token), json!({})).await;
    other.until_or_closed("closed", |other| other.closed.is_some()).await;
    assert_eq!(other.closed, Some(4401));
    println!("a sign-out on one server closes sockets on another after {:?}", signed_out.elapsed());

    // Without NATS it takes a look into the database.
    cluster.kill_nats();
    cluster.until_ready(1, "ready; NATS does not answer: changes of other servers are looked up in the database").await;
    let mut other = Client::synced(cluster.address(1), Hocuspocus, &name, &again.token).await;
    let signed_out = Instant::now();
    cluster.post(0, "auth/logout", Some(&again.token), json!({})).await;
    other.until_or_closed("closed", |other| other.closed.is_some()).await;
    assert_eq!(other.closed, Some(4401));
    println!("without NATS after {:?}", signed_out.elapsed());
    cluster.start_nats().await;
    cluster.until_ready(1, "ready").await;
}
