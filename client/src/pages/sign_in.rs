//! Signing in.

use dioxus::prelude::*;

#[component]
pub fn SignIn(next: String) -> Element {
    rsx! {
        main { class: "notice",
            h1 { "Sign in" }
            p { "to open {next}" }
        }
    }
}
