//! What `openflow worker` needs: a part of what a server does.

use clap::Args;

use super::{Config, DataConfig, FairConfig, ModelsConfig, Process, queue::DEFAULT_WORKERS};

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

fn parse_workers(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(workers) if workers > 0 => Ok(workers),
        _ => Err("expected a number above 0".into()),
    }
}
