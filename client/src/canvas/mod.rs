//! The canvas: one layer that moves, nodes and wires on it, and the hands of everybody who is here.
//!
//! Geometry and gestures are pure and tested without a browser; `state` is what this person sees and holds; the rest
//! draws. Nothing here knows how documents or sockets work: that is the replica's.

mod boxes;
pub mod category;
mod commands;
pub mod connect;
mod cursors;
pub mod geometry;
pub mod gesture;
pub mod keyboard;
pub mod keys;
pub mod layout;
pub mod live;
mod loose;
mod preview;
pub mod node;
pub mod state;
pub mod surface;
pub mod viewport;
mod wire_path;
mod wires;
