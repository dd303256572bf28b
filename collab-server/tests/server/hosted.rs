//! Hosted models by address: their schema, asked for with the workspace's key, becomes a note that a node can hold.

use std::sync::{Arc, Mutex};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
};
use serde_json::{Value, json};

use crate::support::on_each_database;

const SECRET: &str = "key-0123456789abcdef";

/// What was asked, and whether the key was there.
type Seen = Arc<Mutex<Vec<(String, bool)>>>;

/// fal and Replicate at one address, as a key's base URL makes them.
async fn vendor() -> (String, Seen) {
    let seen = Seen::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("a bound socket"));
    let router = Router::new().fallback(answer).with_state(seen.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (address, seen)
}

async fn answer(State(seen): State<Seen>, uri: Uri, headers: HeaderMap) -> (StatusCode, Json<Value>) {
    let asked = uri.path_and_query().map(|asked| asked.as_str()).unwrap_or_default().to_owned();
    let keyed =
        headers.get("authorization").and_then(|value| value.to_str().ok()).is_some_and(|key| key.contains(SECRET));
    seen.lock().expect("no panic").push((asked.clone(), keyed));
    let uri = json!({"type": "string", "format": "uri"});
    let schema = json!({"components": {"schemas": {
        "Input": {"required": ["prompt"], "properties": {
            "prompt": {"type": "string", "x-order": 0}, "steps": {"type": "integer", "minimum": 1, "maximum": 50, "x-order": 1},
        }},
        "Output": uri,
    }}});
    let body = match asked.as_str() {
        "/models/somebody/painter" => json!({
            "latest_version": {"id": "0123abcd", "openapi_schema": schema},
            "default_example": {"output": "https://replicate.delivery/out.png"},
        }),
        "/models/somebody/silent" => json!({"latest_version": null}),
        "/models/somebody/down" => return (StatusCode::SERVICE_UNAVAILABLE, Json(json!({}))),
        "/models/somebody/loud" => json!({"latest_version": "x".repeat(3 << 20)}),
        "/models/somebody/private" => {
            return (StatusCode::FORBIDDEN, Json(json!({"detail": format!("not with {SECRET}")})));
        }
        "/api/openapi/queue/openapi.json?endpoint_id=fal-ai/some/model" => json!({
            "paths": {},
            "components": {"schemas": {
                "ModelInput": {"properties": {"image_url": {"type": "string"}}},
                "ModelOutput": {"properties": {"video": {"type": "object", "properties": {"url": {"type": "string"}}}}},
            }},
        }),
        _ => return (StatusCode::NOT_FOUND, Json(json!({"detail": "no such model"}))),
    };
    (StatusCode::OK, Json(body))
}

on_each_database! {
    async fn what_a_model_takes_and_gives_is_looked_up_with_the_workspaces_key(app: TestApp) {
        let app = crate::runs::vendor::with_private_network(app).await;
        let ada = app.user("ada").await;
        let workspace = ada.workspace().await;
        let path = format!("/api/workspaces/{workspace}/hosted-models");
        let (base_url, seen) = vendor().await;
        let without = ada.post(&path, json!({"reference": "somebody/painter"})).await;
        assert!(without.refusal().starts_with("400 bad_request: `reference`: there is no key for `replicate`"), "{}", without.text());
        for provider in ["fal", "replicate"] {
            let key = json!({"provider": provider, "secret": SECRET, "base_url": base_url});
            ada.post(&format!("/api/workspaces/{workspace}/keys"), key).await.ok();
        }
        let model = ada.post(&path, json!({"reference": "https://replicate.com/somebody/painter"})).await.ok().json();
        assert_eq!(model, json!({
            "provider": "replicate", "endpoint": "somebody/painter:0123abcd",
            "inputs": [
                {"name": "prompt", "kind": "text", "required": true},
                {"name": "steps", "kind": "integer", "min": 1, "max": 50},
            ],
            "outputs": [{"name": "output", "type": "image", "pointer": ""}],
        }));
        let model = ada.post(&path, json!({"reference": "https://fal.ai/models/fal-ai/some/model/playground"})).await.ok().json();
        assert_eq!((&model["endpoint"], &model["outputs"][0]["type"]), (&json!("fal-ai/some/model"), &json!("video")));
        for (reference, told) in [
            ("flux", "400 bad_request: `reference`: this names no model"),
            ("fal-ai/../account", "400 bad_request: `reference`: this names no model"),
            ("somebody/nowhere", "400 bad_request: `reference`: "),
            ("somebody/silent", "400 bad_request: `reference`: what the provider says of the model cannot be read"),
            ("somebody/private", "400 bad_request: `reference`: "),
            ("somebody/down", "503 unavailable: "),
            ("somebody/loud", "503 unavailable: the answer broke off, or is too large"),
        ] {
            let answer = ada.post(&path, json!({"reference": reference})).await;
            assert!(answer.refusal().starts_with(told), "{reference}: {}", answer.text());
            assert!(!answer.text().contains(SECRET), "{}", answer.text());
        }
        let seen = seen.lock().expect("no panic").clone();
        assert!(seen.iter().all(|(asked, keyed)| *keyed && !asked.contains("..")), "{seen:?}");
    }
}
