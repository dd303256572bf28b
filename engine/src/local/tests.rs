//! Downloads, from a hub on this machine that behaves and misbehaves.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use futures_util::StreamExt;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::*;
use crate::OutboundPolicy;

const SECRET: &str = "hf_0123456789abcdef";

/// A hub with `org/model`: a small file, and a large one that is kept at another address.
#[derive(Clone)]
struct TestHub {
    weights: Arc<Vec<u8>>,
    /// What it says the weights hash to.
    checksum: String,
    storage: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    /// Breaks off the first answers with weights after so many bytes.
    breaks_at: Option<usize>,
    /// Answers with half of the weights, and keeps the connection.
    never_ends: bool,
}

#[derive(Debug, Clone, PartialEq)]
struct Seen {
    path: String,
    range: Option<String>,
    token: Option<String>,
}

impl TestHub {
    fn new(breaks_at: Option<usize>) -> Self {
        let weights: Vec<u8> = (0..300_000u32).map(|n| (n * 31 % 251) as u8).collect();
        let checksum = Sha256::digest(&weights).iter().map(|byte| format!("{byte:02x}")).collect();
        let (storage, seen) = (String::new(), Arc::default());
        Self { weights: Arc::new(weights), checksum, storage, seen, breaks_at, never_ends: false }
    }

    fn note(&self, path: &str, headers: &HeaderMap) -> Seen {
        let text = |name| headers.get(name).map(|value: &header::HeaderValue| value.to_str().unwrap().to_owned());
        let seen = Seen { path: path.to_owned(), range: text(header::RANGE), token: text(header::AUTHORIZATION) };
        self.seen.lock().unwrap().push(seen.clone());
        seen
    }

    fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// Starts the hub and its storage, each at an address of its own. The hub's comes back.
    async fn start(&mut self) -> String {
        let storage = Router::new().route("/weights", get(weights)).with_state(self.clone());
        self.storage = serve(storage).await;
        let hub = Router::new()
            .route("/api/models/org/model/revision/{revision}", get(listing))
            .route("/org/model/resolve/{commit}/{file}", get(file))
            .with_state(self.clone());
        serve(hub).await
    }
}

async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

async fn listing(State(hub): State<TestHub>, Path(revision): Path<String>, headers: HeaderMap) -> Response {
    hub.note("listing", &headers);
    if revision != "main" {
        return StatusCode::NOT_FOUND.into_response();
    }
    let lfs = json!({"sha256": hub.checksum, "size": hub.weights.len(), "pointerSize": 134});
    let siblings = json!([
        {"rfilename": "../../../escape", "size": 2, "blobId": "9e26dfeeb6e641a33dae4961196235bdb965b21b"},
        // As git hashes the two bytes.
        {"rfilename": "config.json", "size": 2, "blobId": "9e26dfeeb6e641a33dae4961196235bdb965b21b"},
        {"rfilename": "model.safetensors", "size": hub.weights.len(), "blobId": "f".repeat(40), "lfs": lfs},
    ]);
    Json::<Value>(json!({"sha": "a".repeat(40), "siblings": siblings})).into_response()
}

async fn file(State(hub): State<TestHub>, Path((_, file)): Path<(String, String)>, headers: HeaderMap) -> Response {
    hub.note(&file, &headers);
    match file.as_str() {
        "config.json" => "{}".into_response(),
        _ => Redirect::temporary(&format!("{}/weights", hub.storage)).into_response(),
    }
}

async fn weights(State(hub): State<TestHub>, headers: HeaderMap) -> Response {
    let seen = hub.note("weights", &headers);
    let from = seen.range.as_deref().and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
    let status = if from.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    let bytes = hub.weights[from.unwrap_or(0)..].to_vec();
    if hub.never_ends {
        let half = Ok::<_, std::io::Error>(bytes[..bytes.len() / 2].to_vec());
        let body = futures_util::stream::iter([half]).chain(futures_util::stream::pending());
        return (status, axum::body::Body::from_stream(body)).into_response();
    }
    match hub.breaks_at {
        // A connection that breaks: the length is promised and not kept.
        Some(at) if from.is_none() => {
            let head = Ok::<_, std::io::Error>(bytes[..at].to_vec());
            // The head leaves before the connection does: a body that is never ready flushes what it has.
            let gone = async {
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                Err(std::io::Error::other("gone"))
            };
            let broken = futures_util::stream::iter([head]).chain(futures_util::stream::once(gone));
            (status, axum::body::Body::from_stream(broken)).into_response()
        }
        _ => (status, bytes).into_response(),
    }
}

