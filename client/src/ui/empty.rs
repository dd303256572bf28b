//! Where there is nothing yet: what it would be, and what to do about it.

use dioxus::prelude::*;

use super::{Glyph, Icon, Size};

#[component]
pub fn Empty(glyph: Glyph, title: String, text: Option<String>, children: Element) -> Element {
    rsx! {
        div { class: "empty",
            span { class: "empty-picture", aria_hidden: "true", Icon { glyph, size: Size::L } }
            p { class: "empty-title", "{title}" }
            if let Some(text) = text {
                p { class: "empty-text", "{text}" }
            }
            {children}
        }
    }
}
