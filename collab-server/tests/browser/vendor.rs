//! A vendor that speaks OpenAI's API and answers without a model: text word by word, and one picture.

use std::{convert::Infallible, time::Duration};

use axum::{
    Json, Router,
    response::{
        IntoResponse, Response, Sse,
        sse::{Event, KeepAlive},
    },
    routing::{get, post},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// What every chat answers. Long enough that a second person sees it half written.
pub const ANSWER: &str = "A paper boat crosses the harbour at dawn, past the sleeping cranes and the last of the night \
    ferries, while gulls argue over who saw it first and the tide, which has no opinion, carries it on.";

/// The one model that it names.
pub const MODEL: &str = "harbour-8b";

/// Between two words.
const PACE: Duration = Duration::from_millis(60);

/// What every picture is: a real one, because what a vendor sends is probed.
const PICTURE: &[u8] = include_bytes!("../../../assets/samples/coffee.jpg");

pub struct Vendor {
    port: u16,
}

impl Vendor {
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("there is a free port");
        let port = listener.local_addr().expect("a bound socket has an address").port();
        let app = Router::new().route("/v1/chat/completions", post(chat)).route("/v1/images/generations", post(image));
        let app = app.route("/v1/models", get(models));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { port }
    }

    pub fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }
}

async fn chat(Json(request): Json<Value>) -> Response {
    let model = request["model"].clone();
    let usage = json!({ "prompt_tokens": 12, "completion_tokens": 40, "total_tokens": 52 });
    if request["stream"] != true {
        let message = json!({ "role": "assistant", "content": ANSWER });
        let choice = json!({ "index": 0, "message": message, "finish_reason": "stop" });
        return Json(json!({ "id": "chat-1", "model": model, "choices": [choice], "usage": usage })).into_response();
    }
    let chunk = move |delta: Value, finish: Value, usage: Value| {
        let choices =
            if usage.is_null() { json!([{ "index": 0, "delta": delta, "finish_reason": finish }]) } else { json!([]) };
        let chunk = json!({ "id": "chat-1", "object": "chat.completion.chunk", "model": model, "choices": choices, "usage": usage });
        Event::default().data(chunk.to_string())
    };
    let mut events = vec![chunk(json!({ "role": "assistant" }), Value::Null, Value::Null)];
    events.extend(ANSWER.split_inclusive(' ').map(|word| chunk(json!({ "content": word }), Value::Null, Value::Null)));
    events.push(chunk(json!({}), json!("stop"), Value::Null));
    events.push(chunk(Value::Null, Value::Null, usage));
    events.push(Event::default().data("[DONE]"));
    let paced = stream::iter(events).then(|event| async {
        tokio::time::sleep(PACE).await;
        Ok::<_, Infallible>(event)
    });
    Sse::new(paced).keep_alive(KeepAlive::default()).into_response()
}

async fn models() -> Json<Value> {
    Json(json!({ "object": "list", "data": [{ "id": MODEL, "object": "model" }] }))
}

async fn image(Json(request): Json<Value>) -> Json<Value> {
    let picture = json!({ "b64_json": STANDARD.encode(PICTURE) });
    let usage = json!({ "input_tokens": 10, "output_tokens": 100, "total_tokens": 110 });
    Json(json!({ "created": 0, "data": [picture], "size": request["size"], "output_format": "jpeg", "usage": usage }))
}
