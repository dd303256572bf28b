//! Hands on a canvas of three nodes, `a -> b` and `c` apart, each 100 by 100, at zoom 2.

use shared::id::{FrameId, NodeId};

use super::*;
use crate::canvas::connect::Partner;

struct Table {
    viewport: Viewport,
    selection: BTreeSet<NodeId>,
}

fn id(text: &str) -> NodeId {
    text.parse().unwrap()
}

fn set(ids: &[&str]) -> BTreeSet<NodeId> {
    ids.iter().map(|text| id(text)).collect()
}

fn rects() -> [(NodeId, Rect); 3] {
    [("a", [0.0, 0.0]), ("b", [200.0, 0.0]), ("c", [0.0, 300.0])]
        .map(|(name, pos)| (id(name), Rect::new(pos, [100.0, 100.0])))
}

fn wire() -> (EdgeId, PortRef, PortRef) {
    (EdgeId::single(&id("b"), "in"), PortRef::output(id("a"), "out"), PortRef::input(id("b"), "in"))
}

impl Scene for Table {
    fn viewport(&self) -> Viewport {
        self.viewport
    }
    fn selection(&self) -> BTreeSet<NodeId> {
        self.selection.clone()
    }
    fn rect(&self, node: &NodeId) -> Option<Rect> {
        rects().into_iter().find(|(id, _)| id == node).map(|(_, rect)| rect)
    }
    fn nodes_in(&self, rect_canvas: Rect) -> BTreeSet<NodeId> {
        rects().into_iter().filter(|(_, rect)| rect.intersects(&rect_canvas)).map(|(id, _)| id).collect()
    }
    fn partners(&self, loose: &PortRef, _: Option<&EdgeId>) -> Vec<Partner> {
        let others = rects().into_iter().filter(|(id, _)| *id != loose.node);
        others
            .map(|(node, node_rect)| Partner {
                port: PortRef::input(node, "in"),
                at: [node_rect.x, node_rect.y + 50.0],
                node_rect,
                free: true,
                exact: true,
            })
            .collect()
    }
    fn wire_into(&self, input: &PortRef) -> Option<(EdgeId, PortRef)> {
        let (edge, from, to) = wire();
        (to == *input).then_some((edge, from))
    }
    fn wire_ends(&self, edge: &EdgeId) -> Option<(PortRef, PortRef)> {
        let (known, from, to) = wire();
        (known == *edge).then_some((from, to))
    }
    fn wires_of(&self, port: &PortRef) -> Vec<EdgeId> {
        let (edge, from, to) = wire();
        if from == *port || to == *port { vec![edge] } else { Vec::new() }
    }
    fn wire_under(&self, _: &NodeId, at_canvas: Point) -> Option<EdgeId> {
        (at_canvas == [150.0, 50.0]).then(|| wire().0)
    }
    fn frame(&self, _: &FrameId) -> Option<Rect> {
        Some(Rect::new([-20.0, -20.0], [140.0, 440.0]))
    }
    fn members(&self, _: &FrameId) -> BTreeSet<NodeId> {
        set(&["a", "c"])
    }
    fn others(&self, without: &BTreeSet<NodeId>) -> Vec<Rect> {
        rects().into_iter().filter(|(id, _)| !without.contains(id)).map(|(_, rect)| rect).collect()
    }
}

fn table(selection: &[&str]) -> Table {
    Table { viewport: Viewport { pan: [0.0, 0.0], zoom: 2.0 }, selection: set(selection) }
}

fn press(target: Target, at_canvas: Point) -> Press {
    Press {
        pointer: 1,
        at_screen: at_canvas.map(|value| value * 2.0),
        button: Button::Primary,
        touch: false,
        modifiers: Modifiers::default(),
        target,
        writable: true,
        drag_selects: false,
        grid: None,
    }
}

fn with_shift(press: Press) -> Press {
    Press { modifiers: Modifiers { shift: true, ..press.modifiers }, ..press }
}

/// Press, move to, release: everything that came out. Points in canvas units.
fn drag(table: &mut Table, press: Press, to_canvas: Point) -> Vec<Effect> {
    let mut hand = Gestures::default();
    let to_screen = to_canvas.map(|value| value * 2.0);
    let mut effects = hand.press(press, table);
    apply(table, &effects);
    effects.extend(hand.moved(1, to_screen, table));
    effects.extend(hand.release(1, to_screen, table));
    assert_eq!(hand.now, Gesture::Idle);
    effects
}

fn apply(table: &mut Table, effects: &[Effect]) {
    for effect in effects {
        if let Effect::Select(selection) = effect {
            table.selection = selection.clone();
        }
    }
}

fn placed(nodes: &[(&str, Point)]) -> Effect {
    Effect::Place { nodes: nodes.iter().map(|(name, at)| (id(name), *at)).collect(), frame: None }
}

