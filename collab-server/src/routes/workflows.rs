//! `workflows`: create, list, open, rename, delete, export. Their content is a document, reached through `room`.

use axum::{
    extract::State,
    http::{HeaderName, StatusCode, header},
    response::IntoResponse,
};
use serde::Deserialize;
use shared::{
    access::Role,
    api::{CreateWorkflow, PatchWorkflow, Workflow},
    document::Edit,
    error::{ErrorBody, ErrorCode},
    exchange::{self, ExchangeError},
    graph::Graph,
    id::{FolderId, UserId, WorkflowId, WorkspaceId},
    protocol::DocumentName,
    version::VersionReason,
};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{AppJson, AppQuery, folders::check_folder};
use crate::{
    access::{WorkflowAccess, WorkspaceAccess},
    auth::CurrentUser,
    blobs::grant_what_user_reads,
    db::{
        self,
        workflow::{Mirror, NewWorkflow},
    },
    error::AppError,
    room::RoomError,
    state::AppState,
    version,
};

const MAX_TITLE_CHARS: usize = 200;
const MAX_DESCRIPTION_CHARS: usize = 10_000;
/// Which generation of the document the graph was read from.
const GENERATION: HeaderName = HeaderName::from_static("openflow-generation");
const UNTITLED: &str = "Untitled";

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_workflows, create_workflow))
        .routes(routes!(open_workflow, change_workflow, delete_workflow))
        .routes(routes!(export_graph))
        .routes(routes!(renew_workflow))
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Only those of this workspace.
    #[param(value_type = Option<String>)]
    workspace: Option<WorkspaceId>,
}

/// All that one can read, last changed first.
#[utoipa::path(
    get, path = "/workflows", tag = "workflows", params(ListQuery),
    responses((status = 200, body = Vec<Workflow>), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)),
)]
async fn list_workflows(
    State(state): State<AppState>,
    current: CurrentUser,
    AppQuery(query): AppQuery<ListQuery>,
) -> Result<AppJson<Vec<Workflow>>, AppError> {
    if let Some(workspace) = query.workspace {
        WorkspaceAccess::find(&state, current.asker(), workspace).await?;
    }
    let only = query.workspace.or(current.limits.workspace);
    let mut workflows = db::workflow::list(&state.db, current.user.id, only).await?;
    for workflow in &mut workflows {
        workflow.role = current.limits.narrow(workflow.role);
    }
    Ok(AppJson(workflows))
}

/// Make a workflow, empty or from a graph in the exchange format (which is also how one is imported).
#[utoipa::path(
    post, path = "/workflows", tag = "workflows", request_body = CreateWorkflow,
    responses(
        (status = 201, body = Workflow), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody),
    ),
)]
async fn create_workflow(
    State(state): State<AppState>,
    current: CurrentUser,
    AppJson(body): AppJson<CreateWorkflow>,
) -> Result<(StatusCode, AppJson<Workflow>), AppError> {
    let access = match body.workspace {
        Some(id) => WorkspaceAccess::find(&state, current.asker(), id).await?,
        None => WorkspaceAccess::find_personal(&state, current.asker()).await?,
    };
    // Before the graph is looked at: what is wrong with it is no business of somebody who may not bring it.
    access.require(Role::can_edit)?;
    let graph = body.graph.as_ref().map(read_graph).transpose()?.unwrap_or_default();
    if let Some(folder) = body.folder {
        check_folder(&state, access.workspace.id, folder).await?;
    }
    let workflow = create(&state, &access, body.folder, &body.title, graph).await?;
    Ok((StatusCode::CREATED, AppJson(workflow)))
}

/// The workflow's row. Its graph is at `graph`, its live document at the sync sockets.
#[utoipa::path(
    get, path = "/workflows/{id}", tag = "workflows", params(("id" = WorkflowId, Path)),
    responses((status = 200, body = Workflow), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)),
)]
async fn open_workflow(access: WorkflowAccess) -> AppJson<Workflow> {
    AppJson(access.workflow)
}

