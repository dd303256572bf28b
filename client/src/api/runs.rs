//! Runs: starting and stopping them, the queue, what they brought, what they ask people.

use gloo_net::http::Method;
use shared::{
    api::{AnswerApproval, ChangeQueue, ChangeRun, Run, RunQueue, StartRun},
    id::{RunId, WorkflowId, WorkspaceId},
    run::{Approval, ApprovalDecision},
};

use super::{Api, ApiError, finish, get, request, send, tell};

impl Api {
    pub async fn start_run(self, workflow: WorkflowId, body: &StartRun) -> Result<Run, ApiError> {
        send(Method::POST, &format!("/api/workflows/{workflow}/runs"), body).await
    }

    /// With its results, as far as they are there.
    pub async fn run(self, run: RunId) -> Result<Run, ApiError> {
        get(&format!("/api/runs/{run}")).await
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
