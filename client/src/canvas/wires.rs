//! Wires: one SVG, one component a wire, each following only its own two ends.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use dioxus::prelude::*;
use shared::{
    graph::{Edge, EdgeId},
    id::NodeId,
    run::NodeStatus,
    value::ValueType,
};

use super::{
    carried::{is_reroute, own_type, port_type},
    category,
    connect::PortRef,
    far::{FarWires, MANY_WIRES, TOO_MANY_WIRES},
    geometry::{Point, plus},
    held_wires::{HeldWires, WiresInHand, use_held_wires},
    layer::Drawing,
    layout::Side,
    state::{Canvas, CanvasStateStoreExt, Purpose, use_canvas},
    wire_path,
};
use crate::replica::view::CanvasViewStoreExt;

#[component]
pub fn Wires() -> Element {
    let canvas = use_canvas();
    let mut last = use_hook(|| CopyValue::new(BTreeSet::<EdgeId>::new()));
    // Those with an element of their own; the others in sight are drawn together.
    let own = use_memo(move || {
        let region = *canvas.drawn.read();
        let _subscribed = canvas.placed.read();
        let edges = canvas.view.edges();
        let edges = edges.peek();
        let sight = canvas.sight.read();
        let held = canvas.held.read();
        let wire = canvas.state.wire();
        let chosen = wire.read();
        let is_meant = |id: &EdgeId, edge: &Edge| {
            let in_hand =
                |held: &Rc<BTreeMap<NodeId, Point>>| held.contains_key(&edge.from) || held.contains_key(&edge.to);
            held.as_ref().is_some_and(in_hand) || chosen.as_ref() == Some(id)
        };
        let seen = sight.wires.within(&region);
        let next: BTreeSet<EdgeId> = if *canvas.state.moving().read() {
            // Nothing comes and nothing goes until the view rests: as with cards, that takes longer than a frame.
            last.peek().iter().filter(|id| edges.contains_key(*id)).cloned().collect()
        } else {
            let many = seen.len() > if *canvas.boxes.read() { MANY_WIRES } else { TOO_MANY_WIRES };
            let ids = seen.into_iter().map(|(id, _)| id);
            ids.filter(|id| edges.get(*id).is_some_and(|edge| !many || is_meant(id, edge))).cloned().collect()
        };
        last.set(next.clone());
        Rc::new(next)
    });
    let drawn = use_memo(move || {
        let edges = canvas.view.edges();
        // A wire may get another end and keep its id.
        let edges = edges.read();
        let own = own.read();
        own.iter().filter_map(|id| Some((id.clone(), edges.get(id)?.clone()))).collect::<Vec<_>>()
    });
    let in_hand = use_held_wires(canvas);
    rsx! {
        FarWires { own }
        Drawing { class: "all",
            for (id, edge) in drawn() {
                Wire { key: "{id}", id, edge, in_hand }
            }
        }
        WiresInHand { wires: in_hand }
    }
}

/// Where a port is now. Subscribes whoever is running.
pub fn port_point(canvas: Canvas, port: &PortRef) -> Option<Point> {
    let corner = canvas.position(&port.node)?;
    let layout = canvas.layout(&port.node)?;
    Some(plus(corner, layout.port(port.side, &port.name)))
}

/// What a port carries. Subscribes whoever is running: to the port's own node, and to all only at a reroute.
pub fn carried_type(canvas: Canvas, port: &PortRef) -> Option<ValueType> {
    let catalog = canvas.catalog();
    let node = canvas.view.nodes().get(port.node.clone())?;
    if !is_reroute(&node.read(), &catalog) {
        return own_type(&node.read(), port, &catalog);
    }
    port_type(port, &canvas.view.nodes().read(), &canvas.view.edges().read(), &catalog)
}

/// What a port carries, by name. Subscribes as [`carried_type`] does.
pub fn carried(canvas: Canvas, port: &PortRef) -> String {
    carried_type(canvas, port).map_or_else(|| "any".into(), |value_type| category::item_name(&value_type))
}

#[component]
fn Wire(id: EdgeId, edge: Edge, in_hand: Memo<Rc<HeldWires>>) -> Element {
    let canvas = use_canvas();
    // Drawn with others meanwhile: it stays where it was.
    let gathered = use_memo(use_reactive!(|id| in_hand.read().ids.contains(&id)));
    let mut last = use_hook(|| CopyValue::new(None));
    let ends = use_memo(use_reactive!(|edge| {
        if gathered() {
            return *last.peek();
        }
        let from = port_point(canvas, &PortRef::output(edge.from.clone(), edge.output.clone()))?;
        let to = port_point(canvas, &PortRef { node: edge.to.clone(), side: Side::In, name: edge.input.clone() })?;
        last.set(Some((from, to)));
        Some((from, to))
    }));
    let kind =
        use_memo(use_reactive!(|edge| carried(canvas, &PortRef::output(edge.from.clone(), edge.output.clone()))));
    // Something flows while the node at the end works.
    let flowing = use_memo(use_reactive!(|edge| {
        let output = canvas.view.outputs().get(edge.to.clone());
        output.is_some_and(|output| output.read().status == NodeStatus::Running)
    }));
    let selected = use_memo(use_reactive!(|id, edge| {
        if canvas.state.wire().read().as_ref() == Some(&id) {
            return "wire";
        }
        let selection = canvas.state.selection();
        let selection = selection.read();
        if selection.contains(&edge.from) || selection.contains(&edge.to) { "node" } else { "no" }
    }));
    let detached = use_memo(use_reactive!(|id| canvas.loose.read().as_ref().is_some_and(|loose| loose.took(&id))));
    let onto = use_memo(use_reactive!(|id| canvas.onto.read().as_ref() == Some(&id)));
    let Some((from, to)) = ends() else { return rsx! {} };
    if detached() {
        return rsx! {};
    }
    let path = wire_path::path(from, to);
    rsx! {
        g { class: "wire-group", "data-value-type": kind(), "data-selected": selected(), "data-flowing": flowing(), "data-onto": onto(), "data-gathered": gathered(),
            path { class: "wire-hit", d: "{path}", "data-edge-hit": "{id}" }
            path { class: "wire", d: "{path}", "data-edge": "{id}" }
            if flowing() {
                path { class: "wire-flow", d: "{path}" }
            }
            if selected() == "wire" && canvas.writable() {
                Midpoint { id: id.clone(), at: wire_path::middle(from, to) }
            }
        }
    }
}

/// A dot on the selected wire: something can be put there.
#[component]
fn Midpoint(id: EdgeId, at: Point) -> Element {
    let canvas = use_canvas();
    rsx! {
        g {
            class: "wire-middle",
            "data-control": "true",
            role: "button",
            "aria-label": "Insert a node",
            transform: "translate({at[0]:.1} {at[1]:.1})",
            onclick: move |event| {
                event.stop_propagation();
                canvas.open_search_for(at, Purpose::Insert(id.clone()));
            },
            circle { r: "10" }
            path { d: "M-4 0H4M0 -4V4" }
        }
    }
}
