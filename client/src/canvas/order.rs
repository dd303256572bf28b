//! Where things stand and how they look: moving, framing, aligning, laying out, colouring. Each is one undo step.

use std::collections::{BTreeMap, BTreeSet};

use dioxus::prelude::*;
use shared::{
    graph::Frame,
    id::{FrameId, NodeId},
};

use super::{
    arrange::{self, Axis, Edge as Border, Moves},
    frames::{self, belongs_to},
    geometry::{Point, Rect},
    gesture::Scene,
    live::LiveScene,
    state::{Canvas, CanvasStateStoreExt},
};
use crate::replica::view::CanvasViewStoreExt;

/// What nodes and frames can be coloured with, in turns; `None` is plain.
pub const COLORS: [Option<&str>; 7] =
    [None, Some("#e5c76b"), Some("#8fce8b"), Some("#7fb3f0"), Some("#b79cf2"), Some("#f09a9a"), Some("#f0a36b")];

impl Canvas {
    /// Nodes came to rest. Those that were not held by a frame's head change frames with the place they were put.
    pub(super) fn place(&self, nodes: &[(NodeId, Point)], frame: Option<(FrameId, Point)>) {
        let scene = LiveScene(*self);
        let frames = self.view.frames().peek().clone();
        let joins: Vec<(&NodeId, Option<FrameId>)> = match frame {
            Some(_) => Vec::new(),
            None => nodes
                .iter()
                .filter_map(|(id, to)| {
                    let rect = scene.rect(id)?;
                    let there = belongs_to(&frames, Rect::new(*to, [rect.width, rect.height]));
                    let here = self.view.nodes().peek().get(id)?.frame.clone();
                    (there != here).then_some((id, there))
                })
                .collect(),
        };
        let label = match (&frame, nodes.len()) {
            (Some(_), _) => "move frame",
            (None, 1) => "move",
            (None, _) => "move nodes",
        };
        self.replica().edit(label, |edit| {
            edit.move_nodes(nodes);
            for (id, frame) in joins {
                edit.set_frame(id, frame.as_ref());
            }
            if let Some((id, pos)) = frame
                && let Some(frame) = edit.frame(&id)
            {
                edit.update_frame(&id, &Frame { pos, ..frame });
            }
        });
        self.replica().end_gesture();
    }

    pub fn update_frame(&self, id: &FrameId, label: &str, change: impl FnOnce(&mut Frame)) {
        self.replica().edit(label, |edit| {
            if let Some(mut frame) = edit.frame(id) {
                change(&mut frame);
                edit.update_frame(id, &frame);
            }
        });
        self.replica().end_gesture();
    }

    /// Puts a frame around the selection.
    pub(super) fn group(&self) {
        let nodes = self.selected();
        let Some(rect) = frames::around(self.boxes(&nodes).into_iter().map(|(_, rect)| rect)) else { return };
        let id = FrameId::random();
        let frame = Frame { pos: [rect.x, rect.y], size: [rect.width, rect.height], title: String::new(), color: None };
        self.replica().edit("frame", |edit| {
            edit.add_frame(&id, &frame);
            for node in &nodes {
                edit.set_frame(node, Some(&id));
            }
        });
        self.replica().end_gesture();
        self.select_frame(id);
    }

    /// Takes the selected frame away, or those of the selected nodes; the nodes stay.
    pub(super) fn ungroup(&self) {
        let of_nodes = || {
            let nodes = self.view.nodes();
            let nodes = nodes.peek();
            self.selected().iter().filter_map(|id| nodes.get(id)?.frame.clone()).collect::<BTreeSet<FrameId>>()
        };
        let selected = self.state.frame().peek().clone();
        let gone = selected.map_or_else(of_nodes, |frame| [frame].into());
        if gone.is_empty() {
            return;
        }
        self.replica().edit("remove frame", |edit| {
            for frame in &gone {
                edit.remove_frame(frame);
            }
        });
        self.replica().end_gesture();
        self.state.frame().set(None);
    }

