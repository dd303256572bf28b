//! The server through its router: a folder or file per endpoint, each test on SQLite and on Postgres.

mod support;

mod auth;
mod blobs;
mod database;
mod keys;
mod nodes;
mod routes;
mod sync;
mod transfer;
mod web;
mod workflows;
mod cli;
mod workspaces;
