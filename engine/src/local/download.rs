//! Fetching a model from the hub: resumable, checked, and visible to nobody before it is complete.
//!
//! A file grows as `blobs/NAME.part`, is hashed, renamed and linked into its snapshot; `refs` is written last. A second
//! download of the same model, here or in another process, waits for the first.

use std::{
    fs::{self, File, TryLockError},
    io::{self, Read},
    path::{Path, PathBuf},
    time::Duration,
};

use futures_util::StreamExt;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt;

use super::{
    LocalError,
    hub::{Checksum, Hub, RepoFile},
    select::select,
    store::Store,
};
use crate::OutboundError;

/// How far a download is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DownloadProgress {
    /// Bytes that are on disk.
    pub done_bytes: u64,
    /// Of so many.
    pub total_bytes: u64,
}

const RETRIES_MAX: u32 = 4;
const RETRY_DELAY: Duration = Duration::from_millis(400);

type OnProgress<'a> = &'a (dyn Fn(DownloadProgress) + Send + Sync);

/// Fetches what is missing of a model.
pub(super) async fn download(
    store: &Store,
    hub: &Hub,
    (repo, revision, file): (&str, &str, Option<&str>),
    disk_max_bytes: u64,
    on_progress: OnProgress<'_>,
) -> Result<(), LocalError> {
    let listing = hub.list(repo, revision).await?;
    let files = select(repo, &listing, file)?;
    let folder = store.repo_folder(repo);
    let blobs = folder.join("blobs");
    fs::create_dir_all(&blobs)?;
    let _lock = lock(folder.join(LOCK_FILE)).await?;

    let total_bytes = files.iter().fold(0u64, |sum, file| sum.saturating_add(file.size_bytes));
    let here = |file: &&RepoFile| length(&blobs.join(file.checksum.as_str())) == Some(file.size_bytes);
    let missing_bytes = files.iter().filter(|file| !here(file)).fold(0u64, |sum, file| {
        let partial = length(&part_of(&blobs, file)).unwrap_or(0);
        sum.saturating_add(file.size_bytes.saturating_sub(partial))
    });
    let left_bytes = disk_max_bytes.saturating_sub(store.size_bytes());
    if missing_bytes > left_bytes {
        return Err(LocalError::DiskFull { name: repo.to_owned(), needed_bytes: missing_bytes, left_bytes });
    }

    let snapshot = store.repo(repo, revision).pointer_path(&listing.commit);
    let mut done_bytes = 0;
    for file in &files {
        let blob = blobs.join(file.checksum.as_str());
        if !here(file) {
            let report = |of_this: u64| on_progress(DownloadProgress { done_bytes: done_bytes + of_this, total_bytes });
            fetch_with_patience(hub, repo, &listing.commit, file, &blobs, &report).await?;
            fs::rename(part_of(&blobs, file), &blob)?;
        }
        done_bytes += file.size_bytes;
        on_progress(DownloadProgress { done_bytes, total_bytes });
        link(&snapshot, file)?;
    }
    store.repo(repo, revision).create_ref(&listing.commit)?;
    Ok(())
}

fn part_of(blobs: &Path, file: &RepoFile) -> PathBuf {
    blobs.join(format!("{}.part", file.checksum.as_str()))
}

fn length(path: &Path) -> Option<u64> {
    fs::metadata(path).ok().map(|file| file.len())
}

/// Held while a repository's folder is written. The system lets go of it when its process ends, however it ends.
const LOCK_FILE: &str = ".lock";
/// A download that was told to end does so within moments.
const LOCK_TRIES: u32 = 100;
const LOCK_DELAY: Duration = Duration::from_millis(50);

/// The lock of a repository whose own downloads were told to end; nothing if another process has it.
pub(super) async fn lock_soon(repo_folder: &Path) -> io::Result<Option<File>> {
    let file = File::create(repo_folder.join(LOCK_FILE))?;
    for _ in 0..LOCK_TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            Err(TryLockError::WouldBlock) => tokio::time::sleep(LOCK_DELAY).await,
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Ok(None)
}

async fn lock(path: PathBuf) -> Result<File, LocalError> {
    let locked = tokio::task::spawn_blocking(move || {
        let file = File::create(path)?;
        file.lock()?;
        Ok::<_, io::Error>(file)
    });
    Ok(locked.await.map_err(io::Error::other)??)
}

