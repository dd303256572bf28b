//! A vendor of films in the style of fal, Replicate or Veo, whose job is done when it is told so.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

pub const FILM: &[u8] = include_bytes!("../../../../assets/samples/clip.mp4");

/// How the vendor speaks about a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Three addresses, which the order is answered with.
    Fal,
    /// An id, and states.
    Replicate,
    /// A long-running operation, which cannot be cancelled.
    Veo,
}

impl Style {
    pub fn provider(self) -> &'static str {
        match self {
            Self::Fal => "fal",
            Self::Replicate => "replicate",
            Self::Veo => "google",
        }
    }

    pub fn model(self) -> &'static str {
        match self {
            Self::Fal => "wan-2.6",
            Self::Replicate => "gen4.5",
            Self::Veo => "veo-3.1-fast",
        }
    }

    /// `film` and nothing else.
    pub fn graph(self) -> Value {
        let params = json!({"prompt": "A boat", "model": self.model(), "connection": self.provider(), "seed": 7});
        json!({"openflow": 1, "nodes": {"film": {"type": "video.generate", "params": params}}})
    }

    fn taken(self, base: &str) -> Value {
        match self {
            Self::Fal => json!({
                "status": "IN_QUEUE", "request_id": "job-1",
                "status_url": format!("{base}/requests/job-1/status"),
                "response_url": format!("{base}/requests/job-1"),
                "cancel_url": format!("{base}/requests/job-1/cancel"),
            }),
            Self::Replicate => json!({"id": "job-1", "status": "starting", "output": null}),
            Self::Veo => json!({"name": "models/veo-3.1-fast-generate-001/operations/job-1"}),
        }
    }

    fn state(self, base: &str, path: &str, done: bool) -> Value {
        let film = format!("{base}/film.mp4");
        match (self, done) {
            (Self::Fal, false) => json!({"status": "IN_PROGRESS"}),
            (Self::Fal, true) if path.ends_with("/status") => json!({"status": "COMPLETED"}),
            (Self::Fal, true) => json!({"video": {"url": film}}),
            (Self::Replicate, false) => json!({"id": "job-1", "status": "processing"}),
            (Self::Replicate, true) => json!({"id": "job-1", "status": "succeeded", "output": film}),
            (Self::Veo, false) => json!({"name": "job-1"}),
            (Self::Veo, true) => {
                let samples = json!([{"video": {"uri": film}}]);
                json!({"done": true, "response": {"generateVideoResponse": {"generatedSamples": samples}}})
            }
        }
    }
}

#[derive(Default)]
struct Seen {
    orders: usize,
    questions: usize,
    done: bool,
    /// Orders are turned away with words that repeat the key.
    refusing: bool,
}

#[derive(Clone)]
pub struct Studio {
    style: Style,
    base_url: String,
    seen: Arc<Mutex<Seen>>,
}

impl Studio {
    pub async fn start(style: Style) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base_url = format!("http://{}", listener.local_addr().expect("a bound address"));
        let studio = Self { style, base_url, seen: Arc::default() };
        let router = Router::new().fallback(answer).with_state(studio.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        studio
    }

    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    pub fn orders(&self) -> usize {
        self.seen.lock().expect("no panic").orders
    }

    pub fn questions(&self) -> usize {
        self.seen.lock().expect("no panic").questions
    }

    /// The job is done from now on.
    pub fn finish(&self) {
        self.seen.lock().expect("no panic").done = true;
    }

    pub fn refuse(&self) {
        self.seen.lock().expect("no panic").refusing = true;
    }

    /// Until the job was asked after so often.
    pub async fn until_asked(&self, questions: usize) {
        for _ in 0..240 {
            if self.questions() >= questions {
                return;
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
        panic!("{:?}: the job was asked after {} times", self.style, self.questions());
    }
}

async fn answer(State(studio): State<Studio>, method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path();
    let mut seen = studio.seen.lock().expect("no panic");
    if path == "/film.mp4" {
        return ([("content-type", "video/mp4")], FILM).into_response();
    }
    if method == Method::POST {
        seen.orders += 1;
        if seen.refusing {
            let shown = headers.get("authorization").or(headers.get("x-goog-api-key"));
            let message = format!("no such key: {}", shown.and_then(|key| key.to_str().ok()).unwrap_or_default());
            return (StatusCode::UNAUTHORIZED, Json(json!({"detail": message, "error": {"message": message}})))
                .into_response();
        }
        return Json(studio.style.taken(&studio.base_url)).into_response();
    }
    seen.questions += 1;
    Json(studio.style.state(&studio.base_url, path, seen.done)).into_response()
}
