//! How things are shown: how large, in which theme, and how the wheel behaves.

use dioxus::prelude::*;

use crate::{
    canvas::{
        keys::Command,
        state::{CanvasStateStoreExt, Device, use_canvas},
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
    let device = canvas.state.device().cloned();
    let grid = canvas.state.grid().cloned();
    let hidden = canvas.state.people_hidden().cloned();
    let tick = |on: bool| if on { Glyph::Check } else { Glyph::CircleDashed };
    let mut choose = move |device: Device| {
        open.set(false);
        canvas.set_device(device);
    };
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
                    MenuItem { title: "Zoom in", keys: canvas.hint(Command::ZoomIn), onclick: move |_| obey(Command::ZoomIn) }
                    MenuItem { title: "Zoom out", keys: canvas.hint(Command::ZoomOut), onclick: move |_| obey(Command::ZoomOut) }
                    MenuItem { title: "Zoom to 100 %", keys: canvas.hint(Command::ZoomToOne), onclick: move |_| obey(Command::ZoomToOne) }
                    MenuItem { title: "Fit everything", keys: canvas.hint(Command::FitAll), onclick: move |_| obey(Command::FitAll) }
                    hr {}
                    MenuItem { title: "Mouse: drag pans, wheel zooms", glyph: tick(device == Some(Device::Mouse)), onclick: move |_| choose(Device::Mouse) }
                    MenuItem { title: "Trackpad: drag selects, two fingers pan", glyph: tick(device == Some(Device::Trackpad)), onclick: move |_| choose(Device::Trackpad) }
                    hr {}
                    MenuItem { title: "Snap to a grid", glyph: tick(grid), keys: canvas.hint(Command::Grid), onclick: move |_| obey(Command::Grid) }
                    MenuItem { title: "Show other people", glyph: tick(!hidden), keys: canvas.hint(Command::HidePeople), onclick: move |_| obey(Command::HidePeople) }
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
