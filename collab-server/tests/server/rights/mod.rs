//! Every role against every route and every kind of frame, and how fast a right is lost.

mod frames;
mod revoked;
mod routes;
mod table;
