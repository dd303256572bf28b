//! OpenFlow's server: composes `shared` and `engine` into something people can sign in to.
//!
//! `config` is everything that can be set, `state` what handlers reach, `auth` who asks, `access` what they may do,
//! `room` the live documents, `bus` what servers tell each other, `routes` the HTTP interface, `db` the only place with SQL. The binary `openflow`
//! (`main.rs`) calls [`serve`].

pub mod config;
pub mod error;
pub mod db;
pub mod state;
pub mod auth;
pub mod access;
pub mod blobs;
pub mod keys;
pub mod spend;
pub mod bus;
pub mod room;
pub mod run;
pub mod version;
pub mod routes;
mod web;
mod serve;
pub mod cli;

pub use routes::router;
pub use serve::{listen, serve, undelayed, work};
