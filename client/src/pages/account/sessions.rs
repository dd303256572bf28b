//! Where one is signed in, and signing out there.

use dioxus::prelude::*;
use shared::api::Session;

use crate::{
    api::Api,
    dom,
    pages::time::ago,
    session::use_session,
    ui::{Button, Chip, Skeleton, Tone, use_toaster},
};

#[component]
pub fn Sessions() -> Element {
    let session = use_session();
    let toaster = use_toaster();
    let mut sessions = use_resource(move || async move {
        let answer = Api.sessions().await;
        if let Err(error) = &answer {
            session.failed(error);
        }
        answer.unwrap_or_default()
    });
    let loaded = sessions.read();
    let others = loaded.as_ref().is_some_and(|found| found.len() > 1);
    rsx! {
        ul { class: "members",
            match &*loaded {
                None => rsx! { li { Skeleton { height: "52px" } } },
                Some(found) => rsx! {
                    for one in found.clone() {
                        li { key: "{one.id}", class: "member", "data-testid": "session",
                            div { class: "who",
                                span { class: "name", "{one.device}" }
                                span { class: "email", {when(&one)} }
                            }
                            if one.current {
                                Chip { tone: Tone::Accent, "This device" }
                            } else {
                                Button {
                                    onclick: move |_| async move {
                                        match Api.end_session(one.id).await {
                                            Ok(()) => sessions.restart(),
                                            Err(error) => toaster.say(Tone::Danger, error.sentence()),
                                        }
                                    },
                                    "Sign out"
                                }
                            }
                        }
                    }
                },
            }
        }
        if others {
            div {
                Button {
                    onclick: move |_| async move {
                        match Api.end_other_sessions().await {
                            Ok(()) => {
                                sessions.restart();
                                toaster.say(Tone::Ok, "You are signed out everywhere else.");
                            }
                            Err(error) => toaster.say(Tone::Danger, error.sentence()),
                        }
                    },
                    "Sign out everywhere else"
                }
            }
        }
    }
}

fn when(session: &Session) -> String {
    let since = |time: &str| dom::seconds_since(time).map(ago).unwrap_or_default();
    if session.current {
        format!("Signed in {}", since(&session.created_at))
    } else {
        format!("Signed in {} · last used {}", since(&session.created_at), since(&session.last_used_at))
    }
}
