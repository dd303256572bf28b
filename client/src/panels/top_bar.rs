//! The bar at the top: where one is, whether work is safe, who is here.

use dioxus::prelude::*;

use super::{people::People, save_mark::SaveMark};
use crate::{
    canvas::state::{CanvasStateStoreExt, Side, use_canvas},
    dom,
    replica::view::CanvasViewStoreExt,
    route::Route,
    ui::{Button, Glyph, Icon, IconButton, Variant},
};

#[component]
pub fn TopBar(onshare: EventHandler<()>) -> Element {
    let canvas = use_canvas();
    let undo = canvas.view.undo_label().cloned();
    let redo = canvas.view.redo_label().cloned();
    let named = |what: &str, label: &Option<String>| {
        label.as_ref().map_or_else(|| what.to_owned(), |label| format!("{what} {label}"))
    };
    let side = canvas.state.side().cloned();
    rsx! {
        header { class: "top-bar",
            div { class: "bar-group",
                Link { class: "icon-button", to: Route::Home {}, aria_label: "All workflows", "data-tip": "All workflows", "data-tip-side": "start",
                    Icon { glyph: Glyph::ArrowLeft }
                }
                Title {}
                SaveMark {}
            }
            div { class: "bar-group",
                IconButton {
                    glyph: Glyph::Undo2,
                    label: "Undo",
                    tip: named("Undo", &undo),
                    disabled: undo.is_none() || !canvas.writable(),
                    onclick: move |_| drop(canvas.replica().undo()),
                }
                IconButton {
                    glyph: Glyph::Redo2,
                    label: "Redo",
                    tip: named("Redo", &redo),
                    disabled: redo.is_none() || !canvas.writable(),
                    onclick: move |_| drop(canvas.replica().redo()),
                }
                IconButton {
                    glyph: Glyph::Keyboard,
                    label: "Keyboard shortcuts",
                    onclick: move |_| canvas.state.sheet().set(true),
                }
                span { class: "bar-rule" }
                Link { class: "icon-button bar-keep", to: Route::App { id: canvas.replica().workflow() }, aria_label: "App view", "data-tip": "As a form, for people who run it",
                    Icon { glyph: Glyph::AppWindow }
                }
                IconButton {
                    glyph: Glyph::ListTree,
                    label: "Outline",
                    tip: "Outline: the workflow as a list, for the keyboard",
                    class: "icon-button bar-keep",
                    pressed: side == Some(Side::Outline),
                    onclick: move |_| {
                        let next = if side == Some(Side::Outline) { None } else { Some(Side::Outline) };
                        canvas.state.side().set(next);
                    },
                }
                IconButton {
                    glyph: Glyph::History,
                    label: "Version history",
                    pressed: side == Some(Side::Versions),
                    onclick: move |_| {
                        let next = if side == Some(Side::Versions) { None } else { Some(Side::Versions) };
                        canvas.state.side().set(next);
                    },
                }
                People {}
                Button { variant: Variant::Secondary, glyph: Glyph::Share2, onclick: move |_| onshare.call(()), "Share" }
                IconButton {
                    glyph: Glyph::PanelRight,
                    label: "Side panel",
                    class: "icon-button bar-keep",
                    pressed: side.is_some(),
                    "data-tip-side": "end",
                    onclick: move |_| {
                        let next = if side.is_some() { None } else { Some(Side::Inspector) };
                        canvas.state.side().set(next);
                    },
                }
            }
        }
    }
}

#[component]
fn Title() -> Element {
    let canvas = use_canvas();
    let title = canvas.view.meta().read().title.clone();
    rsx! {
        input {
            class: "workflow-title",
            r#type: "text",
            aria_label: "Workflow title",
            placeholder: "Untitled",
            value: "{title}",
            // As wide as its words.
            size: "{title.chars().count().clamp(8, 40)}",
            readonly: !canvas.writable(),
            onkeydown: move |event| {
                if matches!(event.key(), Key::Enter | Key::Escape) {
                    spawn(async { dom::leave_field() });
                }
            },
            onchange: move |event| {
                let title = event.value().trim().to_owned();
                canvas.replica().edit("rename", |edit| edit.set_title(&title));
                canvas.replica().end_gesture();
            },
        }
    }
}
