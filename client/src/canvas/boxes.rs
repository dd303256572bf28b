//! What is drawn instead of cards: plain boxes far out, and a hint where there is nothing.

use dioxus::prelude::*;
use shared::id::NodeId;

use super::{
    category,
    node::{role_name, use_face, use_outside},
    state::{Canvas, use_canvas},
};
use crate::{
    api::blob_url,
    media::{loaded_poster, poster_of},
    replica::view::CanvasViewStoreExt,
    ui::{Button, Glyph, Kbd, Variant},
};

/// Name, state and poster: all that can be made out from afar.
#[component]
pub fn NodeBox(id: NodeId) -> Element {
    let canvas = use_canvas();
    let outside = use_outside(canvas, &id, Canvas::position);
    let face = use_face(canvas, &id);
    let poster = use_memo({
        let id = id.clone();
        move || {
            let output = canvas.view.outputs().get(id.clone());
            let made = output.and_then(|output| output.read().values.values().find_map(poster_of));
            made.or_else(|| {
                let node = canvas.view.nodes().get(id.clone())?;
                node.read().params.values().find_map(loaded_poster)
            })
        }
    });
    let (Some(outside), Some(face)) = (outside(), face()) else { return rsx! {} };
    let catalog = canvas.catalog();
    let spec = catalog.get(&face.node_type);
    let main_type = spec.and_then(|spec| spec.outputs.first().or(spec.inputs.first()));
    let main_type = main_type.map_or_else(|| "any".to_owned(), |port| category::item_name(&port.value_type));
    let height = canvas.layout(&id).map_or(120.0, |layout| layout.size[1]);
    let person = outside.holder.as_ref().map(|(_, color)| format!("--person: {color};")).unwrap_or_default();
    rsx! {
        article {
            class: "node node-box",
            "data-node": "{id}",
            "data-type": "{face.node_type}",
            "data-status": outside.status,
            "data-stale": outside.stale,
            "data-selected": outside.selected,
            "data-held": outside.held,
            "data-eased": outside.eased,
            "data-problem": outside.problem,
            "data-mode": face.mode.as_str(),
            "data-role": spec.and_then(role_name),
            "data-held-by": outside.holder.as_ref().map(|(name, _)| name.clone()),
            "data-value-type": main_type,
            aria_label: face.name(spec),
            style: "translate: {outside.x}px {outside.y}px; width: {face.width}px; height: {height}px; {person}",
            if let Some(poster) = poster() {
                img { src: blob_url(&poster), alt: "", draggable: "false" }
            }
            span { class: "box-name", "{face.name(spec)}" }
        }
    }
}

/// Says how to begin, and only where beginning is possible.
#[component]
pub fn EmptyHint() -> Element {
    let canvas = use_canvas();
    let empty = canvas.view.nodes().is_empty() && *canvas.view.synced().read();
    if !empty {
        return rsx! {};
    }
    if !canvas.writable() {
        return rsx! {
            div { class: "empty-hint", p { class: "quiet", "Nothing here yet." } }
        };
    }
    rsx! {
        div { class: "empty-hint",
            h2 { "Start with a node" }
            p {
                "Double-click anywhere, press "
                Kbd { keys: "Space" }
                ", or drop a picture, film or sound here."
            }
            Button {
                variant: Variant::Secondary,
                glyph: Glyph::Plus,
                onclick: move |_| canvas.open_search(canvas.middle_canvas(), None),
                "Browse nodes"
            }
        }
    }
}
