//! Models as nodes, against a server that behaves and misbehaves like the real ones.

use std::{sync::Arc, time::Duration};

use engine::{
    EventLog, FixedKeys, ProviderKey, RunReport, Secret,
    generation::{GenerationLog, GenerationRecord, Outcome},
};
use serde_json::{Value as Json, json};
use shared::{
    run::{FailureCode, NodeFailure, RunEvent, RunStatus},
    value::Value,
};

use crate::{
    fixture::{engine, lines, request},
    graph::{graph, id},
    vendor::{Request, SECRET, Vendor},
};

/// One node's run against the fixture, and everything that was said about it.
struct Told {
    report: RunReport,
    events: Vec<RunEvent>,
    records: Vec<GenerationRecord>,
    requests: Vec<Request>,
}

impl Told {
    fn failure(&self) -> &NodeFailure {
        &self.report.failures[&id("a")]
    }
}

async fn run_node(node_type: &str, params: Json) -> Told {
    let vendor = Vendor::default();
    let key = ProviderKey {
        secret: Secret::new(SECRET),
        base_url: Some(vendor.start().await),
        allow_private: true,
        payer: None,
    };
    let mut request = request(graph(&format!("a:{node_type}{params}\n a -> out:test.output")));
    request.keys = Arc::new(FixedKeys::none().with("openai", key));
    let records = Arc::new(GenerationLog::default());
    request.generations = records.clone();
    let log = Arc::new(EventLog::default());
    let slow = params["model"] == "slow";
    let cancel = async {
        if slow {
            while vendor.seen().is_empty() || (node_type == "text.chat" && !lines(&log.events()).contains("tick")) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            request.cancel.cancel();
        }
    };
    let engine = engine();
    let (report, ()) = tokio::join!(engine.run(&request, log.clone()), cancel);
    let told =
        Told { report: report.unwrap(), events: log.events(), records: records.records(), requests: vendor.seen() };
    let everything = format!(
        "{:?}{}{}",
        told.report,
        serde_json::to_string(&told.events).unwrap(),
        serde_json::to_string(&told.records).unwrap()
    );
    assert!(!everything.contains(SECRET) && !everything.contains("sk-p***"), "the key got out: {everything}");
    told
}

async fn chat(model: &str) -> Told {
    run_node("text.chat", json!({"prompt": "Say hello", "model": model})).await
}

#[tokio::test]
async fn an_answer_streams_and_is_recorded() {
    let params =
        json!({"prompt": "Say hello", "system": "Be kind", "model": "well", "temperature": 0.5, "max_tokens": 50});
    let told = run_node("text.chat", params).await;
    assert_eq!((told.report.status, &told.report.outputs["result"]), (RunStatus::Done, &Value::Text("Grüße!".into())));
    assert!(lines(&told.events).contains("a.text += Grü\na.text += ße\na.text += !\n"), "{}", lines(&told.events));

    let (body, authorization) = &told.requests[0];
    assert_eq!(authorization.as_deref(), Some(&*format!("Bearer {SECRET}")));
    assert_eq!(
        *body,
        json!({
            "model": "well", "stream": true, "stream_options": {"include_usage": true},
            "messages": [{"role": "system", "content": "Be kind"}, {"role": "user", "content": "Say hello"}],
            "temperature": 0.5, "max_tokens": 50,
        })
    );

    let [record] = told.records.as_slice() else { panic!("{} records", told.records.len()) };
    let record = serde_json::to_value(record).unwrap();
    assert_eq!(
        record["input"],
        json!({"prompt": "Say hello", "system": "Be kind", "temperature": 0.5, "max_tokens": 50})
    );
    assert_eq!((&record["provider"], &record["model"]), (&json!("openai"), &json!("answering-model-7")));
    assert_eq!((&record["type"], &record["outcome"], &record["node_id"]), (&json!("text"), &json!("ok"), &json!("a")));
    assert_eq!(record["output"], json!({"text": "Grüße!"}));
    assert_eq!((&record["metrics"]["input_tokens"], &record["metrics"]["output_tokens"]), (&json!(11), &json!(4)));
    assert_eq!(record["metrics"].get("cost_usd"), None, "the price at a foreign server is unknown");
    assert!(record["id"].as_str().unwrap().starts_with("gen_") && record["timestamp"].as_str().unwrap().ends_with('Z'));
}

#[tokio::test]
async fn servers_that_do_not_stream_or_forget_the_end_mark_are_understood() {
    for (model, text) in [("whole", "all at once"), ("no-end-mark", "fine")] {
        let told = chat(model).await;
        assert_eq!(told.report.outputs["result"], Value::Text(text.into()), "{model}");
    }
}

