//! Workflows whose models run on the server's machine: the real MiniLM, and a tiny chat model.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value as Json, json};
use shared::{
    api::Run,
    run::{NodeStatus, RunStatus},
    value::Value,
};

use super::gguf;
use crate::{
    runs::{create, ended, events, output, outputs_when, start},
    support::{Person, TestApp, on_each_database},
};

/// Real weights, which `cargo xtask test` brings.
fn minilm() -> PathBuf {
    let beside = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../target/test-models/minilm"));
    let folder = std::env::var_os("OPENFLOW_TEST_MINILM").map(PathBuf::from).unwrap_or_else(beside);
    assert!(folder.join("model.safetensors").is_file(), "no model: `cargo xtask test-models` brings it");
    folder
}

/// Puts both models into the folder of models, as an operator does.
pub fn provide(folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    std::os::unix::fs::symlink(minilm(), folder.join("minilm")).unwrap();
    gguf::write(&folder.join("tiny.gguf"));
}

/// Two texts as vectors, and an answer of the chat model.
pub fn both(first: &str, second: &str) -> Json {
    let embed = |text: &str| json!({"type": "text.embed", "params": {"text": text, "model": "minilm"}});
    let out = |name: &str| json!({"type": "output.value", "params": {"name": name}});
    let chat = json!({"prompt": "hello", "model": "tiny.gguf", "connection": "local", "max_tokens": 12, "seed": 7});
    json!({
        "openflow": 1,
        "nodes": {
            "a": embed(first), "b": embed(second), "ask": {"type": "text.chat", "params": chat},
            "out_a": out("a"), "out_b": out("b"),
            "out": {"type": "output.text", "params": {"name": "answer"}},
        },
        "edges": {
            "out_a:value": {"from": "a", "output": "embedding", "to": "out_a", "input": "value"},
            "out_b:value": {"from": "b", "output": "embedding", "to": "out_b", "input": "value"},
            "out:text": {"from": "ask", "output": "text", "to": "out", "input": "text"},
        },
    })
}

fn answer_of(params: &Json) -> Json {
    json!({
        "openflow": 1,
        "nodes": {
            "ask": {"type": "text.chat", "params": params},
            "out": {"type": "output.text", "params": {"name": "answer"}},
        },
        "edges": {"out:text": {"from": "ask", "output": "text", "to": "out", "input": "text"}},
    })
}

async fn run(person: &Person<'_>, graph: Json) -> Run {
    let workflow = create(person, graph).await;
    let run = start(person, workflow, json!({})).await;
    let run = ended(person, run.id).await;
    assert_eq!(run.status, RunStatus::Done, "{:?}", run.failures);
    run
}

/// Of vectors of length one.
fn likeness(run: &Run) -> f32 {
    let vector = |name: &str| match &run.outputs[name] {
        Value::Embedding(vector) => vector.clone(),
        other => panic!("{other:?} is no vector"),
    };
    let (a, b) = (vector("a"), vector("b"));
    assert_eq!((a.len(), b.len()), (384, 384));
    a.iter().zip(&b).map(|(a, b)| a * b).sum()
}

async fn ada(app: &TestApp) -> Person<'_> {
    provide(&app.data_dir().join("models"));
    app.user("ada").await
}

