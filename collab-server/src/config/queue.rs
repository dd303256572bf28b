//! The queue of runs: how many are executed at once, for whom, and what their results may take.

use clap::Args;

use crate::run::FairLimits;

/// Most of a run is waiting for vendors; what needs cores has limits of its own in the engine.
pub(super) const DEFAULT_WORKERS: usize = 16;

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

impl FairConfig {
    /// How many runs may be executed at once, for whom.
    pub(super) fn limits(&self) -> FairLimits {
        FairLimits { per_person: self.runs_per_person, per_workspace: self.runs_per_workspace }
    }
}
