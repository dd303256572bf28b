//! Every role against every route and every kind of frame, and how fast a right is lost.

#![allow(clippy::print_stdout, reason = "the times and counts are what these tests are for")]

mod frames;
mod revoked;
mod routes;
mod streams;
mod table;
