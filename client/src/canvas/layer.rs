//! What moves with the view: everything that has a place on the canvas, in the order in which it is painted.

use dioxus::prelude::*;

use super::{
    cursors::Cursors,
    far::FarNodes,
    frames::Frames,
    geometry::Rect,
    loose::{Guides, LooseWires, Marquee},
    node::Nodes,
    preview::PreviewMarks,
    selection_bar::SelectionBar,
    state::{CanvasStateStoreExt, use_canvas},
    wires::Wires,
};
use crate::dom;

/// How far a card may stand out of the region that is drawn, in canvas units.
const MARGIN: f64 = 640.0;

#[component]
pub fn Layer() -> Element {
    rsx! {
        div { id: dom::LAYER, class: "layer",
            Paper {}
            div { id: dom::PLANE, class: "plane",
                Frames {}
                Wires {}
                FarNodes {}
                Nodes {}
                LooseWires {}
                Guides {}
                Marquee {}
                PreviewMarks {}
                SelectionBar {}
                Cursors {}
            }
        }
    }
}

/// Lies under all that is drawn, so that the browser keeps it as one layer; see its style.
#[component]
fn Paper() -> Element {
    let canvas = use_canvas();
    // Not in the plane: the browser draws a layer as large as the first thing in it says.
    let scale = *canvas.state.drawn_at().read();
    let Rect { x, y, width, height } = canvas.drawn.read().inflate(MARGIN).scaled(scale);
    rsx! {
        div { class: "paper", style: "left: {x}px; top: {y}px; width: {width}px; height: {height}px" }
    }
}

/// Lines in canvas units. As large as the paper: one that reached from the origin to where the lines are would not fit
/// on it, and be a layer of its own that every card is compared with.
///
/// What is `steady` takes up as much room whatever is drawn in it. The browser puts its layers together anew when a
/// picture gets another size, and lines that follow a hand would do that in every frame.
#[component]
pub fn Drawing(class: &'static str, #[props(default)] steady: bool, children: Element) -> Element {
    let canvas = use_canvas();
    let Rect { x, y, width, height } = canvas.drawn.read().inflate(MARGIN);
    rsx! {
        svg {
            class: "wires {class}",
            style: "left: {x}px; top: {y}px",
            width: "{width}",
            height: "{height}",
            view_box: "{x} {y} {width} {height}",
            role: "presentation",
            if steady {
                rect { class: "sheet", x: "{x}", y: "{y}", width: "{width}", height: "{height}" }
            }
            {children}
        }
    }
}
