//! Models that run on this machine: where they are, how they get here, and the provider `local` that runs them.
//!
//! The store and the downloads are always compiled; what runs models ([`run`]) is behind the feature `local-models`.
//! Called by the nodes through `provider::connect`, and by the server's and the command line's model managers.

mod error;
mod name;
mod kind;
mod hub;
mod select;
mod store;
mod download;
mod arrivals;
#[cfg(feature = "local-models")]
mod run;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

pub use arrivals::{Download, PendingDownload};
use arrivals::{Downloads, For};
pub use download::DownloadProgress;
pub use error::LocalError;
use hub::Hub;
pub use name::{ModelName, NameError};
pub use store::LocalModel;
use store::{ModelFiles, Store};
use tokio::sync::watch;

use crate::{NodeContext, Outbound, Reach, Secret, provider::Provider};

/// Where local models are and what they may take.
#[derive(Debug, Clone)]
pub struct LocalConfig {
    /// The folder of models.
    pub folder: PathBuf,
    /// The hub's address; absent: Hugging Face's.
    pub endpoint: Option<String>,
    /// Whether models may be named by path. For a person's own command line, not for a server.
    pub paths: bool,
    /// Whether a run fetches a model that is not here. Otherwise only the model manager does.
    pub fetch_in_runs: bool,
    /// Most of the disk that the folder may take.
    pub disk_max_bytes: u64,
    /// Most of the memory that loaded models may take. Those that were not used for longest make room.
    pub memory_max_bytes: u64,
    /// How many calls compute at once. Each uses all cores.
    pub parallel: usize,
}

impl LocalConfig {
    /// Sensible limits for one machine.
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            endpoint: None,
            paths: false,
            fetch_in_runs: true,
            disk_max_bytes: 200 << 30,
            memory_max_bytes: 16 << 30,
            parallel: 1,
        }
    }
}

const DEFAULT_ENDPOINT: &str = "https://huggingface.co";
/// The provider whose key opens closed models.
const HUB_PROVIDER: &str = "huggingface";

/// The models of this machine. Cheap to clone; all clones share what is loaded.
#[derive(Clone, Default)]
pub struct LocalModels(Option<Arc<Inner>>);

struct Inner {
    config: LocalConfig,
    store: Store,
    outbound: Outbound,
    downloads: Downloads,
    #[cfg(feature = "local-models")]
    loaded: run::Loaded,
}

impl LocalModels {
    /// None at all: every use is refused.
    pub fn none() -> Self {
        Self::default()
    }

    /// The models in a folder, which is made when the first one arrives.
    pub fn new(config: LocalConfig, outbound: Outbound) -> Self {
        Self(Some(Arc::new(Inner {
            store: Store::new(config.folder.clone()),
            outbound,
            downloads: Downloads::default(),
            #[cfg(feature = "local-models")]
            loaded: run::Loaded::new(config.memory_max_bytes, config.parallel),
            config,
        })))
    }

    fn inner(&self) -> Result<&Arc<Inner>, LocalError> {
        self.0.as_ref().ok_or(LocalError::Disabled)
    }

    /// What is here. Reads the folder: call it where blocking is fine.
    pub fn list(&self) -> Result<Vec<LocalModel>, LocalError> {
        Ok(self.inner()?.store.list()?)
    }

    /// What is on its way here, or failed to come, by name.
    pub fn downloads(&self) -> BTreeMap<String, Download> {
        self.0.as_ref().map(|inner| inner.downloads.list()).unwrap_or_default()
    }

    /// The same, whenever it changes.
    pub fn watch_downloads(&self) -> watch::Receiver<BTreeMap<String, Download>> {
        match &self.0 {
            Some(inner) => inner.downloads.watch(),
            None => watch::channel(BTreeMap::new()).1,
        }
    }

    /// Puts a model of the hub on the list of downloads, for whoever looks after the models. It is fetched when the
    /// value that comes back is run.
    pub fn begin_download(&self, name: &ModelName) -> Result<PendingDownload, LocalError> {
        PendingDownload::begin(self.inner()?, name, For::Manager)
    }

    /// Deletes a model from disk and from memory, and ends its download. A call that uses it ends in peace.
    pub async fn delete(&self, name: &ModelName) -> Result<(), LocalError> {
        let inner = self.inner()?;
        let mut lock = None;
        if let ModelName::Hub { repo, .. } = name {
            inner.downloads.stop(repo);
            let folder = inner.store.repo_folder(repo);
            if !folder.is_dir() {
                return Err(LocalError::NotHere { name: name.to_string() });
            }
            let busy = || LocalError::Busy { name: name.to_string() };
            lock = Some(download::lock_soon(&folder).await?.ok_or_else(busy)?);
        }
        let (store, name) = (inner.store.clone(), name.clone());
        let deleting = tokio::task::spawn_blocking(move || {
            let deleted = store.delete(&name);
            // Held until the folder is gone, or a download could fill it meanwhile.
            drop(lock);
            deleted
        });
        deleting.await.map_err(std::io::Error::other)??;
        #[cfg(feature = "local-models")]
        inner.loaded.forget_all();
        Ok(())
    }

    /// The provider that runs these models for one node.
    pub(crate) fn provider(&self, ctx: &NodeContext) -> Result<Arc<dyn Provider>, LocalError> {
        self.inner()?;
        #[cfg(feature = "local-models")]
        return Ok(Arc::new(run::Local::new(self.clone(), ctx)));
        #[cfg(not(feature = "local-models"))]
        {
            let _ = ctx;
            Err(LocalError::NotBuilt)
        }
    }
}

impl Inner {
    /// The hub, on behalf of whoever has `token`.
    fn hub(&self, token: Option<Secret>) -> Hub {
        let (endpoint, reach) = match &self.config.endpoint {
            // The operator chose it.
            Some(endpoint) => (endpoint.trim_end_matches('/').to_owned(), Reach::Private),
            None => (DEFAULT_ENDPOINT.to_owned(), Reach::Policy),
        };
        Hub { outbound: self.outbound.clone(), endpoint, reach, token }
    }

    /// The files of a model, fetched first if need be and allowed.
    async fn files(
        models: &LocalModels,
        text: &str,
        token: impl Future<Output = Option<Secret>> + Send,
        on_progress: &(dyn Fn(DownloadProgress) + Send + Sync),
    ) -> Result<(ModelName, ModelFiles), LocalError> {
        let inner = models.inner()?;
        let name: ModelName = text.parse()?;
        if matches!(name, ModelName::Path(_)) && !inner.config.paths {
            return Err(LocalError::PathRefused);
        }
        if let Some(files) = inner.store.find(&name) {
            return Ok((name, files));
        }
        if !inner.config.fetch_in_runs {
            return Err(LocalError::NotHere { name: name.to_string() });
        }
        PendingDownload::begin(inner, &name, For::Run)?.run(token.await, on_progress).await?;
        let files = inner.store.find(&name).ok_or_else(|| LocalError::NotHere { name: name.to_string() })?;
        Ok((name, files))
    }
}