on_each_database! {
    async fn a_workflow_embeds_and_chats_without_any_key(app: TestApp) {
        let ada = ada(&app).await;
        let near = run(&ada, both("A quiet harbour at dawn.", "Boats lie in the port before sunrise.")).await;
        let far = run(&ada, both("A quiet harbour at dawn.", "The invoice is due within thirty days.")).await;
        let (near_likeness, far_likeness) = (likeness(&near), likeness(&far));
        assert!(near_likeness > far_likeness + 0.2, "{near_likeness} and {far_likeness}");
        // The seed brings the same answer back, in another run of another workflow.
        let Value::Text(answer) = &near.outputs["answer"] else { panic!("{near:?}") };
        assert!(!answer.is_empty());
        assert_eq!(near.outputs["answer"], far.outputs["answer"]);

        let listed = ada.get("/api/local-models").await.ok().json();
        let used = |name: &str| listed["models"].as_array().unwrap().iter().any(|model| {
            model["name"] == name && model["last_used_at"].is_string()
        });
        assert!(used("minilm") && used("tiny.gguf"), "{listed}");
    }

    async fn an_answer_streams_into_the_outputs_until_the_run_is_cancelled(app: TestApp) {
        let ada = ada(&app).await;
        let params = json!({"prompt": "hello", "model": "tiny.gguf", "connection": "local", "max_tokens": 4000});
        let workflow = create(&ada, answer_of(&params)).await;
        let started = start(&ada, workflow, json!({})).await;
        let seen = outputs_when(&app, workflow, |o| output(o, "ask").is_some_and(|ask| ask.text.len() > 20)).await;
        assert_eq!(output(&seen, "ask").unwrap().status, NodeStatus::Running);
        assert_eq!(ada.post(&format!("/api/runs/{}/cancel", started.id), json!({})).await.status, 202);
        let cancelled = ended(&ada, started.id).await;
        assert_eq!((cancelled.status, cancelled.outputs.len()), (RunStatus::Cancelled, 0));
        // The model computes no more: the next answer gets it at once.
        let short = json!({"prompt": "hello", "model": "tiny.gguf", "connection": "local", "max_tokens": 3});
        run(&ada, answer_of(&short)).await;
    }

    async fn an_answer_ends_where_it_is_told_to(app: TestApp) {
        let ada = ada(&app).await;
        let params = |extra: Json| {
            let mut params = json!({"prompt": "hello", "model": "tiny.gguf", "connection": "local", "temperature": 0});
            params.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
            answer_of(&params)
        };
        let whole = run(&ada, params(json!({"max_tokens": 24}))).await;
        let deltas = events(&ada, whole.id).await;
        let Value::Text(whole) = whole.outputs["answer"].clone() else { panic!("{whole:?}") };
        assert!(deltas.iter().any(|event| event["event"] == "node_finished"), "{deltas:?}");
        let (at, letter) = whole.char_indices().skip(2).find(|(at, letter)| !whole[..*at].contains(*letter)).unwrap();
        let stopped = run(&ada, params(json!({"max_tokens": 24, "stop": letter.to_string()}))).await;
        assert_eq!(stopped.outputs["answer"], Value::Text(whole[..at].to_owned()));
    }

    async fn a_model_that_cannot_be_used_is_refused_in_plain_words(app: TestApp) {
        let ada = ada(&app).await;
        for (model, said) in [
            ("/etc/passwd", "models cannot be named by path here: put them into the server's folder of models"),
            ("../minilm", "models cannot be named by path here: put them into the server's folder of models"),
            ("absent", "the model `absent` is not on this machine"),
            ("minilm", "`minilm` is a model for text embeddings, and this node needs one for chat"),
        ] {
            let params = json!({"prompt": "hello", "model": model, "connection": "local"});
            let workflow = create(&ada, answer_of(&params)).await;
            let run = start(&ada, workflow, json!({})).await;
            let run = ended(&ada, run.id).await;
            let failure = run.failures.values().next().expect("a failure");
            assert_eq!((failure.field.as_deref(), failure.message.as_str()), (Some("model"), said));
        }
    }
}

/// The shipped program, without a server: here a model may be a path.
#[test]
fn the_command_line_runs_local_models_too() {
    let folder = tempfile::tempdir().unwrap();
    provide(&folder.path().join("models"));
    let mut graph = both("A quiet harbour at dawn.", "Boats lie in the port before sunrise.");
    graph["nodes"]["ask"]["params"]["model"] = json!("./models/tiny.gguf");
    std::fs::write(folder.path().join("workflow.json"), graph.to_string()).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_openflow"));
    command.args(["run", "workflow.json", "--models-dir", "models", "--json"]).current_dir(folder.path());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Json = serde_json::from_slice(&output.stdout).unwrap();
    let answer = report["outputs"]["answer"]["value"].as_str().unwrap();
    assert!(!answer.is_empty(), "{report}");
}
