//! What every part of OpenFlow agrees on.
//!
//! Values and their types, ids, what a node is, graphs and their exchange format, the shared document and every edit
//! of it, the sync protocol, roles, run events, and the bodies of the HTTP interface.
//! Builds natively and for wasm. It does no IO, asks no clock, starts no task.

pub mod id;
pub mod value;
pub mod node;
pub mod graph;
pub mod document;
pub mod check;
pub mod effective;
pub mod shape;
pub mod seed;
pub mod migrate;
pub mod merkle;
pub mod exchange;
pub mod import;
pub mod diff;
pub mod version;
pub mod run;
pub mod outputs;
pub mod presence;
pub mod access;
pub mod api;
pub mod protocol;
pub mod error;

#[cfg(test)]
mod fixture;
