//! Starting a run: freeze, check, join or begin.

use std::sync::Arc;

use engine::{NoApprovals, NoCheckpoints, NoWorkflows, Plan, PlanError, RunRequest};
use shared::{
    api::{Run, StartRun},
    error::ErrorCode,
    exchange,
    id::{NodeId, RunId},
    outputs::RunSummary,
    run::{RunEvent, RunStatus},
};
use uuid::Uuid;

use super::{ActiveRun, Runs, media, sink::Buffer, writer};
use crate::{
    access::WorkflowAccess,
    db::{self, run::NewRun},
    error::AppError,
    keys::WorkspaceKeys,
    state::AppState,
    version,
};

/// More than anybody starts by hand; a script is told to wait.
const ACTIVE_MAX_PER_WORKSPACE: usize = 32;

/// Starts a run of the workflow as it is now, or joins an identical one. The person may run: the caller has checked.
pub async fn start(state: &AppState, access: &WorkflowAccess, body: StartRun) -> Result<Run, AppError> {
    let workflow = &access.workflow;
    let (mut graph, _shape) = state.rooms.graph(workflow.id).await?;
    version::keep_before_run(state, workflow.id, &graph).await;
    let mut inputs = media::resolve(state, workflow.workspace, &graph, body.inputs).await?;
    media::drop_foreign_posters(state, workflow.workspace, &mut graph, &mut inputs).await?;
    let run = RunId::from(Uuid::now_v7());
    let request = RunRequest {
        run,
        workflow: Some(workflow.id),
        scope: workflow.workspace.to_string(),
        graph,
        targets: body.targets,
        from: Vec::new(),
        inputs,
        keys: Arc::new(WorkspaceKeys::new(state.clone(), workflow.workspace)),
        generations: state.generations.of(access.user.id),
        checkpoints: Arc::new(NoCheckpoints),
        workflows: Arc::new(NoWorkflows),
        approvals: Arc::new(NoApprovals),
        cancel: state.runs.0.stop.child_token(),
    };
    let plan = state.engine.prepare(&request).await.map_err(refused)?;
    media::check(state, workflow.workspace, &request, &plan).await?;

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