#[test]
fn on_a_trackpad_dragging_empty_canvas_selects() {
    let press = Press { drag_selects: true, ..press(Target::Canvas, [150.0, -10.0]) };
    assert_eq!(drag(&mut table(&["c"]), press, [210.0, 40.0]), [Effect::Select(set(&["b"]))]);
}

#[test]
fn a_frame_takes_its_members_along() {
    let frame: FrameId = "f".parse().unwrap();
    let effects = drag(&mut table(&["b"]), press(Target::Frame(frame.clone()), [0.0, -15.0]), [30.0, -5.0]);
    let nodes = vec![(id("a"), [30.0, 10.0]), (id("c"), [30.0, 310.0])];
    assert_eq!(effects, [Effect::Place { nodes, frame: Some((frame, [10.0, -10.0])) }]);
}

#[test]
fn a_node_dropped_on_a_wire_goes_into_it() {
    let effects = drag(&mut table(&["c"]), press(Target::Node(id("c")), [50.0, 350.0]), [150.0, 50.0]);
    assert_eq!(effects, [Effect::Insert { node: id("c"), to: [100.0, 0.0], edge: wire().0 }]);
}

#[test]
fn a_grid_catches_the_corner() {
    let press = Press { grid: Some(24.0), ..press(Target::Node(id("a")), [50.0, 50.0]) };
    let effects = drag(&mut table(&["a"]), press, [70.0, 53.0]);
    assert_eq!(effects, [placed(&[("a", [24.0, 0.0])])]);
}

#[test]
fn a_shaken_node_loses_its_wires_once() {
    let mut table = table(&["b"]);
    let mut hand = Gestures::default();
    hand.press(press(Target::Node(id("b")), [250.0, 50.0]), &table);
    let mut freed = 0;
    for turn in 0..8 {
        let x = if turn % 2 == 0 { 580.0 } else { 430.0 };
        freed += hand.moved(1, [x, 100.0], &table).iter().filter(|effect| matches!(effect, Effect::Free(_))).count();
    }
    assert_eq!(freed, 1);
    table.selection.clear();
}

#[test]
fn shift_moves_all_wires_of_a_port() {
    let (edge, from, _) = wire();
    let press = with_shift(press(Target::Port(from), [100.0, 50.0]));
    let effects = drag(&mut table(&[]), press, [5.0, 345.0]);
    let to = PortRef::input(id("c"), "in");
    assert_eq!(effects, [Effect::Rewire { wires: Rc::new([edge]), to }]);
}

#[test]
fn dragging_empty_canvas_pans() {
    let effects = drag(&mut table(&[]), press(Target::Canvas, [150.0, 150.0]), [160.0, 145.0]);
    assert_eq!(effects, [Effect::Look(Viewport { pan: [20.0, -10.0], zoom: 2.0 })]);
}

#[test]
fn a_click_on_nothing_clears_the_selection() {
    let effects = drag(&mut table(&["a"]), press(Target::Canvas, [150.0, 150.0]), [150.0, 150.0]);
    assert_eq!(effects, [Effect::Select(set(&[]))]);
}

#[test]
fn dragging_an_unselected_node_selects_and_moves_it_alone() {
    let effects = drag(&mut table(&["c"]), press(Target::Node(id("a")), [50.0, 50.0]), [60.0, 70.0]);
    assert_eq!(effects, [Effect::Select(set(&["a"])), placed(&[("a", [10.0, 20.0])])]);
}

#[test]
fn dragging_a_selected_node_moves_the_whole_selection() {
    let effects = drag(&mut table(&["a", "c"]), press(Target::Node(id("a")), [50.0, 50.0]), [60.0, 50.0]);
    assert_eq!(effects, [placed(&[("a", [10.0, 0.0]), ("c", [10.0, 300.0])])]);
}

#[test]
fn alt_drops_copies_and_leaves_the_originals() {
    let mut press = press(Target::Node(id("a")), [50.0, 50.0]);
    press.modifiers.alt = true;
    let effects = drag(&mut table(&["a"]), press, [60.0, 50.0]);
    assert_eq!(effects, [Effect::PlaceCopies { nodes: set(&["a"]), delta: [10.0, 0.0] }]);
}

#[test]
fn a_shaking_hand_still_clicks() {
    let effects = drag(&mut table(&["a", "c"]), press(Target::Node(id("a")), [50.0, 50.0]), [51.0, 50.5]);
    assert_eq!(effects, [Effect::Select(set(&["a"]))]);
}

