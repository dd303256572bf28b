//! The server through its router: a folder or file per endpoint, each test on SQLite and on Postgres.

mod support;

mod agents;
mod auth;
mod blobs;
mod cluster;
mod cli;
mod database;
mod jobs;
mod hosted;
mod keys;
mod local_models;
mod nodes;
mod rights;
mod routes;
mod runs;
mod js_clients;
mod spend;
mod sync;
mod transfer;
mod versions;
mod web;
mod workflows;
mod workspaces;
