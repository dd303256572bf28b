//! Where the person looks, asked for by keys, panels and links: everything, some nodes, one node, nearer or farther.
//!
//! What a hand does with the view directly is in [`super::gesture`].

use std::{cmp::Ordering, collections::BTreeSet};

use dioxus::prelude::*;
use shared::id::NodeId;

use super::{geometry::Rect, gesture::Scene, live::LiveScene, state::Canvas, viewport::Viewport};
use crate::replica::view::CanvasViewStoreExt;

impl Canvas {
    /// Shows everything, or some nodes.
    pub fn fit(&self, nodes: Option<BTreeSet<NodeId>>) {
        let scene = LiveScene(*self);
        let all: Vec<NodeId> = self.view.nodes().peek().keys().cloned().collect();
        let nodes = nodes.filter(|nodes| !nodes.is_empty()).map_or(all, |nodes| nodes.into_iter().collect());
        let screen = self.screen();
        if let Some(around) = Rect::around(nodes.iter().filter_map(|id| scene.rect(id))) {
            self.look(Viewport::fitting(around, screen));
        }
    }

    /// Where whoever opens the workflow begins.
    pub fn look_from_the_start(&self) {
        let scene = LiveScene(*self);
        let nodes = self.view.nodes();
        let nodes = nodes.peek();
        let rects: Vec<Rect> = nodes.keys().filter_map(|id| scene.rect(id)).collect();
        // Graphs run from left to right.
        let first = rects.iter().min_by(|a, b| (a.x, a.y).partial_cmp(&(b.x, b.y)).unwrap_or(Ordering::Equal)).copied();
        if let Some((around, first)) = Rect::around(rects).zip(first) {
            self.look(Viewport::opening(around, first, self.screen()));
        }
    }

    /// Selects a node and brings it into the middle.
    pub fn go_to(&self, id: &NodeId) {
        if let Some(rect) = LiveScene(*self).rect(id) {
            let zoom = self.looking().zoom.max(0.6);
            self.look(Viewport::centered(rect.center(), zoom, self.screen()));
            self.select(BTreeSet::from([id.clone()]));
        }
    }

    pub fn zoom_by(&self, factor: f64) {
        self.look(self.looking().zoomed(self.screen().map(|length| length / 2.0), factor));
    }
}
