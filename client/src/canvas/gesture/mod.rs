//! What a hand does on the canvas, as a state machine without a browser.
//!
//! Presses, moves and releases go in, [`Effect`]s come out; what is under way can be looked at in between and drawn.
//! Fed by `surface.rs`. Never touches the document.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use shared::{graph::EdgeId, id::NodeId};

use super::{
    connect::{Partner, PortRef, meant},
    geometry::{Point, Rect, distance, minus, plus},
    layout::{Side, WIDTH_MAX, WIDTH_MIN},
    viewport::Viewport,
};

/// A pointer that moved less, in screen pixels, has not moved: it clicked.
const SLOP: f64 = 4.0;

/// What lay under the pointer when it went down. Controls inside a node never get here.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    Canvas,
    Node(NodeId),
    Port(PortRef),
    Wire(EdgeId),
    /// The corner of a node.
    Corner(NodeId),
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
}

/// A wire with one end in the hand.
#[derive(Debug, Clone, PartialEq)]
pub struct LooseWire {
    pub from: PortRef,
    pub end_canvas: Point,
    /// The wire this was before it was pulled off.
    pub detached: Option<EdgeId>,
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
    Move {
        start_canvas: Point,
        delta: Point,
        origins: BTreeMap<NodeId, Point>,
        /// Alt was down at the start: copies are dropped, the originals stay.
        copies: bool,
    },
    Wire(LooseWire),
    /// A port was tapped; the wire follows the pointer until the next tap.
    TappedWire(LooseWire),
    Resize {
        node: NodeId,
        start_canvas: Point,
        origin: Point,
        size: Point,
    },
    Pinch {
        fingers: [(i32, Point); 2],
    },
}

#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    Look(Viewport),
    Select(BTreeSet<NodeId>),
    SelectWire(EdgeId),
    /// Nodes came to rest here.
    Place(Vec<(NodeId, Point)>),
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

#[derive(Debug, Clone, PartialEq)]
pub struct Gestures {
    pub now: Gesture,
    /// Fingers on the canvas, by pointer id; only these pinch.
    touches: BTreeMap<i32, Point>,
}

impl Default for Gestures {
    fn default() -> Self {
        Self { now: Gesture::Idle, touches: BTreeMap::new() }
    }
}

impl Gestures {
    pub fn press(&mut self, press: Press, scene: &impl Scene) -> Vec<Effect> {
        if press.touch {
            self.touches.insert(press.pointer, press.at_screen);
            if let [first, second] = self.touches.iter().map(|(id, at)| (*id, *at)).collect::<Vec<_>>()[..] {
                self.now = Gesture::Pinch { fingers: [first, second] };
                return Vec::new();
            }
        }
        if matches!(self.now, Gesture::TappedWire(_)) {
            return self.second_tap(&press, scene);
        }
        if press.button == Button::Middle || press.modifiers.space {
            self.now = Gesture::Pan { last_screen: press.at_screen };
            return Vec::new();
        }
        // Selecting on the way down lets one move a thing without clicking it first.
        let mut effects = Vec::new();
        let mut was_selected = false;
        if press.button != Button::Middle
            && let Target::Node(node) = &press.target
        {
            let mut selection = scene.selection();
            was_selected = selection.contains(node);
            if !was_selected {
                if !press.modifiers.shift && !press.modifiers.command {
                    selection.clear();
                }
                selection.insert(node.clone());
                effects.push(Effect::Select(selection));
            }
        }
        self.now = Gesture::Pressed { press, was_selected };
        effects
    }

