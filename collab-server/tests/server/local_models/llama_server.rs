//! A real server of one's own: llama.cpp with its OpenAI-compatible interface, from PyPI, reached by a key with a base URL
//! as every such server is. The model is the tiny one of `gguf`.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use serde_json::{Value as Json, json};
use shared::{
    api::{Endpoint, Run},
    run::{FailureCode, NodeStatus, RunStatus},
    value::Value,
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::{sleep, timeout},
};

use super::gguf;
use crate::{
    runs::{create, ended, id, output, outputs_when, start, vendor::with_private_network},
    support::{Answer, Person, on_each_database},
};

const SECRET: &str = "sk-desk-0123456789abcdef";
/// Room for an answer that takes minutes.
const CONTEXT: u32 = 131_072;
const ENDLESS: u32 = 120_000;

struct LlamaServer {
    address: String,
    /// Ends when this goes away.
    _process: Child,
}

/// The Python packages, which `cargo xtask test` brings.
fn packages() -> PathBuf {
    let beside = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../target/test-python"));
    let folder = std::env::var_os("OPENFLOW_TEST_PYTHON").map(PathBuf::from).unwrap_or_else(beside);
    assert!(folder.join("xllamacpp").is_dir(), "no llama.cpp: `cargo xtask test-models` brings it");
    folder
}

impl LlamaServer {
    async fn start(folder: &Path) -> Self {
        let model = folder.join("desk.gguf");
        gguf::write_with_end(&model, CONTEXT);
        let mut process = Command::new("python3")
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/py/llama_server.py"))
            .arg(model)
            .arg(SECRET)
            .env("PYTHONPATH", packages())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("python3 is installed");
        let mut lines = BufReader::new(process.stdout.take().expect("piped above")).lines();
        let line = timeout(Duration::from_secs(60), lines.next_line()).await.expect("llama.cpp starts");
        let address = line.expect("it prints text").expect("it prints its address");
        Self { address, _process: process }
    }

    /// Whether it computes an answer, by its own account.
    async fn is_busy(&self) -> bool {
        #[expect(clippy::disallowed_methods, reason = "the server is on this machine")]
        let request = reqwest::Client::new().get(format!("{}/slots", self.address)).bearer_auth(SECRET);
        let slots: Json = request.send().await.expect("an answer").json().await.expect("JSON");
        slots[0]["is_processing"].as_bool().unwrap_or_else(|| panic!("{slots}"))
    }

    async fn is_idle_soon(&self) {
        for _ in 0..600 {
            if !self.is_busy().await {
                return;
            }
            sleep(Duration::from_millis(50)).await;
        }
        panic!("llama.cpp still computes an answer that nobody waits for");
    }

    /// Makes it an endpoint of the person's workspace. With `check` the key is tried on the way.
    async fn add_to(&self, person: &Person<'_>, secret: &str, check: bool) -> Answer {
        let path = format!("/api/workspaces/{}/keys", person.workspace().await);
        let base_url = format!("{}/v1", self.address);
        let provider = "openai-compatible";
        let key = json!({
            "provider": provider, "name": "desk", "secret": secret, "base_url": base_url, "check": check,
        });
        person.post(&path, key).await
    }
}

/// Deterministic: the likeliest letter each time.
fn asked(prompt: &str, more: Json) -> Json {
    let mut params = json!({
        "prompt": prompt, "model": "desk.gguf", "connection": "openai-compatible:desk", "temperature": 0,
    });
    params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({
        "openflow": 1,
        "nodes": {
            "ask": {"type": "text.chat", "params": params},
            "out": {"type": "output.text", "params": {"name": "answer"}},
        },
        "edges": {"out:text": {"from": "ask", "output": "text", "to": "out", "input": "text"}},
    })
}

fn vectors(texts: [&str; 3]) -> Json {
    let (mut nodes, mut edges) = (json!({}), json!({}));
    for (at, text) in texts.into_iter().enumerate() {
        let (embed, out) = (format!("e{at}"), format!("out{at}"));
        let params = json!({"text": text, "model": "desk.gguf", "connection": "openai-compatible:desk"});
        edges[format!("{out}:value")] = json!({"from": embed, "output": "embedding", "to": out, "input": "value"});
        nodes[embed] = json!({"type": "text.embed", "params": params});
        nodes[out] = json!({"type": "output.value", "params": {"name": format!("v{at}")}});
    }
    json!({"openflow": 1, "nodes": nodes, "edges": edges})
}

