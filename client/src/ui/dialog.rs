//! A modal dialog: over everything, focus inside, Escape and a click beside it close, the keyboard goes back.
//!
//! The platform's own `<dialog>`: it stands in the top layer, so it may be opened from a card that is scaled with the
//! canvas, and what lies behind it cannot be reached.

use dioxus::{prelude::*, web::WebEventExt};

use super::{Glyph, IconButton};
use crate::dom::{self, Opener};

#[component]
pub fn Dialog(
    title: String,
    #[props(default)] wide: bool,
    onclose: EventHandler<()>,
    footer: Option<Element>,
    children: Element,
) -> Element {
    // Dropped with the dialog, and then gives the keyboard back.
    use_hook(|| std::rc::Rc::new(Opener::now()));
    rsx! {
        dialog {
            class: "dialog-shade",
            role: "dialog",
            aria_modal: "true",
            aria_label: "{title}",
            onmounted: move |event| {
                let element = event.as_web_event();
                spawn(async move { dom::open_modal(&element) });
            },
            oncancel: move |event| {
                event.prevent_default();
                onclose.call(());
            },
            onpointerdown: move |event| {
                event.stop_propagation();
                onclose.call(());
            },
            // Whatever it was opened from, the canvas for one, is not meant by what happens in here.
            onpointermove: move |event| event.stop_propagation(),
            onpointerup: move |event| event.stop_propagation(),
            ondoubleclick: move |event| event.stop_propagation(),
            oncontextmenu: move |event| event.stop_propagation(),
            onwheel: move |event| event.stop_propagation(),
            onkeydown: move |event| {
                event.stop_propagation();
                if event.key() == Key::Escape {
                    event.prevent_default();
                    onclose.call(());
                }
            },
            section {
                class: "dialog",
                "data-wide": wide,
                onpointerdown: move |event| event.stop_propagation(),
                header {
                    h2 { "{title}" }
                    IconButton { glyph: Glyph::X, label: "Close", onclick: move |_| onclose.call(()) }
                }
                div { class: "body", {children} }
                if let Some(footer) = footer {
                    footer { {footer} }
                }
            }
        }
    }
}
