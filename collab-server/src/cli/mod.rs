//! Commands that work without a server.

pub mod transfer;