fn models(folder: &std::path::Path, endpoint: String) -> LocalModels {
    let config = LocalConfig { endpoint: Some(endpoint), ..LocalConfig::in_folder(folder) };
    LocalModels::new(config, Outbound::new(OutboundPolicy::default()))
}

fn name() -> ModelName {
    "org/model".parse().unwrap()
}

#[tokio::test]
async fn a_model_arrives_whole_and_its_token_goes_to_the_hub_alone() {
    let (mut hub, folder) = (TestHub::new(None), tempfile::tempdir().unwrap());
    let models = models(folder.path(), hub.start().await);
    let progress = Mutex::new(Vec::new());
    let on_progress = |now: DownloadProgress| progress.lock().unwrap().push(now);
    models.begin_download(&name()).unwrap().run(Some(Secret::new(SECRET)), &on_progress).await.unwrap();

    let token = Some(format!("Bearer {SECRET}"));
    for seen in hub.seen() {
        let expected = if seen.path == "weights" { &None } else { &token };
        assert_eq!(&seen.token, expected, "{seen:?}");
    }
    let progress = progress.into_inner().unwrap();
    assert!(progress.is_sorted_by_key(|now| now.done_bytes));
    assert_eq!(progress.last(), Some(&DownloadProgress { done_bytes: 300_002, total_bytes: 300_002 }));
    let files = models.inner().unwrap().store.find(&name()).unwrap();
    assert_eq!(std::fs::read(files.find("model.safetensors").unwrap()).unwrap(), *hub.weights);
    assert_eq!(std::fs::read_to_string(files.find("config.json").unwrap()).unwrap(), "{}");
    assert!(models.downloads().is_empty());
    // Nothing is fetched twice but the listing.
    let before = hub.seen().len();
    models.begin_download(&name()).unwrap().run(None, &|_| ()).await.unwrap();
    assert_eq!(hub.seen().len(), before + 1);

    models.delete(&name()).await.unwrap();
    assert!(models.list().unwrap().is_empty());
    assert!(matches!(models.delete(&name()).await, Err(LocalError::NotHere { .. })));
}

#[tokio::test]
async fn a_download_that_broke_off_goes_on_where_it_was() {
    let (mut hub, folder) = (TestHub::new(Some(100_000)), tempfile::tempdir().unwrap());
    let models = models(folder.path(), hub.start().await);
    models.begin_download(&name()).unwrap().run(None, &|_| ()).await.unwrap();
    let ranges: Vec<_> = hub.seen().into_iter().filter(|seen| seen.path == "weights").map(|seen| seen.range).collect();
    assert!(ranges.len() >= 2 && ranges[0].is_none(), "{ranges:?}");
    let from: usize = ranges[1].as_deref().unwrap()["bytes=".len()..].trim_end_matches('-').parse().unwrap();
    assert!((1..=100_000).contains(&from), "{from}");
    assert_eq!(models.list().unwrap().len(), 1);
    assert!(models.downloads().is_empty());
}

#[tokio::test]
async fn what_an_earlier_attempt_left_is_not_fetched_again() {
    let (mut hub, folder) = (TestHub::new(None), tempfile::tempdir().unwrap());
    let models = models(folder.path(), hub.start().await);
    let blobs = models.inner().unwrap().store.repo_folder("org/model").join("blobs");
    std::fs::create_dir_all(&blobs).unwrap();
    std::fs::write(blobs.join(format!("{}.part", hub.checksum)), &hub.weights[..50_000]).unwrap();
    assert!(models.list().unwrap().is_empty(), "half a model is none");
    models.begin_download(&name()).unwrap().run(None, &|_| ()).await.unwrap();
    let range = hub.seen().into_iter().find(|seen| seen.path == "weights").unwrap().range;
    assert_eq!(range.as_deref(), Some("bytes=50000-"));
    let files = models.inner().unwrap().store.find(&name()).unwrap();
    assert_eq!(std::fs::read(files.find("model.safetensors").unwrap()).unwrap(), *hub.weights);
}

#[tokio::test]
async fn deleting_a_model_ends_its_download() {
    let (mut hub, folder) = (TestHub::new(None), tempfile::tempdir().unwrap());
    hub.never_ends = true;
    let models = models(folder.path(), hub.start().await);
    let mut list = models.watch_downloads();
    let pending = models.begin_download(&name()).unwrap();
    assert_eq!(models.downloads()["org/model"], Download::default());
    let fetching = tokio::spawn(async move { pending.run(None, &|_| ()).await });
    let begun = |list: &BTreeMap<String, Download>| list.values().any(|download| download.progress.done_bytes > 2);
    list.wait_for(begun).await.unwrap();
    models.delete(&name()).await.unwrap();
    assert!(matches!(fetching.await.unwrap(), Err(LocalError::Cancelled)));
    assert_eq!(models.inner().unwrap().store.size_bytes(), 0);
    assert!(models.downloads().is_empty());
}

