//! Runs: starting and stopping them, the queue, what they brought, what they ask people.

use gloo_net::http::Method;
use shared::{
    api::{AnswerApproval, ChangeQueue, ChangeRun, Run, RunQueue, StartRun},
    exchange::{self, Limits},
    graph::Graph,
    id::{RunId, WorkflowId, WorkspaceId},
    run::{Approval, ApprovalDecision, RunEvent},
};

use super::{Api, ApiError, accept, body_of, finish, get, request, send, tell};

impl Api {
    pub async fn start_run(self, workflow: WorkflowId, body: &StartRun) -> Result<Run, ApiError> {
        send(Method::POST, &format!("/api/workflows/{workflow}/runs"), body).await
    }

    /// With its results, as far as they are there.
    pub async fn run(self, run: RunId) -> Result<Run, ApiError> {
        get(&format!("/api/runs/{run}")).await
    }

    /// The workflow as it was when the run was started.
    pub async fn run_graph(self, run: RunId) -> Result<Graph, ApiError> {
        let (status, text) = body_of(request(Method::GET, &format!("/api/runs/{run}/graph")).send().await).await?;
        accept(status, &text)?;
        exchange::read(&text, Limits::default()).map_err(|_| ApiError::Unreadable { status })
    }

    /// Everything that happened in a run that has ended: of one under way the answer would not end either.
    pub async fn run_events(self, run: RunId) -> Result<Vec<RunEvent>, ApiError> {
        let (status, text) = body_of(request(Method::GET, &format!("/api/runs/{run}/events")).send().await).await?;
        accept(status, &text)?;
        let data = text.lines().filter_map(|line| line.strip_prefix("data:"));
        let events: Result<_, _> = data.map(|json| serde_json::from_str(json.trim_start())).collect();
        events.map_err(|_| ApiError::Unreadable { status })
    }

    /// Newest first, those before `before` if it is given.
    pub async fn runs(self, workflow: WorkflowId, before: Option<RunId>, limit: usize) -> Result<Vec<Run>, ApiError> {
        let before = before.map(|run| format!("&before={run}")).unwrap_or_default();
        get(&format!("/api/workflows/{workflow}/runs?limit={limit}{before}")).await
    }

    pub async fn cancel_run(self, run: RunId) -> Result<(), ApiError> {
        finish(request(Method::POST, &format!("/api/runs/{run}/cancel"))).await
    }

    pub async fn change_run(self, run: RunId, body: &ChangeRun) -> Result<Run, ApiError> {
        send(Method::PATCH, &format!("/api/runs/{run}"), body).await
    }

    pub async fn queue(self, workspace: WorkspaceId) -> Result<RunQueue, ApiError> {
        get(&format!("/api/workspaces/{workspace}/queue")).await
    }

    pub async fn pause_queue(self, workspace: WorkspaceId, paused: bool) -> Result<RunQueue, ApiError> {
        send(Method::PATCH, &format!("/api/workspaces/{workspace}/queue"), &ChangeQueue { paused }).await
    }

    /// Answers what a run asks: whether what it shows may go on.
    pub async fn answer(self, run: RunId, asked: &Approval, approved: bool) -> Result<(), ApiError> {
        let body = AnswerApproval {
            node: asked.node.clone(),
            items: asked.items.clone(),
            decision: if approved { ApprovalDecision::Approved } else { ApprovalDecision::Rejected },
            value: None,
            note: None,
        };
        tell(Method::POST, &format!("/api/runs/{run}/approvals"), &body).await
    }
}
