//! Runs: executing a plan and telling everybody what happens.

mod sink;

pub use sink::{EventLog, RunSink};
