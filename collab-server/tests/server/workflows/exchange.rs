//! `GET /api/workflows/{id}/graph`, and what comes of its answer when it is imported again.

use serde_json::json;

use super::greeting;
use crate::{
    blobs::{picture, uploaded},
    support::{Person, on_each_database},
};

async fn import(person: &Person<'_>, graph: serde_json::Value) -> String {
    let workflow = person.post("/api/workflows", json!({"title": "", "graph": graph})).await.ok().json();
    format!("/api/workflows/{}", workflow["id"].as_str().unwrap())
}

on_each_database! {
    async fn an_export_imports_to_the_same_text(app: TestApp) {
        let ada = app.user("ada").await;
        let first = import(&ada, greeting()).await;
        let exported = ada.get(&format!("{first}/graph")).await.ok();
        assert_eq!(exported.header("content-type"), "application/json");
        assert_eq!(exported.json()["nodes"]["a"]["params"]["text"], "hello");
        assert_eq!(exported.json()["nodes"]["b"]["pos"], json!([300.5, 20]));

        let second = import(&ada, exported.json()).await;
        assert_ne!(first, second);
        assert_eq!(ada.get(&format!("{second}/graph")).await.ok().text(), exported.text());
    }

    async fn an_import_shows_the_pictures_its_importer_may_see(app: TestApp) {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        let media = uploaded(&ada, "image/png", &picture(77)).await;
        let secret = uploaded(&bob, "image/png", &picture(78)).await;
        let mut graph = greeting();
        graph["nodes"]["a"] = json!({"type": "image.load", "params": {"file": media, "other": secret}});

        // Into a workspace that both are in, by the one who may read the first picture only.
        let team = ada.post("/api/workspaces", json!({"name": "Team"})).await.ok().json()["id"].clone();
        let path = format!("/api/workspaces/{}/members", team.as_str().unwrap());
        let eve = app.user("eve").await;
        ada.post(&path, json!({"email": eve.user().email, "role": "viewer"})).await.ok();
        ada.post("/api/workflows", json!({"title": "x", "workspace": team, "graph": graph})).await.ok();

        eve.get(&format!("/api/blobs/{}", media.blob)).await.ok();
        assert_eq!(eve.get(&format!("/api/blobs/{}", secret.blob)).await.status, 404);
        assert_eq!(ada.get(&format!("/api/blobs/{}", secret.blob)).await.status, 404);
    }
}
