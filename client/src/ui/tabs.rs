//! Tabs: one tab stop, arrows move between them, and the page below is named after the chosen one.

use dioxus::{prelude::*, web::WebEventExt};

use crate::dom::{self, Walk};

#[derive(Debug, Clone, PartialEq)]
pub struct TabTitle<T: Clone + PartialEq + 'static> {
    pub tab: T,
    pub title: &'static str,
    /// Beside the title, if it is not 0.
    pub count: usize,
}

#[component]
pub fn Tabs<T: Clone + PartialEq + 'static>(
    label: String,
    tabs: Vec<TabTitle<T>>,
    chosen: T,
    onchange: EventHandler<T>,
) -> Element {
    rsx! {
        div {
            class: "tabs",
            role: "tablist",
            aria_label: "{label}",
            onkeydown: move |event| {
                if let Some(way) = Walk::of(&event.key()) {
                    event.prevent_default();
                    event.stop_propagation();
                    let event = event.as_web_event();
                    spawn(async move { dom::walk(&event, "[role=tablist]", "[role=tab]", way) });
                }
            },
            for TabTitle { tab , title , count } in tabs {
                button {
                    key: "{title}",
                    class: "tab",
                    r#type: "button",
                    role: "tab",
                    aria_selected: if tab == chosen { "true" } else { "false" },
                    tabindex: if tab == chosen { "0" } else { "-1" },
                    onclick: move |_| onchange.call(tab.clone()),
                    "{title}"
                    if count > 0 {
                        span { class: "tab-count tabular", "{count}" }
                    }
                }
            }
        }
    }
}
