//! A model server that speaks OpenAI's language, and answers when it is told to.

use std::sync::{Arc, Mutex};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
    routing::post,
};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::support::{Person, TestApp};

pub const SECRET: &str = "sk-test-0123456789abcdef";

/// Says "Hello", and " world" once it is released.
#[derive(Clone)]
pub struct Vendor {
    seen: Arc<Mutex<Vec<Value>>>,
    released: Arc<watch::Sender<bool>>,
}

impl Vendor {
    /// Starts the server, and gives the person's workspace a key for it.
    pub async fn start(person: &Person<'_>) -> Self {
        let (vendor, base_url) = Self::listen().await;
        let path = format!("/api/workspaces/{}/keys", person.workspace().await);
        person.post(&path, json!({"provider": "openai", "base_url": base_url, "secret": SECRET})).await.ok();
        vendor
    }

    /// Starts the server, and says where it is.
    pub async fn listen() -> (Self, String) {
        let vendor = Self { seen: Arc::default(), released: Arc::new(watch::channel(false).0) };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
        let router = Router::new().route("/v1/chat/completions", post(chat)).with_state(vendor.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (vendor, base_url)
    }

    pub fn release(&self) {
        self.released.send_replace(true);
    }

    pub fn calls(&self) -> usize {
        self.seen.lock().unwrap().len()
    }
}

/// The same app, allowed to call servers on this machine.
pub async fn with_private_network(app: TestApp) -> TestApp {
    app.restart_with(|config| config.allow_private_network = true).await
}

async fn chat(State(vendor): State<Vendor>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    assert_eq!(headers[header::AUTHORIZATION], format!("Bearer {SECRET}"));
    vendor.seen.lock().unwrap().push(body);
    let chunk = |delta: Value, finish: Option<&str>| {
        let json = json!({"model": "test-model-1", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]});
        Bytes::from(format!("data: {json}\n\n"))
    };
    let first = stream::iter([chunk(json!({"content": "Hello"}), None)]);
    let mut released = vendor.released.subscribe();
    let rest = stream::once(async move {
        released.wait_for(|released| *released).await.unwrap();
        let usage = json!({"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 2}});
        let mut rest = chunk(json!({"content": " world"}), Some("stop")).to_vec();
        rest.extend(format!("data: {usage}\n\ndata: [DONE]\n\n").into_bytes());
        Bytes::from(rest)
    });
    let body = Body::from_stream(first.chain(rest).map(Ok::<_, std::io::Error>));
    ([(header::CONTENT_TYPE, "text/event-stream")], body).into_response()
}
