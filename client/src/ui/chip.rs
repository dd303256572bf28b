//! A small word with a colour: states, counts.

use dioxus::prelude::*;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Tone {
    #[default]
    Neutral,
    Accent,
    Ok,
    Warn,
    Danger,
}

impl Tone {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Neutral => "neutral",
            Self::Accent => "accent",
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Danger => "danger",
        }
    }
}

#[component]
pub fn Chip(#[props(default)] tone: Tone, children: Element) -> Element {
    rsx! {
        span { class: "chip", "data-tone": tone.as_str(), {children} }
    }
}
