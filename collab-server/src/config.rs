//! Everything an operator can set, as flags and as `OPENFLOW_…` variables. Nothing else reads the environment.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use clap::Args;
use engine::LocalConfig;

use crate::run::FairLimits;

/// Where the data is. All subcommands that touch a database share it.
#[derive(Debug, Clone, Args)]
pub struct DataConfig {
    /// Folder of everything that must be kept: database, blobs, master key.
    #[arg(long, env = "OPENFLOW_DATA_DIR", default_value = "data")]
    pub data_dir: PathBuf,

    /// `sqlite:FILE` or `postgres://…`. Default: `openflow.db` in the data folder.
    #[arg(long, env = "OPENFLOW_DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,

    /// `file:FOLDER` for blobs. Default: `blobs` in the data folder.
    #[arg(long, env = "OPENFLOW_BLOB_URL", value_parser = parse_blob_url)]
    pub blob_url: Option<PathBuf>,

    /// 32 bytes in base64 that provider keys are encrypted with. Default: `master.key` in the data folder, made at
    /// first start.
    #[arg(long, env = "OPENFLOW_MASTER_KEY", hide_env_values = true)]
    pub master_key: Option<String>,
}

impl DataConfig {
    /// All defaults, in `data_dir`.
    pub fn in_folder(data_dir: impl Into<PathBuf>) -> Self {
        Self { data_dir: data_dir.into(), database_url: None, blob_url: None, master_key: None }
    }

    pub fn database_url(&self) -> String {
        match &self.database_url {
            Some(url) => url.clone(),
            None => format!("sqlite:{}", self.data_dir.join("openflow.db").display()),
        }
    }

    pub fn blob_dir(&self) -> PathBuf {
        self.blob_url.clone().unwrap_or_else(|| self.data_dir.join("blobs"))
    }

    pub fn master_key_file(&self) -> PathBuf {
        self.data_dir.join("master.key")
    }
}

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

/// Signing in with GitHub: on when both id and secret are given.
#[derive(Debug, Clone, Args)]
pub struct GitHubConfig {
    /// Client id of an OAuth app at GitHub whose callback is `{public URL}/api/auth/github/callback`.
    #[arg(long, env = "OPENFLOW_GITHUB_CLIENT_ID")]
    pub github_client_id: Option<String>,

    /// Its client secret.
    #[arg(long, env = "OPENFLOW_GITHUB_CLIENT_SECRET", hide_env_values = true)]
    pub github_client_secret: Option<String>,

    /// Where people sign in. Another one for GitHub Enterprise.
    #[arg(long, env = "OPENFLOW_GITHUB_URL", default_value = GITHUB_URL)]
    pub github_url: String,

    /// Where the API answers. For GitHub Enterprise `https://HOST/api/v3`.
    #[arg(long, env = "OPENFLOW_GITHUB_API_URL", default_value = GITHUB_API_URL)]
    pub github_api_url: String,
}

const GITHUB_URL: &str = "https://github.com";
const GITHUB_API_URL: &str = "https://api.github.com";

impl Default for GitHubConfig {
    fn default() -> Self {
        Self {
            github_client_id: None,
            github_client_secret: None,
            github_url: GITHUB_URL.into(),
            github_api_url: GITHUB_API_URL.into(),
        }
    }
}

/// What `serve` needs.
#[derive(Debug, Clone, Args)]
pub struct Config {
    #[command(flatten)]
    pub data: DataConfig,

    #[command(flatten)]
    pub models: ModelsConfig,

    /// Address to listen on.
    #[arg(long, env = "OPENFLOW_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,

    /// NATS that several servers of one Postgres talk over: `nats://…`. A single server needs none.
    #[arg(long, env = "OPENFLOW_NATS_URL", hide_env_values = true)]
    pub nats_url: Option<String>,

    /// Folder of the built web client: `index.html` and `assets/`. Without it only the API is served.
    #[arg(long, env = "OPENFLOW_WEB_DIR")]
    pub web_dir: Option<PathBuf>,

    /// The address people type, for example `https://flow.example.org`. Behind a proxy that ends TLS it must be given:
    /// it makes cookies `Secure` and names the one origin that may act with them.
    #[arg(long, env = "OPENFLOW_PUBLIC_URL", value_parser = parse_public_url)]
    pub public_url: Option<String>,