/// Rename, describe, or put into a folder. Everybody who has it open sees it.
#[utoipa::path(
    patch, path = "/workflows/{id}", tag = "workflows", params(("id" = WorkflowId, Path)), request_body = PatchWorkflow,
    responses(
        (status = 200, body = Workflow), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
    ),
)]
async fn change_workflow(
    State(state): State<AppState>,
    access: WorkflowAccess,
    AppJson(body): AppJson<PatchWorkflow>,
) -> Result<AppJson<Workflow>, AppError> {
    access.require(Role::can_edit)?;
    let title = body.title.as_deref().map(parse_title).transpose()?;
    let description = body.description.as_deref().map(parse_description).transpose()?;
    let mut workflow = access.workflow;
    if let Some(folder) = body.folder {
        if let Some(folder) = folder {
            check_folder(&state, workflow.workspace, folder).await?;
        }
        db::workflow::move_to(&state.db, workflow.id, folder).await?;
        workflow.folder = folder;
    }
    if title.is_some() || description.is_some() {
        describe(&state, access.user.id, &mut workflow, title, description).await?;
    }
    Ok(AppJson(workflow))
}

/// In the document, where everybody sees it, and in the row.
async fn describe(
    state: &AppState,
    user: UserId,
    workflow: &mut Workflow,
    title: Option<String>,
    description: Option<String>,
) -> Result<(), AppError> {
    let edit = {
        let (title, description) = (title.clone(), description.clone());
        move |edit: &mut Edit<'_>| {
            title.inspect(|title| edit.set_title(title));
            description.inspect(|description| edit.set_description(description));
        }
    };
    state.rooms.edit(workflow.id, Box::new(edit)).await?;
    state.rooms.activity().note(workflow.id, Some(user));
    if let Some(title) = title {
        workflow.title = title;
    }
    if let Some(description) = description {
        workflow.description = description;
    }
    // The room repeats it too, in its own time; whoever asks for the list next should see it now.
    Ok(db::workflow::rename(&state.db, workflow.id, &workflow.title, &workflow.description).await?)
}

/// Delete, with its documents and runs. Whoever has it open is sent away.
#[utoipa::path(
    delete, path = "/workflows/{id}", tag = "workflows", params(("id" = WorkflowId, Path)),
    responses(
        (status = 204), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
    ),
)]
async fn delete_workflow(State(state): State<AppState>, access: WorkflowAccess) -> Result<StatusCode, AppError> {
    access.require(Role::can_edit)?;
    // The row first: from then on nobody is let in, and everything that hangs on it is gone with it.
    db::workflow::delete(&state.db, access.workflow.id).await?;
    state.runs.cancel_workflow(access.workflow.id);
    match state.rooms.delete(access.workflow.id).await {
        Ok(()) | Err(RoomError::NotFound) => Ok(StatusCode::NO_CONTENT),
        Err(error) => Err(error.into()),
    }
}

/// The graph in the exchange format, as it is now: the same text for the same graph.
#[utoipa::path(
    get, path = "/workflows/{id}/graph", tag = "workflows", params(("id" = WorkflowId, Path)),
    responses((status = 200, body = Graph), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)),
)]
async fn export_graph(State(state): State<AppState>, access: WorkflowAccess) -> Result<impl IntoResponse, AppError> {
    let (graph, _problems) = state.rooms.graph(access.workflow.id).await?;
    // Clients that keep the document name it when they come back; docs/protocol.md says why.
    let generation = state.rooms.generation(DocumentName::Graph(access.workflow.id)).await?.to_string();
    let headers = [(header::CONTENT_TYPE, "application/json".into()), (GENERATION, generation)];
    Ok((headers, exchange::write(&graph)))
}

