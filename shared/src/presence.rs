//! Awareness: what a client says of itself, over and over, and nobody stores.
//!
//! A state is one JSON object of at most 64 KiB. The server overwrites `user` from the sign-in, so nobody can pose as
//! another; everything else is the client's word.

use serde::{Deserialize, Serialize};

use crate::id::{NodeId, UserId};

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Presence {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<PresentUser>,
    /// In canvas units; absent when the pointer is elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<[f64; 2]>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub selection: Vec<NodeId>,
    /// Positions of nodes under the person's hand: written to the document on drop only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dragging: Vec<(NodeId, [f64; 2])>,
    /// The wire being pulled: node, port, and where its loose end is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wire: Option<LooseWire>,
    /// The text being typed into, with the caret in UTF-16 code units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub editing: Option<Editing>,
    /// What the person sees: x, y, width, height in canvas units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub viewport: Option<[f64; 4]>,
    /// What the person says at the pointer, for as long as they do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chat: Option<String>,
    /// Counts up each time the person asks everyone to come where they are.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub calls: u32,
    /// Has done nothing for a while.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub idle: bool,
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PresentUser {
    pub id: UserId,
    pub name: String,
    /// `#rrggbb`, the same for a person everywhere.
    pub color: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LooseWire {
    pub node: NodeId,
    pub port: String,
    /// Whether `port` is an output.
    pub output: bool,
    pub end: [f64; 2],
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Editing {
    pub node: NodeId,
    pub param: String,
    pub caret: u32,
}
