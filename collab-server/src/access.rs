//! What a person may do: the extractors of every route about a workspace or a workflow.
//!
//! The role comes from the database on every request. Whoever is no member is told `not_found`, exactly as for an id
//! that does not exist. The id is the path parameter `id`. What an API key leaves of its owner's role is applied here, so
//! the `role` of an access is always what counts.
//! What outlasts its request, a stream of events, ends with the right to it: [`until_revoked`].

use std::time::Duration;

use axum::{
    RequestPartsExt,
    extract::{FromRequestParts, RawPathParams},
    http::request::Parts,
};
use shared::{
    access::Role,
    api::{Run, User, Workflow, Workspace},
    error::ErrorCode,
    id::{IdError, RunId, WorkflowId, WorkspaceId},
};

use crate::{
    auth::{Asker, Credential, CurrentUser, Limits},
    db,
    error::AppError,
    state::AppState,
};

/// What expires tells nobody, and a change may have been made where it is not heard of at once.
const LOOK_AGAIN: Duration = Duration::from_secs(15);

/// A member of the workspace in the path.
#[derive(Debug, Clone)]
pub struct WorkspaceAccess {
    pub user: User,
    pub limits: Limits,
    pub workspace: Workspace,
}

/// A member of the workspace of the workflow in the path.
#[derive(Debug, Clone)]
pub struct WorkflowAccess {
    pub user: User,
    pub limits: Limits,
    pub workflow: Workflow,
}

/// A member of the workspace of the workflow of the run in the path.
#[derive(Debug, Clone)]
pub struct RunAccess {
    pub run: Run,
    pub workspace: WorkspaceId,
    role: Role,
}

impl WorkspaceAccess {
    /// For an id that stands elsewhere than in the path.
    pub async fn find(state: &AppState, asker: Asker<'_>, id: WorkspaceId) -> Result<Self, AppError> {
        let workspace = db::workspace::find(&state.db, id, asker.user.id).await?;
        Self::narrow(asker, workspace)
    }

    /// The person's own workspace, for requests that name none; that of a key which reaches only one.
    pub async fn find_personal(state: &AppState, asker: Asker<'_>) -> Result<Self, AppError> {
        match asker.limits.workspace {
            Some(only) => Self::find(state, asker, only).await,
            None => Self::narrow(asker, db::workspace::find_personal(&state.db, asker.user.id).await?),
        }
    }

    pub fn asker(&self) -> Asker<'_> {
        Asker { user: &self.user, limits: self.limits }
    }

    fn narrow(asker: Asker<'_>, found: Option<Workspace>) -> Result<Self, AppError> {
        let found = found.filter(|workspace| asker.limits.reaches(workspace.id));
        let mut workspace = found.ok_or_else(|| AppError::not_found("workspace"))?;
        workspace.role = asker.limits.narrow(workspace.role);
        Ok(Self { user: asker.user.clone(), limits: asker.limits, workspace })
    }

    /// Refuses a member whose role lacks a right: `access.require(Role::can_edit)?`.
    pub fn require(&self, right: impl FnOnce(Role) -> bool) -> Result<(), AppError> {
        require(self.workspace.role, right)
    }
}

impl WorkflowAccess {
    /// For an id that stands elsewhere than in the path, such as the name of a document.
    pub async fn find(state: &AppState, asker: Asker<'_>, id: WorkflowId) -> Result<Self, AppError> {
        let found = db::workflow::find(&state.db, id, asker.user.id).await?;
        let found = found.filter(|workflow| asker.limits.reaches(workflow.workspace));
        let mut workflow = found.ok_or_else(|| AppError::not_found("workflow"))?;
        workflow.role = asker.limits.narrow(workflow.role);
        Ok(Self { user: asker.user.clone(), limits: asker.limits, workflow })
    }

    pub fn asker(&self) -> Asker<'_> {
        Asker { user: &self.user, limits: self.limits }
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

/// Returns when the person may no longer read the workflow, or what they came in with has ended.
pub async fn until_revoked(state: AppState, current: CurrentUser, workflow: WorkflowId) {
    // Made before the first look, so that a change right behind it is not missed.
    let mut changes = state.rooms.rights_changes();
    while may_read(&state, &current, workflow).await {
        // Either way it is time to look again.
        tokio::time::timeout(LOOK_AGAIN, changes.changed()).await.ok();
    }
}

async fn may_read(state: &AppState, current: &CurrentUser, workflow: WorkflowId) -> bool {
    let now = db::now();
    let live = match current.credential {
        Credential::Session(session) => db::session::is_there(&state.db, session, now).await,
        Credential::Key(key) => db::api_key::is_there(&state.db, key, now).await,
    };
    match live {
        Ok(true) => {
            let access = WorkflowAccess::find(state, current.asker(), workflow).await;
            access.is_ok_and(|access| access.workflow.role.can_read())
        }
        Ok(false) => false,
        Err(error) => {
            // Safe side: whoever reads can come back once the database answers.
            tracing::error!(error = %anyhow::Error::from(error), "could not look up a sign-in");
            false
        }
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
        Self::find(state, current.asker(), path_id(parts).await?).await
    }
}

impl FromRequestParts<AppState> for WorkflowAccess {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, AppError> {
        let current = CurrentUser::from_request_parts(parts, state).await?;
        Self::find(state, current.asker(), path_id(parts).await?).await
    }
}

impl FromRequestParts<AppState> for RunAccess {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, AppError> {
        let current = CurrentUser::from_request_parts(parts, state).await?;
        let id: RunId = path_id(parts).await?;
        let run = db::run::find(&state.db, id).await?.ok_or_else(|| AppError::not_found("run"))?;
        let access = WorkflowAccess::find(state, current.asker(), run.workflow).await;
        // What is not there is the run: the workflow behind it is nobody's business.
        let access = access.map_err(|error| match error.code() {
            ErrorCode::NotFound => AppError::not_found("run"),
            _ => error,
        })?;
        Ok(Self { run, workspace: access.workflow.workspace, role: access.workflow.role })
    }
}
