//! Hands on a canvas of three nodes, `a -> b` and `c` apart, each 100 by 100, at zoom 2.

use super::*;

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
    assert_eq!(effects, [Effect::Select(set(&["a"])), Effect::Place(vec![(id("a"), [10.0, 20.0])])]);
}

#[test]
fn dragging_a_selected_node_moves_the_whole_selection() {
    let effects = drag(&mut table(&["a", "c"]), press(Target::Node(id("a")), [50.0, 50.0]), [60.0, 50.0]);
    assert_eq!(effects, [Effect::Place(vec![(id("a"), [10.0, 0.0]), (id("c"), [10.0, 300.0])])]);
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
