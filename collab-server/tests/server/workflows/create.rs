//! `POST /api/workflows`

use serde_json::json;

use super::greeting;
use crate::support::on_each_database;

on_each_database! {
    async fn an_empty_one_belongs_to_its_maker(app: TestApp) {
        let ada = app.user("ada").await;
        let answer = ada.post("/api/workflows", json!({"title": " First "})).await;
        assert_eq!(answer.status, 201);
        let workflow = answer.json();
        assert_eq!(workflow["title"], "First");
        assert_eq!(workflow["role"], "owner");
        assert_eq!(workflow["workspace"], ada.workspace().await.to_string());
        assert_eq!(workflow["created_by"], ada.user().id.to_string());
        assert_eq!(workflow["node_count"], 0);
        assert_eq!(workflow["created_at"], workflow["updated_at"]);
        assert!(workflow["created_at"].as_str().unwrap().ends_with('Z'));
    }

    async fn one_from_a_graph_takes_its_title_when_none_is_given(app: TestApp) {
        let ada = app.user("ada").await;
        let own = ada.post("/api/workflows", json!({"title": "", "graph": greeting()})).await.ok().json();
        assert_eq!((&own["title"], &own["description"], &own["node_count"]), (&json!("Greeting"), &json!("Says hello."), &json!(2)));
        let named = ada.post("/api/workflows", json!({"title": "Mine", "graph": greeting()})).await.ok().json();
        assert_eq!(named["title"], "Mine");
    }

    async fn a_broken_graph_is_refused_with_its_place(app: TestApp) {
        let ada = app.user("ada").await;
        let mut no_type = greeting();
        no_type["nodes"]["a"]["type"] = json!(7);
        let mut newer = greeting();
        newer["openflow"] = json!(2);
        for (graph, place) in [(no_type, "`graph`: nodes.a.type"), (newer, "`graph`: `openflow` is 2"), (json!([]), "`graph`: "), (json!({"nodes": {}}), "`graph`: not an OpenFlow workflow")] {
            let answer = ada.post("/api/workflows", json!({"title": "x", "graph": graph})).await;
            assert!(answer.refusal().starts_with(&format!("422 invalid_graph: {place}")), "{}", answer.text());
        }
        assert_eq!(ada.get("/api/workflows").await.text(), "[]");
    }

    async fn an_unknown_node_type_is_kept(app: TestApp) {
        let ada = app.user("ada").await;
        let mut graph = greeting();
        graph["nodes"]["a"] = json!({"type": "future.node", "params": {"x": {"y": [1, 2]}}});
        let id = ada.post("/api/workflows", json!({"title": "x", "graph": graph})).await.ok().json()["id"].clone();
        let exported = ada.get(&format!("/api/workflows/{}/graph", id.as_str().unwrap())).await.ok().json();
        assert_eq!(exported["nodes"]["a"]["type"], "future.node");
        assert_eq!(exported["nodes"]["a"]["params"], json!({"x": {"y": [1, 2]}}));
    }

    async fn a_title_is_one_line(app: TestApp) {
        let ada = app.user("ada").await;
        for title in ["a\nb".to_owned(), "x".repeat(201)] {
            let answer = ada.post("/api/workflows", json!({ "title": title })).await;
            assert_eq!(answer.refusal(), "400 bad_request: `title`: one line of 1 to 200 characters");
        }
    }

    async fn only_an_editor_makes_one_in_a_workspace(app: TestApp) {
        let (ada, bob, eve) = (app.user("ada").await, app.user("bob").await, app.user("eve").await);
        ada.invite(&bob, "runner").await;
        let body = json!({"title": "x", "workspace": ada.workspace().await});
        assert_eq!(bob.post("/api/workflows", body.clone()).await.status, 403);
        assert_eq!(eve.post("/api/workflows", body.clone()).await.refusal(), "404 not_found: no such workspace");
        ada.invite(&bob, "editor").await;
        let workflow = bob.post("/api/workflows", body).await.ok().json();
        assert_eq!(workflow["role"], "editor");
    }
}
