//! The panel at the right: settings of what is selected, runs, problems.

use dioxus::prelude::*;

use super::{inspector::Inspector, problems::Problems, runs::Runs, versions::Versions};
use crate::{
    canvas::state::{CanvasStateStoreExt, Side, use_canvas},
    replica::view::CanvasViewStoreExt,
    ui::{Glyph, IconButton},
};

#[component]
pub fn SidePanel() -> Element {
    let canvas = use_canvas();
    let problems = canvas.view.problems().read().len();
    let Some(side) = canvas.state.side().cloned() else { return rsx! {} };
    let tabs = [
        (Side::Inspector, "Settings"),
        (Side::Runs, "Runs"),
        (Side::Problems, "Problems"),
        (Side::Versions, "History"),
    ];
    rsx! {
        aside { class: "side", aria_label: "Side panel",
            header { class: "side-head",
                div { class: "tabs", role: "tablist",
                    for (tab , title) in tabs {
                        button {
                            key: "{title}",
                            class: "tab",
                            r#type: "button",
                            role: "tab",
                            aria_selected: if tab == side { "true" } else { "false" },
                            onclick: move |_| canvas.state.side().set(Some(tab)),
                            "{title}"
                            if tab == Side::Problems && problems > 0 {
                                span { class: "tab-count tabular", "{problems}" }
                            }
                        }
                    }
                }
                IconButton { glyph: Glyph::X, label: "Close panel", "data-tip-side": "end", onclick: move |_| canvas.state.side().set(None) }
            }
            div { class: "side-body", role: "tabpanel",
                match side {
                    Side::Inspector => rsx! { Inspector {} },
                    Side::Runs => rsx! { Runs {} },
                    Side::Problems => rsx! { Problems {} },
                    Side::Versions => rsx! { Versions {} },
                }
            }
        }
    }
}
