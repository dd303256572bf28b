//! Other people's pointers, each with a name. They stand on the layer, so panning does not run them again.

use dioxus::prelude::*;

use super::{
    node::css_color,
    state::{CanvasStateStoreExt, use_canvas},
};
use crate::replica::view::CanvasViewStoreExt;

#[component]
pub fn Cursors() -> Element {
    let canvas = use_canvas();
    let clients = use_memo(move || {
        if *canvas.state.people_hidden().read() {
            return Vec::new();
        }
        let people = canvas.view.people();
        let people = people.read();
        let shown = people.iter().filter(|(_, person)| person.cursor.is_some() && person.user.is_some());
        shown.map(|(client, _)| *client).collect::<Vec<_>>()
    });
    rsx! {
        div { class: "cursors", "aria-hidden": "true",
            for client in clients() {
                Cursor { key: "{client}", client }
            }
        }
    }
}

#[component]
fn Cursor(client: u64) -> Element {
    let canvas = use_canvas();
    let seen = use_memo(move || {
        let person = canvas.view.people().get(client)?;
        let person = person.read();
        let user = person.user.as_ref()?;
        let said = person.chat.clone();
        Some((person.cursor?, user.name.clone(), css_color(&user.color).to_owned(), said, person.idle))
    });
    let Some(([x, y], name, color, said, idle)) = seen() else { return rsx! {} };
    rsx! {
        div {
            class: "cursor",
            "data-cursor": "{name}",
            "data-idle": idle,
            style: "translate: {x}px {y}px; --person: {color}",
            svg { view_box: "0 0 16 18", width: "16", height: "18",
                path { d: "M1 1L14.5 8.2L8.3 9.9L5.1 16.2Z" }
            }
            span {
                "{name}"
                if let Some(said) = said {
                    q { class: "cursor-says", "{said}" }
                }
            }
        }
    }
}
