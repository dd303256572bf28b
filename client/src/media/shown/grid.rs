//! A list as a grid: each item as small as it can be judged, each with its number. More come when asked for.

use dioxus::prelude::*;
use shared::value::Value;

use super::Shown;
use crate::ui::{Button, Size};

/// How many items are shown at once.
const STEP: usize = 12;

#[component]
pub fn Grid(items: Vec<Value>) -> Element {
    let mut shown = use_signal(|| STEP);
    let count = items.len();
    let more = count.saturating_sub(shown());
    let pictures = items.iter().all(|item| matches!(item, Value::Image(_) | Value::Mask(_) | Value::Video(_)));
    if count == 0 {
        return rsx! { p { class: "output-none", "An empty list" } };
    }
    rsx! {
        ol { class: "output-list", "data-pictures": pictures, aria_label: "{count} items",
            for (index , item) in items.into_iter().take(shown()).enumerate() {
                // Items have no id: their place is what tells them apart.
                li { key: "{index}",
                    Shown { value: item }
                    span { class: "item-number tabular", aria_hidden: "true", "{index + 1}" }
                }
            }
        }
        if more > 0 {
            Button { size: Size::S, onclick: move |_| shown += STEP, "{more} more" }
        }
    }
}
