//! Dark, light, or as the system wishes: an attribute of the page, which the style sheets read.
//!
//! `assets/boot.js` sets the same attribute before the client runs, so that nothing flashes.

use wasm_bindgen::JsCast;

use super::Listener;

const KEY: &str = "openflow.theme";
const SYSTEM_WISH: &str = "(prefers-color-scheme: light)";

/// What the person chose, kept in this browser.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the system has it, also when that changes.
    #[default]
    System,
    Dark,
    Light,
}

impl Theme {
    pub fn chosen() -> Self {
        match super::stored(KEY).as_deref() {
            Some("dark") => Self::Dark,
            Some("light") => Self::Light,
            _ => Self::System,
        }
    }

    pub fn choose(self) {
        super::store(KEY, self.as_str());
        self.apply();
    }

    /// To be called once at the start.
    pub fn apply(self) {
        if let Some(root) = super::document().document_element() {
            // An attribute of that name can always be set.
            let _ = root.set_attribute("data-theme", if self.is_light() { "light" } else { "dark" });
        }
    }

    /// What it looks like now.
    pub fn is_light(self) -> bool {
        match self {
            Self::System => wish().is_some_and(|wish| wish.matches()),
            Self::Dark => false,
            Self::Light => true,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Dark => "dark",
            Self::Light => "light",
        }
    }
}

fn wish() -> Option<web_sys::MediaQueryList> {
    super::window().match_media(SYSTEM_WISH).ok().flatten()
}

/// Follows the system's wish while it is alive.
pub fn follow_system_theme() -> Option<Listener> {
    let wish = wish()?;
    Some(Listener::new(wish.unchecked_into::<web_sys::EventTarget>(), "change", |_| Theme::chosen().apply()))
}