#[tokio::test]
async fn every_failure_has_its_kind_and_is_recorded() {
    use FailureCode::*;
    for (model, code, field, requests, outcome) in [
        ("broken-off", ProviderDown, None, 1, Outcome::Failed),
        ("error-within", ProviderDown, None, 1, Outcome::Failed),
        ("nonsense", ProviderDown, None, 1, Outcome::Failed),
        ("page", ProviderDown, None, 1, Outcome::Failed),
        ("filtered", Filtered, Some("prompt"), 1, Outcome::Filtered),
        ("refusing", Filtered, Some("prompt"), 1, Outcome::Filtered),
        ("policy", Filtered, Some("prompt"), 1, Outcome::Filtered),
        ("thinking", InvalidInput, Some("max_tokens"), 1, Outcome::Failed),
        ("bad-key", Auth, Some("connection"), 1, Outcome::Failed),
        ("gone", InvalidInput, Some("model"), 1, Outcome::Failed),
        ("busy-long", RateLimited, None, 1, Outcome::Failed),
        ("poor", Quota, Some("connection"), 1, Outcome::Failed),
        ("final", ProviderDown, None, 1, Outcome::Failed),
        ("down", ProviderDown, None, 3, Outcome::Failed),
    ] {
        let told = chat(model).await;
        let failure = told.failure();
        assert_eq!((failure.code, failure.field.as_deref()), (code, field), "{model}: {failure:?}");
        assert_eq!(told.requests.len(), requests, "{model}");
        let [record] = told.records.as_slice() else { panic!("{model}: {} records", told.records.len()) };
        assert_eq!(
            (record.generation.outcome, record.generation.error.as_ref().unwrap().code),
            (outcome, code),
            "{model}"
        );
        assert_eq!(record.generation.metrics.retries as usize, requests - 1, "{model}");
    }
}

#[tokio::test]
async fn a_busy_server_is_asked_again() {
    for (model, retries) in [("busy-once", 1), ("down-twice", 2)] {
        let told = chat(model).await;
        assert_eq!(told.report.outputs["result"], Value::Text("at last".into()), "{model}");
        assert_eq!(told.records[0].generation.metrics.retries, retries, "{model}");
        assert_eq!(told.requests.len(), 1 + retries as usize, "{model}");
    }
}

#[tokio::test]
async fn a_cancelled_call_is_dropped_and_recorded() {
    for node_type in ["text.chat", "image.generate"] {
        let told = run_node(node_type, json!({"prompt": "Count", "model": "slow"})).await;
        assert_eq!(told.report.status, RunStatus::Cancelled, "{node_type}");
        assert_eq!(told.records[0].generation.outcome, Outcome::Cancelled, "{node_type}");
    }
}

#[tokio::test]
async fn a_generated_picture_is_a_blob() {
    let params = json!({"prompt": "A boat", "model": "well", "size": "1024x1024", "quality": "low", "take": 5});
    let told = run_node("image.generate", params).await;
    let Value::Image(media) = &told.report.outputs["result"] else { panic!("{:?}", told.report) };
    assert_eq!((media.mime.as_str(), media.width, media.height), ("image/png", Some(32), Some(16)));
    let (body, _) = &told.requests[0];
    assert_eq!(*body, json!({"model": "well", "prompt": "A boat", "size": "1024x1024", "quality": "low"}));
    let record = serde_json::to_value(&told.records[0]).unwrap();
    assert_eq!(record["output"]["blob"], json!(media.blob.as_str()));
    assert_eq!((&record["type"], &record["metrics"]["output_tokens"]), (&json!("image"), &json!(200)));
}

#[tokio::test]
async fn an_answer_without_a_picture_is_a_failure() {
    for (model, code) in
        [("text", FailureCode::ProviderDown), ("nothing", FailureCode::ProviderDown), ("policy", FailureCode::Filtered)]
    {
        let told = run_node("image.generate", json!({"prompt": "A boat", "model": model})).await;
        assert_eq!((told.failure().code, told.records.len()), (code, 1), "{model}");
    }
}

#[tokio::test]
async fn without_a_key_the_failure_asks_for_one() {
    let engine = engine();
    let request = request(graph("a:text.chat{\"prompt\":\"Hello\"}"));
    let report = engine.run(&request, Arc::new(EventLog::default())).await.unwrap();
    let failure = &report.failures[&id("a")];
    assert_eq!((failure.code, failure.field.as_deref()), (FailureCode::MissingKey, Some("connection")));
}

#[tokio::test]
async fn a_key_reaches_the_private_network_only_where_an_administrator_said_so() {
    let vendor = Vendor::default();
    let key = ProviderKey {
        secret: Secret::new(SECRET),
        base_url: Some(vendor.start().await),
        allow_private: false,
        payer: None,
    };
    let mut request = request(graph("a:text.chat{\"prompt\":\"Hello\",\"model\":\"well\"}"));
    request.keys = Arc::new(FixedKeys::none().with("openai", key));
    let report = engine().run(&request, Arc::new(EventLog::default())).await.unwrap();
    assert!(report.failures[&id("a")].message.contains("not on the public internet"));
    assert!(vendor.seen().is_empty());
}

#[tokio::test]
async fn a_server_that_is_not_running_is_named() {
    let key = ProviderKey {
        secret: Secret::new(""),
        base_url: Some("http://127.0.0.1:9/v1".into()),
        allow_private: true,
        payer: None,
    };
    let mut request = request(graph("a:text.chat{\"prompt\":\"Hello\",\"connection\":\"ollama\"}"));
    request.keys = Arc::new(FixedKeys::none().with("ollama", key));
    let report = engine().run(&request, Arc::new(EventLog::default())).await.unwrap();
    let failure = &report.failures[&id("a")];
    assert_eq!(failure.code, FailureCode::ProviderDown);
    assert_eq!(failure.message, "`127.0.0.1` does not answer: is it running, at this address?");
}
