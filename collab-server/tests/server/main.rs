//! The server through its router: a folder or file per endpoint, each test on SQLite and on Postgres.

mod support;

mod auth;
mod sync;
mod workspaces;