async fn run(person: &Person<'_>, graph: Json) -> Run {
    let run = start(person, create(person, graph).await, json!({})).await;
    ended(person, run.id).await
}

async fn answer(person: &Person<'_>, graph: Json) -> String {
    let run = run(person, graph).await;
    match run.outputs.get("answer") {
        Some(Value::Text(text)) => text.clone(),
        _ => panic!("{run:?}"),
    }
}

on_each_database! {
    async fn a_real_llama_cpp_answers_and_makes_vectors(app: TestApp) {
        let app = with_private_network(app).await;
        let ada = app.user("ada").await;
        let server = LlamaServer::start(app.data_dir()).await;
        server.add_to(&ada, SECRET, true).await.ok();

        let path = format!("/api/workspaces/{}/endpoints", ada.workspace().await);
        let endpoints: Vec<Endpoint> = ada.get(&path).await.ok().read_as();
        let desk = endpoints.iter().find(|endpoint| endpoint.connection == "openai-compatible:desk").unwrap();
        assert!(desk.answers && desk.models.len() == 1 && desk.models[0].ends_with("desk.gguf"), "{desk:?}");

        let whole = answer(&ada, asked("hello", json!({"max_tokens": 24}))).await;
        assert_eq!(whole.trim().chars().filter(|letter| letter.is_ascii_lowercase()).count(), whole.trim().len(), "{whole}");
        assert!(whole.len() > 12, "{whole}");
        // Where a stop is, the answer ends, and the stop is no part of it.
        let (at, letter) = whole.char_indices().skip(2).find(|(at, letter)| !whole[..*at].contains(*letter)).unwrap();
        let stopped = answer(&ada, asked("hello", json!({"max_tokens": 24, "stop": letter.to_string()}))).await;
        assert_eq!(stopped, whole[..at]);

        let run = run(&ada, vectors(["a boat", "a boat", "an invoice"])).await;
        assert_eq!(run.status, RunStatus::Done, "{:?}", run.failures);
        let [first, again, other] = ["v0", "v1", "v2"].map(|name| match &run.outputs[name] {
            Value::Embedding(vector) => vector.clone(),
            value => panic!("{value:?} is no vector"),
        });
        assert_eq!((first.len(), other.len()), (64, 64));
        let likeness = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        assert!(likeness(&first, &again) > 0.999, "the same text");
        assert!(likeness(&first, &other) < 0.99, "another text");
    }

    async fn a_real_llama_cpp_streams_and_stops_computing_when_the_run_is_cancelled(app: TestApp) {
        let app = with_private_network(app).await;
        let ada = app.user("ada").await;
        let server = LlamaServer::start(app.data_dir()).await;
        server.add_to(&ada, SECRET, true).await.ok();

        let workflow = create(&ada, asked("hello", json!({"max_tokens": ENDLESS}))).await;
        let started = start(&ada, workflow, json!({})).await;
        let seen = outputs_when(&app, workflow, |o| output(o, "ask").is_some_and(|ask| ask.text.len() > 20)).await;
        assert_eq!(output(&seen, "ask").unwrap().status, NodeStatus::Running);
        assert!(server.is_busy().await, "the answer takes minutes");
        assert_eq!(ada.post(&format!("/api/runs/{}/cancel", started.id), json!({})).await.status, 202);
        let cancelled = ended(&ada, started.id).await;
        assert_eq!((cancelled.status, cancelled.outputs.len()), (RunStatus::Cancelled, 0));
        server.is_idle_soon().await;
        assert!(!answer(&ada, asked("hello", json!({"max_tokens": 6}))).await.is_empty());
    }

    async fn a_real_llama_cpp_that_refuses_a_key_says_so(app: TestApp) {
        let app = with_private_network(app).await;
        let ada = app.user("ada").await;
        let server = LlamaServer::start(app.data_dir()).await;
        let (other, refused) = ("sk-another-0123456789abcdef", "400 bad_request: `secret`: the provider refused it");
        let answer = server.add_to(&ada, other, true).await;
        assert!(answer.refusal().starts_with(refused), "{}", answer.text());
        server.add_to(&ada, other, false).await.ok();
        let run = run(&ada, asked("hello", json!({"max_tokens": 6}))).await;
        let failure = &run.failures[&id("ask")];
        assert_eq!((run.status, failure.code), (RunStatus::Failed, FailureCode::Auth), "{failure:?}");
        assert!(!format!("{run:?}").contains("another-0123"), "{run:?}");
    }
}
