//! Workflows that other workflows link: found with the rights of whoever runs, described for whoever links.
//!
//! A link names a workflow and a version of it. What does not exist and what somebody may not read is told alike.

use engine::{WorkflowSource, WorkflowSourceError, catalog};
use serde_json::{Value as Json, json};
use shared::{
    api::WorkflowInterface,
    document::Edit,
    error::ErrorCode,
    exchange,
    graph::Graph,
    id::{NodeId, VersionId, WorkflowId},
    node::{DynamicPorts, interface_of},
    version::VersionReason,
};

use super::media;
use crate::{
    access::WorkflowAccess,
    auth::Asker,
    blobs, db,
    error::AppError,
    state::AppState,
    version::{self, Kept},
};

/// The workflows that one person may read.
pub struct Linked<'a> {
    pub state: &'a AppState,
    pub asker: Asker<'a>,
}

impl Linked<'_> {
    async fn find(&self, workflow: &str, version: Option<&str>) -> Result<Graph, AppError> {
        let unknown = || AppError::not_found("workflow");
        let id: WorkflowId = workflow.parse().map_err(|_| unknown())?;
        let access = WorkflowAccess::find(self.state, self.asker, id).await?;
        let graph = match version {
            Some(version) => {
                let version: VersionId = version.parse().map_err(|_| AppError::not_found("version"))?;
                version::graph(self.state, id, version).await?
            }
            None => self.state.rooms.graph(id).await?.0,
        };
        // Its own workspace must have its media: naming a hash opens nothing, also not from within.
        let named = blobs::named_in(&graph);
        if let Some(blob) = media::unreadable(self.state, access.workflow.workspace, &named).await?.first() {
            return Err(AppError::bad_request(format!("the media `{blob}` in it is not in its workspace")));
        }
        Ok(graph)
    }
}

#[async_trait::async_trait]
impl WorkflowSource for Linked<'_> {
    async fn workflow(&self, workflow: &str, version: Option<&str>) -> Result<Graph, WorkflowSourceError> {
        self.find(workflow, version).await.map_err(|error| {
            let text = match error.code() {
                ErrorCode::NotFound if error.message().contains("version") => {
                    "the linked version is not there any more: link the workflow again".to_owned()
                }
                ErrorCode::NotFound => "the linked workflow does not exist, or you may not read it".to_owned(),
                ErrorCode::BadRequest => format!("the linked workflow cannot be run: {}", error.message()),
                _ => {
                    tracing::warn!(workflow, ?error, "a linked workflow could not be read");
                    "the linked workflow cannot be read now, try again".to_owned()
                }
            };
            WorkflowSourceError(text)
        })
    }
}

/// What a workflow takes and gives, as it is now or was in a version.
pub async fn interface(
    state: &AppState,
    access: &WorkflowAccess,
    version: Option<VersionId>,
) -> Result<WorkflowInterface, AppError> {
    let id = access.workflow.id;
    let (present, _) = state.rooms.graph(id).await?;
    let graph = match version {
        Some(version) => version::graph(state, id, version).await?,
        None => present.clone(),
    };
    // The same text is the same graph: see `version::keep`.
    let changed = version.is_some() && exchange::write(&graph) != exchange::write(&present);
    let ports = interface_of(&graph, catalog());
    Ok(WorkflowInterface { workflow: id, title: access.workflow.title.clone(), version, changed, ports })
}

/// Keeps the present graph as a version that stays, for somebody who links it.
pub async fn link(state: &AppState, access: &WorkflowAccess) -> Result<WorkflowInterface, AppError> {
    let id = access.workflow.id;
    let version = match version::keep_present(state, id, VersionReason::Named, None).await? {
        Kept::New(version) | Kept::Same(version) => version,
        Kept::Gone => return Err(AppError::not_found("workflow")),
    };
    db::version::change(&state.db, version, None, Some(true)).await?;
    interface(state, access, Some(version)).await
}

/// Makes the graph of a linked workflow part of the one that links it, with the rights of whoever asks.
pub async fn detach(state: &AppState, access: &WorkflowAccess, node: &NodeId) -> Result<(), AppError> {
    let (graph, _) = state.rooms.graph(access.workflow.id).await?;
    let found = graph.nodes.get(node).ok_or_else(|| AppError::not_found("node"))?;
    let stands_for_workflow =
        catalog().get(&found.node_type).is_some_and(|spec| spec.dynamic == Some(DynamicPorts::Workflow));
    let source = found.params.get("source").filter(|_| stands_for_workflow).cloned().unwrap_or_default();
    let Some(workflow) = source.get("workflow").and_then(Json::as_str).filter(|_| source.get("graph").is_none()) else {
        return Err(AppError::bad_request("the node links no workflow"));
    };
    let linked = Linked { state, asker: access.asker() };
    let version = source.get("version").and_then(Json::as_str);
    let inner = linked.find(workflow, version).await.map_err(|error| match error.code() {
        ErrorCode::NotFound => AppError::bad_request("the linked workflow does not exist, or you may not read it"),
        _ => error,
    })?;
    // What it shows must go on showing here.
    blobs::grant_what_user_reads(&state.db, access.workflow.workspace, access.asker(), &inner).await?;
    let (node, detached) = (node.clone(), json!({"graph": exchange::write_value(&inner)}));
    let edit = move |edit: &mut Edit<'_>| {
        // Another person may have changed or deleted it a moment ago.
        if edit.node(&node).is_some_and(|now| now.params.get("source") == Some(&source)) {
            edit.set_param(&node, "source", detached);
        }
    };
    state.rooms.edit(access.workflow.id, Box::new(edit)).await?;
    state.rooms.activity().note(access.workflow.id, Some(access.user.id));
    Ok(())
}
