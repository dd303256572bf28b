//! The commonest acts, floating above what is selected. On the layer, so that panning does not run it again.

use dioxus::prelude::*;
use shared::{id::NodeId, node::NodeRole};

use super::{
    geometry::Rect,
    keys::Command,
    order::COLORS,
    state::{CanvasStateStoreExt, use_canvas},
};
use crate::{
    dom,
    replica::view::CanvasViewStoreExt,
    ui::{Glyph, IconButton, Size, use_toaster},
};

#[component]
pub fn SelectionBar() -> Element {
    let canvas = use_canvas();
    let toaster = use_toaster();
    let at = use_memo(move || {
        // In the way of a hand that holds something, and of a wire.
        if canvas.held.read().is_some() || canvas.loose.read().is_some() || !canvas.writable() {
            return None;
        }
        let frame = canvas.state.frame().cloned();
        let framed = frame.and_then(|id| {
            let frame = canvas.view.frames().get(id)?.cloned();
            Some(Rect::new(frame.pos, frame.size))
        });
        let selection = canvas.state.selection();
        let selection = selection.read();
        let around = framed.or_else(|| Rect::around(selection.iter().filter_map(|id| canvas.rect(id))))?;
        Some(([around.center()[0], around.y], selection.len()))
    });
    // Of notes alone nothing can be run.
    let runs = use_memo(move || {
        let (nodes, catalog) = (canvas.view.nodes(), canvas.catalog());
        let is_note = |id: &NodeId| {
            let node = nodes.get(id.clone());
            node.and_then(|node| Some(catalog.get(&node.read().node_type)?.role == NodeRole::Note)).unwrap_or_default()
        };
        canvas.state.selection().read().iter().any(|id| !is_note(id))
    });
    let mut coloring = use_signal(|| false);
    let Some(([x, y], count)) = at() else { return rsx! {} };
    let of_frame = canvas.state.frame().read().is_some();
    let obey = move |command: Command| canvas.obey(command, toaster);
    rsx! {
        div {
            class: "selection-bar",
            role: "toolbar",
            aria_label: "Selection",
            "data-control": "true",
            style: "translate: {x}px {y}px",
            onpointerdown: move |event| event.stop_propagation(),
            ondoubleclick: move |event| event.stop_propagation(),
            div { class: "selection-bar-body",
                if !of_frame && runs() {
                    IconButton { glyph: Glyph::Play, label: "Run the selection", size: Size::S, onclick: move |_| obey(Command::RunSelection) }
                    IconButton { glyph: Glyph::SkipForward, label: "Bypass", size: Size::S, onclick: move |_| obey(Command::Bypass) }
                }
                if !of_frame {
                    IconButton { glyph: Glyph::Copy, label: "Duplicate", size: Size::S, onclick: move |_| obey(Command::Duplicate) }
                }
                if count > 1 {
                    IconButton { glyph: Glyph::Layers, label: "Align", size: Size::S, onclick: move |_| obey(Command::AlignBest) }
                }
                if of_frame {
                    IconButton { glyph: Glyph::Unlink, label: "Take the frame away", size: Size::S, onclick: move |_| obey(Command::Ungroup) }
                } else {
                    IconButton { glyph: Glyph::Square, label: "Frame the selection", size: Size::S, onclick: move |_| obey(Command::Group) }
                }
                button {
                    class: "icon-button color-button",
                    r#type: "button",
                    "data-size": "s",
                    aria_label: "Colour",
                    aria_expanded: if coloring() { "true" } else { "false" },
                    onclick: move |_| coloring.toggle(),
                    span { class: "color-dot" }
                }
                if !of_frame {
                    IconButton { glyph: Glyph::Trash2, label: "Delete", size: Size::S, onclick: move |_| obey(Command::Delete) }
                }
                IconButton {
                    glyph: Glyph::Ellipsis,
                    label: "More",
                    size: Size::S,
                    onclick: move |event: MouseEvent| {
                        let at = event.client_coordinates();
                        canvas.open_selection_menu(dom::surface_point(at.x, at.y));
                    },
                }
            }
            if coloring() {
                div { class: "selection-bar-body colors", role: "group", aria_label: "Colours",
                    for color in COLORS {
                        button {
                            key: "{color:?}",
                            class: "color-choice",
                            r#type: "button",
                            aria_label: color.unwrap_or("No colour"),
                            style: "--tint: {color.unwrap_or(\"transparent\")}",
                            onclick: move |_| {
                                canvas.set_color(color);
                                coloring.set(false);
                            },
                        }
                    }
                }
            }
        }
    }
}
