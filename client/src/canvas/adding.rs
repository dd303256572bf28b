//! New nodes: on the canvas, at the end of a wire, in a wire. Each is one edit and one undo step.

use std::collections::BTreeSet;

use dioxus::prelude::*;
use shared::{
    document::Edit,
    graph::{Edge, EdgeId, Node},
    id::NodeId,
};

use super::{
    carried::{REROUTE, port_type},
    commands::edge_of,
    connect::{PortRef, fitting_ports},
    geometry::{Point, distance, plus},
    gesture::Scene,
    graph_ops,
    layout::{NodeLayout, REROUTE_SIZE, Side},
    live::LiveScene,
    state::{Canvas, CanvasStateStoreExt},
    wire_path,
    wires::port_point,
};
use crate::replica::view::CanvasViewStoreExt;

/// The type of a note in documents.
const NOTE: &str = "note.text";

/// How far aside a node goes where another stands already, in canvas units.
const ASIDE: f64 = 32.0;

impl Canvas {
    /// Adds a node of this type with its upper left corner here, wired to `from` where something fits.
    pub fn add_node(&self, node: Node, from: Option<&PortRef>) -> NodeId {
        let catalog = self.catalog();
        let id = NodeId::random();
        let edge = from.and_then(|loose| {
            let spec = catalog.of(&node)?;
            let carried = port_type(loose, &self.view.nodes().peek(), &self.view.edges().peek(), &catalog)?;
            let other = if loose.side == Side::Out { Side::In } else { Side::Out };
            let (name, _) = *fitting_ports(&spec, other, &carried).first()?;
            let port = PortRef { node: id.clone(), side: other, name: name.into() };
            Some(if loose.side == Side::Out { edge_of(loose, &port) } else { edge_of(&port, loose) })
        });
        self.replica().edit("add", |edit| {
            edit.add_node(&id, &node, &catalog);
            if let Some(edge) = edge {
                edit.connect(edge, &catalog);
            }
        });
        self.replica().end_gesture();
        self.select(BTreeSet::from([id.clone()]));
        id
    }

    /// Where to put the corner of a new node so that the dropped wire meets it, or that it stands under the pointer.
    pub fn corner_for(&self, node: &Node, at_canvas: Point, from: Option<&PortRef>) -> Point {
        let catalog = self.catalog();
        let layout = NodeLayout::estimate(node, catalog.get(&node.node_type));
        match from.map(|port| port.side) {
            Some(Side::Out) => [at_canvas[0], at_canvas[1] - 60.0],
            Some(Side::In) => [at_canvas[0] - layout.size[0], at_canvas[1] - 60.0],
            None => self.beside_others([at_canvas[0] - layout.size[0] / 2.0, at_canvas[1] - 20.0]),
        }
    }

    /// A corner where none is yet: nodes that are added one after the other without a hand would lie on each other.
    fn beside_others(&self, corner: Point) -> Point {
        let nodes = self.view.nodes();
        let nodes = nodes.peek();
        let taken = |corner: &Point| nodes.values().any(|node| distance(node.pos, *corner) < ASIDE / 2.0);
        let corners = (0..).map(|step| plus(corner, [ASIDE * f64::from(step); 2]));
        corners.take(nodes.len() + 1).find(|corner| !taken(corner)).unwrap_or(corner)
    }

    /// A note with its upper left corner here, ready to be written.
    pub fn add_note(&self, at_canvas: Point) {
        if self.writable() {
            let id = self.add_node(Node { pos: at_canvas, ..Node::new(NOTE) }, None);
            self.state.renaming().set(Some(id));
        }
    }

    /// Where the hand is, else in the middle of the screen.
    pub(super) fn pointer_or_middle(&self) -> Point {
        let pointer = *self.state.pointer_canvas().peek();
        pointer.unwrap_or_else(|| self.middle_canvas())
    }

    /// Puts a node that is there into a wire.
    pub(super) fn insert_into(&self, id: &NodeId, to: Option<Point>, edge_id: &EdgeId) {
        let graph = self.graph_now();
        let found = graph.edges.get(edge_id).zip(graph.nodes.get(id));
        let wires = found.and_then(|(edge, node)| graph_ops::insertion(&graph, edge, id, node, &self.catalog()));
        self.replica().edit("insert", |edit| {
            if let Some(to) = to {
                edit.move_nodes(&[(id.clone(), to)]);
            }
            self.lead_through(edit, edge_id, wires);
        });
        self.replica().end_gesture();
    }

    /// A new node in the middle of a wire; nothing where it does not fit.
    pub fn add_into(&self, node: Node, edge_id: &EdgeId) {
        self.add_into_as("insert", node, edge_id);
    }

    fn add_into_as(&self, label: &str, node: Node, edge_id: &EdgeId) {
        let catalog = self.catalog();
        let graph = self.graph_now();
        let id = NodeId::random();
        let Some(edge) = graph.edges.get(edge_id) else { return };
        let wires = graph_ops::insertion(&graph, edge, &id, &node, &catalog);
        self.replica().edit(label, |edit| {
            edit.add_node(&id, &node, &catalog);
            self.lead_through(edit, edge_id, wires);
        });
        self.replica().end_gesture();
        self.select([id].into());
    }

    /// The second of the two wires is the old one with another beginning: in a list it keeps its place.
    fn lead_through(&self, edit: &mut Edit<'_>, edge_id: &EdgeId, wires: Option<[Edge; 2]>) {
        if let Some([into, out]) = wires {
            edit.connect(into, &self.catalog());
            edit.set_source(edge_id, &out.from, &out.output);
        }
    }

    /// A point that the wire is led through, with its middle here.
    pub fn add_reroute(&self, edge: &EdgeId, at_canvas: Point) {
        if self.writable() {
            let corner = [0, 1].map(|axis| (at_canvas[axis] - REROUTE_SIZE[axis] / 2.0).round());
            self.add_into_as("reroute", Node { pos: corner, ..Node::new(REROUTE) }, edge);
        }
    }

    /// In the middle of the wire that is selected.
    pub(super) fn reroute_selected_wire(&self) {
        let edge = self.state.wire().peek().clone();
        let Some((edge, (from, to))) = edge.and_then(|edge| Some((edge.clone(), LiveScene(*self).wire_ends(&edge)?)))
        else {
            return;
        };
        if let (Some(from), Some(to)) = (port_point(*self, &from), port_point(*self, &to)) {
            self.add_reroute(&edge, wire_path::middle(from, to));
        }
    }
}
