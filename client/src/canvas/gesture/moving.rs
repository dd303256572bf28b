//! Nodes in the hand: how far they went, what they line up with, and what becomes of them when they are let go.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use shared::id::{FrameId, NodeId};

use super::{Effect, Moving, Press, Scene, shake::Shake};
use crate::canvas::{
    geometry::{Point, Rect, minus, plus},
    guides::snapped,
};

impl Moving {
    pub(super) fn begin(
        press: &Press,
        start_canvas: Point,
        nodes: BTreeSet<NodeId>,
        frame: Option<(FrameId, Rect)>,
        scene: &impl Scene,
    ) -> Self {
        let rects: Vec<(NodeId, Rect)> = nodes.iter().filter_map(|id| Some((id.clone(), scene.rect(id)?))).collect();
        let boxes = rects.iter().map(|(_, rect)| *rect).chain(frame.iter().map(|(_, rect)| *rect));
        let around = Rect::around(boxes).unwrap_or_default();
        let origins: BTreeMap<NodeId, Point> = rects.into_iter().map(|(id, rect)| (id, [rect.x, rect.y])).collect();
        Self {
            start_canvas,
            delta: [0.0, 0.0],
            origins: Rc::new(origins),
            copies: press.modifiers.alt && frame.is_none(),
            frame: frame.map(|(id, rect)| (id, [rect.x, rect.y])),
            around,
            others: scene.others(&nodes).into(),
            grid: press.grid,
            guides: Vec::new(),
            onto: None,
            shake: Shake::default(),
        }
    }

    pub(super) fn follow(&mut self, at_screen: Point, at_canvas: Point, zoom: f64, scene: &impl Scene) -> Vec<Effect> {
        let wanted = minus(at_canvas, self.start_canvas);
        (self.delta, self.guides) = match self.grid {
            Some(step) => {
                let corner = plus([self.around.x, self.around.y], wanted).map(|at| (at / step).round() * step);
                (minus(corner, [self.around.x, self.around.y]), Vec::new())
            }
            None => snapped(self.around, wanted, &self.others, zoom),
        };
        let one = self.origins.first_key_value().filter(|_| self.origins.len() == 1 && self.frame.is_none());
        if let Some((node, _)) = one.filter(|_| !self.copies) {
            self.onto = scene.wire_under(node, plus(self.around.center(), self.delta));
        }
        if self.shake.moved(at_screen) && !self.copies && self.frame.is_none() {
            return vec![Effect::Free(self.origins.keys().cloned().collect())];
        }
        Vec::new()
    }

    pub(super) fn drop(self) -> Vec<Effect> {
        let Self { delta, origins, copies, frame, onto, .. } = self;
        if delta == [0.0, 0.0] {
            return Vec::new();
        }
        if copies {
            return vec![Effect::PlaceCopies { nodes: origins.keys().cloned().collect(), delta }];
        }
        if let (Some(edge), Some((node, origin))) = (onto, origins.first_key_value()) {
            return vec![Effect::Insert { node: node.clone(), to: plus(*origin, delta), edge }];
        }
        let nodes = origins.iter().map(|(id, pos)| (id.clone(), plus(*pos, delta))).collect();
        vec![Effect::Place { nodes, frame: frame.map(|(id, pos)| (id, plus(pos, delta))) }]
    }
}
