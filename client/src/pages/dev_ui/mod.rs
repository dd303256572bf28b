//! `/dev/ui`: every widget in every state, for whoever changes one. Needs no sign-in and asks the server nothing.

mod controls;
mod overlays;
mod tokens;

use dioxus::prelude::*;

use crate::{dom, ui::ThemeSwitch};

use controls::Controls;
use overlays::Overlays;
use tokens::Tokens;

#[component]
pub fn DevUi() -> Element {
    use_effect(|| dom::set_title("Widgets – OpenFlow"));
    rsx! {
        main { class: "dev-ui",
            header { class: "page-head",
                h1 { "Widgets" }
                ThemeSwitch {}
            }
            Tokens {}
            Controls {}
            Overlays {}
        }
    }
}

/// A row of the page: a name, and the states beside each other.
#[component]
fn Row(title: &'static str, children: Element) -> Element {
    rsx! {
        section { class: "dev-row",
            h2 { "{title}" }
            div { class: "dev-states", {children} }
        }
    }
}
