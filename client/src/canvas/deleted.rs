//! What others take away from under this person's hands: it leaves the selection, and one click brings it back.

use dioxus::prelude::*;
use shared::{graph::Graph, id::NodeId};

use super::{
    node::Face,
    state::{Canvas, CanvasStateStoreExt, use_canvas},
};
use crate::{
    replica::view::CanvasViewStoreExt,
    ui::{Button, Glyph, IconButton, Size, Variant},
};

/// Of a larger selection nothing is kept: nobody works on that many nodes at once.
const KEPT_MAX: usize = 32;

/// Whatever left the graph leaves the selection. Answers with what left by another's hand, until that is put away.
fn use_lost(canvas: Canvas) -> Signal<Option<Graph>> {
    let mut lost = use_signal(|| None::<Graph>);
    // The selected nodes as they were, with all their wires.
    let mut kept = use_signal(Graph::default);
    use_effect(move || {
        let selection = canvas.state.selection().cloned();
        let nodes = canvas.view.nodes();
        let nodes = nodes.read();
        let (here, gone): (Vec<NodeId>, Vec<NodeId>) = selection.into_iter().partition(|id| nodes.contains_key(id));
        if gone.is_empty() {
            let part = if here.len() > KEPT_MAX { Graph::default() } else { with_wires(canvas, &here) };
            kept.set(part);
            return;
        }
        drop(nodes);
        let mut part = kept.peek().clone();
        part.nodes.retain(|id, _| gone.contains(id));
        part.edges.retain(|_, edge| gone.contains(&edge.from) || gone.contains(&edge.to));
        canvas.select(here.into_iter().collect());
        if !part.nodes.is_empty() {
            lost.set(Some(part));
        }
    });
    lost
}

fn with_wires(canvas: Canvas, ids: &[NodeId]) -> Graph {
    let all = canvas.view.nodes();
    let all = all.peek();
    let edges = canvas.view.edges();
    let edges = edges.peek();
    Graph {
        nodes: ids.iter().filter_map(|id| Some((id.clone(), all.get(id)?.clone()))).collect(),
        edges: edges
            .iter()
            .filter(|(_, edge)| ids.contains(&edge.from) || ids.contains(&edge.to))
            .map(|(id, edge)| (id.clone(), edge.clone()))
            .collect(),
        ..Graph::default()
    }
}

#[component]
pub fn Deleted() -> Element {
    let canvas = use_canvas();
    let mut lost = use_lost(canvas);
    let Some(part) = lost() else { return rsx! {} };
    let catalog = canvas.catalog();
    let what = match part.nodes.values().next() {
        Some(node) if part.nodes.len() == 1 => {
            format!("“{}”", Face::of(node, catalog.get(&node.node_type)).name(catalog.get(&node.node_type)))
        }
        _ => format!("{} nodes", part.nodes.len()),
    };
    let restore = move |_| {
        let Some(part) = lost.take() else { return };
        let catalog = canvas.catalog();
        let wires: Vec<_> = part.edges.values().cloned().collect();
        canvas.replica().edit("restore", |edit| {
            // Nodes first: a wire between two of them needs both ends.
            for (id, node) in &part.nodes {
                edit.add_node(id, node, &catalog);
            }
            for edge in wires {
                if edit.has_node(&edge.from) && edit.has_node(&edge.to) {
                    edit.connect(edge, &catalog);
                }
            }
        });
        canvas.replica().end_gesture();
        canvas.select(part.nodes.into_keys().collect());
    };
    rsx! {
        div { class: "call", role: "status", "data-deleted": part.nodes.len(),
            span { "{what} was deleted while you had it selected." }
            Button { variant: Variant::Primary, size: Size::S, disabled: !canvas.writable(), onclick: restore, "Restore" }
            IconButton { glyph: Glyph::X, label: "Dismiss", size: Size::S, onclick: move |_| lost.set(None) }
        }
    }
}
