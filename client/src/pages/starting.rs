//! The moment before a page can be shown, and what is said when it does not come.

use dioxus::prelude::*;

use crate::{
    session::use_session,
    ui::{Button, Size, Spinner},
};

#[component]
pub fn Starting(error: Option<String>) -> Element {
    let session = use_session();
    rsx! {
        main { class: "notice", aria_busy: error.is_none().then_some("true"),
            if let Some(error) = &error {
                h1 { "OpenFlow is out of reach" }
                p { role: "alert", "{error}" }
                Button { onclick: move |_| { spawn(session.reload()); }, "Try again" }
            } else {
                Spinner { size: Size::L }
            }
        }
    }
}
