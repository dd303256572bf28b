//! One attempt at a run, from the claim to its end, or to the moment this process has to leave it.

use std::{collections::BTreeMap, sync::Arc};

use engine::{GenerationSink, Plan, PlanError, PlanScope, RunRequest, RunSink, StepId};
use shared::{
    check::Place,
    id::NodeId,
    run::{FailureCode, NodeFailure, RunEvent, RunStatus},
};

use super::{
    ActiveRun, RunCheckpoints,
    approvals::{self, RunApprovals},
    document,
    frozen::{self, Frozen, FrozenWorkflows},
    sink::Buffer,
    writer,
};
use crate::{db, db::run_claim::ClaimedRun, keys::RunKeys, spend::Spending, state::AppState};

/// A run whose workers die again and again may be what kills them.
const LOST_MAX: i32 = 5;

/// Executes a run that this process has claimed.
pub async fn execute(state: &AppState, claimed: ClaimedRun) {
    let run = claimed.id;
    tracing::info!(%run, workflow = %claimed.workflow, attempt = claimed.attempt, "run begins");
    let spending = Arc::new(Spending::of_run(state.db.clone(), &claimed));
    let (checkpoints, generations) = tokio::join!(
        RunCheckpoints::open(state, run, state.runs.worker(), spending.clone()),
        state.generations.of(claimed.workspace, claimed.started_by, spending)
    );
    let checkpoints = match checkpoints {
        Ok(checkpoints) => Arc::new(checkpoints),
        Err(error) => {
            tracing::error!(%run, error = %anyhow::Error::from(error), "could not read a run's checkpoints");
            return give_back(state, &claimed).await;
        }
    };
    let approvals = Arc::new(RunApprovals::new(state.clone(), run, state.runs.worker()));
    let prepared = prepare(state, &claimed, &checkpoints, &approvals, generations).await;
    let outputs = prepared.as_ref().map(|(plan, _)| {
        plan.outputs().map(|(name, node)| (name.to_owned(), node.clone())).collect::<BTreeMap<_, _>>()
    });
    let active = Arc::new(ActiveRun::new(
        run,
        claimed.workflow,
        claimed.workspace,
        claimed.attempt,
        outputs.unwrap_or_default(),
    ));
    state.runs.enter(&active);
    if claimed.cancel_requested {
        active.cancel.cancel();
    }
    let buffer = Arc::new(Buffer::default());
    // How many answers it does nothing but wait for.
    let mut waits_for = None;
    match prepared {
        Ok((plan, mut request)) => {
            request.cancel = active.cancel.clone();
            let entry = entry(&claimed, &plan);
            let writer = writer::Writer::new(state.clone(), active.clone(), checkpoints.clone());
            // Nodes begin meanwhile: what they do is shown behind this.
            let writing = tokio::spawn(writer.write(Some(entry), buffer.clone()));
            if claimed.lost >= LOST_MAX {
                give_up(&plan, &checkpoints, &*buffer);
            } else {
                waits_for = work(state, &active, plan, request, buffer, &approvals).await;
            }
            if let Err(error) = writing.await {
                tracing::error!(%run, %error, "the writer of a run broke down");
            }
        }
        Err(failures) => {
            for (node, failure) in failures {
                buffer.emit(RunEvent::NodeFailed { node, failure });
            }
            buffer.emit(ended(RunStatus::Failed));
            writer::Writer::new(state.clone(), active.clone(), checkpoints).write(None, buffer).await;
        }
    }
    state.runs.leave(&active);
    match waits_for {
        Some(asked) if !state.runs.is_stopping() => put_aside(state, &claimed, asked).await,
        _ if active.leave.is_cancelled() => give_back(state, &claimed).await,
        _ => {}
    }
    active.close();
}

/// What the frozen graph comes to today, or what keeps it from being executed.
async fn prepare(
    state: &AppState,
    claimed: &ClaimedRun,
    checkpoints: &Arc<RunCheckpoints>,
    approvals: &Arc<RunApprovals>,
    generations: Arc<dyn GenerationSink>,
) -> Result<(Plan, RunRequest), BTreeMap<NodeId, NodeFailure>> {
    let unreadable = |message: String| BTreeMap::from([("run".parse().expect("a valid id"), failure(message))]);
    let Frozen { graph, linked } =
        frozen::read(&claimed.graph).map_err(|error| unreadable(format!("the run's graph cannot be read: {error}")))?;
    let request = RunRequest {
        run: claimed.id,
        workflow: Some(claimed.workflow),
        scope: claimed.workspace.to_string(),
        graph,
        targets: claimed.targets.clone(),
        from: claimed.fresh.clone(),
        inputs: claimed.inputs.clone(),
        keys: Arc::new(RunKeys::new(state.clone(), claimed.workspace, claimed.started_by)),
        generations,
        checkpoints: checkpoints.clone(),
        workflows: Arc::new(FrozenWorkflows(linked)),
        approvals: approvals.clone(),
        cancel: Default::default(),
    };
    let plan = state.engine.prepare(&request).await.map_err(|error| refused(&request, &error))?;
    Ok((plan, request))
}

