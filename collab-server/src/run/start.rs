//! Starting a run: freeze, check, queue. Nothing is executed here.

use std::collections::BTreeSet;

use engine::{Plan, PlanError, PlanScope, catalog, resolve};
use shared::{
    access::Role,
    api::{Run, RunPriority, StartRun},
    error::ErrorCode,
    id::{NodeId, RunId},
    run::RunStatus,
    seed,
    value::Values,
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{document, frozen, linked::Linked, media};
use crate::{
    access::WorkflowAccess,
    db::{self, run_queue::NewRun},
    error::AppError,
    state::AppState,
    version,
};

/// More than anybody starts by hand; a script is told to wait.
const ACTIVE_MAX_PER_WORKSPACE: i64 = 1000;

/// Queues a run of the workflow as it is now, or joins an identical one. The person may run: the caller has checked.
///
/// It answers after one commit, which holds the frozen graph and the run.
pub async fn start(state: &AppState, access: &WorkflowAccess, body: StartRun) -> Result<Run, AppError> {
    if state.runs.is_stopping() {
        return Err(AppError::unavailable("the server is stopping, try again in a moment"));
    }
    if body.priority == RunPriority::High {
        access.require(Role::can_edit)?;
    }
    let workflow = &access.workflow;
    let (mut graph, _shape) = state.rooms.graph(workflow.id).await?;
    version::keep_before_run(state, workflow.id, &graph).await;
    let mut inputs = media::resolve(state, workflow.workspace, &graph, body.inputs).await?;
    media::drop_foreign_posters(state, workflow.workspace, &mut graph, &mut inputs).await?;
    let library = resolve(&graph, &Linked { state, asker: access.asker() }).await.map_err(refused)?;
    let scope = PlanScope { targets: &body.targets, from: &body.from };
    let mut plan = Plan::new(&graph, scope, &inputs, &library).map_err(refused)?;
    media::check(state, workflow.workspace, &graph, &inputs, &plan).await?;
    let planned: BTreeSet<&NodeId> = plan.keys().map(|(node, _)| node).collect();
    let mut counting = seed::counting(&graph, catalog());
    counting.retain(|counting| planned.contains(&counting.node));

    let (id, created_at) = (RunId::from(Uuid::now_v7()), OffsetDateTime::now_utc());
    let mut tx = state.db.begin().await?;
    if db::run_queue::count_active(&mut tx, workflow.workspace).await? >= ACTIVE_MAX_PER_WORKSPACE {
        return Err(AppError::rate_limited(std::time::Duration::from_secs(5)));
    }
    if !counting.is_empty() {
        for seed in &counting {
            let from = i64::try_from(seed.from).unwrap_or_default();
            let at = db::run_seed::next(&mut tx, workflow.id, &seed.node, &seed.param, from).await?;
            seed::settle(&mut graph, seed, at.unsigned_abs());
        }
        plan = Plan::new(&graph, scope, &inputs, &library).map_err(refused)?;
    }
    let row = NewRun {
        id,
        workflow: workflow.id,
        workspace: workflow.workspace,
        started_by: access.user.id,
        graph_hash: plan.graph_hash(),
        graph: &frozen::write(&graph, &library),
        targets: &body.targets,
        fresh: &body.from,
        inputs: &inputs,
        priority: body.priority,
        created_at,
    };
    let leader = db::run_queue::insert(&mut tx, &row).await?;
    db::run_signal::tell(&mut tx).await?;
    tx.commit().await?;

    let created_at = db::rfc3339(created_at.replace_nanosecond(0).expect("zero is a number of nanoseconds"));
    if leader.is_none() {
        let person = (access.user.id, access.user.name.clone());
        let entry = document::Entry::new(id, workflow.id, person, created_at.clone(), &plan);
        let shown = state.clone();
        // Whoever executes it enters it as well: the answer need not wait for the canvas.
        state.runs.spawn(async move {
            if let Err(error) = document::queue(&shown, entry, graph).await {
                tracing::warn!(run = %id, error = %anyhow::Error::from(error), "could not show a queued run");
            }
            shown.runs.queue_changed();
        });
        // Workers elsewhere hear of it when it is on the canvas, so that what they show comes behind.
        state.runs.queue_changed_here();
    }
    tracing::info!(run = %id, workflow = %workflow.id, joined = leader.is_some(), "run queued");
    Ok(Run {
        id,
        workflow: workflow.id,
        started_by: access.user.id,
        started_by_name: access.user.name.clone(),
        status: leader.map_or(RunStatus::Queued, |leader| leader.status),
        created_at,
        finished_at: None,
        cost_usd: None,
        joined: leader.map(|leader| leader.run),
        outputs: Values::new(),
        failures: Default::default(),
        priority: body.priority,
        paused: false,
        attempt: 0,
        started_at: None,
        waiting: false,
        position: None,
    })
}

fn refused(error: PlanError) -> AppError {
    let code = match &error {
        PlanError::UnknownTarget { .. } | PlanError::UnknownInput { .. } => ErrorCode::BadRequest,
        PlanError::LeftOut { .. } | PlanError::Empty | PlanError::Problems(_) => ErrorCode::InvalidGraph,
    };
    AppError::new(code, error.to_string())
}
