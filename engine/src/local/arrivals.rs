//! Downloads under way: how far each is, why one failed, and how to stop it.
//!
//! In memory only: after a restart there are none, and the next attempt takes up what they left on disk. The download
//! itself is `download.rs`.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{DownloadProgress, Inner, LocalError, ModelName, download};
use crate::Secret;

/// A download, as a model manager shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Download {
    /// How far it is.
    pub progress: DownloadProgress,
    /// Why it ended without a model.
    pub error: Option<String>,
}

/// All of them.
#[derive(Default)]
pub(super) struct Downloads {
    /// By the name they were asked for. A watch channel: model managers want to be told.
    list: watch::Sender<BTreeMap<String, Download>>,
    /// By repository. Std mutex: held for a look, never across an await.
    stops: Mutex<Vec<(String, CancellationToken)>>,
}

impl Downloads {
    pub fn list(&self) -> BTreeMap<String, Download> {
        self.list.borrow().clone()
    }

    pub fn watch(&self) -> watch::Receiver<BTreeMap<String, Download>> {
        self.list.subscribe()
    }

    /// Ends the downloads of a repository, whoever waits for them.
    pub fn stop(&self, repo: &str) {
        self.stops().iter().filter(|(stopped, _)| stopped == repo).for_each(|(_, stop)| stop.cancel());
    }

    /// What the other downloads will still put on the disk.
    fn missing_bytes_besides(&self, name: &str) -> u64 {
        let list = self.list.borrow();
        let others = list.iter().filter(|(other, download)| *other != name && download.error.is_none());
        others.map(|(_, download)| download.progress.total_bytes.saturating_sub(download.progress.done_bytes)).sum()
    }

    pub fn set(&self, name: &str, download: Download) {
        self.list.send_modify(|list| drop(list.insert(name.to_owned(), download)));
    }

    fn stops(&self) -> MutexGuard<'_, Vec<(String, CancellationToken)>> {
        self.stops.lock().expect("nothing panics while it holds the lock")
    }
}

/// Who wants a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum For {
    /// Whoever looks after the models: a failure stays in the list until the next attempt.
    Manager,
    /// A run, which tells its people itself.
    Run,
}

/// A download that is in the list, and runs when [`PendingDownload::run`] is awaited. Dropping either takes it from the
/// list; what has arrived is kept.
pub struct PendingDownload {
    inner: Arc<Inner>,
    name: String,
    repo: String,
    revision: String,
    file: Option<String>,
    stop: CancellationToken,
    by: For,
    failed: bool,
}

impl PendingDownload {
    pub(super) fn begin(inner: &Arc<Inner>, name: &ModelName, by: For) -> Result<Self, LocalError> {
        let ModelName::Hub { repo, revision, file } = name else {
            return Err(LocalError::NotHere { name: name.to_string() });
        };
        let stop = CancellationToken::new();
        inner.downloads.stops().push((repo.clone(), stop.clone()));
        inner.downloads.set(&name.to_string(), Download::default());
        let (repo, revision, file) = (repo.clone(), revision.clone(), file.clone());
        Ok(Self { inner: inner.clone(), name: name.to_string(), repo, revision, file, stop, by, failed: false })
    }

    /// Fetches the model, or what is missing of it.
    pub async fn run(
        mut self,
        token: Option<Secret>,
        on_progress: &(dyn Fn(DownloadProgress) + Send + Sync),
    ) -> Result<(), LocalError> {
        let (inner, downloads) = (&self.inner, &self.inner.downloads);
        let report = |progress: DownloadProgress| {
            downloads.set(&self.name, Download { progress, error: None });
            on_progress(progress);
        };
        let hub = inner.hub(token);
        let wanted = (self.repo.as_str(), self.revision.as_str(), self.file.as_deref());
        let disk_max_bytes = inner.config.disk_max_bytes.saturating_sub(downloads.missing_bytes_besides(&self.name));
        let fetched = tokio::select! {
            fetched = download::download(&inner.store, &hub, wanted, disk_max_bytes, &report) => fetched,
            () = self.stop.cancelled() => Err(LocalError::Cancelled),
        };
        if let (Err(error), For::Manager) = (&fetched, self.by)
            && !matches!(error, LocalError::Cancelled)
        {
            downloads.set(&self.name, Download { error: Some(error.to_string()), ..Download::default() });
            self.failed = true;
        }
        fetched
    }
}

impl Drop for PendingDownload {
    fn drop(&mut self) {
        let downloads = &self.inner.downloads;
        // The one whose token this is. Another download of the same repository keeps its own.
        self.stop.cancel();
        downloads.stops().retain(|(_, stop)| !stop.is_cancelled());
        if !self.failed {
            downloads.list.send_modify(|list| drop(list.remove(&self.name)));
        }
    }
}
