//! Going back through HTTP: an edit like any other.

use serde_json::json;
use shared::graph::Graph;

use super::{create, list, name, note, path, rename, told};
use crate::{
    support::on_each_database,
    sync::{Client, Protocol, graph_name},
};

on_each_database! {
    async fn everybody_sees_the_older_graph_and_the_newer_is_kept(app: TestApp) {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        ada.invite(&bob, "editor").await;
        let workflow = create(&ada, note("one")).await;
        let version = name(&ada, workflow, "Good").await.id;
        let address = app.listen().await;
        let mut client = Client::synced(address, Protocol::Hocuspocus, &graph_name(workflow), bob.token()).await;
        let good = client.graph();
        client.add_note("too much").await;
        client.edit(|edit| edit.remove_nodes(&["a".parse().unwrap()])).await;
        client.until("saved", |client| client.saved >= 2).await;
        rename(&ada, workflow, "Bad").await;

        let restored = ada.post(&format!("{}/{version}/restore", path(workflow)), json!({})).await.ok().json();
        assert_eq!(restored["meta"]["title"], json!({"old": "Bad", "new": "Versioned"}));
        assert_eq!(restored["nodes"]["a"]["added"]["type"], "text.input");
        client.until("back at the good state", |client| client.graph() == good).await;
        let graph: Graph = ada.get(&format!("/api/workflows/{workflow}/graph")).await.ok().read_as();
        assert_eq!(graph, good);
        assert_eq!(told(&list(&ada, workflow).await), ["restore by ada, bob", "created `Good` by ada"]);
        // And what was there before can be had back.
        let bad = list(&ada, workflow).await[0].id;
        ada.post(&format!("{}/{bad}/restore", path(workflow)), json!({})).await.ok();
        client.until("back at the bad state", |client| client.graph().meta.title == "Bad").await;
        assert_eq!(client.graph().nodes.len(), 1);
    }

    async fn restoring_what_is_there_changes_nothing(app: TestApp) {
        let ada = app.user("ada").await;
        let workflow = create(&ada, note("one")).await;
        let version = name(&ada, workflow, "Good").await.id;
        let restored = ada.post(&format!("{}/{version}/restore", path(workflow)), json!({})).await.ok().json();
        assert_eq!(restored, json!({}));
        assert_eq!(list(&ada, workflow).await.len(), 1);
    }
}
