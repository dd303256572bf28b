//! `comfyui.workflow`: a workflow of ComfyUI, run where ComfyUI runs.
//!
//! Registered by hand: its ports are those of the workflow that was pasted (`shared::node::comfy`).

use std::{sync::Mutex, time::Duration};

use serde_json::{Value as Json, json};
use shared::{
    node::{ComfyKind, DynamicPorts, NodeSpec, comfy_inputs, comfy_outputs, is_comfy_api},
    run::FailureCode,
    value::{Value, ValueType, Values},
};

use super::Call;
use crate::{
    Args, NodeContext, NodeError, NodeKind, ParamHints, Seed, VendorJob,
    generation::GenerationKind,
    param::param_spec,
    provider::{ComfyJob, ComfyUi, Ear, Heard, OrderError, ProviderError},
    registry::{NodeFuture, SpecHints, dynamic_step, finish_spec},
};

/// A film on a small machine takes its time.
const TIME_LIMIT: Duration = Duration::from_secs(6 * 3600);
/// The history is written just after the queue has let go of a job.
const UNKNOWN_MAX: u32 = 10;
const PACE_MIN: Duration = Duration::from_millis(100);
const PACE_MAX: Duration = Duration::from_secs(1);
const STOP_TIME_MAX: Duration = Duration::from_secs(3);

inventory::submit! {
    NodeKind { node_type: "comfyui.workflow", timeout: Some(TIME_LIMIT), make_spec: spec, call }
}

fn spec() -> NodeSpec {
    let unwired = || ParamHints { unwired: true, ..ParamHints::default() };
    let text = "The workflow, as ComfyUI exports it with \"Export (API)\". Its pictures, films, sounds, texts and seeds \
                become inputs; what it saves or shows becomes outputs.";
    let workflow = param_spec::<Json>("workflow", "Workflow", text, Json::Null, unwired());
    let text = "The key whose base URL is the server's. Left empty, the key `comfyui`, or the server of this machine.";
    let connection = param_spec::<String>("connection", "Connection", text, json!(""), unwired());
    let text = "Stands for all seeds of the workflow that no wire brings. Left empty, every run makes something else.";
    let seed = param_spec::<Seed>("seed", "Seed", text, Json::Null, ParamHints::default());
    let text = "Runs a workflow of ComfyUI on a ComfyUI server.\n\nA run that is cut off goes on with the job that it \
                sent, and one that is stopped stops it there.";
    let params = vec![workflow, connection, seed];
    let spec = dynamic_step("comfyui.workflow", "ComfyUI workflow", text, DynamicPorts::ComfyUi, params);
    let example = json!({"params": {"workflow": {
        "1": {"class_type": "LoadImage", "inputs": {"image": "example.png"}, "_meta": {"title": "Picture"}},
        "2": {"class_type": "ImageInvert", "inputs": {"image": ["1", 0]}},
        "3": {"class_type": "SaveImage", "inputs": {"images": ["2", 0], "filename_prefix": "openflow"}},
    }}});
    finish_spec(spec, &example.to_string(), &SpecHints::default())
}

fn call(ctx: &NodeContext, args: Args) -> NodeFuture<'_> {
    Box::pin(run(ctx, args))
}

