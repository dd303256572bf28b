//! List, open, rename, delete.

use serde_json::json;

use super::greeting;
use crate::support::on_each_database;

on_each_database! {
    async fn the_list_shows_what_one_can_read(app: TestApp) {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        let (first, second) = (ada.workflow("First").await, ada.workflow("Second").await);
        let own = bob.workflow("Bob's").await;
        let ids = |list: serde_json::Value| -> Vec<String> {
            list.as_array().unwrap().iter().map(|workflow| workflow["id"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(ids(ada.get("/api/workflows").await.ok().json()), [second.to_string(), first.to_string()]);
        assert_eq!(ids(bob.get("/api/workflows").await.ok().json()), [own.to_string()]);

        ada.invite(&bob, "viewer").await;
        assert_eq!(ids(bob.get("/api/workflows").await.ok().json()).len(), 3);
        let of_ada = format!("/api/workflows?workspace={}", ada.workspace().await);
        let list = bob.get(&of_ada).await.ok().json();
        assert_eq!(list[0]["role"], "viewer");
        assert_eq!(ids(list).len(), 2);
        let of_bob = format!("/api/workflows?workspace={}", bob.workspace().await);
        assert_eq!(ada.get(&of_bob).await.refusal(), "404 not_found: no such workspace");
        assert_eq!(ada.get("/api/workflows?workspace=7").await.status, 400);
    }

    async fn a_new_name_is_in_the_list_and_in_the_document(app: TestApp) {
        let ada = app.user("ada").await;
        let path = format!("/api/workflows/{}", ada.workflow("Old").await);
        let changed = ada.patch(&path, json!({"title": "New", "description": "Why."})).await.ok().json();
        assert_eq!((&changed["title"], &changed["description"]), (&json!("New"), &json!("Why.")));
        assert_eq!(ada.get(&path).await.ok().json()["title"], "New");
        let graph = ada.get(&format!("{path}/graph")).await.ok().json();
        assert_eq!(graph["meta"], json!({"title": "New", "description": "Why."}));

        ada.patch(&path, json!({"title": "Newer"})).await.ok();
        let graph = ada.get(&format!("{path}/graph")).await.ok().json();
        assert_eq!(graph["meta"], json!({"title": "Newer", "description": "Why."}));
        assert_eq!(ada.patch(&path, json!({"title": " "})).await.status, 400);
    }

    async fn a_name_survives_a_restart(app: TestApp) {
        let (token, path) = {
            let ada = app.user("ada").await;
            let path = format!("/api/workflows/{}", ada.workflow("Old").await);
            ada.patch(&path, json!({"title": "New"})).await.ok();
            (ada.token().to_owned(), path)
        };
        let app = app.restart().await;
        let request = axum::http::Request::get(format!("{path}/graph")).header("authorization", format!("Bearer {token}"));
        let graph = app.send(request.body(axum::body::Body::empty()).unwrap()).await.ok().json();
        assert_eq!(graph["meta"]["title"], "New");
    }

    async fn what_is_deleted_is_gone(app: TestApp) {
        let ada = app.user("ada").await;
        let workflow = ada.post("/api/workflows", json!({"title": "x", "graph": greeting()})).await.ok().json();
        let path = format!("/api/workflows/{}", workflow["id"].as_str().unwrap());
        assert_eq!(ada.delete(&path).await.status, 204);
        for path in [path.clone(), format!("{path}/graph")] {
            assert_eq!(ada.get(&path).await.refusal(), "404 not_found: no such workflow");
        }
        assert_eq!(ada.delete(&path).await.status, 404);
        assert_eq!(ada.get("/api/workflows").await.text(), "[]");
    }

    async fn a_viewer_reads_and_changes_nothing(app: TestApp) {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        let path = format!("/api/workflows/{}", ada.workflow("Shared").await);
        ada.invite(&bob, "viewer").await;
        bob.get(&path).await.ok();
        bob.get(&format!("{path}/graph")).await.ok();
        assert_eq!(bob.patch(&path, json!({"title": "Mine"})).await.status, 403);
        assert_eq!(bob.delete(&path).await.status, 403);
        assert_eq!(ada.get(&path).await.ok().json()["title"], "Shared");
    }
}
