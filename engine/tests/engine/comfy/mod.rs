//! Workflows of ComfyUI, against a server that answers as ComfyUI's own does.

mod server;

use std::{sync::Arc, time::Duration};

use engine::{
    EventLog, FixedKeys, ProviderKey, RunReport, RunRequest, Secret, StepId, VendorJob,
    generation::{GenerationLog, Outcome},
};
use serde_json::{Value, json};
use shared::{
    graph::{Edge, EdgeId, Graph, Node},
    run::{FailureCode, NodeFailure, RunEvent, RunStatus},
    value::Value as Made,
};

use self::server::{Comfy, Way};
use crate::{
    checkpoint::Kept,
    fixture::{engine, request},
    graph::id,
};

fn workflow() -> Value {
    json!({
        "1": {"class_type": "LoadImage", "inputs": {"image": "example.png"}, "_meta": {"title": "Picture"}},
        "2": {"class_type": "KSampler", "inputs": {"seed": 5, "steps": 20, "image": ["1", 0], "positive": ["6", 0]}},
        "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a boat"}, "_meta": {"title": "Positive"}},
        "9": {"class_type": "SaveImage", "inputs": {"images": ["2", 0]}, "_meta": {"title": "Result"}},
    })
}

fn graph(params: Value) -> Graph {
    let mut graph = Graph::default();
    let mut node = Node::new("comfyui.workflow");
    node.params = serde_json::from_value(params).unwrap();
    graph.nodes.insert(id("a"), node);
    graph.nodes.insert(id("pic"), Node::new("test.picture"));
    let mut words = Node::new("text.input");
    words.params.insert("value".into(), json!("a ship"));
    graph.nodes.insert(id("words"), words);
    graph.nodes.insert(id("out"), Node::new("test.output"));
    for (from, output, to, input) in
        [("pic", "image", "a", "picture"), ("words", "text", "a", "positive"), ("a", "result", "out", "value")]
    {
        let edge = Edge { from: id(from), output: output.into(), to: id(to), input: input.into() };
        graph.edges.insert(EdgeId::single(&id(to), input), edge);
    }
    graph
}

fn attempt(base_url: &str) -> (RunRequest, Arc<GenerationLog>) {
    let mut request = request(graph(json!({"workflow": workflow(), "seed": 77})));
    let key =
        ProviderKey { secret: Secret::new(""), base_url: Some(base_url.to_owned()), allow_private: true, payer: None };
    request.keys = Arc::new(FixedKeys::none().with("comfyui", key));
    let records = Arc::new(GenerationLog::default());
    request.generations = records.clone();
    (request, records)
}

async fn play(request: &RunRequest) -> RunReport {
    engine().run(request, Arc::new(EventLog::default())).await.unwrap()
}

fn failure(report: &RunReport) -> &NodeFailure {
    report.failures.get(&id("a")).unwrap_or_else(|| panic!("{report:?}"))
}

#[tokio::test]
async fn a_workflow_is_filled_run_and_fetched() {
    let (comfy, base_url) = Comfy::start(Way::Well).await;
    let (request, records) = attempt(&base_url);
    let report = play(&request).await;
    let Made::List(pictures) = report.outputs.get("result").unwrap_or_else(|| panic!("{report:?}")) else {
        panic!("{report:?}")
    };
    let sizes: Vec<_> = pictures.iter().map(|picture| picture.media().unwrap().width).collect();
    assert_eq!(sizes, [Some(16), Some(8)], "what was kept, in its order, and nothing that was only shown");
    let seen = comfy.seen();
    let [(folder, name, _)] = seen.uploads.as_slice() else { panic!("{:?}", seen.uploads) };
    assert!(folder.starts_with("openflow/") && name == "input.png");
    let sent = seen.jobs.values().next().unwrap();
    assert_eq!(sent["1"]["inputs"]["image"], json!(format!("{folder}/{name}")));
    assert_eq!((&sent["6"]["inputs"]["text"], &sent["2"]["inputs"]["seed"]), (&json!("a ship"), &json!(77)));
    assert_eq!(sent["2"]["inputs"]["steps"], 20, "what has no wire stays as it is");
    let records = records.records();
    let record = records.iter().find(|record| record.node_id == id("a")).unwrap();
    assert_eq!((record.generation.outcome, record.generation.provider.as_str()), (Outcome::Ok, "comfyui"));
}

/// How far the node was said to be, each time.
fn told(log: &EventLog) -> Vec<f64> {
    let progress = |event: RunEvent| match event {
        RunEvent::NodeProgress { node, progress, .. } if node == id("a") => Some(progress),
        _ => None,
    };
    log.events().into_iter().filter_map(progress).collect()
}

#[tokio::test]
async fn how_far_a_job_is_is_heard_on_its_socket() {
    for (way, expected) in [(Way::Speaks, 0.375), (Way::Babbles, 0.5), (Way::Well, 0.5)] {
        let (_, base_url) = Comfy::start(way).await;
        let (request, _) = attempt(&base_url);
        let log = Arc::new(EventLog::default());
        let report = engine().run(&request, log.clone()).await.unwrap();
        assert_eq!(report.status, RunStatus::Done, "{report:?}");
        let told = told(&log);
        assert!(told.contains(&expected), "{way:?}: {told:?}");
        assert_eq!(told.contains(&0.5), expected == 0.5, "{way:?}: half is said only where nothing is heard: {told:?}");
    }
}

