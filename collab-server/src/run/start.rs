//! Starting a run: freeze, check, join or begin.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use engine::{Plan, PlanError, RunRequest, catalog};
use serde_json::Value as Json;
use shared::{
    api::{Run, StartRun},
    error::ErrorCode,
    exchange,
    graph::{Graph, Node},
    id::{NodeId, RunId, WorkspaceId},
    node::{NodeRole, ParamKind},
    outputs::RunSummary,
    run::{RunEvent, RunStatus},
    value::BlobHash,
};
use uuid::Uuid;

use super::{ActiveRun, Runs, sink::Buffer, writer};
use crate::{
    access::WorkflowAccess,
    blobs,
    db::{self, run::NewRun},
    error::AppError,
    keys::WorkspaceKeys,
    state::AppState,
};

/// More than anybody starts by hand; a script is told to wait.
const ACTIVE_MAX_PER_WORKSPACE: usize = 32;

/// Starts a run of the workflow as it is now, or joins an identical one. The person may run: the caller has checked.
pub async fn start(state: &AppState, access: &WorkflowAccess, body: StartRun) -> Result<Run, AppError> {
    let workflow = &access.workflow;
    let (graph, _shape) = state.rooms.graph(workflow.id).await?;
    let inputs = resolve_media(state, workflow.workspace, &graph, body.inputs).await?;
    let run = RunId::from(Uuid::now_v7());
    let request = RunRequest {
        run,
        workflow: Some(workflow.id),
        scope: workflow.workspace.to_string(),
        graph,
        targets: body.targets,
        inputs,
        keys: Arc::new(WorkspaceKeys::new(state.clone(), workflow.workspace)),
        generations: state.generations.of(access.user.id),
        cancel: state.runs.0.stop.child_token(),
    };
    let plan = state.engine.prepare(&request).map_err(refused)?;
    check_media(state, workflow.workspace, &request, &plan).await?;

    let mine = Arc::new(ActiveRun::new(
        run,
        workflow.id,
        workflow.workspace,
        plan.graph_hash().to_owned(),
        plan.outputs().map(|(name, node)| (name.to_owned(), node.clone())).collect(),
        request.cancel.clone(),
    ));
    let active = find_or_register(&state.runs, &mine)?;
    let joined = (active.run != run).then_some(active.run);
    let row = NewRun {
        id: run,
        workflow: workflow.id,
        started_by: access.user.id,
        graph_hash: plan.graph_hash(),
        graph: &exchange::write(&request.graph),
        targets: &request.targets,
        inputs: &request.inputs,
        joined,
        created_at: db::now(),
    };
    let inserted = db::run::insert(&state.db, row).await;
    if joined.is_some() {
        inserted.inspect_err(|_| forget(&state.runs, run))?;
        follow(state, &active, run);
    } else {
        let begun = match inserted {
            Ok(()) => begin(state, access, &request, &plan).await,
            Err(error) => Err(error.into()),
        };
        if let Err(error) = begun {
            // Somebody may have joined already.
            let failed = RunEvent::RunFinished { status: RunStatus::Failed, duration_millis: 0, cost_usd: None };
            writer::end(state, &active, std::slice::from_ref(&failed)).await;
            active.publish(vec![failed]);
            active.close();
            return Err(error);
        }
        let tasks = state.runs.0.tasks.clone();
        tasks.spawn(drive(state.clone(), active, plan, request));
    }
    tracing::info!(%run, workflow = %workflow.id, joined = joined.is_some(), "run started");
    let run = db::run::find(&state.db, run).await?;
    run.ok_or_else(|| AppError::not_found("workflow"))
}

fn refused(error: PlanError) -> AppError {
    let code = match &error {
        PlanError::UnknownTarget { .. } | PlanError::UnknownInput { .. } => ErrorCode::BadRequest,
        PlanError::LeftOut { .. } | PlanError::Empty | PlanError::Problems(_) => ErrorCode::InvalidGraph,
    };
    AppError::new(code, error.to_string())
}

/// Atomic: two identical requests at once make one execution.
fn find_or_register(runs: &Runs, mine: &Arc<ActiveRun>) -> Result<Arc<ActiveRun>, AppError> {
    if runs.0.stop.is_cancelled() {
        return Err(AppError::unavailable("the server is stopping, try again in a moment"));
    }
    let mut table = runs.table();
    let active = table.by_id.values().filter(|active| active.workspace == mine.workspace).count();
    if active >= ACTIVE_MAX_PER_WORKSPACE {
        return Err(AppError::rate_limited(std::time::Duration::from_secs(5)));
    }
    let key = (mine.workflow, mine.graph_hash.clone());
    let active = table.by_hash.entry(key).or_insert_with(|| mine.clone());
    // One that was told to stop will not bring what is asked for now.
    if active.cancel.is_cancelled() {
        *active = mine.clone();
    }
    let active = active.clone();
    table.by_id.insert(mine.run, active.clone());
    Ok(active)
}

fn forget(runs: &Runs, run: RunId) {
    runs.table().by_id.remove(&run);
}

