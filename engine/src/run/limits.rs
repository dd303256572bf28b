//! How much may work at once, and for how long.

use std::{sync::Arc, thread::available_parallelism, time::Duration};

use shared::node::Resource;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Limits of an engine, shared by all its runs.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Nodes that each keep a core busy.
    pub cpu: usize,
    /// ffmpeg processes; each uses several cores.
    pub ffmpeg: usize,
    /// Calls to services elsewhere.
    pub network: usize,
    /// For nodes whose author set no time limit.
    pub node_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        let cores = available_parallelism().map_or(2, usize::from);
        Self { cpu: cores, ffmpeg: cores.div_ceil(2), network: 16, node_timeout: Duration::from_secs(1800) }
    }
}

/// One semaphore for each resource that can run short.
pub(super) struct Permits {
    cpu: Arc<Semaphore>,
    ffmpeg: Arc<Semaphore>,
    network: Arc<Semaphore>,
}

impl Permits {
    pub fn new(limits: &Limits) -> Self {
        let semaphore = |n: usize| Arc::new(Semaphore::new(n.max(1)));
        Self { cpu: semaphore(limits.cpu), ffmpeg: semaphore(limits.ffmpeg), network: semaphore(limits.network) }
    }

    /// Waits until the resource has room; in the order of asking.
    pub async fn acquire(&self, resource: Resource) -> Option<OwnedSemaphorePermit> {
        let semaphore = match resource {
            // Microseconds: waiting would take longer than working.
            Resource::Light => return None,
            Resource::Cpu => &self.cpu,
            Resource::Ffmpeg => &self.ffmpeg,
            Resource::Network => &self.network,
        };
        Some(semaphore.clone().acquire_owned().await.expect("the semaphores are never closed"))
    }
}
