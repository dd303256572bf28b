//! The top of a card: what it is, its name, its state, its menu.

use dioxus::prelude::*;
use shared::id::NodeId;

use super::{Face, StatusChip};
use crate::{
    canvas::{
        category,
        gesture::Target,
        state::{CanvasStateStoreExt, MenuAt, use_canvas},
    },
    dom,
    ui::{Glyph, Icon, IconButton, Size},
};

#[component]
pub fn Head(id: NodeId, face: Face) -> Element {
    let canvas = use_canvas();
    let catalog = canvas.catalog();
    let spec = catalog.get(&face.node_type);
    let name = face.name(spec);
    let kind = spec.map(|spec| spec.title.clone()).filter(|title| *title != name);
    let renaming = canvas.state.renaming().read().as_ref() == Some(&id);
    let main_type = spec.and_then(|spec| spec.outputs.first().or(spec.inputs.first()));
    let main_type = main_type.map_or_else(|| "any".to_owned(), |port| category::item_name(&port.value_type));
    let (menu_of, rename) = (id.clone(), id.clone());
    rsx! {
        header { class: "node-head", "data-value-type": main_type,
            Icon { glyph: spec.map_or(Glyph::CircleHelp, category::glyph) }
            if renaming {
                Rename { id: id.clone(), name: name.clone() }
            } else {
                h3 {
                    class: "node-title",
                    title: spec.map(|spec| spec.summary.clone()),
                    ondoubleclick: move |event| {
                        event.stop_propagation();
                        if canvas.writable() {
                            canvas.state.renaming().set(Some(rename.clone()));
                        }
                    },
                    "{name}"
                    if let Some(kind) = kind {
                        small { "{kind}" }
                    }
                }
            }
            IconButton {
                glyph: Glyph::Ellipsis,
                label: "Node menu",
                size: Size::S,
                class: "icon-button node-menu",
                onclick: move |event: MouseEvent| {
                    let at = event.client_coordinates();
                    let target = Target::Node(menu_of.clone());
                    canvas.state.menu().set(Some(MenuAt { at_screen: dom::surface_point(at.x, at.y), target }));
                },
            }
            StatusChip { id: id.clone(), mode: face.mode }
        }
    }
}

#[component]
fn Rename(id: NodeId, name: String) -> Element {
    let canvas = use_canvas();
    let field = "node-rename";
    let done = move |title: &str| {
        let title = title.trim();
        let title = (!title.is_empty()).then_some(title);
        canvas.replica().edit("rename", |edit| edit.set_node_title(&id, title));
        canvas.replica().end_gesture();
        canvas.state.renaming().set(None);
    };
    rsx! {
        input {
            id: field,
            class: "node-title-input",
            aria_label: "Node name",
            initial_value: "{name}",
            onmounted: move |event| {
                spawn(async move {
                    // Gone again already: nothing to focus.
                    let _ = event.set_focus(true).await;
                });
            },
            onkeydown: move |event| {
                event.stop_propagation();
                match event.key() {
                    Key::Enter => dom::leave_field(),
                    Key::Escape => canvas.state.renaming().set(None),
                    _ => {}
                }
            },
            onchange: move |event| done(&event.value()),
            onblur: move |_| canvas.state.renaming().set(None),
        }
    }
}
