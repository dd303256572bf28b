//! Who else is here: up to five faces and a number.

use std::collections::BTreeMap;

use dioxus::prelude::*;
use shared::presence::{Presence, PresentUser};

use crate::{
    canvas::{
        node::css_color,
        state::{Canvas, CanvasStateStoreExt, use_canvas},
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
    let count = people.len();
    let following = canvas.state.following().cloned();
    let more = people.len().saturating_sub(FACES);
    if people.is_empty() {
        return rsx! {};
    }
    rsx! {
        div { class: "avatars", role: "group", aria_label: "{count} more here",
            for (client , user) in people.into_iter().take(FACES) {
                button {
                    key: "{client}",
                    class: "person",
                    r#type: "button",
                    "data-person": "{user.name}",
                    "data-tip": "{user.name} – follow what they see",
                    "data-tip-side": "end",
                    aria_label: "Follow what {user.name} sees",
                    aria_pressed: if following == Some(client) { "true" } else { "false" },
                    onclick: move |_| follow(canvas, client),
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

/// Follows somebody, or stops.
fn follow(canvas: Canvas, client: u64) {
    let following = *canvas.state.following().peek();
    canvas.state.following().set((following != Some(client)).then_some(client));
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