#[tokio::test]
async fn what_comfyui_says_is_told_clearly() {
    for (way, code, message) in [
        (
            Way::Refuses,
            FailureCode::InvalidInput,
            "ComfyUI refuses the workflow: `KSampler` (node 2): Value not in list ckpt_name: 'x' not in []",
        ),
        (Way::Fails, FailureCode::ProviderDown, "ComfyUI failed in `KSampler` (node 2): out of memory"),
        (Way::Interrupted, FailureCode::ProviderDown, "somebody stopped the job at the ComfyUI server"),
        (
            Way::Forgets,
            FailureCode::ProviderDown,
            "ComfyUI knows nothing of the job any more: it was probably started anew",
        ),
    ] {
        let (_, base_url) = Comfy::start(way).await;
        let (request, records) = attempt(&base_url);
        let report = play(&request).await;
        let failure = failure(&report);
        assert_eq!((failure.code, failure.message.as_str()), (code, message));
        let records = records.records();
        let record = records.iter().find(|record| record.node_id == id("a")).unwrap();
        assert_eq!(record.generation.outcome, Outcome::Failed);
    }
}

#[tokio::test]
async fn a_job_whose_answer_was_lost_is_found_by_its_id() {
    let (comfy, base_url) = Comfy::start(Way::AnswersNonsense).await;
    let (request, _) = attempt(&base_url);
    let report = play(&request).await;
    assert_eq!((report.status, comfy.seen().orders), (RunStatus::Done, 1), "{report:?}");
}

#[tokio::test]
async fn a_run_that_is_stopped_stops_the_job() {
    let (comfy, base_url) = Comfy::start(Way::Slow).await;
    let (request, _) = attempt(&base_url);
    let cancel = async {
        while comfy.seen().questions.values().all(|asked| *asked < 2) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        request.cancel.cancel();
    };
    let (report, ()) = tokio::join!(play(&request), cancel);
    assert_eq!(report.status, RunStatus::Cancelled);
    let seen = comfy.seen();
    let job = json!(seen.questions.keys().next().unwrap());
    assert_eq!(seen.told, [("delete".to_owned(), job.clone()), ("interrupt".to_owned(), job)]);
}

#[tokio::test]
async fn a_run_that_was_cut_off_goes_on_with_its_job() {
    let (comfy, base_url) = Comfy::start(Way::Slow).await;
    let kept = Arc::new(Kept::default());
    let attempt = || {
        let (mut request, _) = attempt(&base_url);
        request.run = uuid::Uuid::from_u128(1).into();
        request.checkpoints = kept.clone();
        request
    };
    let first = attempt();
    let lost = tokio::spawn(async move { play(&first).await });
    while comfy.seen().questions.values().all(|asked| *asked < 2) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    lost.abort();
    assert!(lost.await.unwrap_err().is_cancelled());
    comfy.seen().way = Way::Well;
    let report = play(&attempt()).await;
    assert_eq!((report.status, comfy.seen().orders), (RunStatus::Done, 1), "{report:?}");
}

#[tokio::test]
async fn a_job_that_was_never_sent_is_sent() {
    let (comfy, base_url) = Comfy::start(Way::Well).await;
    let (mut request, _) = attempt(&base_url);
    let kept = Arc::new(Kept::default());
    let sent = json!({"workflow": workflow()});
    let job = VendorJob { provider: "comfyui".into(), id: Some("stored-before-it-was-sent".into()), data: sent };
    kept.jobs.lock().unwrap().insert(StepId::once(id("a")), job);
    request.checkpoints = kept;
    let report = play(&request).await;
    assert_eq!(report.status, RunStatus::Done, "{report:?}");
    let seen = comfy.seen();
    assert_eq!(seen.jobs.keys().collect::<Vec<_>>(), ["stored-before-it-was-sent"]);
    assert!(seen.uploads.is_empty(), "the job that was stored is the job");
}

#[tokio::test]
async fn what_is_no_api_format_is_refused_before_anybody_is_asked() {
    let (comfy, base_url) = Comfy::start(Way::Well).await;
    for (wrong, message) in [
        (json!({"nodes": [], "links": []}), "this is what ComfyUI saves for its editor"),
        (json!({"1": {"class_type": "LoadImage", "inputs": {}}}), "no node of the workflow saves or shows anything"),
        (json!("a"), "this is no workflow of ComfyUI"),
    ] {
        let (mut request, _) = attempt(&base_url);
        let mut graph = Graph::default();
        let mut node = Node::new("comfyui.workflow");
        node.params.insert("workflow".into(), wrong);
        graph.nodes.insert(id("a"), node);
        request.graph = graph;
        let report = play(&request).await;
        assert!(failure(&report).message.starts_with(message), "{report:?}");
    }
    assert_eq!(comfy.seen().orders, 0);
}

#[tokio::test]
async fn without_a_key_only_this_machine_is_asked_and_only_where_that_is_allowed() {
    let (mut request, _) = attempt("http://127.0.0.1:9");
    request.keys = Arc::new(FixedKeys::none());
    let report = play(&request).await;
    assert!(failure(&report).message.contains("may not call private addresses"), "{report:?}");
}
