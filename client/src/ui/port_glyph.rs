//! The mark of a value type: a shape beside the colour, so that nobody needs to tell colours apart.

use dioxus::prelude::*;
use shared::value::ValueType;

/// `filled` ones carry a wire. Lists wear a second outline.
#[component]
pub fn PortGlyph(value_type: ValueType, #[props(default)] filled: bool) -> Element {
    let (item, list) = match &value_type {
        ValueType::List(item) => (item.as_ref(), true),
        single => (single, false),
    };
    rsx! {
        svg {
            class: "port-glyph",
            "data-value-type": "{item}",
            "data-filled": filled,
            "data-list": list,
            width: "16",
            height: "16",
            "aria-hidden": "true",
            if list {
                path { class: "ring", d: outline(item), transform: "translate(8 8) scale(1.45) translate(-8 -8)" }
            }
            path { class: "core", d: outline(item) }
            if *item == ValueType::Mask {
                path { class: "cut", d: "M4 12L12 4" }
            }
        }
    }
}

/// An outline of about ten pixels across, in the middle of sixteen.
///
/// No view box: every `svg` that has to scale is one more layer for the browser to sort at each pan, and there are
/// hundreds of ports on the screen.
fn outline(item: &ValueType) -> &'static str {
    match item {
        ValueType::Any | ValueType::List(_) => "M6 3H10V6H13V10H10V13H6V10H3V6H6Z",
        ValueType::Text => "M13 8A5 5 0 1 1 3 8A5 5 0 1 1 13 8Z",
        ValueType::Number => "M8 2.4L13.6 8L8 13.6L2.4 8Z",
        ValueType::Bool => "M6 3A5 5 0 0 1 6 13H4V3Z",
        ValueType::Json => "M5 3H11L13 5V11L11 13H5L3 11V5Z",
        ValueType::Image | ValueType::Mask => {
            "M3.5 4.5A1 1 0 0 1 4.5 3.5H11.5A1 1 0 0 1 12.5 4.5V11.5A1 1 0 0 1 11.5 12.5H4.5A1 1 0 0 1 3.5 11.5Z"
        }
        ValueType::Video => "M4 2.8L13.6 8L4 13.2Z",
        ValueType::Audio => "M3 6V10M6.3 3V13M9.7 5V11M13 3.8V12.2",
        ValueType::File => "M4 3H9.5L12 5.5V13H4Z",
        ValueType::Embedding => "M8 2.6L12.9 5.3V10.7L8 13.4L3.1 10.7V5.3Z",
    }
}
