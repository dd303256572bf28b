//! `spend`, `caps` and `estimate`: what was paid, what may be, and what a run is going to cost.

use std::collections::BTreeMap;

use axum::{extract::State, http::StatusCode};
use engine::{KeyAtHand, Payer, Plan, PlanScope, resolve};
use serde::Deserialize;
use shared::{
    access::Role,
    api::{CallCost, Cap, CapSubject, Estimate, ModelSpend, SetCap, Spend, SpendTotal},
    error::{ErrorBody, ErrorCode},
    id::{NodeId, RunId, WorkflowId, WorkspaceId},
};
use time::OffsetDateTime;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{AppJson, AppQuery};
use crate::{
    access::{RunAccess, WorkflowAccess, WorkspaceAccess},
    auth::InPerson,
    db::{
        self,
        provider_key::{KeyOwner, KeyRow},
        spend::Period,
    },
    error::AppError,
    run::linked::Linked,
    spend::month_begin,
    state::AppState,
};

const CAP_MAX_USD: f64 = 1e9;

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(open_spend))
        .routes(routes!(open_run_spend))
        .routes(routes!(set_cap))
        .routes(routes!(estimate_run))
}

/// What was spent this month, by person, workflow and model. Admins see everybody's, others their own.
#[utoipa::path(
    get, path = "/workspaces/{id}/spend", tag = "spend", params(("id" = WorkspaceId, Path)),
    responses((status = 200, body = Spend), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)),
)]
async fn open_spend(State(state): State<AppState>, access: WorkspaceAccess) -> Result<AppJson<Spend>, AppError> {
    let since = month_begin(OffsetDateTime::now_utc());
    let (workspace, user) = (access.workspace.id, access.user.id);
    let own_only = !access.workspace.role.can_manage();
    let period = Period { workspace, since, only: own_only.then_some(user) };
    let members = db::spend::by_member(&state.db, period).await?;
    let total = members.iter().fold(SpendTotal::default(), |sum, member| SpendTotal {
        usd: sum.usd + member.total.usd,
        calls: sum.calls + member.total.calls,
        calls_of_unknown_cost: sum.calls_of_unknown_cost + member.total.calls_of_unknown_cost,
    });
    let mut caps = db::spend::caps(&state.db, workspace).await?;
    caps.retain(|cap| !own_only || cap.subject == CapSubject::Member(user));
    Ok(AppJson(Spend {
        since: db::rfc3339(since),
        own_only,
        total,
        members,
        workflows: db::spend::by_workflow(&state.db, period).await?,
        models: db::spend::by_model(&state.db, period).await?,
        caps,
    }))
}

/// What a run was paid for, by model and whose key it was. Rows come right behind the calls, and no later than the month's.
#[utoipa::path(
    get, path = "/runs/{id}/spend", tag = "spend", params(("id" = RunId, Path)),
    responses((status = 200, body = Vec<ModelSpend>), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)),
)]
async fn open_run_spend(
    State(state): State<AppState>,
    access: RunAccess,
) -> Result<AppJson<Vec<ModelSpend>>, AppError> {
    Ok(AppJson(db::spend::of_run(&state.db, access.run.id).await?))
}

