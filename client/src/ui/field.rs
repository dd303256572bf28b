//! A labelled place to type.

use dioxus::prelude::*;

/// Label, control, and below it a hint or what is wrong. The label names the control.
#[component]
pub fn Field(label: String, hint: Option<String>, error: Option<String>, children: Element) -> Element {
    rsx! {
        label { class: "field",
            span { class: "label", "{label}" }
            {children}
            if let Some(error) = error {
                span { class: "error", role: "alert", "{error}" }
            } else if let Some(hint) = hint {
                span { class: "hint", "{hint}" }
            }
        }
    }
}

#[component]
pub fn TextInput(
    value: String,
    #[props(default)] invalid: bool,
    #[props(extends = GlobalAttributes, extends = input)] attributes: Vec<Attribute>,
    /// On every key.
    oninput: Option<EventHandler<String>>,
    /// On Enter and when focus leaves.
    onchange: Option<EventHandler<String>>,
) -> Element {
    rsx! {
        input {
            class: "input",
            value,
            aria_invalid: invalid.then_some("true"),
            oninput: move |event| if let Some(oninput) = oninput { oninput.call(event.value()) },
            onchange: move |event| if let Some(onchange) = onchange { onchange.call(event.value()) },
            ..attributes,
        }
    }
}
