//! How things are shown: how large, in which theme, and how the wheel behaves.

use dioxus::prelude::*;

use crate::{
    canvas::{
        keys::Command,
        state::{CanvasStateStoreExt, use_canvas},
    },
    dom::Theme,
    ui::{Glyph, IconButton, Menu, MenuItem, use_toaster},
};

#[component]
pub fn ZoomBar() -> Element {
    let canvas = use_canvas();
    let toaster = use_toaster();
    let mut open = use_signal(|| false);
    let mut theme = use_signal(Theme::chosen);
    let percent = use_memo(move || (canvas.state.viewport().read().zoom * 100.0).round());
    let wheel_zooms = canvas.state.wheel_zooms().cloned();
    let obey = move |command: Command| {
        let mut open = open;
        open.set(false);
        canvas.obey(command, toaster);
    };
    rsx! {
        div { class: "zoom-bar", role: "toolbar", aria_label: "Zoom",
            IconButton { glyph: Glyph::Scan, label: "Fit everything", "data-tip-side": "top", onclick: move |_| canvas.fit(None) }
            IconButton { glyph: Glyph::ZoomOut, label: "Zoom out", "data-tip-side": "top", onclick: move |_| canvas.zoom_by(0.8) }
            button {
                class: "zoom-value tabular",
                r#type: "button",
                aria_label: "View options, {percent} percent",
                aria_expanded: if open() { "true" } else { "false" },
                onclick: move |_| open.toggle(),
                "{percent} %"
            }
            IconButton { glyph: Glyph::ZoomIn, label: "Zoom in", "data-tip-side": "top", onclick: move |_| canvas.zoom_by(1.25) }
            IconButton {
                glyph: Glyph::Map,
                label: "Minimap",
                "data-tip-side": "top",
                pressed: canvas.state.minimap().cloned(),
                onclick: move |_| canvas.obey(Command::Minimap, toaster),
            }
            if open() {
                Menu { label: "View options", onclose: move |_| open.set(false),
                    MenuItem { title: "Zoom in", keys: "Plus", onclick: move |_| obey(Command::ZoomIn) }
                    MenuItem { title: "Zoom out", keys: "-", onclick: move |_| obey(Command::ZoomOut) }
                    MenuItem { title: "Zoom to 100 %", keys: "Mod+0", onclick: move |_| obey(Command::ZoomToOne) }
                    MenuItem { title: "Fit everything", keys: "F", onclick: move |_| obey(Command::FitAll) }
                    hr {}
                    MenuItem {
                        title: "Wheel pans (trackpad)",
                        glyph: if wheel_zooms { Glyph::CircleDashed } else { Glyph::Check },
                        onclick: move |_| {
                            open.set(false);
                            canvas.set_wheel_zooms(false);
                        },
                    }
                    MenuItem {
                        title: "Wheel zooms (mouse)",
                        glyph: if wheel_zooms { Glyph::Check } else { Glyph::CircleDashed },
                        onclick: move |_| {
                            open.set(false);
                            canvas.set_wheel_zooms(true);
                        },
                    }
                    hr {}
                    MenuItem {
                        title: if theme().is_light() { "Dark theme" } else { "Light theme" },
                        glyph: if theme().is_light() { Glyph::Moon } else { Glyph::Sun },
                        onclick: move |_| {
                            let next = if theme().is_light() { Theme::Dark } else { Theme::Light };
                            open.set(false);
                            next.choose();
                            theme.set(next);
                        },
                    }
                }
            }
        }
    }
}
