//! A server that answers as ComfyUI's own does, and goes wrong the way it is told.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{
        Multipart, Path, Query, State,
        ws::{Message, WebSocket, WebSocketUpgrade},
    },
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};

/// What the server does with jobs.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum Way {
    #[default]
    Well,
    /// They stay in the queue until told otherwise.
    Slow,
    /// A node fails while it works.
    Fails,
    /// The workflow is refused.
    Refuses,
    /// It takes the job, and its answer is lost.
    AnswersNonsense,
    /// It is started anew after it has taken the job.
    Forgets,
    /// Somebody presses the button there.
    Interrupted,
    /// It says on a socket how far it is.
    Speaks,
    /// What it says on the socket makes no sense, and then it hangs up.
    Babbles,
}

#[derive(Default)]
pub struct Seen {
    pub way: Way,
    pub uploads: Vec<(String, String, usize)>,
    pub jobs: BTreeMap<String, Value>,
    pub orders: usize,
    pub questions: BTreeMap<String, usize>,
    pub told: Vec<(String, Value)>,
}

#[derive(Clone, Default)]
pub struct Comfy(Arc<Mutex<Seen>>);

impl Comfy {
    pub async fn start(way: Way) -> (Self, String) {
        let comfy = Self::default();
        comfy.0.lock().unwrap().way = way;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/upload/image", post(upload))
            .route("/prompt", post(prompt))
            .route("/history/{id}", get(history))
            .route("/queue", get(queue).post(delete))
            .route("/interrupt", post(interrupt))
            .route("/view", get(view))
            .route("/ws", get(socket))
            .with_state(comfy.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (comfy, base_url)
    }

    pub fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.0.lock().unwrap()
    }
}

async fn upload(State(comfy): State<Comfy>, mut form: Multipart) -> Json<Value> {
    let (mut folder, mut name, mut size) = (String::new(), String::new(), 0);
    while let Some(field) = form.next_field().await.unwrap() {
        match field.name().unwrap() {
            "image" => {
                name = field.file_name().unwrap().to_owned();
                size = field.bytes().await.unwrap().len();
            }
            "subfolder" => folder = field.text().await.unwrap(),
            "type" => assert_eq!(field.text().await.unwrap(), "input"),
            "overwrite" => assert_eq!(field.text().await.unwrap(), "true"),
            other => panic!("a form has no `{other}`"),
        }
    }
    comfy.seen().uploads.push((folder.clone(), name.clone(), size));
    Json(json!({"name": name, "subfolder": folder, "type": "input"}))
}

async fn prompt(State(comfy): State<Comfy>, Json(body): Json<Value>) -> Response {
    let mut seen = comfy.seen();
    seen.orders += 1;
    if seen.way == Way::Refuses {
        let error =
            json!({"type": "value_not_in_list", "message": "Value not in list", "details": "ckpt_name: 'x' not in []"});
        let body = json!({
            "error": {"type": "prompt_outputs_failed_validation", "message": "Prompt outputs failed validation", "details": ""},
            "node_errors": {"2": {"errors": [error], "class_type": "KSampler", "dependent_outputs": ["9"]}},
        });
        return (StatusCode::BAD_REQUEST, Json(body)).into_response();
    }
    let id = body["prompt_id"].as_str().unwrap().to_owned();
    assert!(body["prompt"]["2"]["class_type"].is_string(), "{body}");
    if seen.way != Way::Forgets {
        seen.jobs.insert(id.clone(), body["prompt"].clone());
    }
    match seen.way {
        Way::AnswersNonsense => "<html>".into_response(),
        _ => Json(json!({"prompt_id": id, "number": 1, "node_errors": {}})).into_response(),
    }
}