/// Large files break off now and then: goes on a few times before it gives up.
async fn fetch_with_patience(
    hub: &Hub,
    repo: &str,
    commit: &str,
    file: &RepoFile,
    blobs: &Path,
    on_progress: &(dyn Fn(u64) + Send + Sync),
) -> Result<(), LocalError> {
    let mut attempt = 0;
    loop {
        match fetch(hub, repo, commit, file, blobs, on_progress).await {
            Err(LocalError::Unreachable(OutboundError::Request(_))) if attempt < RETRIES_MAX => {
                attempt += 1;
                tokio::time::sleep(RETRY_DELAY * attempt).await;
            }
            outcome => return outcome,
        }
    }
}

/// Fetches one file into its `.part`, beginning where an earlier attempt ended, and checks it.
async fn fetch(
    hub: &Hub,
    repo: &str,
    commit: &str,
    file: &RepoFile,
    blobs: &Path,
    on_progress: &(dyn Fn(u64) + Send + Sync),
) -> Result<(), LocalError> {
    let part = part_of(blobs, file);
    let begun = length(&part).unwrap_or(0);
    let mut written = if begun < file.size_bytes { begun } else { 0 };
    let response = hub.open(repo, commit, &file.path, written).await?;
    if response.status() != reqwest::StatusCode::PARTIAL_CONTENT {
        // The hub gave the whole file, whatever was asked for.
        written = 0;
    }
    let mut options = tokio::fs::OpenOptions::new();
    let mut output = options.create(true).write(true).truncate(written == 0).append(written > 0).open(&part).await?;
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = match chunk {
            Ok(chunk) => chunk,
            Err(error) => {
                // What has arrived is kept: the next attempt goes on from there.
                output.flush().await?;
                return Err(LocalError::Unreachable(error.into()));
            }
        };
        written += chunk.len() as u64;
        if written > file.size_bytes {
            drop(output);
            fs::remove_file(&part)?;
            return Err(LocalError::HubNonsense { what: format!("`{}` is longer than announced", file.path) });
        }
        output.write_all(&chunk).await?;
        on_progress(written);
    }
    output.flush().await?;
    output.sync_all().await?;
    drop(output);
    if written < file.size_bytes {
        return Err(LocalError::HubNonsense { what: format!("`{}` ended early; the next attempt goes on", file.path) });
    }

    let (path, checksum) = (part.clone(), file.checksum.clone());
    let sound = tokio::task::spawn_blocking(move || matches(&path, &checksum));
    if sound.await.map_err(io::Error::other)?? {
        return Ok(());
    }
    fs::remove_file(&part)?;
    Err(LocalError::Checksum { file: file.path.clone() })
}

fn matches(path: &Path, checksum: &Checksum) -> io::Result<bool> {
    let mut file = File::open(path)?;
    let found = match checksum {
        Checksum::Sha256(_) => hex(&hashed(&mut file, Sha256::new())?),
        Checksum::Git(_) => {
            let begin = format!("blob {}\0", file.metadata()?.len());
            hex(&hashed(&mut file, Sha1::new_with_prefix(begin))?)
        }
    };
    Ok(found == checksum.as_str())
}

fn hashed(file: &mut File, mut digest: impl Digest) -> io::Result<Vec<u8>> {
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(digest.finalize().to_vec()),
            n => digest.update(&buffer[..n]),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Puts a blob under its name in the snapshot, as a relative link: the folder of models may be moved.
fn link(snapshot: &Path, file: &RepoFile) -> io::Result<()> {
    let place = snapshot.join(&file.path);
    if place.exists() {
        return Ok(());
    }
    fs::create_dir_all(place.parent().expect("a file is in a folder"))?;
    // `snapshots/COMMIT` is two folders deep, and the file may be deeper.
    let up = "../".repeat(2 + file.path.matches('/').count());
    match fs::remove_file(&place) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => symlink(&format!("{up}blobs/{}", file.checksum.as_str()), &place),
    }
}

#[cfg(unix)]
fn symlink(target: &str, place: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, place)
}

/// Elsewhere links need rights that a server may not have.
#[cfg(not(unix))]
fn symlink(target: &str, place: &Path) -> io::Result<()> {
    let folder = place.parent().expect("a file is in a folder");
    fs::copy(folder.join(target), place).map(drop)
}
