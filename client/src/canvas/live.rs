//! The scene that hands act on, in life: the editor's stores, read without subscribing.

use std::collections::BTreeSet;

use dioxus::prelude::*;
use shared::{
    graph::EdgeId,
    id::{FrameId, NodeId},
};

use super::{
    connect::{self, Partner, PortRef},
    geometry::{Point, Rect, plus},
    gesture::Scene,
    graph_ops,
    layout::{NodeLayout, Side},
    state::{Canvas, CanvasStateStoreExt},
    viewport::Viewport,
    wire_path,
};
use crate::replica::view::CanvasViewStoreExt;

/// How near, in screen pixels, the middle of a node has to come to a wire to be put into it.
const ONTO_REACH: f64 = 28.0;

/// In canvas units.
const NEAR: f64 = 400.0;

pub struct LiveScene(pub Canvas);

impl LiveScene {
    fn layout(&self, id: &NodeId) -> Option<NodeLayout> {
        let measured = self.0.state.layouts().peek().get(id).cloned();
        measured.or_else(|| {
            let nodes = self.0.view.nodes();
            let nodes = nodes.peek();
            let node = nodes.get(id)?;
            Some(NodeLayout::estimate(node, self.0.catalog().get(&node.node_type)))
        })
    }

    fn place(&self, port: &PortRef) -> (Point, Rect) {
        match (self.rect(&port.node), self.layout(&port.node)) {
            (Some(rect), Some(layout)) => (plus([rect.x, rect.y], layout.port(port.side, &port.name)), rect),
            // Asked only for nodes of the graph; one that went this instant is nowhere.
            _ => Default::default(),
        }
    }
}

impl Scene for LiveScene {
    fn viewport(&self) -> Viewport {
        self.0.looking()
    }

    fn selection(&self) -> BTreeSet<NodeId> {
        self.0.selected()
    }

    fn rect(&self, id: &NodeId) -> Option<Rect> {
        let nodes = self.0.view.nodes();
        let nodes = nodes.peek();
        let node = nodes.get(id)?;
        let measured = self.0.state.layouts().peek().get(id).map(|layout| layout.size);
        let catalog = self.0.catalog();
        let size = measured.unwrap_or_else(|| NodeLayout::estimated_size(node, catalog.get(&node.node_type)));
        Some(Rect::new(node.pos, size))
    }

    fn nodes_in(&self, rect_canvas: Rect) -> BTreeSet<NodeId> {
        // The index may be a measurement behind: asked a little wider, and each of those precisely.
        let near = self.0.sight.read().nodes_in_order(&rect_canvas.inflate(NEAR));
        near.into_iter().filter(|id| self.rect(id).is_some_and(|rect| rect.intersects(&rect_canvas))).collect()
    }

    fn partners(&self, loose: &PortRef, without: Option<&EdgeId>) -> Vec<Partner> {
        let nodes = self.0.view.nodes().peek().clone();
        let edges = self.0.view.edges().peek().clone();
        connect::partners(loose, &nodes, &edges, without, &self.0.catalog(), |port| self.place(port))
    }

    fn wire_into(&self, input: &PortRef) -> Option<(EdgeId, PortRef)> {
        let edges = self.0.view.edges();
        let edges = edges.peek();
        // Of several wires into one input the newest is pulled off.
        let found = edges.iter().rfind(|(_, edge)| edge.to == input.node && edge.input == input.name);
        found.map(|(id, edge)| (id.clone(), PortRef::output(edge.from.clone(), edge.output.clone())))
    }

    fn wire_ends(&self, edge: &EdgeId) -> Option<(PortRef, PortRef)> {
        let edges = self.0.view.edges();
        let edges = edges.peek();
        let edge = edges.get(edge)?;
        Some((
            PortRef { node: edge.from.clone(), side: Side::Out, name: edge.output.clone() },
            PortRef { node: edge.to.clone(), side: Side::In, name: edge.input.clone() },
        ))
    }

    fn wires_of(&self, port: &PortRef) -> Vec<EdgeId> {
        let edges = self.0.view.edges();
        let edges = edges.peek();
        let ends_here = edges.iter().filter(|(_, edge)| match port.side {
            Side::In => edge.to == port.node && edge.input == port.name,
            Side::Out => edge.from == port.node && edge.output == port.name,
        });
        ends_here.map(|(id, _)| id.clone()).collect()
    }

    fn wire_under(&self, id: &NodeId, at_canvas: Point) -> Option<EdgeId> {
        let edges = self.0.view.edges();
        let edges = edges.peek();
        // A node that hangs on wires is moved, not put elsewhere.
        let sight = self.0.sight.read();
        if sight.hangs(id) {
            return None;
        }
        let reach = ONTO_REACH / self.viewport().zoom;
        let passes = |edge: &shared::graph::Edge| {
            let (from, _) = self.place(&PortRef::output(edge.from.clone(), edge.output.clone()));
            let (to, _) = self.place(&PortRef::input(edge.to.clone(), edge.input.clone()));
            // The box first: a curve bulges, but seldom further than this.
            Rect::between(from, to).inflate(reach + 60.0).contains(at_canvas)
                && wire_path::passes(from, to, at_canvas, reach)
        };
        let around = Rect::new(at_canvas, [0.0, 0.0]).inflate(reach);
        let near = sight.wires.within(&around).into_iter().filter_map(|(id, _)| edges.get_key_value(id));
        let (found, edge) = near.into_iter().find(|(_, edge)| passes(edge))?;
        let graph = self.0.graph_now();
        let node = graph.nodes.get(id)?;
        graph_ops::insertion(&graph, edge, id, node, &self.0.catalog()).map(|_| found.clone())
    }

    fn frame(&self, frame: &FrameId) -> Option<Rect> {
        let frames = self.0.view.frames();
        let frames = frames.peek();
        frames.get(frame).map(|frame| Rect::new(frame.pos, frame.size))
    }

    fn members(&self, frame: &FrameId) -> BTreeSet<NodeId> {
        self.0.members().remove(frame).unwrap_or_default()
    }

    fn others(&self, without: &BTreeSet<NodeId>) -> Vec<Rect> {
        let seen = self.viewport().visible(self.0.screen());
        let ids = self.nodes_in(seen);
        ids.iter().filter(|id| !without.contains(*id)).filter_map(|id| self.rect(id)).collect()
    }
}
