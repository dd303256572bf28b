//! The canvas: one layer that moves, nodes and wires on it, and the hands of everybody who is here.

mod connect;
mod geometry;
mod gesture;
mod keys;
mod layout;
mod viewport;
mod wire_path;