/// The plan of a run's frozen graph, if this program can make one.
pub fn plan(claimed: &ClaimedRun) -> Option<Plan> {
    let Frozen { graph, linked } = frozen::read(&claimed.graph).ok()?;
    let scope = PlanScope { targets: &claimed.targets, from: &claimed.fresh };
    Plan::new(&graph, scope, &claimed.inputs, &linked).ok()
}

/// The graph was fine when it was queued: this program knows fewer nodes, or other ones, than the one that took it.
fn refused(request: &RunRequest, error: &PlanError) -> BTreeMap<NodeId, NodeFailure> {
    let about = |message: &str| {
        failure(format!(
            "the run was queued under another version of OpenFlow and cannot be executed by this one: {message}"
        ))
    };
    let mut failures: BTreeMap<NodeId, NodeFailure> = error
        .problems()
        .iter()
        .filter_map(|problem| match &problem.place {
            Place::Node { id, .. } => Some((id.clone(), about(&problem.message))),
            Place::Workflow | Place::Edge { .. } | Place::Frame { .. } => None,
        })
        .collect();
    if failures.is_empty()
        && let Some(node) = request.graph.nodes.keys().next()
    {
        failures.insert(node.clone(), about(&error.to_string()));
    }
    failures
}

fn failure(message: String) -> NodeFailure {
    NodeFailure { code: FailureCode::Internal, message, field: None, raw: None }
}

fn ended(status: RunStatus) -> RunEvent {
    RunEvent::RunFinished { status, duration_millis: 0, cost_usd: None }
}

fn entry(claimed: &ClaimedRun, plan: &Plan) -> document::Entry {
    let person = (claimed.started_by, claimed.started_by_name.clone());
    document::Entry::new(claimed.id, claimed.workflow, person, claimed.created_at.clone(), plan)
}

/// Ends a run that nobody seems to survive. What was finished is told once more, the next step is to blame.
fn give_up(plan: &Plan, checkpoints: &RunCheckpoints, sink: &dyn RunSink) {
    let left = plan.keys().map(|(node, _)| node).find(|node| !checkpoints.has_ended(&StepId::once((*node).clone())));
    if let Some(node) = left {
        let message = format!("the run was given up: {LOST_MAX} workers were lost while they executed it");
        sink.emit(RunEvent::NodeFailed { node: node.clone(), failure: failure(message) });
    }
    sink.emit(ended(RunStatus::Failed));
}

/// Until the run has ended, or this process leaves it. Yields how many answers it waits for, if that is why.
async fn work(
    state: &AppState,
    active: &ActiveRun,
    plan: Plan,
    request: RunRequest,
    buffer: Arc<Buffer>,
    approvals: &RunApprovals,
) -> Option<usize> {
    let (engine, sink) = (state.engine.clone(), buffer.clone());
    let mut executed = tokio::spawn(async move { engine.execute(plan, &request, sink).await });
    let (report, waits_for) = tokio::select! {
        report = &mut executed => (Some(report), None),
        () = leaving(state, active) => (None, None),
        () = approvals.until_idle() => (None, Some(approvals.asked())),
    };
    let Some(report) = report else {
        // Dropped, not cancelled: a node that hears of a cancellation stops its job at the vendor, and the next attempt
        // would find nothing to go on with. What a dropped node holds (connections, children) goes with it.
        executed.abort();
        drop(executed.await);
        // Behind the last step that ended: the writer takes what there is.
        active.leave.cancel();
        return waits_for;
    };
    if let Err(error) = report {
        // A fault of the scheduler itself; the run must not look as if it still worked.
        tracing::error!(run = %active.run, %error, "the execution of a run broke down");
        buffer.emit(ended(RunStatus::Failed));
    }
    None
}

async fn leaving(state: &AppState, active: &ActiveRun) {
    tokio::select! {
        () = state.runs.stopped() => {}
        () = active.leave.cancelled() => {}
    }
}

/// Until somebody answers, or nobody did in time.
async fn put_aside(state: &AppState, claimed: &ClaimedRun, asked: usize) {
    tracing::info!(run = %claimed.id, asked, "a run is put aside until somebody answers");
    if let Err(error) = approvals::park(state, claimed.id, asked).await {
        // Then the lease runs out by itself, and the next worker asks again.
        tracing::debug!(run = %claimed.id, error = %anyhow::Error::from(error), "could not put a run aside");
    }
}

/// For the next worker, without waiting for the lease to run out.
async fn give_back(state: &AppState, claimed: &ClaimedRun) {
    tracing::info!(run = %claimed.id, "this process leaves a run");
    if let Err(error) = db::run_lease::release(&state.db, claimed.id, state.runs.worker()).await {
        // Then the lease runs out by itself.
        tracing::debug!(run = %claimed.id, error = %anyhow::Error::from(error), "could not give a run back");
    }
}
