//! What the screen shows of a workflow, as plain data in one store.
//!
//! Written by the replica alone, and only where something changed: a component that reads one node runs again when that
//! node changes. No pixels, no selection, no gesture here: those are the canvas's own state.

use std::collections::{BTreeMap, BTreeSet};

use dioxus::prelude::*;
use shared::{
    access::Role,
    check::Problem,
    graph::{Edge, EdgeId, Frame, Meta, Node},
    id::{FrameId, NodeId, RunId},
    outputs::{NodeOutput, RunSummary},
    presence::Presence,
};

#[derive(Store, Debug, Clone, PartialEq)]
pub struct CanvasView {
    pub meta: Meta,
    pub nodes: BTreeMap<NodeId, Node>,
    pub edges: BTreeMap<EdgeId, Edge>,
    pub frames: BTreeMap<FrameId, Frame>,
    /// The newest state of every node that ever ran.
    pub outputs: BTreeMap<NodeId, NodeOutput>,
    pub runs: BTreeMap<RunId, RunSummary>,
    /// Nodes whose last result was made from another graph than the present one.
    pub stale: BTreeSet<NodeId>,
    pub problems: Vec<Problem>,
    /// Everybody else who is here, by the client id of their tab.
    pub people: BTreeMap<u64, Presence>,
    /// Counts up when nodes or wires changed: what they are is in [`super::Replica::take_touched`].
    pub generation: u32,
    pub save: SaveState,
    /// What the person may do here, as of now: the server can lower it while the page is open.
    pub role: Role,
    /// Whether the server's state has arrived at least once. Before that an empty graph means nothing.
    pub synced: bool,
    /// Why the workflow is closed for good, if it is.
    pub closed: Option<Closed>,
    /// What undo would take back, if anything.
    pub undo_label: Option<String>,
    pub redo_label: Option<String>,
}

impl CanvasView {
    pub fn new(role: Role) -> Self {
        Self {
            meta: Meta::default(),
            nodes: BTreeMap::new(),
            edges: BTreeMap::new(),
            frames: BTreeMap::new(),
            outputs: BTreeMap::new(),
            runs: BTreeMap::new(),
            stale: BTreeSet::new(),
            problems: Vec::new(),
            people: BTreeMap::new(),
            generation: 0,
            save: SaveState::Offline { unsaved: 0 },
            role,
            synced: false,
            closed: None,
            undo_label: None,
            redo_label: None,
        }
    }
}

/// How far the person's own edits have got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SaveState {
    /// Every edit made here is in the server's durable store.
    Saved,
    /// Connected; this many edits are not acknowledged yet.
    Saving { unsaved: u32 },
    /// No connection; edits stay in this tab and merge on return.
    Offline { unsaved: u32 },
    /// The person may look, not write. What they had not sent when they lost the right stays with them.
    ReadOnly { unsaved: u32 },
}

/// A state the client does not come back from by trying again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// Not there, or not for this person.
    NotFound,
    /// Somebody deleted it while it was open.
    Deleted,
    /// The person's access was taken away while it was open.
    Revoked,
    /// The sign-in is no longer valid.
    SignedOut,
    /// The document was begun anew on the server. What was not sent is kept by what it means, for the next opening.
    Renewed,
    /// Server and page do not understand each other; a reload may bring a page that does.
    Fault,
}
