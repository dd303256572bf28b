//! A server that speaks OpenAI's language and does what the model's name says.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use futures_util::stream;
use serde_json::{Value, json};

pub const SECRET: &str = "sk-proj-0123456789abcdef";

/// A body, and its `Authorization` header.
pub type Request = (Value, Option<String>);

#[derive(Clone, Default)]
pub struct Vendor {
    seen: Arc<Mutex<Vec<Request>>>,
    tries: Arc<Mutex<HashMap<String, usize>>>,
}

impl Vendor {
    /// Starts the server; its base URL comes back.
    pub async fn start(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}/v1/", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/v1/chat/completions", post(chat))
            .route("/v1/images/generations", post(picture))
            .with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        base_url
    }

    /// All requests so far.
    pub fn seen(&self) -> Vec<Request> {
        self.seen.lock().unwrap().clone()
    }

    /// Notes a request; how many of this model came before is the answer.
    fn note(&self, headers: &HeaderMap, body: &Value) -> (String, usize) {
        let authorization = headers.get(header::AUTHORIZATION).map(|value| value.to_str().unwrap().to_owned());
        self.seen.lock().unwrap().push((body.clone(), authorization));
        let model = body["model"].as_str().unwrap().to_owned();
        let mut tries = self.tries.lock().unwrap();
        let tries = tries.entry(model.clone()).or_default();
        *tries += 1;
        (model, *tries - 1)
    }
}

fn error(status: u16, headers: &[(&'static str, &str)], code: &str, message: &str) -> Response {
    let body = Json(json!({"error": {"message": message, "type": "some_error", "param": null, "code": code}}));
    let mut response = (StatusCode::from_u16(status).unwrap(), body).into_response();
    for (name, value) in headers {
        response.headers_mut().insert(*name, value.parse().unwrap());
    }
    response
}

fn chunk(choices: Value) -> String {
    format!(
        "data: {}\n\n",
        json!({"object": "chat.completion.chunk", "model": "answering-model-7", "choices": choices})
    )
}

fn delta(text: &str) -> String {
    chunk(json!([{"index": 0, "delta": {"content": text}, "finish_reason": null}]))
}

fn finish(reason: &str) -> String {
    chunk(json!([{"index": 0, "delta": {}, "finish_reason": reason}]))
}

/// Sends the parts one by one, cut where no event ends: a reader must put them together again.
fn streamed(parts: Vec<String>) -> Response {
    let bytes = parts.concat().into_bytes();
    let pieces: Vec<Bytes> = bytes.chunks(7).map(Bytes::copy_from_slice).collect();
    let body = stream::iter(pieces.into_iter().map(Ok::<_, std::io::Error>));
    ([(header::CONTENT_TYPE, "text/event-stream")], Body::from_stream(body)).into_response()
}

async fn chat(State(vendor): State<Vendor>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let (model, tries) = vendor.note(&headers, &body);
    let usage = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":4}}\n\n".to_owned();
    let role = chunk(json!([{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": null}]));
    let done = "data: [DONE]\n\n".to_owned();
    match model.as_str() {
        "well" => {
            let keep_alive = ": still here\n\n".to_owned();
            streamed(vec![role, delta("Grü"), keep_alive, delta("ße"), delta("!"), finish("stop"), usage, done])
        }
        "whole" => Json(json!({
            "model": "whole-model",
            "choices": [{"index": 0, "message": {"role": "assistant", "content": "all at once"}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 2},
        }))
        .into_response(),
        "no-end-mark" => streamed(vec![delta("fine"), finish("stop")]),
        "broken-off" => streamed(vec![delta("half a sen")]),
        "error-within" => {
            let error = json!({"error": {"message": "server fell over", "type": "server_error", "code": null}});
            streamed(vec![delta("half"), format!("data: {error}\n\n")])
        }
        "nonsense" => streamed(vec!["data: {not json\n\n".into(), done]),
        "page" => ([(header::CONTENT_TYPE, "application/json")], "<html>hello</html>").into_response(),
        "filtered" => streamed(vec![delta("I was ab"), finish("content_filter"), done]),
        "refusing" => streamed(vec![chunk(json!([{"delta": {"refusal": "I will not"}}])), finish("stop"), done]),
        "thinking" => streamed(vec![finish("length"), done]),
        "policy" => error(400, &[], "content_policy_violation", "not that"),
        "bad-key" => error(401, &[], "invalid_api_key", &format!("Incorrect API key provided: {SECRET}. See sk-p***cdef")),
        "gone" => error(404, &[], "model_not_found", "The model `gone` does not exist"),
        "busy-once" if tries == 0 => error(429, &[("retry-after-ms", "20")], "rate_limit_exceeded", "slow down"),
        "busy-once" | "down-twice" if tries > 1 || model == "busy-once" => streamed(vec![delta("at last"), finish("stop"), done]),
        "down-twice" => error(503, &[("retry-after-ms", "1")], "overloaded", "overloaded"),
        "busy-long" => error(429, &[("retry-after", "4000")], "rate_limit_exceeded", "slow down"),
        "down" => error(500, &[("retry-after-ms", "1")], "server_error", "boom"),
        "final" => error(500, &[("x-should-retry", "false")], "server_error", "boom"),
        "poor" => error(429, &[("retry-after-ms", "1")], "insufficient_quota", "You exceeded your current quota"),
        "slow" => {
            let first = stream::iter([Ok::<_, std::io::Error>(Bytes::from(delta("tick")))]);
            let rest = stream::pending();
            let body = Body::from_stream(futures_util::StreamExt::chain(first, rest));
            ([(header::CONTENT_TYPE, "text/event-stream")], body).into_response()
        }
        other => panic!("the fixture knows no model `{other}`"),
    }
}

async fn picture(State(vendor): State<Vendor>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let (model, _) = vendor.note(&headers, &body);
    let mut png = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_pixel(32, 16, image::Rgb([9, 9, 200])).write_to(&mut png, image::ImageFormat::Png).unwrap();
    match model.as_str() {
        "well" => Json(json!({
            "created": 1, "data": [{"b64_json": BASE64.encode(png.into_inner())}], "size": "1024x1024",
            "usage": {"input_tokens": 10, "output_tokens": 200, "input_tokens_details": {"text_tokens": 10, "image_tokens": 0}},
        }))
        .into_response(),
        "text" => Json(json!({"data": [{"b64_json": BASE64.encode("not a picture")}]})).into_response(),
        "nothing" => Json(json!({"data": []})).into_response(),
        "policy" => error(400, &[], "moderation_blocked", "not that"),
        "slow" => {
            tokio::time::sleep(Duration::from_secs(60)).await;
            StatusCode::OK.into_response()
        }
        other => panic!("the fixture knows no model `{other}`"),
    }
}