/// Write the document afresh, without the marks of what was deleted, and without what cannot be read any more.
/// Everybody who has it open is sent away and comes back for the new one.
#[utoipa::path(
    post, path = "/workflows/{id}/renew", tag = "workflows", params(("id" = WorkflowId, Path)),
    responses(
        (status = 204), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody),
    ),
)]
async fn renew_workflow(State(state): State<AppState>, access: WorkflowAccess) -> Result<StatusCode, AppError> {
    access.require(Role::can_manage)?;
    state.rooms.renew(DocumentName::Graph(access.workflow.id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes a workflow of a graph, whose own title counts when `title` is empty. Also what `openflow import` does.
pub(crate) async fn create(
    state: &AppState,
    access: &WorkspaceAccess,
    folder: Option<FolderId>,
    title: &str,
    mut graph: Graph,
) -> Result<Workflow, AppError> {
    access.require(Role::can_edit)?;
    let title = [title.trim(), graph.meta.title.trim()].into_iter().find(|title| !title.is_empty());
    graph.meta.title = parse_title(title.unwrap_or(UNTITLED))?;
    graph.meta.description = parse_description(&graph.meta.description)?;
    store(state, access, folder, &graph).await
}

/// Row, documents, and the right to what the graph shows.
async fn store(
    state: &AppState,
    access: &WorkspaceAccess,
    folder: Option<FolderId>,
    graph: &Graph,
) -> Result<Workflow, AppError> {
    let id = WorkflowId::from(Uuid::now_v7());
    let workspace = access.workspace.id;
    let mirror =
        Mirror { title: &graph.meta.title, description: &graph.meta.description, node_count: graph.nodes.len() as u32 };
    let new = NewWorkflow { id, workspace, folder, created_by: access.user.id, mirror };
    db::workflow::insert(&state.db, new).await?;
    // The documents are stored in the room's own transaction, and hang on the row.
    if let Err(error) = state.rooms.create(id, graph).await {
        db::workflow::delete(&state.db, id).await?;
        return Err(error.into());
    }
    grant_what_user_reads(&state.db, workspace, access.asker(), graph).await?;
    if !graph.nodes.is_empty() {
        // What it was made of, to come back to.
        version::keep(state, id, graph, VersionReason::Created, None, [access.user.id]).await?;
    }
    let stored = db::workflow::find(&state.db, id, access.user.id).await?;
    let stored = stored.ok_or_else(|| AppError::not_found("workflow"))?;
    // What counts in the workspace counts in what was just made in it, for a key too.
    Ok(Workflow { role: access.workspace.role, ..stored })
}

pub(super) fn read_graph(value: &serde_json::Value) -> Result<Graph, AppError> {
    exchange::read_value(value).map_err(invalid_graph)
}

/// Of the version that somebody keeps for themselves.
pub(super) fn title_of_copy(title: &str) -> String {
    const SUFFIX: &str = " (my copy)";
    let title = if title.trim().is_empty() { UNTITLED } else { title.trim() };
    let kept: String = title.chars().take(MAX_TITLE_CHARS - SUFFIX.len()).collect();
    format!("{}{SUFFIX}", kept.trim_end())
}

fn invalid_graph(error: ExchangeError) -> AppError {
    let code = match error {
        ExchangeError::TooLarge { .. } | ExchangeError::TooMany { .. } => ErrorCode::TooLarge,
        _ => ErrorCode::InvalidGraph,
    };
    AppError::new(code, format!("`graph`: {error}"))
}

fn parse_title(text: &str) -> Result<String, AppError> {
    let title = text.trim();
    let short = title.chars().count() <= MAX_TITLE_CHARS;
    if title.is_empty() || !short || title.chars().any(char::is_control) {
        return Err(AppError::bad_request(format!("`title`: one line of 1 to {MAX_TITLE_CHARS} characters")));
    }
    Ok(title.to_owned())
}

fn parse_description(text: &str) -> Result<String, AppError> {
    if text.chars().count() > MAX_DESCRIPTION_CHARS {
        return Err(AppError::bad_request(format!("`description`: at most {MAX_DESCRIPTION_CHARS} characters")));
    }
    Ok(text.to_owned())
}

impl From<RoomError> for AppError {
    fn from(error: RoomError) -> Self {
        match error {
            RoomError::NotFound => Self::not_found("workflow"),
            RoomError::Damaged => {
                Self::conflict("part of this workflow's document cannot be read: it is kept as it is")
            }
            RoomError::Unavailable | RoomError::OtherGeneration | RoomError::Overloaded | RoomError::Store(_) => {
                Self::unavailable("this workflow cannot be opened now, try again").because(error)
            }
        }
    }
}
