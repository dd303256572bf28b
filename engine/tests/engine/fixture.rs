//! Nodes that only tests have, and an engine to run them.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, LazyLock, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use engine::{
    Any, DiscardGenerations, Engine, EngineConfig, EventLog, FixedKeys, Limits, LocalModels, MemoryBlobs, MemoryCache,
    NoApprovals, NoCheckpoints, NoWorkflows, NodeContext, NodeError, Outbound, OutboundPolicy, Outputs, RunReport,
    RunRequest, Seed, node,
};
use shared::{graph::Graph, id::RunId, run::RunEvent};
use tokio_util::sync::CancellationToken;

/// How often nodes with a label were executed.
static COUNTS: LazyLock<Mutex<HashMap<String, usize>>> = LazyLock::new(Mutex::default);

pub fn count(label: &str) -> usize {
    COUNTS.lock().unwrap().get(label).copied().unwrap_or_default()
}

/// Gives a number.
#[node("test.number", title = "Number", output = "number", example = "{}")]
fn number(
    /// The number.
    #[param(default = 1.0)]
    value: f64,
) -> Result<f64, NodeError> {
    Ok(value)
}

/// Takes a number from outside.
#[node("test.input", title = "Input", role = "input", output = "number", example = "{}")]
fn input(
    /// Its public name.
    #[param(default = "n", wire = false)]
    name: String,
    /// The number.
    #[param(default = 1.0)]
    value: f64,
) -> Result<f64, NodeError> {
    assert!(!name.is_empty());
    Ok(value)
}

/// Hands a value out.
#[node("test.output", title = "Output", role = "output", example = "{}")]
fn output(
    /// The value.
    value: Any,
    /// Its public name.
    #[param(default = "result", wire = false)]
    name: String,
) -> Result<Any, NodeError> {
    assert!(!name.is_empty());
    Ok(value)
}

/// Adds numbers.
#[node("test.sum", title = "Sum", output = "sum", example = "{}")]
fn sum(
    /// What is added.
    numbers: Vec<f64>,
) -> Result<f64, NodeError> {
    Ok(numbers.iter().sum())
}

/// Passes a number on, and counts that it did: work worth remembering.
#[node("test.work", title = "Work", resource = "cpu", output = "number", example = "{}")]
async fn work(
    /// The number.
    number: Option<f64>,
    /// Under which name it is counted.
    #[param(default = "")]
    label: String,
    /// How long it takes.
    #[param(default = 0, unit = "ms")]
    millis: u32,
) -> Result<f64, NodeError> {
    *COUNTS.lock().unwrap().entry(label).or_default() += 1;
    tokio::time::sleep(Duration::from_millis(millis.into())).await;
    Ok(number.unwrap_or_default())
}

/// The most nodes of `test.busy` that were at work at once.
pub static BUSY_MAX: AtomicUsize = AtomicUsize::new(0);
static BUSY: AtomicUsize = AtomicUsize::new(0);

/// Notes how many of its kind are at work.
#[node("test.busy", title = "Busy", resource = "ffmpeg", cacheable = false, output = "number", example = "{}")]
async fn busy() -> Result<f64, NodeError> {
    BUSY_MAX.fetch_max(BUSY.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(5)).await;
    BUSY.fetch_sub(1, Ordering::SeqCst);
    Ok(0.0)
}

/// Ends only together with another one.
#[node("test.meet", title = "Meet", resource = "network", cacheable = false, output = "number", example = "{}")]
async fn meet(
    /// What the two have in common.
    #[param(default = "")]
    place: String,
) -> Result<f64, NodeError> {
    static PLACES: LazyLock<Mutex<HashMap<String, Arc<tokio::sync::Barrier>>>> = LazyLock::new(Mutex::default);
    let barrier = {
        let mut places = PLACES.lock().unwrap();
        places.entry(place).or_insert_with(|| Arc::new(tokio::sync::Barrier::new(2))).clone()
    };
    barrier.wait().await;
    Ok(0.0)
}

/// Fails, or panics.
#[node("test.fail", title = "Fail", cacheable = false, output = "number", example = "{}")]
fn fail(
    /// What came before.
    number: Option<f64>,
    /// Gives up the hard way.
    #[param(default = false)]
    panic: bool,
) -> Result<f64, NodeError> {
    assert!(!panic, "out of luck with {number:?}");
    Err(NodeError::invalid("number", "no number is good enough").with_raw("because"))
}

/// Never ends by itself. It tidies up when told to stop.
#[node("test.hang", title = "Hang", resource = "network", output = "number", example = "{}")]
async fn hang(
    /// What came before.
    number: Option<f64>,
    /// Under which name its end is counted.
    #[param(default = "")]
    label: String,
    ctx: &NodeContext,
) -> Result<f64, NodeError> {
    ctx.progress(0.5);
    ctx.cancel().cancelled().await;
    *COUNTS.lock().unwrap().entry(label).or_default() += 1;
    Err(if number.is_some() { NodeError::Cancelled } else { NodeError::internal("too late", "") })
}

