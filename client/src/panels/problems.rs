//! What is wrong with the graph; a click goes there.

use dioxus::prelude::*;
use shared::{
    check::{Place, Problem, Severity},
    id::NodeId,
};

use crate::{
    canvas::{
        category,
        node::Face,
        state::{Canvas, use_canvas},
    },
    replica::view::CanvasViewStoreExt,
    ui::{Glyph, Icon},
};

#[component]
pub fn Problems() -> Element {
    let canvas = use_canvas();
    let problems = canvas.view.problems().cloned();
    if problems.is_empty() {
        return rsx! {
            div { class: "side-empty", p { "Nothing is wrong." } }
        };
    }
    rsx! {
        ul { class: "problem-list",
            for (index , problem) in problems.into_iter().enumerate() {
                // Problems have no id, and the same one may stand twice; the list is redrawn whole.
                li { key: "{index}", Line { problem } }
            }
        }
    }
}

#[component]
fn Line(problem: Problem) -> Element {
    let canvas = use_canvas();
    let node = node_of(canvas, &problem.place);
    let name = node.as_ref().and_then(|id| name_of(canvas, id));
    rsx! {
        button {
            class: "problem",
            r#type: "button",
            "data-severity": if problem.severity == Severity::Error { "error" } else { "warning" },
            disabled: node.is_none(),
            onclick: move |_| {
                if let Some(node) = &node {
                    canvas.go_to(node);
                }
            },
            Icon { glyph: if problem.severity == Severity::Error { Glyph::CircleAlert } else { Glyph::TriangleAlert } }
            span {
                if let Some(name) = name {
                    strong { "{name}" }
                }
                "{category::told(&problem.message)}"
            }
        }
    }
}

/// The node to go to: for a wire, the one it ends in.
fn node_of(canvas: Canvas, place: &Place) -> Option<NodeId> {
    match place {
        Place::Node { id, .. } => Some(id.clone()),
        Place::Edge { id } => canvas.view.edges().read().get(id).map(|edge| edge.to.clone()),
        Place::Workflow | Place::Frame { .. } => None,
    }
}

fn name_of(canvas: Canvas, id: &NodeId) -> Option<String> {
    let nodes = canvas.view.nodes();
    let nodes = nodes.read();
    let node = nodes.get(id)?;
    let catalog = canvas.catalog();
    let spec = catalog.get(&node.node_type);
    Some(Face::of(node, spec).name(spec))
}
