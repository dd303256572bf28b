//! The few things the canvas's state can be in: which device, which tool, what lies over it.

use std::{collections::BTreeSet, rc::Rc};

use shared::{
    graph::{EdgeId, Graph},
    id::NodeId,
    version::Version,
};

use super::{connect::PortRef, geometry::Point, gesture::Target};

/// What the empty canvas and the wheel do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Device {
    /// Dragging pans, the wheel zooms.
    Mouse,
    /// Dragging selects, two fingers pan.
    Trackpad,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    Pointer,
    /// Every drag pans.
    Hand,
}

/// What lies over the canvas and takes the keyboard; one at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overlay {
    Commands,
    Find,
    Chat,
}

/// The node search is open.
#[derive(Debug, Clone, PartialEq)]
pub struct Search {
    /// Where the new node goes.
    pub at_canvas: Point,
    pub purpose: Purpose,
}

/// What becomes of the node that is found.
#[derive(Debug, Clone, PartialEq)]
pub enum Purpose {
    Add,
    /// A wire was dropped: only nodes that fit it are offered.
    Connect(PortRef),
    /// It goes into this wire.
    Insert(EdgeId),
    /// It takes the place of these.
    Replace(BTreeSet<NodeId>),
}

#[derive(Debug, Clone, PartialEq)]
pub struct MenuAt {
    pub at_screen: Point,
    pub target: Target,
}

/// An older state of the workflow, to be compared with the present one.
#[derive(Debug, Clone, PartialEq)]
pub struct Preview {
    pub version: Version,
    pub graph: Rc<Graph>,
}

/// What the panel at the right shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Inspector,
    Outline,
    Runs,
    Problems,
    Versions,
}

impl Device {
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "mouse" => Some(Self::Mouse),
            "trackpad" => Some(Self::Trackpad),
            _ => None,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mouse => "mouse",
            Self::Trackpad => "trackpad",
        }
    }
}
