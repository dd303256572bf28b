//! The editor: the page of one workflow. Everything it shows is in the replica's view.

use dioxus::prelude::*;

use crate::replica::{use_replica, view::CanvasViewStoreExt};

#[component]
pub fn Editor() -> Element {
    let view = use_replica().view();
    rsx! {
        main { class: "notice",
            h1 { "{view.meta().read().title}" }
            p { "{view.nodes().len()} nodes" }
        }
    }
}