    pub fn moved(&mut self, pointer: i32, at_screen: Point, scene: &impl Scene) -> Vec<Effect> {
        if let Some(touch) = self.touches.get_mut(&pointer) {
            *touch = at_screen;
        }
        let viewport = scene.viewport();
        let at_canvas = viewport.canvas_from_screen(at_screen);
        match &mut self.now {
            Gesture::Idle => Vec::new(),
            Gesture::Pressed { press, .. } => {
                if press.pointer != pointer || distance(press.at_screen, at_screen) < SLOP {
                    return Vec::new();
                }
                let press = press.clone();
                self.now = begin(&press, scene);
                self.moved(pointer, at_screen, scene)
            }
            Gesture::Pan { last_screen } => {
                let by = minus(at_screen, *last_screen);
                *last_screen = at_screen;
                vec![Effect::Look(viewport.panned(by))]
            }
            Gesture::Marquee { start_canvas, end_canvas, base } => {
                *end_canvas = at_canvas;
                let mut selection = scene.nodes_in(Rect::between(*start_canvas, at_canvas));
                selection.extend(base.iter().cloned());
                if selection == scene.selection() { Vec::new() } else { vec![Effect::Select(selection)] }
            }
            Gesture::Move { start_canvas, delta, .. } => {
                *delta = minus(at_canvas, *start_canvas).map(f64::round);
                Vec::new()
            }
            Gesture::Wire(loose) | Gesture::TappedWire(loose) => {
                loose.end_canvas = at_canvas;
                loose.meant = meant(&loose.partners, at_canvas, viewport.zoom).map(|partner| partner.port.clone());
                Vec::new()
            }
            Gesture::Resize { start_canvas, origin, size, .. } => {
                let grown = plus(*origin, minus(at_canvas, *start_canvas)).map(f64::round);
                *size = [grown[0].clamp(WIDTH_MIN, WIDTH_MAX), grown[1].max(60.0)];
                Vec::new()
            }
            Gesture::Pinch { fingers } => {
                let before = *fingers;
                for finger in fingers.iter_mut().filter(|finger| finger.0 == pointer) {
                    finger.1 = at_screen;
                }
                vec![Effect::Look(pinched(viewport, before, *fingers))]
            }
        }
    }

    pub fn release(&mut self, pointer: i32, at_screen: Point, scene: &impl Scene) -> Vec<Effect> {
        self.touches.remove(&pointer);
        let at_canvas = scene.viewport().canvas_from_screen(at_screen);
        match std::mem::replace(&mut self.now, Gesture::Idle) {
            Gesture::Pressed { press, was_selected } => self.click(press, was_selected, scene),
            // A tap leaves the wire in the hand until the next tap.
            tapped @ Gesture::TappedWire(_) => {
                self.now = tapped;
                Vec::new()
            }
            Gesture::Move { delta, origins, copies, .. } => {
                if delta == [0.0, 0.0] {
                    return Vec::new();
                }
                if copies {
                    return vec![Effect::PlaceCopies { nodes: origins.into_keys().collect(), delta }];
                }
                vec![Effect::Place(origins.into_iter().map(|(id, pos)| (id, plus(pos, delta))).collect())]
            }
            Gesture::Wire(loose) => drop_wire(loose, at_canvas),
            Gesture::Resize { node, size, .. } => vec![Effect::Resize { node, size }],
            Gesture::Idle | Gesture::Pan { .. } | Gesture::Marquee { .. } | Gesture::Pinch { .. } => Vec::new(),
        }
    }

    fn click(&mut self, press: Press, was_selected: bool, scene: &impl Scene) -> Vec<Effect> {
        let additive = press.modifiers.shift || press.modifiers.command;
        match (press.button, press.target) {
            (Button::Secondary, target) => vec![Effect::Menu { target, at_screen: press.at_screen }],
            (_, Target::Port(port)) if press.writable => {
                let end_canvas = scene.viewport().canvas_from_screen(press.at_screen);
                let partners = scene.partners(&port, None).into();
                self.now =
                    Gesture::TappedWire(LooseWire { from: port, end_canvas, detached: None, partners, meant: None });
                Vec::new()
            }
            (_, Target::Wire(edge)) => vec![Effect::SelectWire(edge)],
            (_, Target::Node(node)) if additive => {
                // The press put it in if it was new; a second click takes it out again.
                let mut selection = scene.selection();
                if was_selected {
                    selection.remove(&node);
                }
                vec![Effect::Select(selection)]
            }
            (_, Target::Node(node)) => vec![Effect::Select(BTreeSet::from([node]))],
            (_, Target::Canvas) if !additive => vec![Effect::Select(BTreeSet::new())],
            (_, Target::Canvas | Target::Corner(_) | Target::Port(_)) => Vec::new(),
        }
    }

