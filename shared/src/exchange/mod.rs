//! The exchange format: a graph as JSON text, for export, clipboard, HTTP, command line and git.
//!
//! `{"openflow":1,"meta":{…},"nodes":{id:{…}},"edges":{id:{…}},"frames":{…}}`. Reading is strict: what this build does
//! not know is refused with its place, since dropping it silently would lose somebody's work. Whether the graph makes
//! sense is not looked at here: see [`crate::check`]. What [`write()`] gives is stable, so that it can be diffed.

mod read;
mod write;
#[cfg(test)]
mod tests;

pub use self::{
    read::{read, read_value, read_value_with},
    write::{write, write_value},
};

/// The version of the format.
pub const VERSION: u64 = 1;

/// How much [`read`] takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub bytes: usize,
    /// Nodes; four times as many wires, and as many frames.
    pub nodes: usize,
    /// Arrays and objects in each other, the outermost included.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 8 * 1024 * 1024, nodes: 10_000, depth: 64 }
    }
}

/// Why a text is no graph.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    #[error("the text has {bytes} bytes, more than the {max} that are read")]
    TooLarge { bytes: usize, max: usize },
    /// The source says line and column.
    #[error("not JSON: {message}")]
    Json { message: String },
    #[error("not an OpenFlow workflow: `openflow` is missing at the top")]
    NotOpenFlow,
    #[error("`openflow` is {got}; this build reads version {VERSION}. A newer OpenFlow wrote the file")]
    Version { got: String },
    #[error("`{place}` has {count} entries, more than the {max} that are read")]
    TooMany { place: &'static str, count: usize, max: usize },
    #[error("{place}: nested deeper than {max} levels")]
    TooDeep { place: String, max: usize },
    #[error("{place}: {message}")]
    Invalid { place: String, message: String },
}

impl ExchangeError {
    /// Where in the text, for example `nodes.n1.params.radius`, if it is one place.
    pub fn place(&self) -> Option<&str> {
        match self {
            Self::TooDeep { place, .. } | Self::Invalid { place, .. } => Some(place),
            Self::TooMany { place, .. } => Some(place),
            Self::NotOpenFlow | Self::Version { .. } => Some("openflow"),
            Self::TooLarge { .. } | Self::Json { .. } => None,
        }
    }
}
