//! One's own account: name, ways to sign in, where one is signed in, keys for programs.

mod api_keys;
mod password;
mod sessions;

use dioxus::prelude::*;
use shared::api::PatchMe;

use self::{api_keys::ApiKeys, password::SigningIn, sessions::Sessions};
use super::shell::Shell;
use crate::{
    api::Api,
    dom,
    session::use_session,
    ui::{Button, Field, TextInput, ThemeSwitch, Tone, use_toaster},
};

#[component]
pub fn Account() -> Element {
    let session = use_session();
    use_effect(|| dom::set_title("Account – OpenFlow"));
    let Some(me) = session.me() else { return rsx! {} };
    rsx! {
        Shell {
            div { class: "settings",
                header { class: "page-head",
                    div {
                        p { class: "overline", "{me.user.email}" }
                        h1 { "Account" }
                    }
                }
                Section { id: "profile", title: "Profile", text: "The name that others see beside your cursor and your comments.",
                    Name { name: me.user.name.clone() }
                }
                Section { id: "theme", title: "Theme", text: "Kept in this browser.", ThemeSwitch {} }
                Section { id: "signing-in", title: "Signing in", text: "A new password signs you out everywhere else.",
                    SigningIn { account: me.account.clone() }
                }
                Section { id: "sessions", title: "Sessions", text: "Where you are signed in. Ending a session closes its open workflows at once.",
                    Sessions {}
                }
                Section { id: "api-keys", title: "API keys", text: "For scripts and other programs. A key may what you may, within its scope, and never manages people or keys.",
                    ApiKeys { workspaces: me.workspaces.clone() }
                }
            }
        }
    }
}

#[component]
fn Section(id: String, title: String, text: String, children: Element) -> Element {
    rsx! {
        section { aria_labelledby: "{id}-title",
            div { class: "section-head",
                h2 { id: "{id}-title", "{title}" }
                p { "{text}" }
            }
            {children}
        }
    }
}

#[component]
fn Name(name: String) -> Element {
    let session = use_session();
    let toaster = use_toaster();
    let saved = name.clone();
    let mut name = use_signal(|| name);
    let mut busy = use_signal(|| false);
    let unchanged = name().trim() == saved || name().trim().is_empty();
    let save = move |event: FormEvent| async move {
        event.prevent_default();
        if busy() || name.peek().trim().is_empty() {
            return;
        }
        busy.set(true);
        let body = PatchMe { name: name.peek().trim().to_owned() };
        match Api.patch_me(&body).await {
            Ok(_) => {
                session.reload().await;
                toaster.say(Tone::Ok, "Your name was changed.");
            }
            Err(error) => toaster.say(Tone::Danger, error.sentence()),
        }
        busy.set(false);
    };
    rsx! {
        form { class: "line-form", onsubmit: save,
            Field { label: "Name",
                TextInput { value: name(), name: "name", autocomplete: "name", oninput: move |text| name.set(text) }
            }
            Button { submit: true, busy: busy(), disabled: unchanged, "Save" }
        }
    }
}
