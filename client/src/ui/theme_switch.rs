//! As the system has it, light or dark: the choice is kept in this browser.

use dioxus::prelude::*;

use super::{Glyph, Segment, Segmented};
use crate::dom::Theme;

#[component]
pub fn ThemeSwitch() -> Element {
    let mut theme = use_signal(Theme::chosen);
    let options = vec![
        Segment::with("system", "System", Glyph::Monitor),
        Segment::with("light", "Light", Glyph::Sun),
        Segment::with("dark", "Dark", Glyph::Moon),
    ];
    rsx! {
        Segmented {
            label: "Theme",
            name: "theme",
            value: theme().as_str(),
            options,
            onchange: move |value: &'static str| {
                let chosen = match value {
                    "light" => Theme::Light,
                    "dark" => Theme::Dark,
                    _ => Theme::System,
                };
                chosen.choose();
                theme.set(chosen);
            },
        }
    }
}
