//! `runs`: from the button to the result on everybody's canvas.

pub mod approvals;
mod cache;
mod capture;
mod growth;
mod join;
pub mod linked;
mod queue;
mod recover;
mod seeds;
mod start;
pub mod vendor;
mod watch;

use std::time::Duration;

use serde_json::{Value, json};
use shared::{
    api::{Run, Workflow},
    id::{NodeId, RunId, WorkflowId},
    outputs::{NodeOutput, Outputs},
};

use crate::support::{Person, TestApp};

pub fn id(text: &str) -> NodeId {
    text.parse().unwrap()
}

/// `hello` and `who`, joined, are the output `greeting`.
pub fn greeting() -> Value {
    json!({
        "openflow": 1,
        "nodes": {
            "hello": {"type": "text.input", "params": {"name": "hello", "value": "Hello"}},
            "who": {"type": "text.input", "params": {"name": "who", "value": "world"}},
            "join": {"type": "text.join", "params": {"separator": " "}},
            "out": {"type": "output.text", "params": {"name": "greeting"}},
        },
        "edges": {
            "join:texts:a": {"from": "hello", "output": "text", "to": "join", "input": "texts"},
            "join:texts:b": {"from": "who", "output": "text", "to": "join", "input": "texts"},
            "out:text": {"from": "join", "output": "text", "to": "out", "input": "text"},
        },
    })
}

/// One question to the vendor of `vendor.rs`, whose answer is the output `answer`.
pub fn question(prompt: &str) -> Value {
    json!({
        "openflow": 1,
        "nodes": {
            "ask": {"type": "text.chat", "params": {"prompt": prompt, "model": "test-model"}},
            "out": {"type": "output.text", "params": {"name": "answer"}},
        },
        "edges": {"out:text": {"from": "ask", "output": "text", "to": "out", "input": "text"}},
    })
}

pub async fn create(person: &Person<'_>, graph: Value) -> WorkflowId {
    let answer = person.post("/api/workflows", json!({"title": "To run", "graph": graph})).await.ok();
    answer.read_as::<Workflow>().id
}

pub async fn start(person: &Person<'_>, workflow: WorkflowId, body: Value) -> Run {
    let answer = person.post(&format!("/api/workflows/{workflow}/runs"), body).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.read_as()
}

/// Waits until the run has ended.
pub async fn ended(person: &Person<'_>, run: RunId) -> Run {
    for _ in 0..1200 {
        let run: Run = person.get(&format!("/api/runs/{run}")).await.ok().read_as();
        if run.status.is_final() {
            return run;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("the run did not end");
}

/// Waits until the outputs document says so.
pub async fn outputs_when(app: &TestApp, workflow: WorkflowId, ready: impl Fn(&Outputs) -> bool) -> Outputs {
    for _ in 0..3000 {
        let outputs = app.state.rooms.outputs(workflow).await.unwrap();
        if ready(&outputs) {
            return outputs;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the outputs did not come");
}

pub fn output<'o>(outputs: &'o Outputs, node: &str) -> Option<&'o NodeOutput> {
    outputs.nodes.get(&id(node))
}

/// The events of a run, until it has ended.
pub async fn events(person: &Person<'_>, run: RunId) -> Vec<Value> {
    let answer = person.get(&format!("/api/runs/{run}/events")).await.ok();
    assert_eq!(answer.header("content-type"), "text/event-stream");
    read_events(answer.text())
}

pub fn read_events(stream: &str) -> Vec<Value> {
    let data = stream.lines().filter_map(|line| line.strip_prefix("data: "));
    data.map(|json| serde_json::from_str(json).unwrap()).collect()
}

/// The event stream of a run under way, over a real socket: `then` is called when its first text arrived.
pub async fn watch(app: &TestApp, person: &Person<'_>, run: RunId, last: Option<&str>, then: impl FnOnce()) -> String {
    let url = format!("http://{}/api/runs/{run}/events", app.listen().await);
    let mut request = reqwest::Client::builder().build().unwrap().get(url).bearer_auth(person.token());
    if let Some(last) = last {
        request = request.header("last-event-id", last);
    }
    let mut response = request.send().await.unwrap().error_for_status().unwrap();
    let (mut stream, mut then) = (Vec::new(), Some(then));
    while let Some(bytes) = response.chunk().await.unwrap() {
        stream.extend_from_slice(&bytes);
        if String::from_utf8_lossy(&stream).contains("event: text_delta")
            && let Some(then) = then.take()
        {
            then();
        }
    }
    String::from_utf8(stream).unwrap()
}

/// The names of events, with the nodes they are about.
pub fn names(events: &[Value]) -> Vec<String> {
    let name = |event: &Value| {
        let node = event.get("node").map(|node| format!(" {}", node.as_str().unwrap())).unwrap_or_default();
        format!("{}{node}", event["event"].as_str().unwrap())
    };
    events.iter().map(name).collect()
}
