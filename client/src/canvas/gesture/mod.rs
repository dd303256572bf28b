//! What a hand does on the canvas, as a state machine without a browser.
//!
//! Presses, moves and releases go in, [`Effect`]s come out; what is under way can be looked at in between and drawn.
//! Fed by `surface.rs`. Never touches the document.

mod kinds;
mod moving;
mod shake;

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use shared::graph::EdgeId;

use super::{
    connect::{PortRef, meant},
    geometry::{Point, Rect, distance, minus, plus},
    layout::{Side, WIDTH_MAX, WIDTH_MIN},
    viewport::Viewport,
};
pub use kinds::{Button, Effect, Gesture, LooseWire, Modifiers, Moving, Press, Scene, Target};

/// The least a frame can be sized to.
const FRAME_MIN: Point = [160.0, 96.0];
/// A pointer that moved less, in screen pixels, has not moved: it clicked.
const SLOP: f64 = 4.0;

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
            Gesture::Move(moving) => moving.follow(at_screen, at_canvas, viewport.zoom, scene),
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
            Gesture::ResizeFrame { start_canvas, origin, size, .. } => {
                let grown = plus(*origin, minus(at_canvas, *start_canvas)).map(f64::round);
                *size = [grown[0].max(FRAME_MIN[0]), grown[1].max(FRAME_MIN[1])];
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
            Gesture::Move(moving) => moving.drop(),
            Gesture::Wire(loose) => drop_wire(loose, at_canvas),
            Gesture::Resize { node, size, .. } => vec![Effect::Resize { node, size }],
            Gesture::ResizeFrame { frame, size, .. } => vec![Effect::ResizeFrame { frame, size }],
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
                let bundle = Rc::new([]);
                self.now = Gesture::TappedWire(LooseWire {
                    from: port,
                    end_canvas,
                    detached: None,
                    bundle,
                    partners,
                    meant: None,
                });
                Vec::new()
            }
            (_, Target::Wire(edge)) if press.modifiers.alt && press.writable => {
                vec![Effect::Reroute { edge, at_canvas: scene.viewport().canvas_from_screen(press.at_screen) }]
            }
            (_, Target::Wire(edge)) => vec![Effect::SelectWire(edge)],
            (_, Target::Frame(frame) | Target::FrameCorner(frame)) => vec![Effect::SelectFrame(frame)],
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
        Target::Canvas if press.drag_selects && !press.touch => {
            Gesture::Marquee { start_canvas, end_canvas: start_canvas, base: BTreeSet::new() }
        }
        Target::Canvas => pan,
        _ if !press.writable => pan,
        Target::Node(_) => Gesture::Move(Moving::begin(press, start_canvas, scene.selection(), None, scene)),
        Target::Frame(frame) => match scene.frame(frame) {
            Some(rect) => Gesture::Move(Moving::begin(
                press,
                start_canvas,
                scene.members(frame),
                Some((frame.clone(), rect)),
                scene,
            )),
            None => pan,
        },
        Target::FrameCorner(frame) => match scene.frame(frame) {
            Some(rect) => {
                let size = [rect.width, rect.height];
                Gesture::ResizeFrame { frame: frame.clone(), start_canvas, origin: size, size }
            }
            None => pan,
        },
        Target::Port(port) if press.modifiers.shift => bundle_of(port, start_canvas, scene),
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
    Gesture::Wire(LooseWire { from, end_canvas, detached, bundle: Rc::new([]), partners, meant: None })
}

/// All wires of a port: their other ends stay, so the ports they may go to are those that fit the first of them.
fn bundle_of(port: &PortRef, end_canvas: Point, scene: &impl Scene) -> Gesture {
    let wires = scene.wires_of(port);
    let Some((output, input)) = wires.first().and_then(|edge| scene.wire_ends(edge)) else {
        return loose_wire(port.clone(), None, end_canvas, scene);
    };
    let far = if port.side == Side::Out { input } else { output };
    let partners = scene.partners(&far, wires.first()).into();
    Gesture::Wire(LooseWire { from: far, end_canvas, detached: None, bundle: wires.into(), partners, meant: None })
}

fn drop_wire(loose: LooseWire, at_canvas: Point) -> Vec<Effect> {
    if !loose.bundle.is_empty() {
        return match loose.meant {
            Some(to) => vec![Effect::Rewire { wires: loose.bundle, to }],
            None => loose.bundle.iter().cloned().map(Effect::Disconnect).collect(),
        };
    }
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
