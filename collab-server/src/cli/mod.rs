//! Commands that work without a server.

pub mod run;
pub mod transfer;

mod outputs;
mod progress;
