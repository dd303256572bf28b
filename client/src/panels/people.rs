//! Who else is here: up to five faces and a number.

use std::collections::BTreeMap;

use dioxus::prelude::*;
use shared::presence::{Presence, PresentUser};

use crate::{
    canvas::{
        geometry::Rect,
        node::css_color,
        state::{Canvas, CanvasStateStoreExt, use_canvas},
        viewport::Viewport,
    },
    replica::view::CanvasViewStoreExt,
    ui::Avatar,
};

const FACES: usize = 5;

#[component]
pub fn People() -> Element {
    let canvas = use_canvas();
    let people = use_memo(move || faces(&canvas.view.people().read()));
    let people = people();
    let more = people.len().saturating_sub(FACES);
    if people.is_empty() {
        return rsx! {};
    }
    rsx! {
        div { class: "avatars", role: "group", aria_label: "People here",
            for (client , user) in people.into_iter().take(FACES) {
                button {
                    key: "{client}",
                    class: "person",
                    r#type: "button",
                    "data-person": "{user.name}",
                    "data-tip": "{user.name} – go to what they see",
                    "data-tip-side": "end",
                    aria_label: "Go to what {user.name} sees",
                    onclick: move |_| visit(canvas, client),
                    Avatar { name: user.name.clone(), color: css_color(&user.color).to_owned() }
                }
            }
            if more > 0 {
                span { class: "more", "+{more}" }
            }
        }
    }
}

/// One face a person, however many tabs they have open.
fn faces(people: &BTreeMap<u64, Presence>) -> Vec<(u64, PresentUser)> {
    let mut faces: Vec<(u64, PresentUser)> = Vec::new();
    for (client, person) in people {
        if let Some(user) = &person.user
            && faces.iter().all(|(_, known)| known.id != user.id)
        {
            faces.push((*client, user.clone()));
        }
    }
    faces
}

/// Looks where somebody else looks.
fn visit(canvas: Canvas, client: u64) {
    let seen = canvas.view.people().peek().get(&client).and_then(|person| person.viewport);
    if let Some([x, y, width, height]) = seen {
        let screen = *canvas.state.screen().peek();
        canvas.look(Viewport::fitting(Rect::new([x, y], [width, height]), screen));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_tabs_of_one_person_are_one_face() {
        let ada = PresentUser {
            id: "usr_00000000000070008000000000000000".parse().unwrap(),
            name: "Ada".into(),
            color: "#ff8800".into(),
        };
        let tab = Presence { user: Some(ada), ..Presence::default() };
        let people = BTreeMap::from([(1, tab.clone()), (2, tab), (3, Presence::default())]);
        assert_eq!(faces(&people).len(), 1);
    }
}
