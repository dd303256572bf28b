//! A server that plays a model with tools, in three languages. What it does, the model's name says.

use std::sync::{Arc, Mutex};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::{Value, json};

pub const SECRET: &str = "sk-agent-0123456789abcdef";

/// The languages, and the providers that speak them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Language {
    OpenAi,
    Anthropic,
    Google,
}

pub const LANGUAGES: [Language; 3] = [Language::OpenAi, Language::Anthropic, Language::Google];

impl Language {
    pub fn provider(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
            Self::Google => "google",
        }
    }
}

/// What the model says next.
#[derive(Default)]
struct Said {
    text: String,
    calls: Vec<(&'static str, String)>,
}

#[derive(Clone)]
pub struct Model {
    language: Language,
    bodies: Arc<Mutex<Vec<Value>>>,
    base_url: String,
}

impl Model {
    pub async fn start(language: Language) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let model = Self { language, bodies: Arc::default(), base_url };
        let router = Router::new()
            .route("/chat/completions", post(answer))
            .route("/v1/messages", post(answer))
            .route("/models/{model}", post(answer_named))
            .with_state(model.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        model
    }

    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// All questions so far.
    pub fn asked(&self) -> Vec<Value> {
        self.bodies.lock().unwrap().clone()
    }

    /// What the question says of the tools: results by turn, with whether each failed as far as the language says so.
    pub fn results(&self, body: &Value) -> Vec<Vec<String>> {
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        match self.language {
            Language::OpenAi => {
                let mut turns: Vec<Vec<String>> = Vec::new();
                for message in list(&body["messages"]) {
                    match message["role"].as_str() {
                        Some("assistant") => {
                            assert!(message["tool_calls"].as_array().is_some_and(|calls| !calls.is_empty()));
                            turns.push(Vec::new());
                        }
                        Some("tool") => {
                            let id = message["tool_call_id"].as_str().unwrap();
                            assert!(id.starts_with("id-"), "{message}");
                            turns.last_mut().unwrap().push(message["content"].as_str().unwrap().to_owned());
                        }
                        _ => {}
                    }
                }
                turns
            }
            Language::Anthropic => {
                let messages = list(&body["messages"]);
                let turn = |pair: &[Value]| {
                    let said = &pair[0]["content"];
                    assert_eq!(said[0], json!({"type": "thinking", "thinking": "Hm, hm.", "signature": "signed"}));
                    let results = list(&pair[1]["content"]);
                    results.iter().map(|result| result["content"].as_str().unwrap().to_owned()).collect()
                };
                messages[1..].chunks(2).map(turn).collect()
            }
            Language::Google => {
                let contents = list(&body["contents"]);
                let turn = |pair: &[Value]| {
                    assert_eq!(pair[0]["parts"][0]["thoughtSignature"], "signed", "{}", pair[0]);
                    let result = |part: &Value| {
                        let response = &part["functionResponse"]["response"];
                        let text = response["result"].as_str().or(response["error"].as_str());
                        text.unwrap_or_else(|| panic!("{part}")).to_owned()
                    };
                    list(&pair[1]["parts"]).iter().map(result).collect()
                };
                contents[1..].chunks(2).map(turn).collect()
            }
        }
    }

