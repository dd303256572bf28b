//! Everything an operator can set, as flags and as `OPENFLOW_…` variables. Nothing else reads the environment.
//!
//! [`Config`] is what `openflow serve` takes, `worker` what a worker does; each other file is a room of both: flags that
//! belong together, with their defaults. `main` reads them, and hands them on.

mod data;
mod github;
mod models;
mod queue;
mod versions;
mod worker;

use std::{net::SocketAddr, path::PathBuf};

use clap::Args;

use self::queue::DEFAULT_WORKERS;
pub use self::{
    data::DataConfig, github::GitHubConfig, models::ModelsConfig, queue::FairConfig, versions::VersionConfig,
    worker::WorkerConfig,
};
use crate::run::FairLimits;

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
        self.fair.limits()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_is_spelled_like_an_origin() {
        assert_eq!(parse_public_url("https://Flow.example.org/").unwrap(), "https://flow.example.org");
        assert!(parse_public_url("flow.example.org").is_err());
        assert!(parse_public_url("https://flow.example.org/app").is_err());
    }
}
