//! Local models: where they are, and what they may take.

use std::path::{Path, PathBuf};

use clap::Args;
use engine::LocalConfig;

/// Where models of this machine are, and what they may take.
#[derive(Debug, Clone, Args)]
pub struct ModelsConfig {
    /// Folder of local models. Default: `models` in the data folder.
    #[arg(long, env = "OPENFLOW_MODELS_DIR")]
    pub models_dir: Option<PathBuf>,

    /// Where models are fetched from, if not from Hugging Face.
    #[arg(long, env = "OPENFLOW_MODEL_HUB_URL")]
    pub model_hub_url: Option<String>,

    /// Most of the disk that local models may take, in GiB.
    #[arg(long, env = "OPENFLOW_MODELS_DISK_GIB", default_value_t = 200)]
    pub models_disk_gib: u64,

    /// Most of the memory that loaded models may take, in GiB.
    #[arg(long, env = "OPENFLOW_MODELS_MEMORY_GIB", default_value_t = 16)]
    pub models_memory_gib: u64,

    /// Do not fetch models that a run names: only who manages the server's models fetches them.
    #[arg(long, env = "OPENFLOW_MODELS_CLOSED")]
    pub models_closed: bool,
}

impl ModelsConfig {
    /// All defaults.
    pub fn standard() -> Self {
        Self {
            models_dir: None,
            model_hub_url: None,
            models_disk_gib: 200,
            models_memory_gib: 16,
            models_closed: false,
        }
    }

    /// For the engine. Paths are a matter of the caller: see [`LocalConfig::paths`].
    pub fn in_data_dir(&self, data_dir: &Path) -> LocalConfig {
        let folder = self.models_dir.clone().unwrap_or_else(|| data_dir.join("models"));
        LocalConfig {
            endpoint: self.model_hub_url.clone(),
            fetch_in_runs: !self.models_closed,
            disk_max_bytes: self.models_disk_gib.saturating_mul(1 << 30),
            memory_max_bytes: self.models_memory_gib.saturating_mul(1 << 30),
            ..LocalConfig::in_folder(folder)
        }
    }
}