    /// Trust the last address in `X-Forwarded-For`. Only behind a proxy that sets it, or anybody can escape throttling.
    #[arg(long, env = "OPENFLOW_BEHIND_PROXY")]
    pub behind_proxy: bool,

    /// Let nodes and provider keys reach private addresses, such as a model server in the same network.
    #[arg(long, env = "OPENFLOW_ALLOW_PRIVATE_NETWORK")]
    pub allow_private_network: bool,

    /// Largest upload.
    #[arg(long, env = "OPENFLOW_MAX_UPLOAD_BYTES", default_value_t = DEFAULT_MAX_UPLOAD_BYTES)]
    pub max_upload_bytes: u64,

    #[command(flatten)]
    pub versions: VersionConfig,

    #[command(flatten)]
    pub github: GitHubConfig,

    /// Memory that open documents may take together, by estimate. Over it no more are opened.
    #[arg(long, env = "OPENFLOW_MAX_ROOM_MEMORY_BYTES", default_value_t = DEFAULT_MAX_ROOM_MEMORY_BYTES)]
    pub max_room_memory_bytes: u64,

    /// Runs that this process executes at once; the rest wait. 0: only `openflow worker` processes execute runs.
    #[arg(long, env = "OPENFLOW_WORKERS", default_value_t = DEFAULT_WORKERS)]
    pub workers: usize,

    #[command(flatten)]
    pub fair: FairConfig,

    /// Log one JSON object a line.
    #[arg(long, env = "OPENFLOW_LOG_JSON")]
    pub log_json: bool,

    #[arg(skip)]
    pub process: Process,
}

/// What a process does with the database it shares.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Process {
    /// Owns rooms, answers requests, and may execute runs.
    #[default]
    Server,
    /// Executes runs, and tells servers through the database.
    Worker,
    /// Reads or writes one thing and ends; runs are left alone.
    Tool,
}

/// Limits of the queue. Every process that executes runs should have the same ones.
#[derive(Debug, Clone, Args)]
pub struct FairConfig {
    /// Runs of one person that are executed at once.
    #[arg(long, env = "OPENFLOW_RUNS_PER_PERSON", default_value_t = 4)]
    pub runs_per_person: u32,

    /// Runs of one workspace that are executed at once.
    #[arg(long, env = "OPENFLOW_RUNS_PER_WORKSPACE", default_value_t = 12)]
    pub runs_per_workspace: u32,

    /// Size of the results that each workspace's cache keeps in the database and in blobs of its own, in megabytes.
    #[arg(long, env = "OPENFLOW_CACHE_MEGABYTES", default_value_t = 512)]
    pub cache_megabytes: u64,
}

impl Default for FairConfig {
    fn default() -> Self {
        Self { runs_per_person: 4, runs_per_workspace: 12, cache_megabytes: 512 }
    }
}

/// What `worker` needs.
#[derive(Debug, Clone, Args)]
pub struct WorkerConfig {
    #[command(flatten)]
    pub data: DataConfig,

    #[command(flatten)]
    pub models: ModelsConfig,

    /// The NATS of the servers, `nats://…`: so each hears at once what the other does. Without it they look.
    #[arg(long, env = "OPENFLOW_NATS_URL", hide_env_values = true)]
    pub nats_url: Option<String>,

    /// Runs that this process executes at once.
    #[arg(long, env = "OPENFLOW_WORKERS", default_value_t = DEFAULT_WORKERS, value_parser = parse_workers)]
    pub workers: usize,

    #[command(flatten)]
    pub fair: FairConfig,

    /// Let nodes and provider keys reach private addresses, such as a model server in the same network.
    #[arg(long, env = "OPENFLOW_ALLOW_PRIVATE_NETWORK")]
    pub allow_private_network: bool,

    /// Log one JSON object a line.
    #[arg(long, env = "OPENFLOW_LOG_JSON")]
    pub log_json: bool,
}

impl From<WorkerConfig> for Config {
    fn from(worker: WorkerConfig) -> Self {
        let WorkerConfig { data, models, nats_url, workers, fair, allow_private_network, log_json } = worker;
        let server = Self::in_folder(&data.data_dir);
        let process = Process::Worker;
        Self { data, models, nats_url, workers, fair, allow_private_network, log_json, process, ..server }
    }
}

/// Most of a run is waiting for vendors; what needs cores has limits of its own in the engine.
const DEFAULT_WORKERS: usize = 16;

fn parse_workers(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(workers) if workers > 0 => Ok(workers),
        _ => Err("expected a number above 0".into()),
    }
}

