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
    check::{Place, Problem},
    diff::GraphDiff,
    graph::{Edge, EdgeId, Graph},
    id::NodeId,
    node::Catalog,
    version::Version,
};

use super::{
    connect::PortRef,
    geometry::{Point, Rect, plus},
    gesture::{Gesture, Gestures, Target},
    layout::NodeLayout,
    viewport::Viewport,
};
use crate::{
    dom,
    replica::{
        Replica, use_replica,
        view::{CanvasView, CanvasViewStoreExt},
    },
};

#[derive(Store, Debug, Clone, PartialEq)]
pub struct CanvasState {
    pub viewport: Viewport,
    /// Of the surface, in pixels.
    pub screen: Point,
    pub selection: BTreeSet<NodeId>,
    pub wire: Option<EdgeId>,
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
    /// The wheel zooms instead of panning: the habit of people with a mouse.
    pub wheel_zooms: bool,
}

/// The add-node search is open.
#[derive(Debug, Clone, PartialEq)]
pub struct Search {
    /// Where the new node goes.
    pub at_canvas: Point,
    /// The wire that was dropped: only nodes that fit it are offered.
    pub from: Option<PortRef>,
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

/// Wires by the node they end in, and then by input.
pub type Wiring = BTreeMap<NodeId, BTreeMap<String, Vec<(EdgeId, Edge)>>>;

/// Cheap to copy.
#[derive(Clone, Copy, PartialEq)]
pub struct Canvas {
    pub state: Store<CanvasState>,
    pub view: Store<CanvasView>,
    replica: CopyValue<Replica>,
    pub wiring: Memo<Rc<Wiring>>,
    /// Outputs that at least one wire leaves.
    pub sources: Memo<Rc<BTreeSet<(NodeId, String)>>>,
    /// Where others hold the nodes they drag.
    pub remote_drags: Memo<BTreeMap<NodeId, Point>>,
    /// Name and colour of whoever else has a node selected.
    pub holders: Memo<BTreeMap<NodeId, (String, String)>>,
    /// Nodes with something wrong, and the worst of it.
    pub faulty: Memo<BTreeMap<NodeId, Problem>>,
    /// The part of the canvas that is drawn.
    pub drawn: Memo<Rect>,
    pub boxes: Memo<bool>,
    /// What changed since the version that is looked at.
    pub since: Memo<Option<Rc<GraphDiff>>>,
}

/// Makes the canvas's state for the components below.
pub fn use_canvas_provider() -> Canvas {
    let replica = use_replica();
    let view = replica.view();
    let state = use_store(|| CanvasState {
        viewport: Viewport::default(),
        screen: [1200.0, 800.0],
        selection: BTreeSet::new(),
        wire: None,
        hand: Gestures::default(),
        pointer_canvas: None,
        layouts: BTreeMap::new(),
        search: None,
        menu: None,
        renaming: None,
        side: None,
        sheet: false,
        minimap: false,
        preview: None,
        following: None,
        wheel_zooms: dom::stored(WHEEL_KEY).as_deref() == Some("zoom"),
    });
    let wiring = use_memo(move || Rc::new(wiring_of(&view.edges().read())));
    let sources = use_memo(move || {
        let edges = view.edges();
        let edges = edges.read();
        Rc::new(edges.values().map(|edge| (edge.from.clone(), edge.output.clone())).collect::<BTreeSet<_>>())
    });
    let remote_drags = use_memo(move || {
        let people = view.people();
        let people = people.read();
        people.values().flat_map(|person| person.dragging.iter().cloned()).collect()
    });
    let holders = use_memo(move || {
        let people = view.people();
        let people = people.read();
        let named = people.values().filter_map(|person| Some((person.user.as_ref()?, &person.selection)));
        named
            .flat_map(|(user, nodes)| nodes.iter().map(|id| (id.clone(), (user.name.clone(), user.color.clone()))))
            .collect()
    });
    let faulty = use_memo(move || {
        let mut faulty = BTreeMap::<NodeId, Problem>::new();
        for problem in view.problems().read().iter() {
            if let Place::Node { id, .. } = &problem.place
                && faulty.get(id).is_none_or(|known| known.severity > problem.severity)
            {
                faulty.insert(id.clone(), problem.clone());
            }
        }
        faulty
    });
    let drawn = use_memo(move || {
        let screen = *state.screen().read();
        state.viewport().read().drawn(screen)
    });
    let boxes = use_memo(move || state.viewport().read().draws_boxes());
    let since = use_memo({
        let replica = replica.clone();
        move || {
            let preview = state.preview().cloned()?;
            // Read for the subscription; the graph itself comes from the document.
            let (meta, nodes, edges, frames) = (view.meta(), view.nodes(), view.edges(), view.frames());
            let _ = (meta.read(), nodes.read(), edges.read(), frames.read());
            Some(Rc::new(GraphDiff::between(&preview.graph, &replica.graph())))
        }
    });
    use_context_provider(|| Canvas {
        state,
        view,
        replica: CopyValue::new(replica),
        wiring,
        sources,
        remote_drags,
        holders,
        faulty,
        drawn,
        boxes,
        since,
    })
}

/// The canvas, anywhere below the editor page.
pub fn use_canvas() -> Canvas {
    use_context()
}

const WHEEL_KEY: &str = "openflow.wheel";

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
        self.state.viewport().set(viewport);
        dom::move_layer(viewport.pan, viewport.zoom);
    }

    pub fn set_wheel_zooms(&self, zooms: bool) {
        dom::store(WHEEL_KEY, if zooms { "zoom" } else { "pan" });
        self.state.wheel_zooms().set(zooms);
    }

    pub fn select(&self, selection: BTreeSet<NodeId>) {
        if *self.state.selection().peek() != selection {
            self.replica().set_presence(|own| own.selection = selection.iter().cloned().collect());
            self.state.selection().set(selection);
        }
        if self.state.wire().peek().is_some() {
            self.state.wire().set(None);
        }
    }

    pub fn select_wire(&self, edge: EdgeId) {
        self.select(BTreeSet::new());
        self.state.wire().set(Some(edge));
    }

    /// Where a node is drawn now: under a hand, or where the document says. Subscribes whoever is running.
    pub fn position(&self, id: &NodeId) -> Option<Point> {
        if let Gesture::Move { delta, origins, copies: false, .. } = &self.state.hand().read().now
            && let Some(origin) = origins.get(id)
        {
            return Some(plus(*origin, *delta));
        }
        if let Some(held) = self.remote_drags.read().get(id) {
            return Some(*held);
        }
        self.view.nodes().get(id.clone()).map(|node| node.read().pos)
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

fn wiring_of(edges: &BTreeMap<EdgeId, Edge>) -> Wiring {
    let mut wiring = Wiring::new();
    for (id, edge) in edges {
        let inputs = wiring.entry(edge.to.clone()).or_default();
        inputs.entry(edge.input.clone()).or_default().push((id.clone(), edge.clone()));
    }
    wiring
}
