//! Where everything is, for asking what is in sight: nodes and wires in a spatial index, and which wires hang on a node.
//!
//! Follows the replica by what it says was touched, so that an edit costs what it changed and not a pass over the graph.

use std::collections::{BTreeMap, BTreeSet};

use dioxus::prelude::*;
use shared::{
    graph::{Edge, EdgeId, Node},
    id::NodeId,
    node::Catalog,
};

use super::{
    geometry::Rect,
    index::Index,
    layout::NodeLayout,
    state::{CanvasState, CanvasStateStoreExt},
};
use crate::replica::{
    Replica, Touched,
    view::{CanvasView, CanvasViewStoreExt},
};

/// How far a wire's curve and its ports may lie beside the box between the corners of its nodes.
const WIRE_MARGIN: f64 = 400.0;

#[derive(Default)]
pub struct Sight {
    pub nodes: Index<NodeId>,
    pub wires: Index<EdgeId>,
    hanging: BTreeMap<NodeId, BTreeSet<EdgeId>>,
    ends: BTreeMap<EdgeId, (NodeId, NodeId)>,
    /// In front of and behind others.
    depths: BTreeMap<NodeId, String>,
}

/// What the index is brought up to date from.
struct Now<'a> {
    nodes: &'a BTreeMap<NodeId, Node>,
    edges: &'a BTreeMap<EdgeId, Edge>,
    layouts: &'a BTreeMap<NodeId, NodeLayout>,
    catalog: &'a Catalog,
}

impl Sight {
    pub fn hangs(&self, id: &NodeId) -> bool {
        self.hanging.get(id).is_some_and(|wires| !wires.is_empty())
    }

    /// Nodes in a region, from the one behind all to the one in front.
    pub fn nodes_in_order(&self, region: &Rect) -> Vec<NodeId> {
        let found = self.nodes.within(region).into_iter().map(|(id, _)| id.clone());
        self.in_order(found)
    }

    pub fn in_order(&self, ids: impl IntoIterator<Item = NodeId>) -> Vec<NodeId> {
        let mut ids: Vec<(Option<&String>, NodeId)> = ids.into_iter().map(|id| (self.depths.get(&id), id)).collect();
        ids.sort_unstable();
        ids.into_iter().map(|(_, id)| id).collect()
    }

    /// Whether anything is elsewhere now.
    fn follow(&mut self, touched: Touched, now: &Now<'_>) -> bool {
        let mut news = false;
        let mut wires = touched.edges;
        for id in touched.nodes {
            let known = now.nodes.get(&id);
            news |= match known {
                Some(node) => {
                    let measured = now.layouts.get(&id).map(|layout| layout.size);
                    let estimate = || NodeLayout::estimated_size(node, now.catalog.get(&node.node_type));
                    self.nodes.put(&id, Rect::new(node.pos, measured.unwrap_or_else(estimate)))
                }
                None => self.nodes.remove(&id),
            };
            let depth = known.and_then(|node| node.z.clone());
            if self.depths.get(&id) != depth.as_ref() {
                news = true;
                match depth {
                    Some(depth) => self.depths.insert(id.clone(), depth),
                    None => self.depths.remove(&id),
                };
            }
            wires.extend(self.hanging.get(&id).into_iter().flatten().cloned());
        }
        for id in wires {
            news |= self.follow_wire(&id, now);
        }
        news
    }

    fn follow_wire(&mut self, id: &EdgeId, now: &Now<'_>) -> bool {
        let edge = now.edges.get(id);
        let ends = edge.map(|edge| (edge.from.clone(), edge.to.clone()));
        if self.ends.get(id) != ends.as_ref() {
            if let Some((from, to)) = self.ends.remove(id) {
                for node in [from, to] {
                    self.hanging.entry(node).or_default().remove(id);
                }
            }
            if let Some((from, to)) = ends {
                for node in [&from, &to] {
                    self.hanging.entry(node.clone()).or_default().insert(id.clone());
                }
                self.ends.insert(id.clone(), (from, to));
            }
        }
        let corners = edge.and_then(|edge| Some((now.nodes.get(&edge.from)?.pos, now.nodes.get(&edge.to)?.pos)));
        match corners {
            Some((from, to)) => self.wires.put(id, Rect::between(from, to).inflate(WIRE_MARGIN)),
            // A wire to nowhere is not drawn.
            None => self.wires.remove(id),
        }
    }
}

