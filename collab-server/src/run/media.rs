//! Media that a run names: only what the run's workspace may read.

use std::collections::{BTreeMap, BTreeSet};

use engine::{Plan, catalog};
use serde_json::Value as Json;
use shared::{
    error::ErrorCode,
    graph::{Graph, Node},
    id::{NodeId, WorkspaceId},
    node::{NodeRole, ParamKind},
    value::BlobHash,
};

use crate::{blobs, db, error::AppError, state::AppState};

/// A workflow's input that takes media may be given as the hash of an uploaded blob.
pub async fn resolve(
    state: &AppState,
    workspace: WorkspaceId,
    graph: &Graph,
    mut inputs: BTreeMap<String, Json>,
) -> Result<BTreeMap<String, Json>, AppError> {
    for node in graph.nodes.values() {
        let Some(spec) = catalog().get(&node.node_type).filter(|spec| spec.role == NodeRole::Input) else { continue };
        let name = node.params.get("name").or_else(|| spec.param("name").map(|param| &param.default));
        let takes_media = spec.param("value").is_some_and(|param| matches!(param.kind, ParamKind::Media { .. }));
        let Some(input) = name.and_then(Json::as_str).and_then(|name| inputs.get_mut(name)) else { continue };
        let Some(hash) = input.as_str().filter(|_| takes_media) else { continue };
        let unknown = || AppError::bad_request(format!("`inputs`: there is no blob `{hash}` in this workspace"));
        let blob: BlobHash = hash.parse().map_err(|_| unknown())?;
        if !unreadable(state, workspace, &BTreeSet::from([blob.clone()])).await?.is_empty() {
            return Err(unknown());
        }
        if let Some(sample) = blobs::sample(&blob) {
            sample.media(&*state.blobs).await.map_err(AppError::internal)?;
        }
        let media = engine::media::describe(&*state.blobs, &blob, None).await.map_err(AppError::internal)?;
        // A sample's poster is made here and now; an upload's was granted with it.
        blobs::grant_media(state, workspace, &media).await?;
        *input = serde_json::to_value(media).expect("media is plain data");
    }
    Ok(inputs)
}

/// Takes out posters that the workspace may not read. They only decorate, so they are no reason to refuse a run; but a
/// result passes its poster on, and results are granted to the workspace.
pub async fn drop_foreign_posters(
    state: &AppState,
    workspace: WorkspaceId,
    graph: &mut Graph,
    inputs: &mut BTreeMap<String, Json>,
) -> Result<(), AppError> {
    let mut posters = BTreeSet::new();
    for_each_poster(graph, inputs, |object| posters.extend(poster_of(object)));
    let foreign = unreadable(state, workspace, &posters).await?;
    for_each_poster(graph, inputs, |object| {
        if poster_of(object).is_some_and(|poster| foreign.contains(&poster)) {
            object.remove("poster");
        }
    });
    Ok(())
}

fn poster_of(object: &serde_json::Map<String, Json>) -> Option<BlobHash> {
    object.get("poster")?.as_str()?.parse().ok()
}

fn for_each_poster(
    graph: &mut Graph,
    inputs: &mut BTreeMap<String, Json>,
    mut act: impl FnMut(&mut serde_json::Map<String, Json>),
) {
    let params = graph.nodes.values_mut().flat_map(|node| node.params.values_mut());
    // Not recursive: how deep a parameter may be is not for this function to trust.
    let mut queue: Vec<&mut Json> = params.chain(inputs.values_mut()).collect();
    while let Some(json) = queue.pop() {
        match json {
            Json::Object(object) => {
                act(object);
                queue.extend(object.values_mut());
            }
            Json::Array(items) => queue.extend(items),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
        }
    }
}

/// A graph is text that anybody can write: naming a hash must not open another workspace's media.
pub async fn check(
    state: &AppState,
    workspace: WorkspaceId,
    graph: &Graph,
    inputs: &BTreeMap<String, Json>,
    plan: &Plan,
) -> Result<(), AppError> {
    let planned: BTreeSet<&NodeId> = plan.keys().map(|(node, _)| node).collect();
    let mut needed = graph.clone();
    needed.nodes.retain(|id, _| planned.contains(id));
    for (id, node) in &needed.nodes {
        let alone = Graph { nodes: BTreeMap::from([(id.clone(), node.clone())]), ..Graph::default() };
        if let Some(blob) = unreadable(state, workspace, &blobs::named_in(&alone)).await?.first() {
            let message = format!("nodes.{id}: the media `{blob}` is not in this workspace: pick or upload it again");
            return Err(AppError::new(ErrorCode::InvalidGraph, message));
        }
    }
    let mut given = Node::new("inputs");
    given.params = inputs.clone();
    let given = Graph { nodes: BTreeMap::from([(NodeId::random(), given)]), ..Graph::default() };
    match unreadable(state, workspace, &blobs::named_in(&given)).await?.first() {
        Some(blob) => Err(AppError::bad_request(format!("`inputs`: the media `{blob}` is not in this workspace"))),
        None => Ok(()),
    }
}

/// Those of `hashes` that the workspace may not read. Samples are everybody's.
pub(super) async fn unreadable(
    state: &AppState,
    workspace: WorkspaceId,
    hashes: &BTreeSet<BlobHash>,
) -> Result<BTreeSet<BlobHash>, AppError> {
    let own: BTreeSet<BlobHash> = hashes.iter().filter(|hash| blobs::sample(hash).is_none()).cloned().collect();
    if own.is_empty() {
        return Ok(own);
    }
    let readable = db::blob::readable_by_workspace(&state.db, workspace, &own).await?;
    Ok(own.difference(&readable).cloned().collect())
}