async fn run(ctx: &NodeContext, mut args: Args) -> Result<Values, NodeError> {
    let mut workflow: Json = args.param("workflow")?;
    let connection: String = args.param("connection")?;
    let Seed(seed) = args.param("seed")?;
    if !is_comfy_api(&workflow) {
        let message = if workflow.get("nodes").is_some() {
            "this is what ComfyUI saves for its editor: export it with \"Export (API)\""
        } else {
            "this is no workflow of ComfyUI: export one with \"Export (API)\" and paste it"
        };
        return Err(NodeError::invalid("workflow", message));
    }
    let outputs = comfy_outputs(&workflow);
    if outputs.is_empty() {
        return Err(NodeError::invalid("workflow", "no node of the workflow saves or shows anything"));
    }
    let server = ComfyUi::connect(ctx, &connection).await?;
    let kind = match outputs[0].port.value_type {
        ValueType::Video => GenerationKind::Video,
        ValueType::Audio => GenerationKind::Audio,
        _ => GenerationKind::Image,
    };
    let mut call = Call::new(ctx, "comfyui", "workflow", kind);
    call.generation.payer = server.payer;
    let (inputs, _) = args.into_rest();
    let mut job = ctx.job();
    // One that was sent is the same job, whatever would be made of the inputs now.
    if let Some(sent) = job.as_mut().map(|job| job.data["workflow"].take()).filter(|sent| !sent.is_null()) {
        workflow = sent;
    } else {
        let filled = fill(ctx, &server, &mut call, &mut workflow, inputs, seed).await;
        filled.map_err(|error| told(&mut call, error))?;
    }
    call.note("workflow", workflow.clone());
    let resumed = job.and_then(|job| job.id);
    let is_new = resumed.is_none();
    let id = Mutex::new(resumed.unwrap_or_else(|| uuid::Uuid::new_v4().to_string()));
    let done = tokio::select! {
        done = work(ctx, &server, &workflow, &id, is_new) => done,
        () = ctx.cancel().cancelled() => {
            let id = id.lock().expect("nothing panics while it holds the lock").clone();
            // What does not hear of it in time ends by itself, and costs nothing.
            let _ = tokio::time::timeout(STOP_TIME_MAX, server.stop(&id)).await;
            ctx.forget_job().await?;
            return Err(call.cancelled());
        }
    };
    let kept = match done {
        Ok(kept) => kept,
        Err(error) => {
            ctx.forget_job().await?;
            return Err(told(&mut call, error));
        }
    };
    let mut values = Values::new();
    for output in &outputs {
        let files = files(&kept[&output.node]);
        let value = collect(ctx, &server, &output.port.value_type, &files).await;
        if let Some(value) = value.map_err(|error| told(&mut call, error))? {
            values.insert(output.port.name.clone(), value);
        }
    }
    let first = values.values().find_map(|value| match value {
        Value::List(items) => items.first().and_then(Value::media).cloned(),
        single => single.media().cloned(),
    });
    let Some(first) = first else {
        let message = "ComfyUI was through with the workflow, and has kept nothing";
        return Err(call.failed(ProviderError::new(FailureCode::ProviderDown, message)));
    };
    call.made(&first);
    call.record();
    Ok(values)
}

/// Why there is no result: the server's fault, or the run's own.
enum Failure {
    Server(ProviderError),
    Run(NodeError),
}

impl From<ProviderError> for Failure {
    fn from(error: ProviderError) -> Self {
        Self::Server(error)
    }
}

impl From<NodeError> for Failure {
    fn from(error: NodeError) -> Self {
        Self::Run(error)
    }
}

fn told(call: &mut Call<'_>, failure: Failure) -> NodeError {
    match failure {
        Failure::Server(error) => call.failed(error),
        Failure::Run(error) => error,
    }
}

/// Puts what arrived into the workflow.
async fn fill(
    ctx: &NodeContext,
    server: &ComfyUi,
    call: &mut Call<'_>,
    workflow: &mut Json,
    mut inputs: crate::Inputs,
    seed: u64,
) -> Result<(), Failure> {
    for input in comfy_inputs(workflow) {
        let value = inputs.remove(&input.port.name).and_then(|mut values| values.pop());
        let json = match (input.kind, value) {
            (ComfyKind::Seed, None) => json!(seed),
            (_, None) => continue,
            (ComfyKind::Media, Some(value)) => {
                let media = value.media().ok_or_else(|| wrong(&input.port.name, "takes a picture, film or sound"))?;
                call.note(&input.port.name, json!(media.blob));
                let bytes = ctx.blobs().read(&media.blob).await.map_err(NodeError::from)?;
                let uploaded = tokio::select! {
                    uploaded = server.upload(&media.blob.as_str()[..16], &media.mime, bytes) => uploaded,
                    () = ctx.cancel().cancelled() => return Err(Failure::Run(NodeError::Cancelled)),
                };
                json!(uploaded?)
            }
            (ComfyKind::Text, Some(Value::Text(text))) => json!(text),
            (ComfyKind::Text, Some(Value::Number(number))) => json!(number.to_string()),
            (ComfyKind::Text, Some(Value::Bool(truth))) => json!(truth.to_string()),
            (ComfyKind::Seed, Some(Value::Number(number))) if number >= 0.0 => json!(number as u64),
            (ComfyKind::Text | ComfyKind::Seed, Some(other)) => {
                return Err(wrong(&input.port.name, &format!("cannot be {}", other.value_type())).into());
            }
        };
        if input.kind != ComfyKind::Media {
            call.note(&input.port.name, json.clone());
        }
        workflow[&input.node]["inputs"][&input.field] = json;
    }
    Ok(())
}

fn wrong(input: &str, why: &str) -> NodeError {
    NodeError::invalid(input, format!("input `{input}` {why}"))
}