/// Keeps the index; the memo changes whenever something is elsewhere.
pub fn use_sight(
    replica: &Replica,
    state: Store<CanvasState>,
    view: Store<CanvasView>,
) -> (CopyValue<Sight>, Memo<u32>) {
    let sight = use_hook(|| CopyValue::new(Sight::default()));
    let replica = replica.clone();
    let mut changes = use_hook(|| CopyValue::new(0u32));
    let placed = use_memo(move || {
        let _subscribed = *view.generation().read();
        let mut sight = sight;
        let (nodes, edges, layouts) = (view.nodes(), view.edges(), state.layouts());
        let now =
            Now { nodes: &nodes.peek(), edges: &edges.peek(), layouts: &layouts.peek(), catalog: &replica.catalog() };
        if sight.write().follow(replica.take_touched(), &now) {
            let next = changes.peek().wrapping_add(1);
            changes.set(next);
        }
        *changes.peek()
    });
    (sight, placed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> NodeId {
        text.parse().expect("an id")
    }

    fn node(pos: [f64; 2], z: Option<&str>) -> Node {
        let mut node = Node::new("text.input");
        node.pos = pos;
        node.z = z.map(str::to_owned);
        node
    }

    fn touched(nodes: &[&str], edges: &[&EdgeId]) -> Touched {
        Touched {
            nodes: nodes.iter().map(|text| id(text)).collect(),
            edges: edges.iter().map(|edge| (*edge).clone()).collect(),
        }
    }

    #[test]
    fn a_wire_goes_where_its_nodes_go() {
        let edge = Edge { from: id("a"), output: "text".into(), to: id("b"), input: "text".into() };
        let wire: EdgeId = "b:text".parse().expect("an id");
        let edges = BTreeMap::from([(wire.clone(), edge)]);
        let mut nodes = BTreeMap::from([(id("a"), node([0.0, 0.0], None)), (id("b"), node([500.0, 0.0], None))]);
        let (layouts, catalog) = (BTreeMap::new(), Catalog::default());
        let mut sight = Sight::default();
        let far = Rect::new([9_000.0, 0.0], [100.0, 100.0]);

        let now = Now { nodes: &nodes, edges: &edges, layouts: &layouts, catalog: &catalog };
        assert!(sight.follow(touched(&["a", "b"], &[&wire]), &now));
        assert!(sight.hangs(&id("a")) && sight.wires.within(&far).is_empty());
        assert!(!sight.follow(touched(&["a"], &[]), &now), "nothing is elsewhere");

        nodes.insert(id("b"), node([9_000.0, 0.0], None));
        let now = Now { nodes: &nodes, edges: &edges, layouts: &layouts, catalog: &catalog };
        assert!(sight.follow(touched(&["b"], &[]), &now));
        assert_eq!(sight.wires.within(&far).len(), 1);
        assert_eq!(sight.nodes_in_order(&far), [id("b")]);

        nodes.remove(&id("a"));
        let now = Now { nodes: &nodes, edges: &edges, layouts: &layouts, catalog: &catalog };
        assert!(sight.follow(touched(&["a"], &[]), &now));
        assert!(sight.wires.within(&far).is_empty(), "a wire to nowhere");
    }

    #[test]
    fn what_is_brought_forward_is_drawn_last() {
        let nodes = BTreeMap::from([(id("a"), node([0.0, 0.0], Some("1"))), (id("b"), node([0.0, 0.0], None))]);
        let (edges, layouts, catalog) = (BTreeMap::new(), BTreeMap::new(), Catalog::default());
        let now = Now { nodes: &nodes, edges: &edges, layouts: &layouts, catalog: &catalog };
        let mut sight = Sight::default();
        sight.follow(touched(&["a", "b"], &[]), &now);
        assert_eq!(sight.nodes_in_order(&Rect::new([0.0, 0.0], [10.0, 10.0])), [id("b"), id("a")]);
    }
}
