//! Larger edits: wires that follow nodes, selections along wires. Each is one undo step.

use std::collections::{BTreeMap, BTreeSet};

use dioxus::prelude::*;
use shared::{
    graph::{Edge, EdgeId, Graph, Node, Pin},
    id::{FrameId, NodeId},
};

use super::{
    arrange::Boxes,
    connect::PortRef,
    geometry::{Rect, minus},
    gesture::Scene,
    graph_ops::{self, Stream},
    keys::Direction,
    layout::Side,
    live::LiveScene,
    state::{Canvas, CanvasStateStoreExt, Purpose, Side as SideTab},
};
use crate::{dom, replica::view::CanvasViewStoreExt};

impl Canvas {
    /// The graph as the view has it, without subscribing.
    pub fn graph_now(&self) -> Graph {
        Graph {
            nodes: self.view.nodes().peek().clone(),
            edges: self.view.edges().peek().clone(),
            frames: self.view.frames().peek().clone(),
            ..Graph::default()
        }
    }

    /// Who belongs to which frame.
    pub fn members(&self) -> BTreeMap<FrameId, BTreeSet<NodeId>> {
        let mut members = BTreeMap::<FrameId, BTreeSet<NodeId>>::new();
        for (id, node) in self.view.nodes().peek().iter() {
            if let Some(frame) = &node.frame {
                members.entry(frame.clone()).or_default().insert(id.clone());
            }
        }
        members
    }

    pub(super) fn boxes(&self, nodes: &BTreeSet<NodeId>) -> Boxes {
        let scene = LiveScene(*self);
        nodes.iter().filter_map(|id| Some((id.clone(), scene.rect(id)?))).collect()
    }

    pub(super) fn delete_healing(&self) {
        let gone = self.selected();
        if gone.is_empty() {
            return self.delete_selection();
        }
        let catalog = self.catalog();
        let healed = graph_ops::healed(&self.graph_now(), &gone, &catalog);
        let ids: Vec<NodeId> = gone.into_iter().collect();
        self.replica().edit("delete and join", |edit| {
            edit.remove_nodes(&ids);
            for edge in healed {
                edit.connect(edge, &catalog);
            }
        });
        self.replica().end_gesture();
        self.select(BTreeSet::new());
    }

    /// Takes the wires off nodes and joins what they joined.
    pub(super) fn free(&self, nodes: &BTreeSet<NodeId>) {
        let catalog = self.catalog();
        let graph = self.graph_now();
        let healed = graph_ops::healed(&graph, nodes, &catalog);
        let outside = |edge: &Edge| nodes.contains(&edge.from) != nodes.contains(&edge.to);
        let touching: Vec<&EdgeId> = graph.edges.iter().filter(|(_, edge)| outside(edge)).map(|(id, _)| id).collect();
        if touching.is_empty() {
            return;
        }
        self.replica().edit("disconnect", |edit| {
            for id in touching {
                edit.disconnect(id);
            }
            for edge in healed {
                edit.connect(edge, &catalog);
            }
        });
        self.replica().end_gesture();
    }

    pub(super) fn rewire(&self, wires: &[EdgeId], to: &PortRef) {
        let catalog = self.catalog();
        let edges = self.view.edges().peek().clone();
        self.replica().edit("rewire", |edit| {
            for id in wires {
                let Some(edge) = edges.get(id).cloned() else { continue };
                edit.disconnect(id);
                let edge = match to.side {
                    Side::In => Edge { to: to.node.clone(), input: to.name.clone(), ..edge },
                    Side::Out => Edge { from: to.node.clone(), output: to.name.clone(), ..edge },
                };
                edit.connect(edge, &catalog);
            }
        });
        self.replica().end_gesture();
    }

    pub(super) fn open_replacing(&self) {
        let nodes = self.selected();
        if let Some(rect) = nodes.first().and_then(|id| LiveScene(*self).rect(id)) {
            self.open_search_for([rect.x, rect.y], Purpose::Replace(nodes));
        }
    }

