//! The workflow as an outline: the full twin of the canvas, for the keyboard, for screen readers and for small screens.
//!
//! Everything that the canvas does to a graph can be done here with plain controls: add, name, set, connect, disconnect,
//! run, delete. Both work on the same selection.

mod entry;
mod wires;

use std::collections::{BTreeMap, BTreeSet};

use dioxus::prelude::*;
use shared::{
    graph::{Edge, EdgeId, Node},
    id::NodeId,
};

use crate::{
    canvas::state::{CanvasStateStoreExt, use_canvas},
    dom,
    replica::view::CanvasViewStoreExt,
    ui::{Button, Empty, Glyph, Size},
};

use entry::Entry;

/// The id of a node's entry on the page.
fn entry_id(id: &NodeId) -> String {
    format!("outline-{id}")
}

#[component]
pub fn Outline() -> Element {
    let canvas = use_canvas();
    let ordered = use_memo(move || in_order(&canvas.view.nodes().read(), &canvas.view.edges().read()));
    let mut known = use_signal(|| ordered.peek().iter().cloned().collect::<BTreeSet<_>>());
    // A node that was added from here has the keyboard next, opened.
    use_effect(move || {
        let now: BTreeSet<NodeId> = ordered.read().iter().cloned().collect();
        let selected = canvas.selected();
        let new = now.difference(&known.peek()).find(|id| selected.contains(*id)).cloned();
        if *known.peek() != now {
            known.set(now);
        }
        if let Some(id) = new {
            spawn(async move {
                dom::next_frame().await;
                dom::focus(&entry_id(&id));
                dom::scroll_into_view(&entry_id(&id));
            });
        }
    });
    let selection = canvas.state.selection();
    rsx! {
        div { class: "outline",
            div { class: "outline-head",
                p { class: "quiet", role: "status", "{ordered.read().len()} nodes, {canvas.view.edges().len()} wires" }
                Button {
                    size: Size::S,
                    glyph: Glyph::Plus,
                    disabled: !canvas.writable(),
                    onclick: move |_| canvas.open_search(canvas.middle_canvas(), None),
                    "Add node"
                }
            }
            if ordered.read().is_empty() {
                Empty { glyph: Glyph::ListTree, title: "Nothing here yet", text: "Add a node: everything else follows from here." }
            }
            ol { class: "outline-list", aria_label: "Nodes, in the order of the flow",
                for id in ordered() {
                    Entry { key: "{id}", open: selection.read().contains(&id), id }
                }
            }
        }
    }
}

/// As the work flows: what a node needs comes before it; side by side, from top to bottom.
fn in_order(nodes: &BTreeMap<NodeId, Node>, edges: &BTreeMap<EdgeId, Edge>) -> Vec<NodeId> {
    let mut waiting: BTreeMap<&NodeId, usize> = nodes.keys().map(|id| (id, 0)).collect();
    let inner = || edges.values().filter(|edge| nodes.contains_key(&edge.from) && nodes.contains_key(&edge.to));
    for edge in inner() {
        *waiting.entry(&edge.to).or_default() += 1;
    }
    let place = |id: &NodeId| nodes.get(id).map_or([0.0, 0.0], |node| node.pos);
    let mut order: Vec<NodeId> = Vec::new();
    while !waiting.is_empty() {
        let by_place = |a: &NodeId, b: &NodeId| {
            let ([ax, ay], [bx, by]) = (place(a), place(b));
            ax.total_cmp(&bx).then(ay.total_cmp(&by)).then(a.cmp(b))
        };
        let ready = waiting.iter().filter(|(_, count)| **count == 0).map(|(id, _)| *id).min_by(|a, b| by_place(a, b));
        // A circle has no beginning: then whatever stands first.
        let Some(next) = ready.or_else(|| waiting.keys().copied().min_by(|a, b| by_place(a, b))) else { break };
        waiting.remove(next);
        for edge in inner().filter(|edge| edge.from == *next) {
            if let Some(count) = waiting.get_mut(&edge.to) {
                *count = count.saturating_sub(1);
            }
        }
        order.push(next.clone());
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(wires: &[(&str, &str)]) -> String {
        let mut nodes = BTreeMap::new();
        for (index, id) in ["c", "b", "a"].into_iter().enumerate() {
            let mut node = Node::new("text.input");
            node.pos = [0.0, index as f64];
            nodes.insert(id.parse().unwrap(), node);
        }
        let edges = wires.iter().map(|(from, to)| {
            let (from, to): (NodeId, NodeId) = (from.parse().unwrap(), to.parse().unwrap());
            (EdgeId::single(&to, "i"), Edge { from, output: "o".into(), to, input: "i".into() })
        });
        let order = in_order(&nodes, &edges.collect());
        order.iter().map(NodeId::as_str).collect()
    }

    #[test]
    fn what_a_node_needs_comes_before_it() {
        assert_eq!(order(&[]), "cba");
        assert_eq!(order(&[("a", "b"), ("b", "c")]), "abc");
    }

    #[test]
    fn a_circle_is_listed_all_the_same() {
        assert_eq!(order(&[("a", "b"), ("b", "a")]), "cba");
    }
}