async fn history(State(comfy): State<Comfy>, Path(id): Path<String>) -> Json<Value> {
    let mut seen = comfy.seen();
    let asked = seen.questions.entry(id.clone()).or_default();
    *asked += 1;
    // Everything takes a moment.
    if *asked < 3 || seen.way == Way::Slow || !seen.jobs.contains_key(&id) {
        return Json(json!({}));
    }
    let failed = |event: &str, data: Value| json!({"status_str": "error", "completed": false, "messages": [["execution_start", {}], [event, data]]});
    let (outputs, status) = match seen.way {
        Way::Fails => (
            json!({}),
            failed(
                "execution_error",
                json!({"node_id": "2", "node_type": "KSampler", "exception_message": "out of memory\n", "traceback": ["line 1\n"]}),
            ),
        ),
        Way::Interrupted => (json!({}), failed("execution_interrupted", json!({"node_id": "2"}))),
        _ => (
            json!({"9": {"images": [
                {"filename": "shown.png", "subfolder": "", "type": "temp"},
                {"filename": "a b.png", "subfolder": "some/where", "type": "output"},
                {"filename": "second.png", "subfolder": "", "type": "output"},
            ]}}),
            json!({"status_str": "success", "completed": true, "messages": [["execution_cached", {"nodes": ["2"]}]]}),
        ),
    };
    let mut answer = json!({});
    answer[&id] = json!({"prompt": [], "outputs": outputs, "status": status});
    Json(answer)
}

async fn queue(State(comfy): State<Comfy>) -> Json<Value> {
    let seen = comfy.seen();
    let jobs: Vec<Value> = seen.jobs.keys().map(|id| json!([1, id, {}, {}, []])).collect();
    Json(json!({"queue_running": jobs, "queue_pending": []}))
}

async fn delete(State(comfy): State<Comfy>, Json(body): Json<Value>) {
    comfy.seen().told.push(("delete".into(), body["delete"][0].clone()));
}

async fn interrupt(State(comfy): State<Comfy>, body: Bytes) {
    let body: Value = serde_json::from_slice(&body).unwrap();
    comfy.seen().told.push(("interrupt".into(), body["prompt_id"].clone()));
}

async fn view(Query(query): Query<BTreeMap<String, String>>) -> Response {
    let name = (query["filename"].as_str(), query["subfolder"].as_str(), query["type"].as_str());
    let side = match name {
        ("a b.png", "some/where", "output") => 16,
        ("second.png", "", "output") => 8,
        other => panic!("nobody asks for {other:?}"),
    };
    let mut png = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_pixel(side, 8, image::Rgb([9, 9, 200])).write_to(&mut png, image::ImageFormat::Png).unwrap();
    png.into_inner().into_response()
}

async fn socket(
    State(comfy): State<Comfy>,
    Query(query): Query<BTreeMap<String, String>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let way = comfy.seen().way;
    if !matches!(way, Way::Speaks | Way::Babbles) {
        return StatusCode::NOT_FOUND.into_response();
    }
    upgrade.on_upgrade(move |socket| async move {
        // Whoever is listened to by hangs up when there is nothing more to hear.
        let _ = speak(socket, comfy, way, &query["clientId"]).await;
    })
}

async fn speak(mut socket: WebSocket, comfy: Comfy, way: Way, client: &str) -> Result<(), axum::Error> {
    while !comfy.seen().jobs.contains_key(client) {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    if way == Way::Babbles {
        for text in ["{", "null", r#"{"type":"progress","data":5}"#] {
            socket.send(Message::Text(text.into())).await?;
        }
        return socket.send(Message::Close(None)).await;
    }
    for (kind, mut data) in [
        ("execution_start", json!({})),
        ("execution_cached", json!({"nodes": ["1"]})),
        ("executing", json!({"node": "2"})),
        ("progress", json!({"node": "2", "value": 10, "max": 20})),
    ] {
        data["prompt_id"] = json!(client);
        socket.send(Message::Text(json!({"type": kind, "data": data}).to_string().into())).await?;
    }
    socket.send(Message::Binary(vec![0, 0, 0, 1, 0, 0, 0, 2, 137, 80].into())).await?;
    std::future::pending().await
}
