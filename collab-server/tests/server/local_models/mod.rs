//! `/api/local-models`: everybody sees what is there, the first account manages it; and workflows that use it.

pub mod gguf;
mod llama_server;
pub mod workflow;

use std::time::Duration;

use axum::{Json, Router, extract::Path, http::StatusCode, routing::get};
use serde_json::{Value, json};

use crate::{
    runs::read_events,
    support::{Person, TestApp, on_each_database},
};

const FILE: &[u8] = b"GGUF, but only so far";
/// As git hashes these bytes.
const FILE_GIT_HASH: &str = "ae48d4f4a1fe276a75d10d23a8912d7e405e8196";

/// A hub with one repository, of one small file. Its address comes back.
async fn hub() -> String {
    async fn listing(Path(revision): Path<String>) -> Json<Value> {
        assert_eq!(revision, "main");
        let file = json!({"rfilename": "tiny.gguf", "size": FILE.len(), "blobId": FILE_GIT_HASH});
        Json(json!({"sha": "c".repeat(40), "siblings": [file]}))
    }
    let router = Router::new()
        .route("/api/models/org/tiny/revision/{revision}", get(listing))
        .route("/org/tiny/resolve/{commit}/tiny.gguf", get(|| async { FILE }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

async fn with_hub(app: TestApp) -> TestApp {
    let address = hub().await;
    app.user("ada").await;
    app.restart_with(|config| config.models.model_hub_url = Some(address)).await
}

async fn list(person: &Person<'_>) -> Value {
    person.get("/api/local-models").await.ok().json()
}

/// Fetches a model and waits for the end. The last state of the downloads comes back.
async fn fetch(person: &Person<'_>, name: &str) -> Value {
    let answer = person.post("/api/local-models", json!({ "name": name })).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text());
    // The stream ends when no download is under way.
    let stream = tokio::time::timeout(Duration::from_secs(30), person.get("/api/local-models/events")).await;
    let stream = stream.expect("the download ends").ok();
    assert_eq!(stream.header("content-type"), "text/event-stream");
    read_events(stream.text()).pop().expect("at least one event")
}

on_each_database! {
    async fn a_model_is_fetched_listed_and_deleted(app: TestApp) {
        let app = with_hub(app).await;
        let ada = app.signed_in_again("ada").await;
        assert_eq!(list(&ada).await, json!({"models": [], "downloads": [], "manageable": true}));

        assert_eq!(fetch(&ada, "org/tiny").await, json!([]));
        let model = json!({"name": "org/tiny", "capabilities": ["text.chat"], "size_bytes": FILE.len() + 40});
        assert_eq!(list(&ada).await, json!({"models": [model], "downloads": [], "manageable": true}));

        assert_eq!(ada.delete("/api/local-models?name=org/tiny").await.status, StatusCode::NO_CONTENT);
        assert_eq!(list(&ada).await["models"], json!([]));
        assert_eq!(ada.delete("/api/local-models?name=org/tiny").await.refusal(), "404 not_found: no such model");
    }

    async fn a_download_that_failed_says_why_until_the_next_attempt(app: TestApp) {
        let app = with_hub(app).await;
        let ada = app.signed_in_again("ada").await;
        let downloads = fetch(&ada, "org/absent").await;
        assert_eq!(downloads[0]["name"], "org/absent");
        assert!(downloads[0]["error"].as_str().unwrap().contains("`404`"), "{downloads}");
        assert_eq!(list(&ada).await["downloads"], downloads);
    }

    async fn only_the_first_account_manages_models(app: TestApp) {
        let (ada, eve) = (app.user("ada").await, app.user("eve").await);
        assert_eq!(list(&eve).await["manageable"], false);
        let refused = "403 forbidden: only the first account of this server manages its models";
        assert_eq!(eve.post("/api/local-models", json!({"name": "org/tiny"})).await.refusal(), refused);
        assert_eq!(eve.delete("/api/local-models?name=org/tiny").await.refusal(), refused);
        for name in ["../../etc", "/etc/passwd", "./x", "a/b/c", "own"] {
            let answer = ada.post("/api/local-models", json!({ "name": name })).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{name}: {}", answer.text());
        }
        for name in ["..", "/etc/passwd", "./x", "hub"] {
            let answer = ada.delete(&format!("/api/local-models?name={name}")).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{name}: {}", answer.text());
        }
    }
}
