//! On or off, at once.

use dioxus::prelude::*;

#[component]
pub fn Switch(label: String, on: bool, #[props(default)] disabled: bool, onchange: EventHandler<bool>) -> Element {
    rsx! {
        button {
            class: "switch",
            r#type: "button",
            role: "switch",
            aria_checked: if on { "true" } else { "false" },
            aria_label: "{label}",
            disabled,
            onclick: move |_| onchange.call(!on),
        }
    }
}