    /// Puts another kind in the place of nodes. Values go along where parameters have the same name.
    pub fn replace(&self, nodes: &BTreeSet<NodeId>, kind: &str) {
        let catalog = self.catalog();
        let Some(spec) = catalog.get(kind) else { return };
        let graph = self.graph_now();
        let mut fresh = BTreeSet::new();
        self.replica().edit("replace", |edit| {
            for id in nodes {
                let Some(old) = graph.nodes.get(id) else { continue };
                let wires = graph_ops::rewired(&graph, id, spec, &catalog);
                let params = old.params.iter().filter(|(name, _)| spec.param(name).is_some());
                let node = Node {
                    node_type: kind.into(),
                    version: spec.version,
                    params: params.map(|(name, value)| (name.clone(), value.clone())).collect(),
                    pin: None,
                    ..old.clone()
                };
                let new = NodeId::random();
                edit.remove_nodes(std::slice::from_ref(id));
                edit.add_node(&new, &node, &catalog);
                for edge in wires {
                    let from = if edge.from == *id { new.clone() } else { edge.from };
                    let to = if edge.to == *id { new.clone() } else { edge.to };
                    edit.connect(Edge { from, to, ..edge }, &catalog);
                }
                fresh.insert(new);
            }
        });
        self.replica().end_gesture();
        self.select(fresh);
    }

    pub(super) fn select_along(&self, stream: Stream) {
        let edges = self.view.edges().peek().clone();
        self.select(graph_ops::reach(&edges, &self.selected(), stream));
    }

    /// Selects the nearest node on one side of the selected one.
    pub(super) fn go_beside(&self, direction: Direction) {
        let scene = LiveScene(*self);
        let all = self.boxes(&self.view.nodes().peek().keys().cloned().collect());
        let selected = self.selected();
        let Some(here) = selected.first().and_then(|id| scene.rect(id)) else {
            // Nothing to go on from: the one in the middle of the screen.
            let middle = self.middle_canvas();
            let far = |rect: &Rect| super::geometry::distance(rect.center(), middle);
            if let Some((id, _)) = all.iter().min_by(|(_, a), (_, b)| far(a).total_cmp(&far(b))) {
                self.select([id.clone()].into());
            }
            return;
        };
        let beside = all.iter().filter(|(id, _)| !selected.contains(id)).filter_map(|(id, rect)| {
            let [x, y] = minus(rect.center(), here.center());
            let (ahead, aside) = match direction {
                Direction::Left => (-x, y),
                Direction::Right => (x, y),
                Direction::Up => (-y, x),
                Direction::Down => (y, x),
            };
            // More to the side than ahead is another direction.
            (ahead > 0.0 && aside.abs() <= ahead * 1.5).then_some((id, ahead + 2.0 * aside.abs()))
        });
        if let Some((id, _)) = beside.min_by(|(_, a), (_, b)| a.total_cmp(b)) {
            self.select([id.clone()].into());
            self.bring_in_sight(id);
        }
    }

    fn bring_in_sight(&self, id: &NodeId) {
        let seen = self.looking().visible(self.screen());
        if LiveScene(*self).rect(id).is_some_and(|rect| !seen.contains(rect.center())) {
            self.go_to(id);
        }
    }

    /// Keeps what the selected nodes made last, or lets it go.
    pub(super) fn toggle_pin(&self) {
        let chosen = self.selected();
        let nodes = self.view.nodes().peek().clone();
        let pinned = chosen.iter().all(|id| nodes.get(id).is_some_and(|node| node.pin.is_some()));
        let outputs = self.view.outputs().peek().clone();
        let made = |id: &NodeId| {
            let output = outputs.get(id)?;
            (!output.values.is_empty()).then(|| Pin {
                values: output.values.clone(),
                run: Some(output.run),
                seed: None,
            })
        };
        self.replica().edit(if pinned { "unpin" } else { "pin" }, |edit| {
            for id in &chosen {
                if pinned {
                    edit.set_pin(id, None);
                } else if let Some(pin) = made(id) {
                    edit.set_pin(id, Some(&pin));
                }
            }
        });
        self.replica().end_gesture();
    }

    pub(super) fn name_version(&self) {
        self.state.side().set(Some(SideTab::Versions));
        spawn(async {
            // The panel asks the server before it shows its field.
            for _ in 0..60 {
                if dom::focus_first(".version-panel input") {
                    break;
                }
                dom::next_frame().await;
            }
        });
    }
}
