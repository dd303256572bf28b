//! What a person may do: the extractors of every route about a workspace or a workflow.
//!
//! The role comes from the database on every request. Whoever is no member is told `not_found`, exactly as for an id
//! that does not exist. The id is the path parameter `id`.

use axum::{
    RequestPartsExt,
    extract::{FromRequestParts, RawPathParams},
    http::request::Parts,
};
use shared::{
    access::Role,
    api::{Run, User, Workflow, Workspace},
    id::{IdError, RunId, WorkflowId, WorkspaceId},
};

use crate::{auth::CurrentUser, db, error::AppError, state::AppState};

/// A member of the workspace in the path.
#[derive(Debug, Clone)]
pub struct WorkspaceAccess {
    pub user: User,
    pub workspace: Workspace,
}

/// A member of the workspace of the workflow in the path.
#[derive(Debug, Clone)]
pub struct WorkflowAccess {
    pub user: User,
    pub workflow: Workflow,
}

/// A member of the workspace of the workflow of the run in the path.
#[derive(Debug, Clone)]
pub struct RunAccess {
    pub run: Run,
    role: Role,
}

impl WorkspaceAccess {
    /// For an id that stands elsewhere than in the path.
    pub async fn find(state: &AppState, user: &User, id: WorkspaceId) -> Result<Self, AppError> {
        let workspace = db::workspace::find(&state.db, id, user.id).await?;
        let workspace = workspace.ok_or_else(|| AppError::not_found("workspace"))?;
        Ok(Self { user: user.clone(), workspace })
    }

    /// The person's own workspace, for requests that name none.
    pub async fn find_personal(state: &AppState, user: &User) -> Result<Self, AppError> {
        let workspace = db::workspace::find_personal(&state.db, user.id).await?;
        let workspace = workspace.ok_or_else(|| AppError::not_found("workspace"))?;
        Ok(Self { user: user.clone(), workspace })
    }

    /// Refuses a member whose role lacks a right: `access.require(Role::can_edit)?`.
    pub fn require(&self, right: impl FnOnce(Role) -> bool) -> Result<(), AppError> {
        require(self.workspace.role, right)
    }
}

impl WorkflowAccess {
    /// For an id that stands elsewhere than in the path, such as the name of a document.
    pub async fn find(state: &AppState, user: &User, id: WorkflowId) -> Result<Self, AppError> {
        let workflow = db::workflow::find(&state.db, id, user.id).await?;
        let workflow = workflow.ok_or_else(|| AppError::not_found("workflow"))?;
        Ok(Self { user: user.clone(), workflow })
    }

    /// Refuses a member whose role lacks a right: `access.require(Role::can_edit)?`.
    pub fn require(&self, right: impl FnOnce(Role) -> bool) -> Result<(), AppError> {
        require(self.workflow.role, right)
    }
}

impl RunAccess {
    /// Refuses a member whose role lacks a right: `access.require(Role::can_run)?`.
    pub fn require(&self, right: impl FnOnce(Role) -> bool) -> Result<(), AppError> {
        require(self.role, right)
    }
}

fn require(role: Role, right: impl FnOnce(Role) -> bool) -> Result<(), AppError> {
    if right(role) {
        Ok(())
    } else {
        Err(AppError::forbidden(format!("your role here is `{}`, which does not allow this", role.as_str())))
    }
}

/// The path parameter `id`. A text that is no such id is a bad request, which tells nothing about what exists.
async fn path_id<T: std::str::FromStr<Err = IdError>>(parts: &mut Parts) -> Result<T, AppError> {
    let params: RawPathParams = parts.extract().await.map_err(AppError::internal)?;
    let text = params.iter().find(|(name, _)| *name == "id").map(|(_, value)| value);
    let text = text.expect("the extractor is used on routes with `{id}` only");
    text.parse().map_err(|error: IdError| AppError::bad_request(error.to_string()))
}

impl FromRequestParts<AppState> for WorkspaceAccess {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, AppError> {
        // The person first: a stranger learns nothing, not even whether an id is well formed.
        let current = CurrentUser::from_request_parts(parts, state).await?;
        Self::find(state, &current.user, path_id(parts).await?).await
    }
}

impl FromRequestParts<AppState> for WorkflowAccess {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, AppError> {
        let current = CurrentUser::from_request_parts(parts, state).await?;
        Self::find(state, &current.user, path_id(parts).await?).await
    }
}

impl FromRequestParts<AppState> for RunAccess {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, AppError> {
        let current = CurrentUser::from_request_parts(parts, state).await?;
        let id: RunId = path_id(parts).await?;
        let run = db::run::find(&state.db, id).await?.ok_or_else(|| AppError::not_found("run"))?;
        let role = db::workflow::role_of(&state.db, run.workflow, current.user.id).await?;
        let role = role.ok_or_else(|| AppError::not_found("run"))?;
        Ok(Self { run, role })
    }
}
