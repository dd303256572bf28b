//! The two sockets, by clients on real ones.

mod binary;
mod client;
mod rights;
mod edits;
mod latency;
mod crash;
mod hostile;
mod random;

use collab_server::{db, state::AppState};
use shared::{
    graph::{Graph, Meta},
    id::{WorkflowId, WorkspaceId},
    protocol::DocumentName,
};
use uuid::Uuid;

pub use client::{Client, Protocol, connect};

use crate::support::Person;

/// An empty workflow with its documents, straight through the database: these tests are about sockets.
pub async fn new_workflow(state: &AppState, person: &Person<'_>) -> WorkflowId {
    let workspace: WorkspaceId = person.workspace().await;
    let id = WorkflowId::from(Uuid::now_v7());
    let mirror = db::workflow::Mirror { title: "Test", description: "", node_count: 0 };
    let row = db::workflow::NewWorkflow { id, workspace, folder: None, created_by: person.user().id, mirror };
    db::workflow::insert(&state.db, row).await.expect("a fresh id");
    let graph = Graph { meta: Meta { title: "Test".into(), ..Meta::default() }, ..Graph::default() };
    state.rooms.create(id, &graph).await.expect("a fresh document");
    id
}

pub fn graph_name(workflow: WorkflowId) -> String {
    DocumentName::Graph(workflow).to_string()
}

pub fn outputs_name(workflow: WorkflowId) -> String {
    DocumentName::Outputs(workflow).to_string()
}
