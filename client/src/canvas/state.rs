//! The canvas's own state: what this person sees and holds. Never in the document, never undone.
//!
//! In context below the editor page: [`use_canvas`]. Derived things that many components ask for are memos here, so that
//! they are worked out once.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use dioxus::prelude::*;
use shared::{
    check::Problem,
    diff::GraphDiff,
    graph::{Edge, EdgeId},
    id::{FrameId, NodeId},
    node::Catalog,
};

pub use super::choices::{Device, MenuAt, Overlay, Preview, Purpose, Search, Side, Tool};
pub use super::provide::use_canvas_provider;
use super::{
    connect::PortRef,
    derived::Loose,
    frames::HeldFrame,
    geometry::{Point, Rect, plus},
    gesture::Gestures,
    keys::Bindings,
    layout::NodeLayout,
    rewired::OwnWire,
    sight::Sight,
    viewport::Viewport,
};
use crate::{
    dom,
    replica::{
        Replica,
        view::{CanvasView, CanvasViewStoreExt},
    },
};

/// What moves is drawn anew when it is so many times as large or as small: what was drawn for another zoom is coarse when
/// it is enlarged, and far more than fits on the screen when it is made smaller.
const PICTURE_RANGE: f64 = 2.0;

#[derive(Store, Debug, Clone, PartialEq)]
pub struct CanvasState {
    pub viewport: Viewport,
    /// The view moves, or did a moment ago: nothing dear is begun.
    pub moving: bool,
    /// The zoom at which things are drawn. While the view moves the picture of them is enlarged instead.
    pub drawn_at: f64,
    /// Of the surface, in pixels.
    pub screen: Point,
    pub selection: BTreeSet<NodeId>,
    pub wire: Option<EdgeId>,
    /// Put in a moment ago, the newest last.
    pub own_wires: Vec<OwnWire>,
    pub frame: Option<FrameId>,
    pub hand: Gestures,
    /// Where the pointer is; new nodes and pasted ones go there.
    pub pointer_canvas: Option<Point>,
    /// As measured, of nodes that were drawn at least once.
    pub layouts: BTreeMap<NodeId, NodeLayout>,
    pub search: Option<Search>,
    pub menu: Option<MenuAt>,
    pub renaming: Option<NodeId>,
    pub side: Option<Side>,
    pub sheet: bool,
    pub minimap: bool,
    /// A version that is being looked at: until it is put away nothing can be edited.
    pub preview: Option<Preview>,
    /// The tab whose view this one follows.
    pub following: Option<u64>,
    /// What the person works with; `None` until they were asked.
    pub device: Option<Device>,
    pub tool: Tool,
    /// Nodes come to rest on a grid.
    pub grid: bool,
    pub overlay: Option<Overlay>,
    /// Others' pointers and selections are not shown.
    pub people_hidden: bool,
    pub bindings: Bindings,
}

/// Wires by the node they end in, and then by input.
pub type Wiring = BTreeMap<NodeId, BTreeMap<String, Vec<(EdgeId, Edge)>>>;

/// Somebody else whose caret is in a parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct Editor {
    pub node: NodeId,
    pub param: String,
    pub name: String,
    pub color: String,
}

/// Cheap to copy.
#[derive(Clone, Copy, PartialEq)]
pub struct Canvas {
    pub state: Store<CanvasState>,
    pub view: Store<CanvasView>,
    pub(super) replica: CopyValue<Replica>,
    pub wiring: Memo<Rc<Wiring>>,
    /// Outputs that at least one wire leaves.
    pub sources: Memo<Rc<BTreeSet<(NodeId, String)>>>,
    /// Nodes under this person's hand, and where they stood.
    pub held: Memo<Option<Rc<BTreeMap<NodeId, Point>>>>,
    /// How far those went. Apart from `held`, so that a move runs what moves and nothing else.
    pub delta: Memo<Point>,
    pub held_frame: Memo<Option<(FrameId, HeldFrame)>>,
    /// The wire in this person's hand, without its loose end.
    pub loose: Memo<Option<Loose>>,
    /// Ports that wire may end in.
    pub fitting: Memo<Rc<BTreeSet<PortRef>>>,
    pub onto: Memo<Option<EdgeId>>,
    /// Where others hold the nodes they drag.
    pub remote_drags: Memo<BTreeMap<NodeId, Point>>,
    /// Which nodes those are. Apart, for the same reason.
    pub remote_held: Memo<BTreeSet<NodeId>>,
    /// Name and colour of whoever else has a node selected.
    pub holders: Memo<BTreeMap<NodeId, (String, String)>>,
    /// Nodes with something wrong, and the worst of it.
    pub faulty: Memo<BTreeMap<NodeId, Problem>>,
    /// Who types where.
    pub editors: Memo<Vec<Editor>>,
    /// The part of the canvas that is drawn.
    pub drawn: Memo<Rect>,
    /// Nodes that have an element of their own, in the order in which they are drawn.
    pub cards: Memo<Rc<Vec<NodeId>>>,
    /// Where everything is. Read together with `placed`, which tells when that changed.
    pub sight: CopyValue<Sight>,
    pub placed: Memo<u32>,
    /// Nodes are plain boxes.
    pub boxes: Memo<bool>,
    /// Cards are only looked at; see `node::quiet`.
    pub quiet: Memo<bool>,
    /// There are so many that they are drawn together.
    pub specks: Memo<bool>,
    /// What changed since the version that is looked at.
    pub since: Memo<Option<Rc<GraphDiff>>>,
}

/// The canvas, anywhere below the editor page.
pub fn use_canvas() -> Canvas {
    use_context()
}

pub(super) const DEVICE_KEY: &str = "openflow.device";
pub(super) const GRID_KEY: &str = "openflow.grid";
pub(super) const KEYS_KEY: &str = "openflow.keys";

