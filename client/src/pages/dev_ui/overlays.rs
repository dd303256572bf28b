//! What lies above a page: menus, dialogs, messages, tips.

use dioxus::prelude::*;

use super::Row;
use crate::ui::{Button, Dialog, Glyph, IconButton, Menu, MenuItem, Tone, Variant, use_toaster};

#[component]
pub fn Overlays() -> Element {
    let mut menu = use_signal(|| false);
    let mut dialog = use_signal(|| false);
    let toaster = use_toaster();
    let close = move || {
        let mut menu = menu;
        menu.set(false);
    };
    rsx! {
        Row { title: "Menu",
            div { class: "dev-menu",
                Button {
                    aria_haspopup: "menu",
                    aria_expanded: if menu() { "true" } else { "false" },
                    onclick: move |_| menu.toggle(),
                    "Open menu"
                }
                if menu() {
                    Menu { label: "Example", onclose: move |()| close(),
                        MenuItem { title: "Rename", glyph: Glyph::Pencil, keys: "F2", onclick: move |()| close() }
                        MenuItem { title: "With a note", glyph: Glyph::Pin, note: "3", onclick: move |()| close() }
                        MenuItem { title: "Disabled", glyph: Glyph::Copy, disabled: true, onclick: |()| {} }
                        hr {}
                        MenuItem { title: "Delete", glyph: Glyph::Trash2, tone: Tone::Danger, onclick: move |()| close() }
                    }
                }
            }
        }
        Row { title: "Dialog",
            Button { onclick: move |_| dialog.set(true), "Open dialog" }
            if dialog() {
                Dialog {
                    title: "A question",
                    onclose: move |()| dialog.set(false),
                    footer: rsx! {
                        Button { onclick: move |_| dialog.set(false), "Cancel" }
                        Button { variant: Variant::Primary, onclick: move |_| dialog.set(false), "Do it" }
                    },
                    p { "Focus stays in here, Escape closes, and the keyboard goes back to the button." }
                    Button { onclick: move |_| toaster.say(Tone::Ok, "Above the dialog, too."), "Say something" }
                }
            }
        }
        Row { title: "Message",
            for tone in [Tone::Neutral, Tone::Ok, Tone::Warn, Tone::Danger] {
                Button { key: "{tone:?}", onclick: move |_| toaster.say(tone, format!("A message, {}.", tone.as_str())), "{tone:?}" }
            }
        }
        Row { title: "Tip",
            IconButton { glyph: Glyph::Info, label: "Below", onclick: |_| {} }
            IconButton { glyph: Glyph::Info, label: "Above", "data-tip-side": "top", onclick: |_| {} }
            IconButton { glyph: Glyph::Info, label: "At the right", "data-tip-side": "right", onclick: |_| {} }
        }
    }
}
