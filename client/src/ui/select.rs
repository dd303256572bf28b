//! One of a closed set: the platform's own list.

use dioxus::prelude::*;

use super::{Glyph, Icon, Size};

/// `options` are value and title.
#[component]
pub fn Select(
    label: String,
    value: String,
    options: Vec<(String, String)>,
    #[props(default)] disabled: bool,
    onchange: EventHandler<String>,
) -> Element {
    let known = options.iter().any(|(option, _)| *option == value);
    rsx! {
        span { class: "select",
            select {
                aria_label: "{label}",
                disabled,
                onchange: move |event| onchange.call(event.value()),
                // A value that this version does not know stays visible, and stays what it is until changed.
                if !known {
                    option { value: "{value}", selected: true, "{value}" }
                }
                for (option_value, title) in options {
                    option {
                        key: "{option_value}",
                        value: "{option_value}",
                        selected: option_value == value,
                        "{title}"
                    }
                }
            }
            Icon { glyph: Glyph::ChevronDown, size: Size::S }
        }
    }
}
