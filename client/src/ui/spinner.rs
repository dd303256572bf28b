//! Signs of waiting: a turning ring for acts, a grey shimmer for content to come.

use dioxus::prelude::*;

use super::{Glyph, Icon, Size};

#[component]
pub fn Spinner(#[props(default)] size: Size) -> Element {
    rsx! {
        span { class: "spinner", "data-size": size.as_str(), Icon { glyph: Glyph::LoaderCircle } }
    }
}

#[component]
pub fn Skeleton(
    #[props(default = "100%")] width: &'static str,
    #[props(default = "16px")] height: &'static str,
) -> Element {
    rsx! {
        div { class: "skeleton", style: "width: {width}; height: {height}", "aria-hidden": "true" }
    }
}
