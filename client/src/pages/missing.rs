//! An address that leads nowhere.

use dioxus::prelude::*;

use crate::route::Route;

#[component]
pub fn Missing(path: Vec<String>) -> Element {
    rsx! {
        main { class: "notice",
            h1 { "Nothing here" }
            p { "There is no page at /{path.join(\"/\")}." }
            Link { class: "button", to: Route::Home {}, "Go to your workflows" }
        }
    }
}
