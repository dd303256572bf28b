//! A key combination, as the person's machine writes it.

use dioxus::prelude::*;

/// `keys` is written as `Mod+Shift+Z`; `Mod` is Cmd on Apple machines and Ctrl elsewhere.
#[component]
pub fn Kbd(keys: String) -> Element {
    rsx! {
        span { class: "kbd",
            for key in keys.split('+') {
                kbd { key: "{key}", "{legend(key)}" }
            }
        }
    }
}

fn legend(key: &str) -> &str {
    match key {
        "Mod" => "Ctrl",
        "Plus" => "+",
        "Up" => "↑",
        "Down" => "↓",
        "Left" => "←",
        "Right" => "→",
        "Enter" => "↵",
        other => other,
    }
}
