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
            view_box: "-8 -8 16 16",
            width: "16",
            height: "16",
            "aria-hidden": "true",
            if list {
                path { class: "ring", d: outline(item), transform: "scale(1.45)" }
            }
            path { class: "core", d: outline(item) }
            if *item == ValueType::Mask {
                path { class: "cut", d: "M-4 4 L4 -4" }
            }
        }
    }
}

/// An outline of about ten units across, around the origin.
fn outline(item: &ValueType) -> &'static str {
    match item {
        ValueType::Any | ValueType::List(_) => "M-2 -5H2V-2H5V2H2V5H-2V2H-5V-2H-2Z",
        ValueType::Text => "M5 0A5 5 0 1 1 -5 0A5 5 0 1 1 5 0Z",
        ValueType::Number => "M0 -5.6L5.6 0L0 5.6L-5.6 0Z",
        ValueType::Bool => "M-2 -5A5 5 0 0 1 -2 5H-4V-5Z M0 -5",
        ValueType::Json => "M-3 -5H3L5 -3V3L3 5H-3L-5 3V-3Z",
        ValueType::Image | ValueType::Mask => {
            "M-4.5 -3.5A1 1 0 0 1 -3.5 -4.5H3.5A1 1 0 0 1 4.5 -3.5V3.5A1 1 0 0 1 3.5 4.5H-3.5A1 1 0 0 1 -4.5 3.5Z"
        }
        ValueType::Video => "M-4 -5.2L5.6 0L-4 5.2Z",
        ValueType::Audio => "M-5 -2V2M-1.7 -5V5M1.7 -3V3M5 -4.2V4.2",
        ValueType::File => "M-4 -5H1.5L4 -2.5V5H-4Z",
        ValueType::Embedding => "M0 -5.4L4.9 -2.7V2.7L0 5.4L-4.9 2.7V-2.7Z",
    }
}