/// Cap what a member, or everybody together in a workflow, may spend in a month; or take the cap away.
#[utoipa::path(
    put, path = "/workspaces/{id}/caps", tag = "spend", params(("id" = WorkspaceId, Path)), request_body = SetCap,
    responses(
        (status = 204), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
    ),
)]
async fn set_cap(
    State(state): State<AppState>,
    access: WorkspaceAccess,
    _: InPerson,
    AppJson(body): AppJson<SetCap>,
) -> Result<StatusCode, AppError> {
    access.require(Role::can_manage)?;
    let (workspace, subject) = (access.workspace.id, body.subject);
    let Some(usd_per_month) = body.usd_per_month else {
        db::spend::delete_cap(&state.db, workspace, subject).await?;
        return Ok(StatusCode::NO_CONTENT);
    };
    if !(0.0..=CAP_MAX_USD).contains(&usd_per_month) {
        return Err(AppError::bad_request("`usd_per_month`: 0 or more"));
    }
    match subject {
        CapSubject::Member(user) => {
            let member = db::workspace::find(&state.db, workspace, user).await?;
            member.ok_or_else(|| AppError::bad_request("`subject`: no such member"))?;
        }
        CapSubject::Workflow(workflow) => {
            let found = WorkflowAccess::find(&state, access.asker(), workflow).await.ok();
            let here = found.filter(|found| found.workflow.workspace == workspace);
            here.ok_or_else(|| AppError::bad_request("`subject`: no such workflow in this workspace"))?;
        }
    }
    db::spend::set_cap(&state.db, workspace, Cap { subject, usd_per_month }).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct EstimateQuery {
    /// Only these nodes and what they need, separated by commas.
    targets: Option<String>,
}

/// What a run of the workflow, as it is now, would cost the asking person or the workspace. Nothing is run.
#[utoipa::path(
    get, path = "/workflows/{id}/estimate", tag = "spend", params(("id" = WorkflowId, Path), EstimateQuery),
    responses(
        (status = 200, body = Estimate), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 422, body = ErrorBody),
    ),
)]
async fn estimate_run(
    State(state): State<AppState>,
    access: WorkflowAccess,
    AppQuery(query): AppQuery<EstimateQuery>,
) -> Result<AppJson<Estimate>, AppError> {
    let targets = query.targets.as_deref().unwrap_or_default().split(',').filter(|target| !target.is_empty());
    let targets = targets.map(str::parse).collect::<Result<Vec<NodeId>, _>>();
    let targets = targets.map_err(|error| AppError::bad_request(format!("`targets`: {error}")))?;
    let (graph, _shape) = state.rooms.graph(access.workflow.id).await?;
    let refused = |error: engine::PlanError| AppError::new(ErrorCode::InvalidGraph, error.to_string());
    let library = resolve(&graph, &Linked { state: &state, asker: access.asker() }).await.map_err(refused)?;
    let scope = PlanScope { targets: &targets, from: &[] };
    let plan = Plan::new(&graph, scope, &BTreeMap::new(), &library).map_err(refused)?;
    let own = db::provider_key::list(&state.db, KeyOwner::Person(access.user.id)).await?;
    let shared = db::provider_key::list(&state.db, KeyOwner::Workspace(access.workflow.workspace)).await?;
    let key = |provider: &str, name: Option<&str>| {
        let find = |rows: &[KeyRow], payer| {
            let is_it =
                |row: &&KeyRow| row.provider == provider && name.is_none_or(|name| row.name.eq_ignore_ascii_case(name));
            rows.iter().find(is_it).map(|row| KeyAtHand { payer, own_address: row.base_url.is_some() })
        };
        find(&own, Payer::Person).or_else(|| find(&shared, Payer::Workspace))
    };
    let nodes = plan.keys().filter_map(|(id, _)| Some((id, graph.nodes.get(id)?)));
    let calls: Vec<CallCost> = nodes.filter_map(|(id, node)| engine::estimate(id, node, key)).map(call_cost).collect();
    let known: Vec<f64> = calls.iter().filter_map(|call| call.usd).collect();
    let calls_of_unknown_cost = (calls.len() - known.len()) as u64;
    Ok(AppJson(Estimate { usd: known.iter().sum(), calls_of_unknown_cost, calls }))
}

fn call_cost(call: engine::CallEstimate) -> CallCost {
    let payer = call.payer.map(|payer| match payer {
        Payer::Person => "person".to_owned(),
        Payer::Workspace => "workspace".to_owned(),
    });
    let engine::CallEstimate { node, model, provider, usd, usd_at_most, .. } = call;
    CallCost { node, model, provider, payer, usd, usd_at_most }
}
