//! How long rooms and sockets wait for what, and how much they take. Values, so that a test need not wait as long or
//! send as much.

use std::time::Duration;

#[derive(Debug, Clone, Copy, Default)]
pub struct Settings {
    pub timing: Timing,
    pub limits: Limits,
}

#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Messages about a document that a connection may go on sending each second, and how many more at once. Whoever
    /// sends more is read more slowly.
    pub messages_per_second: u32,
    pub message_burst: u32,
    /// The same for frames of all kinds. Higher: stock y-websocket clients repeat everybody's presence.
    pub frames_per_second: u32,
    /// A document may be as large as this, encoded. Then it takes deletions only.
    pub document_bytes: usize,
    /// All open documents together may take as much memory, by estimate.
    pub open_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            messages_per_second: 30,
            message_burst: 200,
            frames_per_second: 100,
            document_bytes: 32 * 1024 * 1024,
            open_bytes: 2 * 1024 * 1024 * 1024,
        }
    }
}

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
