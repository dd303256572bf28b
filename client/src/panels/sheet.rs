//! The sheet of keyboard shortcuts.

use dioxus::prelude::*;

use crate::{
    canvas::{
        keys::SHEET,
        state::{CanvasStateStoreExt, use_canvas},
    },
    ui::{Dialog, Kbd},
};

#[component]
pub fn ShortcutSheet() -> Element {
    let canvas = use_canvas();
    if !*canvas.state.sheet().read() {
        return rsx! {};
    }
    rsx! {
        Dialog { title: "Keyboard shortcuts", wide: true, onclose: move |_| canvas.state.sheet().set(false),
            div { class: "sheet",
                for (group , entries) in SHEET.iter() {
                    section { key: "{group}",
                        h3 { "{group}" }
                        dl {
                            for (what , keys) in entries.iter() {
                                div { key: "{what}",
                                    dt { "{what}" }
                                    dd {
                                        for keys in keys.iter() {
                                            Kbd { key: "{keys}", keys }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