/// Waits to be cancelled the first time, and ends at once the next.
#[node("test.give_up", title = "Give up", resource = "network", output = "number", example = "{}")]
async fn give_up(
    /// Under which name it is counted.
    #[param(default = "")]
    label: String,
    ctx: &NodeContext,
) -> Result<f64, NodeError> {
    let first = count(&label) == 0;
    *COUNTS.lock().unwrap().entry(label).or_default() += 1;
    if first {
        ctx.cancel().cancelled().await;
        return Err(NodeError::Cancelled);
    }
    Ok(2.0)
}

/// Draws a number.
#[node("test.draw", title = "Draw", resource = "cpu", output = "number", example = "{}")]
fn draw(
    /// What it is drawn with.
    #[param]
    seed: Seed,
    ctx: &NodeContext,
) -> Result<f64, NodeError> {
    assert_eq!(ctx.seed(), Some(seed.0));
    Ok(seed.0 as f64)
}

/// One of two branches.
#[derive(Outputs)]
pub struct Branches {
    /// For positive numbers.
    yes: Option<f64>,
    /// For others.
    no: Option<f64>,
}

/// Sends a number one way or the other.
#[node("test.branch", title = "Branch", example = "{}")]
fn branch(
    /// The number.
    number: f64,
) -> Result<Branches, NodeError> {
    let positive = number > 0.0;
    Ok(Branches { yes: positive.then_some(number), no: (!positive).then_some(number) })
}

/// Streams a text.
#[node("test.stream", title = "Stream", cacheable = false, example = "{}")]
fn stream(ctx: &NodeContext) -> Result<String, NodeError> {
    ctx.progress(0.25);
    ctx.text("text", "hel");
    ctx.text("text", "lo");
    Ok("hello".to_owned())
}

pub fn engine() -> Engine {
    engine_with(Limits::default())
}

pub fn engine_with(limits: Limits) -> Engine {
    Engine::new(EngineConfig {
        blobs: Arc::new(MemoryBlobs::new()),
        cache: Arc::new(MemoryCache::default()),
        outbound: Outbound::new(OutboundPolicy::default()),
        local_models: LocalModels::none(),
        limits,
    })
}

pub fn request(graph: Graph) -> RunRequest {
    RunRequest {
        run: RunId::from(uuid::Uuid::now_v7()),
        workflow: None,
        scope: "test".into(),
        graph,
        targets: Vec::new(),
        from: Vec::new(),
        inputs: BTreeMap::new(),
        keys: Arc::new(FixedKeys::none()),
        generations: Arc::new(DiscardGenerations),
        checkpoints: Arc::new(NoCheckpoints),
        workflows: Arc::new(NoWorkflows),
        approvals: Arc::new(NoApprovals),
        cancel: CancellationToken::new(),
    }
}

pub async fn run(engine: &Engine, request: &RunRequest) -> (RunReport, Vec<RunEvent>) {
    let log = Arc::new(EventLog::default());
    let report = engine.run(request, log.clone()).await.unwrap();
    (report, log.events())
}

/// One line for each event, without what differs from run to run.
pub fn lines(events: &[RunEvent]) -> String {
    let line = |event: &RunEvent| match event {
        RunEvent::RunStarted { nodes, .. } => format!("run of {nodes:?}"),
        RunEvent::NodeStarted { node, .. } => format!("{node} started"),
        RunEvent::NodeProgress { node, progress } => format!("{node} at {progress}"),
        RunEvent::TextDelta { node, output, delta } => format!("{node}.{output} += {delta}"),
        RunEvent::Preview { node, output, .. } => format!("{node}.{output} preview"),
        RunEvent::NodeFinished { node, outputs, cached, .. } => {
            let outputs: Vec<String> = outputs
                .iter()
                .map(|(port, value)| format!("{port}={}", serde_json::to_value(value).unwrap()["value"]))
                .collect();
            format!("{node} {} {}", if *cached { "cached" } else { "done" }, outputs.join(" "))
        }
        RunEvent::NodeFailed { node, failure } => format!("{node} failed: {}", failure.message),
        RunEvent::NodeWaiting { node, approval } => format!("{node} waits: {}", approval.question),
        RunEvent::NodeAnswered { node, answer } => format!("{node} {:?} by {}", answer.decision, answer.by_name),
        RunEvent::NodeSkipped { node, because } => format!("{node} skipped because of {because}"),
        RunEvent::NodeCancelled { node } => format!("{node} cancelled"),
        RunEvent::RunFinished { status, .. } => format!("run {}", status.as_str()),
    };
    events.iter().map(|event| line(event) + "\n").collect()
}
