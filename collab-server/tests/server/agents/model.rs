//! A model server that speaks OpenAI's language: it calls the tool that the question names, and then answers with what
//! came of it.

use std::sync::{Arc, Mutex};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, header},
    routing::{get, post},
};
use serde_json::{Value, json};
use tokio::sync::watch;

pub const SECRET: &str = "sk-agent-0123456789abcdef";

/// How it goes on.
#[derive(Clone)]
pub struct Model {
    base_url: String,
    asked: Arc<Mutex<Vec<Value>>>,
    /// How often the slow page was asked for.
    pages: Arc<Mutex<usize>>,
    /// Questions from the second on, and the slow page, wait for it.
    released: Arc<watch::Sender<bool>>,
}

impl Model {
    pub async fn listen() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let released = Arc::new(watch::channel(false).0);
        let model =
            Self { base_url: format!("http://{address}/v1"), asked: Arc::default(), pages: Arc::default(), released };
        let router = Router::new()
            .route("/v1/chat/completions", post(answer))
            .route("/v1/slow", get(slow))
            .with_state(model.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        model
    }

    pub fn key(&self) -> Value {
        json!({"provider": "openai", "base_url": self.base_url, "secret": SECRET})
    }

    /// A page that is there once the model is released.
    pub fn slow_page(&self) -> String {
        format!("{}/slow", self.base_url)
    }

    pub fn release(&self) {
        self.released.send_replace(true);
    }

    pub fn asked(&self) -> Vec<Value> {
        self.asked.lock().unwrap().clone()
    }

    /// Waits until somebody waits for the slow page.
    pub async fn until_page_is_awaited(&self) {
        while *self.pages.lock().unwrap() == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    }

    /// Waits until so many questions have come.
    pub async fn until_asked(&self, times: usize) {
        while self.asked().len() < times {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    }

    async fn wait(&self) {
        self.released.subscribe().wait_for(|released| *released).await.unwrap();
    }
}

async fn slow(State(model): State<Model>) -> &'static str {
    *model.pages.lock().unwrap() += 1;
    model.wait().await;
    "the page"
}

async fn answer(State(model): State<Model>, headers: HeaderMap, Json(body): Json<Value>) -> Json<Value> {
    assert_eq!(headers[header::AUTHORIZATION], format!("Bearer {SECRET}"));
    model.asked.lock().unwrap().push(body.clone());
    let messages = body["messages"].as_array().unwrap();
    let results: Vec<&str> = messages
        .iter()
        .filter(|message| message["role"] == "tool")
        .map(|message| message["content"].as_str().unwrap())
        .collect();
    let message = match results.as_slice() {
        [] => {
            // The question is the call: the tool's name, and what it is called with.
            let asked = messages.iter().rfind(|message| message["role"] == "user").unwrap();
            let (name, arguments) = asked["content"].as_str().unwrap().split_once(' ').unwrap();
            let call = json!({"id": "call-1", "type": "function", "function": {"name": name, "arguments": arguments}});
            json!({"role": "assistant", "content": null, "tool_calls": [call]})
        }
        results => {
            model.wait().await;
            json!({"role": "assistant", "content": format!("It said: {}", results.join("; "))})
        }
    };
    Json(json!({
        "model": "working-1", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 2},
    }))
}
