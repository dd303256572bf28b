//! The canvas: one layer that moves, nodes and wires on it, and the hands of everybody who is here.
//!
//! Geometry and gestures are pure and tested without a browser; `state` is what this person sees and holds; the rest
//! draws. Nothing here knows how documents or sockets work: that is the replica's.

mod adding;
pub mod arrange;
mod boxes;
pub mod carried;
pub mod category;
mod choices;
pub mod clipboard;
mod commands;
pub mod connect;
mod cursors;
pub mod deleted;
mod derived;
mod edits;
mod far;
mod frames;
pub mod geometry;
pub mod gesture;
mod graph_ops;
mod guides;
mod held_wires;
mod index;
pub mod keyboard;
pub mod keys;
mod layer;
pub mod layout;
pub mod live;
mod look;
mod loose;
pub mod order;
pub mod people;
mod provide;
mod preview;
pub mod node;
pub mod rewired;
mod ripening;
mod selection_bar;
mod sight;
pub mod state;
pub mod surface;
pub mod viewport;
mod wire_path;
mod wires;