    fn second_tap(&mut self, press: &Press, scene: &impl Scene) -> Vec<Effect> {
        let viewport = scene.viewport();
        let at_canvas = viewport.canvas_from_screen(press.at_screen);
        let Gesture::TappedWire(mut loose) = std::mem::replace(&mut self.now, Gesture::Idle) else {
            return Vec::new();
        };
        let tapped = match &press.target {
            Target::Port(port) => loose.partners.iter().find(|partner| partner.port == *port),
            _ => meant(&loose.partners, at_canvas, viewport.zoom),
        };
        match tapped.map(|partner| partner.port.clone()) {
            Some(port) => {
                loose.meant = Some(port);
                drop_wire(loose, at_canvas)
            }
            // A tap beside everything lets go.
            None => Vec::new(),
        }
    }
}

/// What a press becomes once the pointer has really moved.
fn begin(press: &Press, scene: &impl Scene) -> Gesture {
    let start_canvas = scene.viewport().canvas_from_screen(press.at_screen);
    let pan = Gesture::Pan { last_screen: press.at_screen };
    if press.button == Button::Secondary {
        return pan;
    }
    match &press.target {
        Target::Canvas if press.modifiers.shift || press.modifiers.command => {
            Gesture::Marquee { start_canvas, end_canvas: start_canvas, base: scene.selection() }
        }
        Target::Canvas => pan,
        _ if !press.writable => pan,
        Target::Node(_) => {
            let origins = scene.selection().into_iter().filter_map(|id| {
                let rect = scene.rect(&id)?;
                Some((id, [rect.x, rect.y]))
            });
            Gesture::Move { start_canvas, delta: [0.0, 0.0], origins: origins.collect(), copies: press.modifiers.alt }
        }
        Target::Port(port) => match (port.side, scene.wire_into(port)) {
            // Pulling at an input that is wired takes that wire off; its other end stays.
            (Side::In, Some((edge, output))) => loose_wire(output, Some(edge), start_canvas, scene),
            _ => loose_wire(port.clone(), None, start_canvas, scene),
        },
        Target::Wire(edge) => match scene.wire_ends(edge) {
            Some((output, _)) => loose_wire(output, Some(edge.clone()), start_canvas, scene),
            None => pan,
        },
        Target::Corner(node) => match scene.rect(node) {
            Some(rect) => {
                let size = [rect.width, rect.height];
                Gesture::Resize { node: node.clone(), start_canvas, origin: size, size }
            }
            None => pan,
        },
    }
}

fn loose_wire(from: PortRef, detached: Option<EdgeId>, end_canvas: Point, scene: &impl Scene) -> Gesture {
    let partners = scene.partners(&from, detached.as_ref()).into();
    Gesture::Wire(LooseWire { from, end_canvas, detached, partners, meant: None })
}

fn drop_wire(loose: LooseWire, at_canvas: Point) -> Vec<Effect> {
    match (loose.meant, loose.detached) {
        (Some(port), detached) => {
            let (output, input) = match port.side {
                Side::In => (loose.from, port),
                Side::Out => (port, loose.from),
            };
            vec![Effect::Connect { output, input, detached }]
        }
        (None, Some(edge)) => vec![Effect::Disconnect(edge)],
        (None, None) => vec![Effect::Search { from: loose.from, at_canvas }],
    }
}

fn pinched(viewport: Viewport, before: [(i32, Point); 2], after: [(i32, Point); 2]) -> Viewport {
    let middle = |fingers: [(i32, Point); 2]| plus(fingers[0].1, fingers[1].1).map(|sum| sum / 2.0);
    let spread = |fingers: [(i32, Point); 2]| distance(fingers[0].1, fingers[1].1).max(1.0);
    let panned = viewport.panned(minus(middle(after), middle(before)));
    panned.zoomed(middle(after), spread(after) / spread(before))
}

#[cfg(test)]
mod tests;
