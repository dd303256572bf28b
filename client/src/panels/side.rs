//! The panel at the right: settings of what is selected, runs, problems.

use dioxus::prelude::*;

use super::{inspector::Inspector, outline::Outline, problems::Problems, runs::Runs, versions::Versions};
use crate::{
    canvas::state::{CanvasStateStoreExt, Side, use_canvas},
    replica::view::CanvasViewStoreExt,
    ui::{Glyph, IconButton, TabTitle, Tabs},
};

#[component]
pub fn SidePanel() -> Element {
    let canvas = use_canvas();
    let problems = canvas.view.problems().read().len();
    let Some(side) = canvas.state.side().cloned() else { return rsx! {} };
    let tabs = [
        (Side::Inspector, "Settings", 0),
        (Side::Outline, "Outline", 0),
        (Side::Runs, "Runs", 0),
        (Side::Problems, "Problems", problems),
        (Side::Versions, "History", 0),
    ];
    let tabs = tabs.map(|(tab, title, count)| TabTitle { tab, title, count });
    rsx! {
        aside { class: "side", aria_label: "Side panel",
            header { class: "side-head",
                Tabs { label: "Side panel", tabs: tabs.to_vec(), chosen: side, onchange: move |tab| canvas.state.side().set(Some(tab)) }
                IconButton { glyph: Glyph::X, label: "Close panel", "data-tip-side": "end", onclick: move |_| canvas.state.side().set(None) }
            }
            div { class: "side-body", role: "tabpanel",
                match side {
                    Side::Inspector => rsx! { Inspector {} },
                    Side::Outline => rsx! { Outline {} },
                    Side::Runs => rsx! { Runs {} },
                    Side::Problems => rsx! { Problems {} },
                    Side::Versions => rsx! { Versions {} },
                }
            }
        }
    }
}
