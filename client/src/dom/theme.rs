//! Dark or light: an attribute of the page, which the style sheets read.

const KEY: &str = "openflow.theme";

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Theme {
    #[default]
    Dark,
    Light,
}

impl Theme {
    /// The one chosen on this machine.
    pub fn chosen() -> Self {
        if super::stored(KEY).as_deref() == Some("light") { Self::Light } else { Self::Dark }
    }

    pub fn choose(self) {
        super::store(KEY, self.as_str());
        self.apply();
    }

    /// To be called once at the start, and when another one was chosen.
    pub fn apply(self) {
        if let Some(root) = super::document().document_element() {
            // An attribute of that name can always be set.
            let _ = root.set_attribute("data-theme", self.as_str());
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Light => "light",
        }
    }
}