/// When versions of workflows are kept by themselves, and for how long. Named and pinned ones are kept for good.
#[derive(Debug, Clone, Args)]
pub struct VersionConfig {
    /// A version is kept when nobody has edited for so long.
    #[arg(long, env = "OPENFLOW_VERSION_PAUSE_SECONDS", default_value_t = 60)]
    pub version_pause_seconds: u32,

    /// Versions younger than this are all kept.
    #[arg(long, env = "OPENFLOW_VERSION_KEEP_ALL_HOURS", default_value_t = 24)]
    pub version_keep_all_hours: u32,

    /// Versions younger than this are kept one an hour.
    #[arg(long, env = "OPENFLOW_VERSION_KEEP_HOURLY_DAYS", default_value_t = 7)]
    pub version_keep_hourly_days: u32,

    /// Versions younger than this are kept one a day, older ones not at all.
    #[arg(long, env = "OPENFLOW_VERSION_KEEP_DAILY_DAYS", default_value_t = 365)]
    pub version_keep_daily_days: u32,

    /// Most versions of one workflow that are kept by themselves.
    #[arg(long, env = "OPENFLOW_VERSION_MAX", default_value_t = 2000)]
    pub version_max: u32,
}

impl Default for VersionConfig {
    fn default() -> Self {
        Self {
            version_pause_seconds: 60,
            version_keep_all_hours: 24,
            version_keep_hourly_days: 7,
            version_keep_daily_days: 365,
            version_max: 2000,
        }
    }
}

pub const DEFAULT_MAX_UPLOAD_BYTES: u64 = 2 << 30;
pub const DEFAULT_MAX_ROOM_MEMORY_BYTES: u64 = 2 << 30;

impl Config {
    /// Empty is none: so a container leaves a variable out.
    pub fn nats_url(&self) -> Option<&str> {
        self.nats_url.as_deref().filter(|url| !url.is_empty())
    }

    /// The defaults of the command line, with all data in `data_dir`.
    pub fn in_folder(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data: DataConfig::in_folder(data_dir),
            models: ModelsConfig::standard(),
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            nats_url: None,
            web_dir: None,
            public_url: None,
            behind_proxy: false,
            allow_private_network: false,
            max_upload_bytes: DEFAULT_MAX_UPLOAD_BYTES,
            max_room_memory_bytes: DEFAULT_MAX_ROOM_MEMORY_BYTES,
            versions: VersionConfig::default(),
            github: GitHubConfig::default(),
            workers: DEFAULT_WORKERS,
            fair: FairConfig::default(),
            log_json: false,
            process: Process::Server,
        }
    }

    /// How many runs may be executed at once, for whom.
    pub fn limits(&self) -> FairLimits {
        FairLimits { per_person: self.fair.runs_per_person, per_workspace: self.fair.runs_per_workspace }
    }

    /// Whether people reach us through TLS.
    pub fn is_https(&self) -> bool {
        self.public_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }
}

/// Without a path or trailing slash, as an `Origin` header spells it.
fn parse_public_url(text: &str) -> Result<String, String> {
    let origin = text.trim_end_matches('/');
    let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    match host {
        Some(host) if !host.is_empty() && !host.contains(['/', '?', '#', '@', ' ']) => Ok(origin.to_lowercase()),
        _ => Err("expected an address without a path, such as `https://flow.example.org`".into()),
    }
}

fn parse_blob_url(text: &str) -> Result<PathBuf, String> {
    let path = match text.split_once(':') {
        Some(("file", rest)) => rest.strip_prefix("//").unwrap_or(rest),
        _ => return Err("expected `file:FOLDER`".into()),
    };
    if path.is_empty() { Err("expected a folder behind `file:`".into()) } else { Ok(Path::new(path).to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_is_spelled_like_an_origin() {
        assert_eq!(parse_public_url("https://Flow.example.org/").unwrap(), "https://flow.example.org");
        assert!(parse_public_url("flow.example.org").is_err());
        assert!(parse_public_url("https://flow.example.org/app").is_err());
    }

    #[test]
    fn blobs_go_to_a_folder() {
        assert_eq!(parse_blob_url("file:/srv/blobs").unwrap(), Path::new("/srv/blobs"));
        assert_eq!(parse_blob_url("file:///srv/blobs").unwrap(), Path::new("/srv/blobs"));
        assert!(parse_blob_url("s3://bucket").is_err());
    }
}
