//! Nodes as cards: which are drawn, and where the parts of a card are.
//!
//! A card's outside and inside are components of their own, so that dragging runs the outside only.

mod actions;
mod approve;
mod card;
mod face;
mod failure;
mod head;
mod measure;
mod output;
mod outside;
mod ports;
mod status;

use dioxus::prelude::*;
use shared::id::NodeId;

use super::{
    boxes::NodeBox,
    layout::NodeLayout,
    state::{CanvasStateStoreExt, use_canvas},
};
use crate::replica::view::CanvasViewStoreExt;

pub use actions::Actions;
pub use approve::Approvals;
use card::NodeCard;
pub use face::{Face, css_color, use_face};
pub use failure::{Failure, advice};
pub use measure::use_measure_provider;
pub use output::Output;
pub use outside::use_outside;
pub use ports::Port;
pub use status::{StatusChip, node_status, status_words};

#[component]
pub fn Nodes() -> Element {
    let canvas = use_canvas();
    let drawn = use_memo(move || {
        let region = *canvas.drawn.read();
        let held = canvas.held.read();
        let is_held = |id: &NodeId| held.as_ref().is_some_and(|held| held.contains_key(id));
        let nodes = canvas.view.nodes();
        let nodes = nodes.read();
        let layouts = canvas.state.layouts();
        // Not subscribed: a node that grows is drawn already, and one that is not drawn cannot grow.
        let layouts = layouts.peek();
        let catalog = canvas.catalog();
        let mut seen: Vec<(Option<String>, NodeId)> = Vec::new();
        for (id, node) in nodes.iter() {
            let size = layouts.get(id).map(|layout| layout.size);
            let size = size.unwrap_or_else(|| NodeLayout::estimated_size(node, catalog.get(&node.node_type)));
            let inside = super::geometry::Rect::new(node.pos, size).intersects(&region);
            if inside || is_held(id) {
                seen.push((node.z.clone(), id.clone()));
            }
        }
        seen.sort();
        seen.into_iter().map(|(_, id)| id).collect::<Vec<_>>()
    });
    let boxes = canvas.boxes;
    rsx! {
        div { class: "nodes",
            for id in drawn() {
                if boxes() {
                    NodeBox { key: "{id}", id }
                } else {
                    NodeCard { key: "{id}", id }
                }
            }
        }
    }
}
