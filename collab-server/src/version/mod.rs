//! Versions: keeps states of workflows' graphs, and thins out old ones.
//!
//! [`keep`] stores a graph if it differs from the newest version; routes call it for named ones, the run service before
//! a run, [`watch`] when editing pauses. What is stored is the exchange format, compressed: readable by every later
//! build, free of deleted text, and the same bytes for the same graph. Restoring is an edit like any other.

mod content;
mod retention;
mod watch;

use shared::{
    document::Edit,
    exchange,
    graph::Graph,
    id::{UserId, VersionId, WorkflowId},
    version::{Version, VersionReason},
};
use tokio::sync::oneshot;
use uuid::Uuid;

pub use self::{
    retention::Retention,
    watch::{flush, thin_out, watch},
};
use crate::{
    db::{self, version::NewVersion},
    error::AppError,
    room::Edited,
    state::AppState,
};

/// What came of [`keep`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    New(VersionId),
    /// The newest version holds the same graph.
    Same(VersionId),
    /// The workflow was deleted meanwhile.
    Gone,
}

/// Stores `graph` as the newest version, unless it is that already. A name is given to an unnamed one that is.
pub async fn keep(
    state: &AppState,
    workflow: WorkflowId,
    graph: &Graph,
    reason: VersionReason,
    name: Option<&str>,
    authors: impl IntoIterator<Item = UserId>,
) -> Result<Kept, AppError> {
    let text = exchange::write(graph);
    let content_hash = *blake3::hash(text.as_bytes()).as_bytes();
    let mut tx = state.db.begin().await?;
    if !db::version::lock_workflow(&mut tx, workflow).await? {
        return Ok(Kept::Gone);
    }
    if let Some(latest) = db::version::latest(&mut tx, workflow).await?
        && latest.content_hash == content_hash
    {
        if name.is_some() && latest.name.is_none() {
            db::version::change(&mut tx, latest.id(), Some(name), None).await?;
            tx.commit().await?;
            return Ok(Kept::New(latest.id()));
        }
        return Ok(Kept::Same(latest.id()));
    }
    let id = VersionId::from(Uuid::now_v7());
    let authors: Vec<UserId> = authors.into_iter().collect();
    let version = NewVersion {
        id,
        workflow,
        reason,
        name,
        content: &content::compressed(&text),
        content_hash,
        counts: [graph.nodes.len(), graph.edges.len(), graph.frames.len()].map(|count| count as u32),
    };
    db::version::insert(&mut tx, version, &authors).await?;
    tx.commit().await?;
    Ok(Kept::New(id))
}

/// Keeps the graph as it is now, with everybody who edited since the last version as its authors.
pub async fn keep_present(
    state: &AppState,
    workflow: WorkflowId,
    reason: VersionReason,
    name: Option<&str>,
) -> Result<Kept, AppError> {
    // Before the graph is read: an edit in between belongs to the next version too.
    let edited = state.rooms.activity().take(workflow);
    let kept = async {
        let (graph, _) = state.rooms.graph(workflow).await?;
        keep(state, workflow, &graph, reason, name, authors(edited.as_ref())).await
    };
    kept.await.inspect_err(|_| {
        if let Some(edited) = edited.clone() {
            state.rooms.activity().put_back(workflow, edited);
        }
    })
}

/// Keeps what a run is about to work on. A run does not fail for want of a version.
pub async fn keep_before_run(state: &AppState, workflow: WorkflowId, graph: &Graph) {
    let edited = state.rooms.activity().take(workflow);
    let kept = keep(state, workflow, graph, VersionReason::Run, None, authors(edited.as_ref())).await;
    if let Err(error) = kept {
        tracing::warn!(%workflow, ?error, "could not keep a version before a run");
        if let Some(edited) = edited {
            state.rooms.activity().put_back(workflow, edited);
        }
    }
}

fn authors(edited: Option<&Edited>) -> impl Iterator<Item = UserId> {
    edited.into_iter().flat_map(|edited| edited.authors.iter().copied())
}

/// The graph that a version holds.
pub async fn graph(state: &AppState, workflow: WorkflowId, id: VersionId) -> Result<Graph, AppError> {
    let content = db::version::content(&state.db, workflow, id).await?;
    let content = content.ok_or_else(|| AppError::not_found("version"))?;
    content::read(&content).map_err(AppError::internal)
}

/// Makes the document read what a version holds, in one transaction, and answers what had to change.
///
/// What is there now is kept first: whoever restores through HTTP has no undo.
pub async fn restore(
    state: &AppState,
    workflow: WorkflowId,
    id: VersionId,
    person: UserId,
) -> Result<shared::diff::GraphDiff, AppError> {
    let target = graph(state, workflow, id).await?;
    keep_present(state, workflow, VersionReason::Restore, None).await?;
    let (answer, answered) = oneshot::channel();
    let edit = move |edit: &mut Edit<'_>| {
        // The asking request may have been given up.
        answer.send(edit.restore(&target, engine::catalog())).ok();
    };
    state.rooms.edit(workflow, Box::new(edit)).await?;
    state.rooms.activity().note(workflow, Some(person));
    answered.await.map_err(|_| AppError::unavailable("this workflow cannot be changed now, try again"))
}

/// The version's row, which must be this workflow's.
pub async fn find(state: &AppState, workflow: WorkflowId, id: VersionId) -> Result<Version, AppError> {
    db::version::find(&state.db, workflow, id).await?.ok_or_else(|| AppError::not_found("version"))
}