/// Enters the run into the outputs document, so that everybody sees it begin.
async fn begin(state: &AppState, access: &WorkflowAccess, request: &RunRequest, plan: &Plan) -> Result<(), AppError> {
    let summary = RunSummary {
        started_by: access.user.id,
        started_by_name: access.user.name.clone(),
        started_at: db::rfc3339(db::now()),
        status: RunStatus::Running,
        progress: 0.0,
        cost_usd: None,
    };
    let (run, graph) = (request.run, request.graph.clone());
    let nodes: Vec<(NodeId, String)> = plan.keys().map(|(node, key)| (node.clone(), key.to_owned())).collect();
    let write = move |outputs: &shared::document::OutputsDocument| {
        outputs.retain_nodes(&graph);
        outputs.begin_run(run, summary, &nodes);
    };
    Ok(state.rooms.write_outputs(access.workflow.id, Box::new(write)).await?)
}

async fn drive(state: AppState, active: Arc<ActiveRun>, plan: Plan, request: RunRequest) {
    let buffer = Arc::new(Buffer::default());
    let writing = tokio::spawn(writer::write(state.clone(), active.clone(), buffer.clone()));
    let (engine, sink) = (state.engine.clone(), buffer.clone());
    let executed = tokio::spawn(async move { engine.execute(plan, &request, sink).await }).await;
    if let Err(error) = executed {
        // A fault of the scheduler itself; the run must not look as if it still worked.
        tracing::error!(run = %active.run, %error, "the execution of a run broke down");
        engine::RunSink::emit(
            &*buffer,
            RunEvent::RunFinished { status: RunStatus::Failed, duration_millis: 0, cost_usd: None },
        );
    }
    if let Err(error) = writing.await {
        tracing::error!(run = %active.run, %error, "the writer of a run broke down");
        active.close();
    }
}

/// Ends the row of a run that joined in the very moment in which the execution ended without knowing of it.
fn follow(state: &AppState, active: &Arc<ActiveRun>, run: RunId) {
    if state.runs.find(run).is_some() {
        return;
    }
    let (state, active) = (state.clone(), active.clone());
    let tasks = state.runs.0.tasks.clone();
    tasks.spawn(async move {
        active.ended().await;
        if let Err(error) = db::run::end(&state.db, &[run], &active.summary()).await {
            tracing::error!(%run, error = %anyhow::Error::from(error), "could not record the end of a run");
        }
    });
}

/// A workflow's input that takes media may be given as the hash of an uploaded blob.
async fn resolve_media(
    state: &AppState,
    workspace: WorkspaceId,
    graph: &Graph,
    mut inputs: BTreeMap<String, Json>,
) -> Result<BTreeMap<String, Json>, AppError> {
    for node in graph.nodes.values() {
        let Some(spec) = catalog().get(&node.node_type).filter(|spec| spec.role == NodeRole::Input) else { continue };
        let name = node.params.get("name").or_else(|| spec.param("name").map(|param| &param.default));
        let takes_media = spec.param("value").is_some_and(|param| matches!(param.kind, ParamKind::Media { .. }));
        let Some(input) = name.and_then(Json::as_str).and_then(|name| inputs.get_mut(name)) else { continue };
        let Some(hash) = input.as_str().filter(|_| takes_media) else { continue };
        let unknown = || AppError::bad_request(format!("`inputs`: there is no blob `{hash}` in this workspace"));
        let blob: BlobHash = hash.parse().map_err(|_| unknown())?;
        if !unreadable(state, workspace, &BTreeSet::from([blob.clone()])).await?.is_empty() {
            return Err(unknown());
        }
        let media = match blobs::sample(&blob) {
            Some(sample) => sample.media(&*state.blobs).await.map_err(AppError::internal)?,
            None => engine::media::describe(&*state.blobs, &blob, None).await.map_err(AppError::internal)?,
        };
        *input = serde_json::to_value(media).expect("media is plain data");
    }
    Ok(inputs)
}

/// A graph is text that anybody can write: naming a hash must not open another workspace's media.
async fn check_media(
    state: &AppState,
    workspace: WorkspaceId,
    request: &RunRequest,
    plan: &Plan,
) -> Result<(), AppError> {
    let planned: BTreeSet<&NodeId> = plan.keys().map(|(node, _)| node).collect();
    let mut needed = request.graph.clone();
    needed.nodes.retain(|id, _| planned.contains(id));
    for (id, node) in &needed.nodes {
        let alone = Graph { nodes: BTreeMap::from([(id.clone(), node.clone())]), ..Graph::default() };
        if let Some(blob) = unreadable(state, workspace, &blobs::named_in(&alone)).await?.first() {
            let message = format!("nodes.{id}: the media `{blob}` is not in this workspace: pick or upload it again");
            return Err(AppError::new(ErrorCode::InvalidGraph, message));
        }
    }
    let mut given = Node::new("inputs");
    given.params = request.inputs.clone();
    let given = Graph { nodes: BTreeMap::from([(NodeId::random(), given)]), ..Graph::default() };
    match unreadable(state, workspace, &blobs::named_in(&given)).await?.first() {
        Some(blob) => Err(AppError::bad_request(format!("`inputs`: the media `{blob}` is not in this workspace"))),
        None => Ok(()),
    }
}

/// Those of `hashes` that the workspace may not read. Samples are everybody's.
async fn unreadable(
    state: &AppState,
    workspace: WorkspaceId,
    hashes: &BTreeSet<BlobHash>,
) -> Result<BTreeSet<BlobHash>, AppError> {
    let own: BTreeSet<BlobHash> = hashes.iter().filter(|hash| blobs::sample(hash).is_none()).cloned().collect();
    if own.is_empty() {
        return Ok(own);
    }
    let readable = db::blob::readable_by_workspace(&state.db, workspace, &own).await?;
    Ok(own.difference(&readable).cloned().collect())
}
