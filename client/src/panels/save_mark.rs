//! Whether the person's work is safe. It says *saved* only of what the server has written durably.

use dioxus::prelude::*;

use crate::{
    canvas::state::use_canvas,
    replica::view::{CanvasViewStoreExt, SaveState},
    ui::{Glyph, Icon, Size, Spinner},
};

#[component]
pub fn SaveMark() -> Element {
    let canvas = use_canvas();
    let save = canvas.view.save().cloned();
    let (hook, text) = words(save);
    rsx! {
        span { class: "save-mark", "data-save": hook, role: "status", aria_live: "polite",
            match save {
                SaveState::Saved => rsx! { Icon { glyph: Glyph::CloudCheck } },
                SaveState::Saving { .. } => rsx! { Spinner { size: Size::S } },
                SaveState::Offline { .. } => rsx! { Icon { glyph: Glyph::CloudOff } },
                SaveState::ReadOnly => rsx! { Icon { glyph: Glyph::Eye } },
            }
            span { "{text}" }
        }
    }
}

fn words(save: SaveState) -> (&'static str, String) {
    match save {
        SaveState::Saved => ("saved", "Saved".into()),
        SaveState::Saving { .. } => ("saving", "Saving…".into()),
        SaveState::Offline { unsaved: 0 } => ("offline", "Offline".into()),
        SaveState::Offline { unsaved: 1 } => ("offline", "Offline, 1 change not yet sent".into()),
        SaveState::Offline { unsaved } => ("offline", format!("Offline, {unsaved} changes not yet sent")),
        SaveState::ReadOnly => ("readonly", "View only".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsent_changes_are_counted() {
        assert_eq!(words(SaveState::Offline { unsaved: 12 }).1, "Offline, 12 changes not yet sent");
        assert_eq!(words(SaveState::Offline { unsaved: 0 }).1, "Offline");
    }
}
