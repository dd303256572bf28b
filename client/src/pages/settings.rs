//! Provider keys and members of a workspace.

use dioxus::prelude::*;

use crate::session::use_session;

#[component]
pub fn Settings() -> Element {
    let workspace = use_session().workspace();
    rsx! {
        main { class: "notice",
            if let Some(workspace) = workspace {
                h1 { "{workspace.name}" }
            }
        }
    }
}
