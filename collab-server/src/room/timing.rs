//! How long rooms and sockets wait for what. Values, so that a test need not wait as long.

use std::time::Duration;

#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// A document that nobody needs is unloaded after this.
    pub idle: Duration,
    /// A socket that was sent nothing for so long is sent a sign of life: stock clients take 30 s of silence for a
    /// dead line.
    pub quiet: Duration,
    /// A peer that takes nothing for so long is gone, or as good as gone.
    pub stuck: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self { idle: Duration::from_secs(30), quiet: Duration::from_secs(15), stuck: Duration::from_secs(5) }
    }
}

impl Timing {
    /// How often a room looks after itself.
    pub fn upkeep(&self) -> Duration {
        self.idle / 6
    }
}
