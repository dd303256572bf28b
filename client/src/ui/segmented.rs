//! One of a few, all in sight: radio buttons that look like one control.

use dioxus::prelude::*;

use super::{Glyph, Icon, Size};

#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    pub value: &'static str,
    pub title: &'static str,
    pub glyph: Option<Glyph>,
}

impl Segment {
    pub const fn new(value: &'static str, title: &'static str) -> Self {
        Self { value, title, glyph: None }
    }

    pub const fn with(value: &'static str, title: &'static str, glyph: Glyph) -> Self {
        Self { value, title, glyph: Some(glyph) }
    }
}

/// `name` tells the group from others of the page: the browser lets the arrows move within it.
#[component]
pub fn Segmented(
    label: String,
    name: String,
    value: String,
    options: Vec<Segment>,
    #[props(default)] disabled: bool,
    onchange: EventHandler<&'static str>,
) -> Element {
    rsx! {
        div { class: "segmented", role: "radiogroup", aria_label: "{label}",
            for option in options {
                label { key: "{option.value}", class: "segment",
                    input {
                        class: "spoken",
                        r#type: "radio",
                        name: "{name}",
                        value: "{option.value}",
                        checked: option.value == value,
                        disabled,
                        onchange: move |_| onchange.call(option.value),
                    }
                    if let Some(glyph) = option.glyph {
                        Icon { glyph, size: Size::S }
                    }
                    span { "{option.title}" }
                }
            }
        }
    }
}