    fn must_answer(&self, body: &Value) -> bool {
        match self.language {
            Language::OpenAi => body["tool_choice"] == "none",
            Language::Anthropic => body["tool_choice"]["type"] == "none",
            Language::Google => body["toolConfig"]["functionCallingConfig"]["mode"] == "NONE",
        }
    }
}

fn call(tool: &'static str, arguments: Value) -> (&'static str, String) {
    (tool, arguments.to_string())
}

/// What a model of this name says after these results.
fn say(model: &str, results: &[Vec<String>], must_answer: bool) -> Said {
    let done = |text: String| Said { text, ..Said::default() };
    let calls = |calls: Vec<_>| Said { text: String::new(), calls };
    match (model, results) {
        ("turns", []) => Said {
            text: "Let me see.".into(),
            calls: vec![call("text_case", json!({"text": "a harbour", "case": "upper"}))],
        },
        ("turns", [first]) => calls(vec![call("louder", json!({"text": first[0]}))]),
        ("turns", [_, second]) => done(format!("It is {}", second[0])),
        ("parallel", []) => calls(vec![call("test_meet", json!({})), call("test_meet", json!({}))]),
        ("parallel", [both]) => done(both.join(" and ")),
        ("wrong", []) => calls(vec![
            ("text_case", "{\"text\": ".to_owned()),
            ("text_case", "[1]".to_owned()),
            call("format_disk", json!({"disk": "c"})),
            call("text_case", json!({"words": "hello"})),
            call("text_case", json!({"text": "hello", "case": "sideways"})),
            call("text_case", json!({})),
            call("test_fail", json!({})),
            call("test_fail", json!({"panic": true})),
            call("text_case", json!({"text": "hello", "case": "upper"})),
        ]),
        ("wrong", [all]) => done(all.join("\n")),
        ("endless", all) if must_answer => done(format!("enough after {}", all.len())),
        ("endless" | "stubborn", _) => calls(vec![call("text_case", json!({"text": "again"}))]),
        ("painter", []) => calls(vec![call("test_picture", json!({}))]),
        ("painter", [first]) => {
            assert!(first[0].starts_with("image-1 (image/png"), "{first:?}");
            let thief = "0".repeat(64);
            calls(vec![
                call("image_grayscale", json!({"image": "image-1"})),
                call("image_grayscale", json!({"image": thief})),
                call("image_grayscale", json!({"image": {"blob": thief, "mime": "image/png", "size_bytes": 1}})),
            ])
        }
        ("painter", [_, second]) => done(second.join("\n")),
        ("cut-off", []) => calls(vec![call("text_case", json!({})), call("wait", json!({}))]),
        ("cut-off", [all]) => done(all.join(" ")),
        ("slow", []) => calls(vec![call("text_case", json!({"text": "first"})), call("wait", json!({}))]),
        ("silent", _) => done("without any tool".to_owned()),
        other => panic!("the fixture has no script for {other:?}"),
    }
}

async fn answer(State(model): State<Model>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let name = body["model"].as_str().unwrap_or_default().to_owned();
    respond(&model, &name, &headers, body)
}

async fn answer_named(
    State(model): State<Model>,
    Path(name): Path<String>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    let name = name.trim_end_matches(":streamGenerateContent").to_owned();
    respond(&model, &name, &headers, body)
}

fn respond(model: &Model, name: &str, headers: &HeaderMap, body: Value) -> Response {
    assert!(!body.to_string().contains(SECRET), "the key is no part of what is said");
    assert!(headers.values().any(|value| value.to_str().is_ok_and(|value| value.contains(SECRET))));
    model.bodies.lock().unwrap().push(body.clone());
    if name == "down" {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let said = say(name, &model.results(&body), model.must_answer(&body));
    let events = match model.language {
        Language::OpenAi => openai(&said),
        Language::Anthropic => anthropic(&said),
        Language::Google => google(&said),
    };
    let text: String = events.iter().map(|event| format!("data: {event}\n\n")).collect();
    ([(header::CONTENT_TYPE, "text/event-stream")], text).into_response()
}

/// Arguments come in pieces, and the pieces of several calls one after the other.
fn pieces(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    chars.chunks(5).map(|piece| piece.iter().collect()).collect()
}

fn openai(said: &Said) -> Vec<Value> {
    let chunk = |delta: Value, reason: Value| json!({"choices": [{"delta": delta, "finish_reason": reason}]});
    let mut events = vec![chunk(json!({"role": "assistant", "content": said.text}), Value::Null)];
    for (at, (name, arguments)) in said.calls.iter().enumerate() {
        let first = json!({"index": at, "id": format!("id-{at}"), "type": "function", "function": {"name": name, "arguments": ""}});
        events.push(chunk(json!({"tool_calls": [first]}), Value::Null));
        for piece in pieces(arguments) {
            let piece = json!({"index": at, "function": {"arguments": piece}});
            events.push(chunk(json!({"tool_calls": [piece]}), Value::Null));
        }
    }
    let reason = if said.calls.is_empty() { "stop" } else { "tool_calls" };
    events.push(chunk(json!({}), json!(reason)));
    events.push(json!({"choices": [], "usage": {"prompt_tokens": 10, "completion_tokens": 5, "cost": 0.25}}));
    events
}

fn anthropic(said: &Said) -> Vec<Value> {
    let mut events =
        vec![json!({"type": "message_start", "message": {"model": "claude", "usage": {"input_tokens": 10}}})];
    let mut blocks = 0;
    let mut block = |start: Value, deltas: Vec<Value>| {
        events.push(json!({"type": "content_block_start", "index": blocks, "content_block": start}));
        events.extend(
            deltas.into_iter().map(|delta| json!({"type": "content_block_delta", "index": blocks, "delta": delta})),
        );
        events.push(json!({"type": "content_block_stop", "index": blocks}));
        blocks += 1;
    };
    let thought = ["Hm, ", "hm."].map(|piece| json!({"type": "thinking_delta", "thinking": piece}));
    let mut thought = thought.to_vec();
    thought.push(json!({"type": "signature_delta", "signature": "signed"}));
    block(json!({"type": "thinking", "thinking": "", "signature": ""}), thought);
    block(json!({"type": "text", "text": ""}), vec![json!({"type": "text_delta", "text": said.text})]);
    for (at, (name, arguments)) in said.calls.iter().enumerate() {
        let deltas =
            pieces(arguments).into_iter().map(|piece| json!({"type": "input_json_delta", "partial_json": piece}));
        block(json!({"type": "tool_use", "id": format!("id-{at}"), "name": name, "input": {}}), deltas.collect());
    }
    let reason = if said.calls.is_empty() { "end_turn" } else { "tool_use" };
    events.push(json!({"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 5}}));
    events
}

fn google(said: &Said) -> Vec<Value> {
    let part = |part: Value, reason: Value| json!({"candidates": [{"content": {"role": "model", "parts": [part]}, "finishReason": reason}]});
    let mut events = vec![part(json!({"text": said.text, "thoughtSignature": "signed"}), Value::Null)];
    for (name, arguments) in &said.calls {
        // Here, arguments are data: what is no JSON cannot be said.
        let args: Value = serde_json::from_str(arguments).unwrap_or(json!("nonsense"));
        events.push(part(json!({"functionCall": {"name": name, "args": args}}), Value::Null));
    }
    events.push(part(json!({"text": ""}), json!("STOP")));
    events
}
