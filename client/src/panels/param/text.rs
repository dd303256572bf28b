//! Text that one person writes: a line, or several. Written when it is left, so that each stay in the field is one step.

use dioxus::prelude::*;

use super::Bound;

#[component]
pub fn TextField(bound: Bound, placeholder: String) -> Element {
    let text = bound.value.as_str().unwrap_or_default().to_owned();
    rsx! {
        input {
            class: "input",
            r#type: "text",
            aria_label: "{bound.title}",
            placeholder: "{placeholder}",
            value: "{text}",
            disabled: bound.disabled,
            onchange: move |event| bound.set_and_rest(event.value()),
        }
    }
}

#[component]
pub fn LongText(bound: Bound, placeholder: String) -> Element {
    let text = bound.value.as_str().unwrap_or_default().to_owned();
    rsx! {
        textarea {
            class: "prompt",
            aria_label: "{bound.title}",
            placeholder: "{placeholder}",
            rows: "3",
            value: "{text}",
            disabled: bound.disabled,
            oninput: move |event| bound.set(event.value()),
        }
    }
}