#[tokio::test]
async fn a_download_counts_what_others_will_still_bring() {
    let (mut hub, folder) = (TestHub::new(None), tempfile::tempdir().unwrap());
    let endpoint = Some(hub.start().await);
    let config = LocalConfig { endpoint, disk_max_bytes: 500_000, ..LocalConfig::in_folder(folder.path()) };
    let models = LocalModels::new(config, Outbound::new(OutboundPolicy::default()));
    let other = models.begin_download(&"org/other".parse().unwrap()).unwrap();
    let half = DownloadProgress { done_bytes: 100_000, total_bytes: 400_000 };
    models.inner().unwrap().downloads.set("org/other", Download { progress: half, error: None });
    let error = models.begin_download(&name()).unwrap().run(None, &|_| ()).await.unwrap_err();
    assert!(matches!(error, LocalError::DiskFull { left_bytes: 200_000, .. }), "{error:?}");
    drop(other);
    models.begin_download(&name()).unwrap().run(None, &|_| ()).await.unwrap();
}

#[tokio::test]
async fn bytes_that_are_not_the_announced_ones_are_thrown_away() {
    let (mut hub, folder) = (TestHub::new(None), tempfile::tempdir().unwrap());
    hub.checksum = "0".repeat(64);
    let models = models(folder.path(), hub.start().await);
    let error = models.begin_download(&name()).unwrap().run(None, &|_| ()).await.unwrap_err();
    assert!(matches!(&error, LocalError::Checksum { file } if file == "model.safetensors"), "{error:?}");
    assert!(models.list().unwrap().is_empty());
    assert!(models.downloads()["org/model"].error.as_deref().unwrap().contains("checksum"));
    let left = models.inner().unwrap().store.size_bytes();
    assert!(left < 1000, "{left} bytes are left");
}

#[tokio::test]
async fn a_model_for_which_there_is_no_room_is_not_begun() {
    let (mut hub, folder) = (TestHub::new(None), tempfile::tempdir().unwrap());
    let endpoint = Some(hub.start().await);
    let config = LocalConfig { endpoint, disk_max_bytes: 200_000, ..LocalConfig::in_folder(folder.path()) };
    let models = LocalModels::new(config, Outbound::new(OutboundPolicy::default()));
    let error = models.begin_download(&name()).unwrap().run(None, &|_| ()).await.unwrap_err();
    assert!(matches!(error, LocalError::DiskFull { needed_bytes: 300_002, .. }), "{error:?}");
    assert_eq!(hub.seen().len(), 1);
}

#[tokio::test]
async fn a_refusal_of_the_hub_is_told_with_what_helps() {
    let (mut hub, folder) = (TestHub::new(None), tempfile::tempdir().unwrap());
    let models = models(folder.path(), hub.start().await);
    let error = models.begin_download(&"org/model@v9".parse().unwrap()).unwrap().run(None, &|_| ()).await.unwrap_err();
    assert!(error.to_string().ends_with("there is no such model or file"), "{error}");
    let none = LocalModels::none().begin_download(&name()).err().unwrap();
    assert_eq!(none.to_string(), "local models are not set up here");
}

#[tokio::test]
async fn every_gguf_file_is_a_model_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("own.gguf"), "x").unwrap();
    std::fs::create_dir(folder.path().join("several")).unwrap();
    for file in ["a.gguf", "b.gguf", "notes.txt"] {
        std::fs::write(folder.path().join("several").join(file), "xy").unwrap();
    }
    let models = models(folder.path(), "http://127.0.0.1:1".into());
    let listed: Vec<_> = models.list().unwrap().into_iter().map(|model| (model.name, model.size_bytes)).collect();
    let expected = [("own.gguf", 1), ("several:a.gguf", 2), ("several:b.gguf", 2)];
    assert_eq!(listed, expected.map(|(name, size)| (name.to_owned(), size)));
    models.delete(&"several:a.gguf".parse().unwrap()).await.unwrap();
    models.delete(&"own.gguf".parse().unwrap()).await.unwrap();
    assert_eq!(models.list().unwrap().len(), 1);
}
