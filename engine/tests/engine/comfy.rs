//! Workflows of ComfyUI, against a server that answers as ComfyUI's own does.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Multipart, Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use engine::{
    EventLog, FixedKeys, ProviderKey, RunReport, RunRequest, Secret, StepId, VendorJob,
    generation::{GenerationLog, Outcome},
};
use serde_json::{Value, json};
use shared::{
    graph::{Edge, EdgeId, Graph, Node},
    run::{FailureCode, NodeFailure, RunStatus},
    value::Value as Made,
};

use crate::{
    checkpoint::Kept,
    fixture::{engine, request},
    graph::id,
};

/// What the server does with jobs.
#[derive(Clone, Copy, Default, PartialEq)]
enum Way {
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
}

#[derive(Default)]
struct Seen {
    way: Way,
    uploads: Vec<(String, String, usize)>,
    jobs: BTreeMap<String, Value>,
    orders: usize,
    questions: BTreeMap<String, usize>,
    told: Vec<(String, Value)>,
}

#[derive(Clone, Default)]
struct Comfy(Arc<Mutex<Seen>>);

impl Comfy {
    async fn start(way: Way) -> (Self, String) {
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
            .with_state(comfy.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (comfy, base_url)
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
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
