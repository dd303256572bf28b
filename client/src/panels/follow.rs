//! Seeing what somebody else sees, until one moves the view oneself.

use dioxus::prelude::*;

use crate::{
    canvas::{
        geometry::Rect,
        node::css_color,
        state::{CanvasStateStoreExt, use_canvas},
        viewport::Viewport,
    },
    replica::view::CanvasViewStoreExt,
    ui::{Glyph, IconButton, Size},
};

/// Moves the view along, and says whom it follows.
#[component]
pub fn Follow() -> Element {
    let canvas = use_canvas();
    let followed = use_memo(move || {
        let client = canvas.state.following().cloned()?;
        let person = canvas.view.people().get(client)?;
        let person = person.read();
        let user = person.user.as_ref()?;
        Some((user.name.clone(), css_color(&user.color).to_owned(), person.viewport))
    });
    use_effect(move || {
        let seen = followed.read().as_ref().and_then(|(_, _, viewport)| *viewport);
        if let Some([x, y, width, height]) = seen {
            let screen = *canvas.state.screen().read();
            canvas.look_along(Viewport::fitting(Rect::new([x, y], [width, height]), screen));
        }
    });
    // Whoever left cannot be followed.
    use_effect(move || {
        if followed.read().is_none() && canvas.state.following().peek().is_some() {
            canvas.state.following().set(None);
        }
    });
    let Some((name, color, _)) = followed() else { return rsx! {} };
    rsx! {
        div { class: "follow", style: "--person: {color}", role: "status", "data-following": "{name}",
            span { class: "follow-chip",
                "Following {name}"
                IconButton {
                    glyph: Glyph::X,
                    label: "Stop following",
                    size: Size::S,
                    onclick: move |_| canvas.state.following().set(None),
                }
            }
        }
    }
}