/// Sends the job, unless the server has it, and waits for its end. What each node kept comes back.
/// `current` is the id it has; std mutex, because a run that is stopped reads it.
async fn work(
    ctx: &NodeContext,
    server: &ComfyUi,
    workflow: &Json,
    current: &Mutex<String>,
    is_new: bool,
) -> Result<Json, Failure> {
    let stored = |id: &str| VendorJob {
        provider: "comfyui".to_owned(),
        id: Some(id.to_owned()),
        data: json!({"workflow": workflow}),
    };
    let mut id = current.lock().expect("nothing panics while it holds the lock").clone();
    let mut ear = server.listen(&id, workflow).await;
    let sent = !is_new && !matches!(server.poll(&id, workflow).await?, ComfyJob::Unknown);
    let mut fate = None;
    if !sent {
        ctx.store_job(&stored(&id)).await?;
        match server.submit(workflow, &id).await {
            Ok(given) if given == id => {}
            Ok(given) => {
                id = given;
                current.lock().expect("nothing panics while it holds the lock").clone_from(&id);
                ctx.store_job(&stored(&id)).await?;
            }
            Err(OrderError::Refused(error)) => return Err(error.into()),
            // It may have the job: by its id, it is found.
            Err(OrderError::Unknown(error)) => fate = Some(error),
        }
    }
    let (mut unknown, mut pace) = (0, PACE_MIN);
    loop {
        match server.poll(&id, workflow).await? {
            ComfyJob::Done(kept) => return Ok(kept),
            ComfyJob::Failed(error) => return Err(error.into()),
            ComfyJob::Queued => unknown = 0,
            ComfyJob::Working => {
                unknown = 0;
                if ear.is_none() {
                    // It says how far it is on a socket only; that it works is what can be told.
                    ctx.progress(0.5);
                }
            }
            ComfyJob::Unknown if unknown >= UNKNOWN_MAX => {
                let message = "ComfyUI knows nothing of the job any more: it was probably started anew";
                let lost = || ProviderError::new(FailureCode::ProviderDown, message);
                return Err(fate.unwrap_or_else(lost).into());
            }
            ComfyJob::Unknown => unknown += 1,
        }
        hear(ctx, &mut ear, pace).await;
        pace = (pace * 2).min(PACE_MAX);
    }
}

/// Lets time pass until the server is asked again, and tells how far it says it is. Over once it says that it is through.
async fn hear(ctx: &NodeContext, ear: &mut Option<Ear>, pace: Duration) {
    let pause = tokio::time::sleep(pace);
    tokio::pin!(pause);
    while let Some(listening) = ear {
        tokio::select! {
            () = &mut pause => return,
            heard = listening.heard() => match heard {
                // The result is still to be fetched.
                Some(Heard::Working(progress)) => ctx.progress(progress.min(0.99)),
                // The history is written right after that.
                Some(Heard::Ended) => return tokio::time::sleep(PACE_MIN.min(pace)).await,
                None => *ear = None,
            }
        }
    }
    pause.await;
}

/// The files that a node kept; what it only showed, where it kept nothing.
fn files(kept: &Json) -> Vec<Json> {
    let lists = kept.as_object().into_iter().flatten().filter_map(|(_, files)| files.as_array());
    let all: Vec<Json> = lists.flatten().filter(|file| file["filename"].is_string()).cloned().collect();
    let (saved, shown): (Vec<Json>, Vec<Json>) = all.into_iter().partition(|file| file["type"] == "output");
    if saved.is_empty() { shown } else { saved }
}

async fn collect(
    ctx: &NodeContext,
    server: &ComfyUi,
    value_type: &ValueType,
    files: &[Json],
) -> Result<Option<Value>, Failure> {
    let (wanted, many) = match value_type {
        ValueType::Video => ("video/", false),
        ValueType::Audio => ("audio/", false),
        _ => ("image/", true),
    };
    let mut found = Vec::new();
    for file in files {
        let path = server.fetch(file).await?;
        let media = ctx.store_file(&path).await?;
        if media.mime.starts_with(wanted) {
            found.push(media);
        }
        if !many && !found.is_empty() {
            break;
        }
    }
    Ok(match value_type {
        _ if found.is_empty() => None,
        ValueType::Video => found.pop().map(Value::Video),
        ValueType::Audio => found.pop().map(Value::Audio),
        _ => Some(Value::List(found.into_iter().map(Value::Image).collect())),
    })
}
