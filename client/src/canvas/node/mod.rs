//! Nodes as cards: which are drawn, and where the parts of a card are.
//!
//! A card's outside and inside are components of their own, so that dragging runs the outside only.

mod actions;
mod approve;
mod card;
mod carry;
mod face;
mod failure;
mod head;
mod measure;
mod note;
mod output;
mod outside;
mod ports;
mod quiet;
mod reroute;
mod spec;
mod status;

use dioxus::prelude::*;

use super::{boxes::NodeBox, state::use_canvas};
pub use actions::Actions;
pub use approve::Approvals;
use card::NodeCard;
pub use card::role_name;
use carry::use_carrying;
pub use face::{Face, css_color, use_face};
pub use failure::{Failure, advice};
pub use measure::use_measure_provider;
pub use output::Output;
pub use outside::use_outside;
pub use ports::Port;
pub use quiet::use_quiet;
pub use spec::use_spec;
pub use status::{StatusChip, node_status, status_words};

#[component]
pub fn Nodes() -> Element {
    let canvas = use_canvas();
    let boxes = canvas.boxes;
    use_carrying(canvas);
    rsx! {
        div { class: "nodes",
            for id in canvas.cards.read().iter().cloned() {
                if boxes() {
                    NodeBox { key: "{id}", id }
                } else {
                    NodeCard { key: "{id}", id }
                }
            }
        }
    }
}
