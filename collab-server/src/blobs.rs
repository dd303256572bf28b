//! Which workspace may read which blob: recording what was uploaded or made, and finding what a graph names.
//!
//! The store itself belongs to the engine. Called by the blob and workflow routes and by the run service.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::OnceLock,
};

use engine::{
    BlobError, BlobStore,
    samples::{SAMPLES, Sample},
};
use shared::{
    graph::Graph,
    id::WorkspaceId,
    value::{BlobHash, Media},
};

use crate::{
    auth::Asker,
    db::{self, Db, DbError, blob::BlobRow},
    error::AppError,
    state::AppState,
};

const UNKNOWN_MIME: &str = "application/octet-stream";

#[derive(Debug, thiserror::Error)]
pub enum GrantError {
    #[error("could not look at the blob")]
    Blob(#[from] BlobError),
    #[error("could not record the blob")]
    Db(#[from] DbError),
}

impl From<GrantError> for AppError {
    fn from(error: GrantError) -> Self {
        match error {
            GrantError::Blob(error) => Self::internal(error),
            GrantError::Db(error) => error.into(),
        }
    }
}

/// Records probed media together with its poster, and lets a workspace read both.
pub async fn grant_media(state: &AppState, workspace: WorkspaceId, media: &Media) -> Result<(), GrantError> {
    // A file's name is one person's word for these bytes: another workspace with the same bytes must not learn it.
    let nameless = Media { name: None, ..media.clone() };
    let json = serde_json::to_string(&nameless).expect("media is plain data");
    let mut rows = vec![BlobRow {
        hash: media.blob.to_string(),
        mime: media.mime.clone(),
        size_bytes: media.size_bytes as i64,
        media: Some(json),
    }];
    let mut hashes = BTreeSet::from([media.blob.clone()]);
    if let Some(poster) = &media.poster {
        rows.push(look_at(state.blobs.as_ref(), poster).await?);
        hashes.insert(poster.clone());
    }

    let mut tx = state.db.begin().await?;
    for row in &rows {
        db::blob::insert(&mut tx, row).await?;
    }
    db::blob::grant(&mut tx, workspace, &hashes).await?;
    tx.commit().await?;
    Ok(())
}

/// What the first bytes say, for blobs that nobody probes.
async fn look_at(blobs: &dyn BlobStore, hash: &BlobHash) -> Result<BlobRow, BlobError> {
    let path = blobs.local_path(hash).await?;
    let size_bytes = tokio::fs::metadata(&path).await?.len() as i64;
    let mime = sniff(&path).await?;
    Ok(BlobRow { hash: hash.to_string(), mime, size_bytes, media: None })
}

async fn sniff(path: &Path) -> Result<String, BlobError> {
    use tokio::io::AsyncReadExt;
    let mut head = Vec::new();
    tokio::fs::File::open(path).await?.take(8192).read_to_end(&mut head).await?;
    Ok(infer::get(&head).map_or(UNKNOWN_MIME, |kind| kind.mime_type()).to_owned())
}

/// The sample of this name, if it is one. Samples ship with the program: everybody who is signed in may read them, and
/// no workspace needs a grant.
pub fn sample(hash: &BlobHash) -> Option<&'static Sample> {
    static BY_HASH: OnceLock<BTreeMap<BlobHash, &'static Sample>> = OnceLock::new();
    BY_HASH.get_or_init(|| SAMPLES.iter().map(|sample| (sample.hash(), sample)).collect()).get(hash).copied()
}

/// Type and size of a blob, if the person or key may read it.
pub async fn readable_by(db: &Db, asker: Asker<'_>, hash: &BlobHash) -> Result<Option<(String, u64)>, DbError> {
    if let Some(sample) = sample(hash) {
        let mime = infer::get(sample.bytes).map_or(UNKNOWN_MIME, |kind| kind.mime_type());
        return Ok(Some((mime.to_owned(), sample.bytes.len() as u64)));
    }
    if db::blob::readable_by_user(db, asker, &[hash.clone()].into()).await?.is_empty() {
        return Ok(None);
    }
    let row = db::blob::find(db, hash).await?;
    Ok(row.map(|row| (row.mime, row.size_bytes as u64)))
}

/// What a graph names and its workspace may not read: a run would fail on it, and must not get it by the back door.
pub async fn not_readable(db: &Db, workspace: WorkspaceId, graph: &Graph) -> Result<BTreeSet<BlobHash>, DbError> {
    let named: BTreeSet<BlobHash> = named_in(graph).into_iter().filter(|hash| sample(hash).is_none()).collect();
    let readable = db::blob::readable_by_workspace(db, workspace, &named).await?;
    Ok(named.difference(&readable).cloned().collect())
}

/// Every blob a graph names: media in parameters, with their posters.
pub fn named_in(graph: &Graph) -> BTreeSet<BlobHash> {
    let mut hashes = BTreeSet::new();
    for value in graph.nodes.values().flat_map(|node| node.params.values()) {
        collect(value, &mut hashes);
    }
    // A pinned result is handed on like one that was made.
    for pin in graph.nodes.values().filter_map(|node| node.pin.as_ref()) {
        collect(&serde_json::to_value(&pin.values).expect("values are plain data"), &mut hashes);
    }
    hashes
}

fn collect(value: &serde_json::Value, hashes: &mut BTreeSet<BlobHash>) {
    match value {
        serde_json::Value::Object(object) => {
            for key in ["blob", "poster"] {
                let hash = object.get(key).and_then(|value| value.as_str()?.parse().ok());
                hashes.extend(hash);
            }
            object.values().for_each(|value| collect(value, hashes));
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| collect(item, hashes)),
        _ => {}
    }
}

/// Lets a workspace read those blobs of a graph that the person who brings the graph may read. The others stay names
/// without bytes: the graph opens, and a run says which picture is missing.
pub async fn grant_what_user_reads(
    db: &Db,
    workspace: WorkspaceId,
    asker: Asker<'_>,
    graph: &Graph,
) -> Result<(), DbError> {
    let named = named_in(graph);
    if named.is_empty() {
        return Ok(());
    }
    let readable = db::blob::readable_by_user(db, asker, &named).await?;
    let mut tx = db.begin().await?;
    db::blob::grant(&mut tx, workspace, &readable).await?;
    tx.commit().await
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use shared::{
        graph::{Node, Pin},
        value::{Media, Value},
    };

    use super::*;

    #[test]
    fn media_are_found_however_deep_they_lie() {
        let [a, b, c, d] = ["a", "b", "c", "d"].map(|text| BlobHash::of(text.as_bytes()));
        let mut graph = Graph::default();
        let mut node = Node::new("image.load");
        node.params.insert("file".into(), json!({"blob": a, "poster": b, "mime": "image/png", "size_bytes": 1}));
        node.params.insert("list".into(), json!([{"deep": [{"blob": c}]}, {"blob": "no hash"}, 7]));
        let pinned = Value::Image(Media::new(d.clone(), "image/png", 1));
        node.pin = Some(Pin { values: [("image".to_owned(), pinned)].into(), run: None, seed: None });
        graph.nodes.insert("n".parse().unwrap(), node);
        assert_eq!(named_in(&graph), BTreeSet::from([a, b, c, d]));
    }
}
