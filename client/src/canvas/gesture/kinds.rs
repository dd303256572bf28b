//! What goes into the machine, what is under way in it, and what comes out.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use shared::{
    graph::EdgeId,
    id::{FrameId, NodeId},
};

use super::shake::Shake;
use crate::canvas::{
    connect::{Partner, PortRef},
    geometry::{Point, Rect},
    guides::Guide,
    viewport::Viewport,
};

/// What lay under the pointer when it went down. Controls inside a node never get here.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    Canvas,
    Node(NodeId),
    Port(PortRef),
    Wire(EdgeId),
    /// The corner of a node.
    Corner(NodeId),
    /// The head of a frame.
    Frame(FrameId),
    FrameCorner(FrameId),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Button {
    Primary,
    Middle,
    Secondary,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Modifiers {
    pub shift: bool,
    /// Ctrl, or Cmd.
    pub command: bool,
    pub alt: bool,
    /// The space bar is held down.
    pub space: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Press {
    pub pointer: i32,
    pub at_screen: Point,
    pub button: Button,
    pub touch: bool,
    pub modifiers: Modifiers,
    pub target: Target,
    /// `false` for people who may only look: they pan, select and nothing else.
    pub writable: bool,
    /// Dragging empty canvas selects instead of panning: the habit of people with a trackpad.
    pub drag_selects: bool,
    /// Nodes come to rest on multiples of this.
    pub grid: Option<f64>,
}

/// What the machine asks of the world. In memory for tests, the editor's store in life.
pub trait Scene {
    fn viewport(&self) -> Viewport;
    fn selection(&self) -> BTreeSet<NodeId>;
    fn rect(&self, node: &NodeId) -> Option<Rect>;
    fn nodes_in(&self, rect_canvas: Rect) -> BTreeSet<NodeId>;
    /// The ports a wire from here may end in; `without` is the wire being moved.
    fn partners(&self, loose: &PortRef, without: Option<&EdgeId>) -> Vec<Partner>;
    /// The wire that ends in an input, to be pulled off, and the output it comes from.
    fn wire_into(&self, input: &PortRef) -> Option<(EdgeId, PortRef)>;
    /// Both ends of a wire.
    fn wire_ends(&self, edge: &EdgeId) -> Option<(PortRef, PortRef)>;
    /// All wires of a port.
    fn wires_of(&self, port: &PortRef) -> Vec<EdgeId>;
    /// The wire at a point that this node could be put into.
    fn wire_under(&self, node: &NodeId, at_canvas: Point) -> Option<EdgeId>;
    fn frame(&self, frame: &FrameId) -> Option<Rect>;
    fn members(&self, frame: &FrameId) -> BTreeSet<NodeId>;
    /// Boxes in sight, without these nodes: what a move may line up with.
    fn others(&self, without: &BTreeSet<NodeId>) -> Vec<Rect>;
}

/// A wire with one end in the hand.
#[derive(Debug, Clone, PartialEq)]
pub struct LooseWire {
    pub from: PortRef,
    pub end_canvas: Point,
    /// The wire this was before it was pulled off.
    pub detached: Option<EdgeId>,
    /// All wires of a port are in the hand, and move together.
    pub bundle: Rc<[EdgeId]>,
    /// Shared, because the machine is copied at every move.
    pub partners: Rc<[Partner]>,
    /// Where it would end if it were let go now.
    pub meant: Option<PortRef>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Gesture {
    Idle,
    /// Down, and not moved enough to mean anything.
    Pressed {
        press: Press,
        /// The node under it was selected before this press selected it.
        was_selected: bool,
    },
    Pan {
        last_screen: Point,
    },
    Marquee {
        start_canvas: Point,
        end_canvas: Point,
        base: BTreeSet<NodeId>,
    },
    Move(Moving),
    Wire(LooseWire),
    /// A port was tapped; the wire follows the pointer until the next tap.
    TappedWire(LooseWire),
    Resize {
        node: NodeId,
        start_canvas: Point,
        origin: Point,
        size: Point,
    },
    ResizeFrame {
        frame: FrameId,
        start_canvas: Point,
        origin: Point,
        size: Point,
    },
    Pinch {
        fingers: [(i32, Point); 2],
    },
}

/// Nodes in the hand.
#[derive(Debug, Clone, PartialEq)]
pub struct Moving {
    pub(super) start_canvas: Point,
    pub delta: Point,
    /// Shared, because the machine is copied at every move.
    pub origins: Rc<BTreeMap<NodeId, Point>>,
    /// Alt was down at the start: copies are dropped, the originals stay.
    pub copies: bool,
    /// The frame that is held by its head, and where it stood.
    pub frame: Option<(FrameId, Point)>,
    /// The box around all that moves, before it moved.
    pub(super) around: Rect,
    pub(super) others: Rc<[Rect]>,
    pub(super) grid: Option<f64>,
    /// What it lines up with now.
    pub guides: Vec<Guide>,
    /// The wire that the one node in the hand would be put into.
    pub onto: Option<EdgeId>,
    pub(super) shake: Shake,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    Look(Viewport),
    Select(BTreeSet<NodeId>),
    SelectWire(EdgeId),
    SelectFrame(FrameId),
    /// Nodes came to rest here, and the frame that was held with them.
    Place {
        nodes: Vec<(NodeId, Point)>,
        frame: Option<(FrameId, Point)>,
    },
    /// A node was dropped on a wire.
    Insert {
        node: NodeId,
        to: Point,
        edge: EdgeId,
    },
    /// Nodes were shaken: their wires come off, and join what they joined.
    Free(BTreeSet<NodeId>),
    /// The same, for copies of them.
    PlaceCopies {
        nodes: BTreeSet<NodeId>,
        delta: Point,
    },
    Resize {
        node: NodeId,
        size: Point,
    },
    Connect {
        output: PortRef,
        input: PortRef,
        detached: Option<EdgeId>,
    },
    Disconnect(EdgeId),
    /// The wire shall be led through here.
    Reroute {
        edge: EdgeId,
        at_canvas: Point,
    },
    /// All wires of a port go to another one.
    Rewire {
        wires: Rc<[EdgeId]>,
        to: PortRef,
    },
    ResizeFrame {
        frame: FrameId,
        size: Point,
    },
    /// A wire was dropped on nothing: offer nodes that fit.
    Search {
        from: PortRef,
        at_canvas: Point,
    },
    Menu {
        target: Target,
        at_screen: Point,
    },
}