#[test]
fn shift_clicks_add_and_take_out() {
    let press = || with_shift(press(Target::Node(id("a")), [50.0, 50.0]));
    let mut table = table(&["c"]);
    let effects = drag(&mut table, press(), [50.0, 50.0]);
    assert_eq!(effects.last(), Some(&Effect::Select(set(&["a", "c"]))));
    let effects = drag(&mut table, press(), [50.0, 50.0]);
    assert_eq!(effects, [Effect::Select(set(&["c"]))]);
}

#[test]
fn a_marquee_adds_what_it_touches() {
    let effects = drag(&mut table(&["c"]), with_shift(press(Target::Canvas, [150.0, -10.0])), [210.0, 40.0]);
    assert_eq!(effects, [Effect::Select(set(&["b", "c"]))]);
}

#[test]
fn a_wire_ends_in_the_port_near_its_end() {
    let out = PortRef::output(id("a"), "out");
    let effects = drag(&mut table(&[]), press(Target::Port(out.clone()), [100.0, 50.0]), [5.0, 345.0]);
    assert_eq!(effects, [Effect::Connect { output: out, input: PortRef::input(id("c"), "in"), detached: None }]);
}

#[test]
fn a_wire_dropped_on_nothing_searches_for_a_node() {
    let out = PortRef::output(id("a"), "out");
    let effects = drag(&mut table(&[]), press(Target::Port(out.clone()), [100.0, 50.0]), [500.0, 500.0]);
    assert_eq!(effects, [Effect::Search { from: out, at_canvas: [500.0, 500.0] }]);
}

#[test]
fn pulling_at_a_wired_input_moves_its_wire() {
    let (edge, from, to) = wire();
    let effects = drag(&mut table(&[]), press(Target::Port(to.clone()), [200.0, 50.0]), [20.0, 350.0]);
    let input = PortRef::input(id("c"), "in");
    assert_eq!(effects, [Effect::Connect { output: from, input, detached: Some(edge.clone()) }]);
    let effects = drag(&mut table(&[]), press(Target::Port(to), [200.0, 50.0]), [500.0, 500.0]);
    assert_eq!(effects, [Effect::Disconnect(edge)]);
}

#[test]
fn two_taps_connect() {
    let table = table(&[]);
    let mut hand = Gestures::default();
    let out = PortRef::output(id("a"), "out");
    assert_eq!(hand.press(press(Target::Port(out.clone()), [100.0, 50.0]), &table), []);
    assert_eq!(hand.release(1, [200.0, 100.0], &table), []);
    assert!(matches!(hand.now, Gesture::TappedWire(_)));
    let input = PortRef::input(id("c"), "in");
    let effects = hand.press(press(Target::Port(input.clone()), [0.0, 350.0]), &table);
    assert_eq!(effects, [Effect::Connect { output: out, input, detached: None }]);
    assert_eq!(hand.now, Gesture::Idle);
}

#[test]
fn a_viewer_pans_over_nodes_and_ports() {
    let mut looking = press(Target::Node(id("a")), [50.0, 50.0]);
    looking.writable = false;
    let effects = drag(&mut table(&["a"]), looking, [60.0, 50.0]);
    assert_eq!(effects, [Effect::Look(Viewport { pan: [20.0, 0.0], zoom: 2.0 })]);
}

#[test]
fn two_fingers_zoom_and_keep_what_is_between_them() {
    let table = table(&[]);
    let mut hand = Gestures::default();
    let finger = |pointer, at_screen| Press { pointer, at_screen, touch: true, ..press(Target::Canvas, [0.0, 0.0]) };
    hand.press(finger(1, [100.0, 100.0]), &table);
    hand.press(finger(2, [200.0, 100.0]), &table);
    let effects = hand.moved(2, [300.0, 100.0], &table);
    let [Effect::Look(viewport)] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(viewport.zoom, 4.0);
    assert_eq!(viewport.canvas_from_screen([200.0, 100.0]), table.viewport.canvas_from_screen([150.0, 100.0]));
}

#[test]
fn the_middle_button_pans_over_anything() {
    let middle = Press { button: Button::Middle, ..press(Target::Node(id("a")), [50.0, 50.0]) };
    let effects = drag(&mut table(&[]), middle, [60.0, 50.0]);
    assert_eq!(effects, [Effect::Look(Viewport { pan: [20.0, 0.0], zoom: 2.0 })]);
}

#[test]
fn a_corner_sizes_its_node_and_stops_at_the_smallest_width() {
    let effects = drag(&mut table(&[]), press(Target::Corner(id("a")), [100.0, 100.0]), [400.0, 130.0]);
    assert_eq!(effects, [Effect::Resize { node: id("a"), size: [400.0, 130.0] }]);
    let effects = drag(&mut table(&[]), press(Target::Corner(id("a")), [100.0, 100.0]), [0.0, 0.0]);
    assert_eq!(effects, [Effect::Resize { node: id("a"), size: [WIDTH_MIN, 60.0] }]);
}