impl Canvas {
    pub fn replica(&self) -> Replica {
        self.replica.read().clone()
    }

    pub fn catalog(&self) -> Rc<Catalog> {
        self.replica.read().catalog()
    }

    /// Whether the person may change the graph now.
    pub fn writable(&self) -> bool {
        self.state.preview().read().is_none() && self.replica.read().writable()
    }

    pub fn runnable(&self) -> bool {
        self.view.role().read().can_run() && *self.view.synced().read()
    }

    /// Moves the view as the person wants it; whoever was followed is not any longer.
    pub fn look(&self, viewport: Viewport) {
        if self.state.following().peek().is_some() {
            self.state.following().set(None);
        }
        self.look_along(viewport);
        // Not when following: two people who follow each other would chase each other's view for ever.
        let seen = viewport.visible(self.screen());
        self.replica().set_presence(|own| own.viewport = Some([seen.x, seen.y, seen.width, seen.height]));
    }

    /// Moves the view: state, and the layer itself.
    pub fn look_along(&self, viewport: Viewport) {
        let stays = self.drawn.peek().covers(&viewport.visible(self.screen()));
        self.state.viewport().set(viewport);
        let drawn_at = *self.state.drawn_at().peek();
        let far_from_it = !(1.0 / PICTURE_RANGE..PICTURE_RANGE).contains(&(viewport.zoom / drawn_at));
        self.place_layer(far_from_it || !stays || !*self.state.moving().peek());
    }

    fn place_layer(&self, draws_anew: bool) {
        let Viewport { pan, zoom } = *self.state.viewport().peek();
        if draws_anew && *self.state.drawn_at().peek() != zoom {
            self.state.drawn_at().set(zoom);
        }
        dom::move_layer(pan, zoom, *self.state.drawn_at().peek());
    }

    /// Whether the view is on its way. The layer is one picture meanwhile, and drawn sharp again at rest.
    pub fn set_moving(&self, moving: bool) {
        if *self.state.moving().peek() != moving {
            self.state.moving().set(moving);
            dom::set_moving(moving, self.looking().zoom);
            if !moving {
                self.place_layer(true);
            }
        }
    }

    pub fn set_device(&self, device: Device) {
        dom::store(DEVICE_KEY, device.as_str());
        self.state.device().set(Some(device));
    }

    pub fn set_grid(&self, grid: bool) {
        if grid {
            dom::store(GRID_KEY, "on")
        } else {
            dom::forget(GRID_KEY)
        }
        self.state.grid().set(grid);
    }

    pub fn set_bindings(&self, bindings: Bindings) {
        dom::store(KEYS_KEY, &bindings.write());
        self.state.bindings().set(bindings);
    }

    /// The keys of a command, for menus.
    pub fn hint(&self, command: super::keys::Command) -> Option<String> {
        self.state.bindings().read().hint(command)
    }

    pub fn select(&self, selection: BTreeSet<NodeId>) {
        if *self.state.selection().peek() != selection {
            self.replica().set_presence(|own| own.selection = selection.iter().cloned().collect());
            self.state.selection().set(selection);
        }
        if self.state.wire().peek().is_some() {
            self.state.wire().set(None);
        }
        if self.state.frame().peek().is_some() {
            self.state.frame().set(None);
        }
    }

    pub fn select_frame(&self, frame: FrameId) {
        self.select(BTreeSet::new());
        self.state.frame().set(Some(frame));
    }

    pub fn select_wire(&self, edge: EdgeId) {
        self.select(BTreeSet::new());
        self.state.wire().set(Some(edge));
    }

    /// Where a node is drawn now: under a hand, or where the document says. Subscribes whoever is running.
    pub fn position(&self, id: &NodeId) -> Option<Point> {
        if let Some(origin) = self.held.read().as_ref().and_then(|held| held.get(id)) {
            return Some(plus(*origin, *self.delta.read()));
        }
        if self.remote_held.read().contains(id)
            && let Some(held) = self.remote_drags.read().get(id)
        {
            return Some(*held);
        }
        self.view.nodes().get(id.clone()).map(|node| node.read().pos)
    }

    /// The same for a card, whose element goes with this person's hand by itself: does not subscribe to the hand's way.
    pub fn card_position(&self, id: &NodeId) -> Option<Point> {
        match self.held.read().as_ref().and_then(|held| held.get(id)) {
            Some(origin) => Some(plus(*origin, *self.delta.peek())),
            None => self.position(id),
        }
    }

    /// Size and ports of a node: measured, or estimated. Subscribes whoever is running.
    pub fn layout(&self, id: &NodeId) -> Option<NodeLayout> {
        if let Some(layout) = self.state.layouts().get(id.clone()) {
            return Some(layout.cloned());
        }
        let node = self.view.nodes().get(id.clone())?;
        let node = node.read();
        Some(NodeLayout::estimate(&node, self.catalog().get(&node.node_type)))
    }

    pub fn rect(&self, id: &NodeId) -> Option<Rect> {
        Some(Rect::new(self.position(id)?, self.layout(id)?.size))
    }

    /// The middle of what is seen.
    pub fn middle_canvas(&self) -> Point {
        self.looking().visible(self.screen()).center()
    }

    // These copy, without subscribing: a guard must not be alive while the same store is written.

    pub fn looking(&self) -> Viewport {
        *self.state.viewport().peek()
    }

    pub fn screen(&self) -> Point {
        *self.state.screen().peek()
    }

    pub fn selected(&self) -> BTreeSet<NodeId> {
        self.state.selection().peek().clone()
    }

    pub fn holding(&self) -> Gestures {
        self.state.hand().peek().clone()
    }
}
