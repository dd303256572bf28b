//! A modal dialog: shade, focus inside, Escape and a click beside it close.

use dioxus::prelude::*;

use super::{Glyph, IconButton};

#[component]
pub fn Dialog(
    title: String,
    #[props(default)] wide: bool,
    onclose: EventHandler<()>,
    footer: Option<Element>,
    children: Element,
) -> Element {
    rsx! {
        div {
            class: "dialog-shade",
            onpointerdown: move |_| onclose.call(()),
            section {
                class: "dialog",
                role: "dialog",
                aria_modal: "true",
                aria_label: "{title}",
                tabindex: "-1",
                "data-wide": wide,
                // Focus moves once the element is in the page, so that Tab and Escape belong to the dialog.
                onmounted: move |event| {
                    spawn(async move {
                        // A dialog that closed meanwhile needs no focus.
                        let _ = event.set_focus(true).await;
                    });
                },
                onpointerdown: move |event| event.stop_propagation(),
                onkeydown: move |event| {
                    event.stop_propagation();
                    if event.key() == Key::Escape {
                        onclose.call(());
                    }
                },
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