    fn move_to(&self, label: &str, moves: &Moves) {
        if !moves.is_empty() {
            self.replica().edit(label, |edit| edit.move_nodes(moves));
            self.replica().end_gesture();
        }
    }

    pub(super) fn align(&self, border: Option<Border>) {
        let boxes = self.boxes(&self.selected());
        let border = border.unwrap_or_else(|| arrange::best_edge(&boxes));
        self.move_to("align", &arrange::align(&boxes, border));
    }

    pub(super) fn distribute(&self, axis: Option<Axis>) {
        let boxes = self.boxes(&self.selected());
        let axis = axis.unwrap_or_else(|| arrange::best_axis(&boxes));
        self.move_to("distribute", &arrange::distribute(&boxes, axis));
    }

    /// Lays out the selection, or everything. Frames are drawn anew around their nodes.
    pub(super) fn tidy(&self) {
        let selected = self.selected();
        let all: BTreeSet<NodeId> = {
            let nodes = self.view.nodes();
            let nodes = nodes.peek();
            let chosen = |id: &NodeId| selected.len() < 2 || selected.contains(id);
            nodes.keys().filter(|id| chosen(id)).cloned().collect()
        };
        let wires: Vec<(NodeId, NodeId)> =
            self.view.edges().peek().values().map(|edge| (edge.from.clone(), edge.to.clone())).collect();
        let boxes = self.boxes(&all);
        let moves = arrange::tidy(&boxes, &wires);
        if moves.is_empty() {
            return;
        }
        let places: BTreeMap<NodeId, Rect> = boxes.into_iter().collect();
        let moved: BTreeMap<&NodeId, Point> = moves.iter().map(|(id, to)| (id, *to)).collect();
        let after = |id: &NodeId| {
            let rect = *places.get(id)?;
            let to = moved.get(id).copied().unwrap_or([rect.x, rect.y]);
            Some(Rect::new(to, [rect.width, rect.height]))
        };
        let members = self.members();
        let redrawn: Vec<(&FrameId, Rect)> = members
            .iter()
            .filter(|(_, inside)| inside.iter().any(|id| moved.contains_key(id)))
            .filter_map(|(id, inside)| Some((id, frames::around(inside.iter().filter_map(after))?)))
            .collect();
        self.replica().edit("tidy up", |edit| {
            edit.move_nodes(&moves);
            for (id, rect) in redrawn {
                if let Some(frame) = edit.frame(id) {
                    let [pos, size] = [[rect.x, rect.y], [rect.width, rect.height]];
                    edit.update_frame(id, &Frame { pos, size, ..frame });
                }
            }
        });
        self.replica().end_gesture();
    }

    pub(super) fn toggle_collapsed(&self) {
        let nodes = self.view.nodes().peek().clone();
        let chosen = self.selected();
        let fold = !chosen.iter().all(|id| nodes.get(id).is_some_and(|node| node.collapsed));
        let label = if fold { "fold" } else { "unfold" };
        self.replica().edit(label, |edit| {
            for id in &chosen {
                edit.set_collapsed(id, fold);
            }
        });
        self.replica().end_gesture();
    }

    /// The colour after the one that the selection has.
    pub(super) fn next_color(&self) {
        let frame = self.state.frame().peek().clone();
        let now = match &frame {
            Some(id) => self.view.frames().peek().get(id).and_then(|frame| frame.color.clone()),
            None => {
                let first = self.selected().first().cloned();
                first.and_then(|id| self.view.nodes().peek().get(&id)?.color.clone())
            }
        };
        let at = COLORS.iter().position(|color| *color == now.as_deref()).unwrap_or(0);
        self.set_color(COLORS[(at + 1) % COLORS.len()]);
    }

    pub fn set_color(&self, color: Option<&str>) {
        if let Some(id) = self.state.frame().peek().clone() {
            return self.update_frame(&id, "colour", |frame| frame.color = color.map(str::to_owned));
        }
        let chosen = self.selected();
        self.replica().edit("colour", |edit| {
            for id in &chosen {
                edit.set_color(id, color);
            }
        });
        self.replica().end_gesture();
    }
}
