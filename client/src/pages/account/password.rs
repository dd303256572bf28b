//! Password and GitHub: the ways to sign in.

use dioxus::prelude::*;
use shared::api::{Account, ChangePassword};

use crate::{
    api::Api,
    dom,
    pages::sign_in::github_word,
    session::use_session,
    ui::{Button, Field, TextInput, Tone, use_toaster},
};

#[component]
pub fn SigningIn(account: Account) -> Element {
    rsx! {
        Password { has_password: account.has_password }
        GitHub { account }
    }
}

#[component]
fn Password(has_password: bool) -> Element {
    let session = use_session();
    let toaster = use_toaster();
    let mut current = use_signal(String::new);
    let mut new = use_signal(String::new);
    let mut error = use_signal(|| None::<String>);
    let mut busy = use_signal(|| false);
    let ready = (!has_password || !current().is_empty()) && new().chars().count() >= 10;
    let save = move |event: FormEvent| async move {
        event.prevent_default();
        if busy() {
            return;
        }
        busy.set(true);
        error.set(None);
        let body = ChangePassword { current: has_password.then(|| current.read().clone()), new: new() };
        match Api.change_password(&body).await {
            Ok(()) => {
                current.set(String::new());
                new.set(String::new());
                session.reload().await;
                toaster.say(Tone::Ok, "Your password was changed. Other sessions are signed out.");
            }
            Err(refusal) => error.set(Some(refusal.field().map_or_else(|| refusal.sentence(), |(_, text)| text))),
        }
        busy.set(false);
    };
    rsx! {
        form { class: "stack", onsubmit: save, novalidate: true,
            div { class: "two-fields",
                if has_password {
                    Field { label: "Current password",
                        TextInput {
                            value: current(),
                            r#type: "password",
                            name: "current-password",
                            autocomplete: "current-password",
                            oninput: move |text| current.set(text),
                        }
                    }
                }
                Field { label: "New password", hint: "At least 10 characters.",
                    TextInput {
                        value: new(),
                        r#type: "password",
                        name: "new-password",
                        autocomplete: "new-password",
                        oninput: move |text| new.set(text),
                    }
                }
            }
            if let Some(error) = error() {
                p { class: "form-error", role: "alert", "{error}" }
            }
            div {
                Button { submit: true, busy: busy(), disabled: !ready,
                    if has_password { "Change password" } else { "Set a password" }
                }
            }
        }
    }
}

#[component]
fn GitHub(account: Account) -> Element {
    let session = use_session();
    let toaster = use_toaster();
    let offered = use_resource(|| async { Api.sign_in_methods().await.is_ok_and(|methods| methods.github) });
    // How a visit to GitHub ended: it comes back to this page.
    let word = use_hook(|| dom::query("github").and_then(|word| github_word(&word)));
    if offered() != Some(true) && account.github.is_none() {
        return rsx! {};
    }
    let has_password = account.has_password;
    rsx! {
        div { class: "key-row",
            div { class: "who",
                span { class: "name", "GitHub" }
                span { class: "email",
                    match &account.github {
                        Some(login) => format!("Connected as {login}"),
                        None => "Not connected. Its verified e-mail address must be the one of this account.".to_owned(),
                    }
                }
            }
            if account.github.is_some() {
                Button {
                    disabled: !has_password,
                    onclick: move |_| async move {
                        match Api.disconnect_github().await {
                            Ok(()) => session.reload().await,
                            Err(error) => toaster.say(Tone::Danger, error.sentence()),
                        }
                    },
                    "Disconnect"
                }
            } else {
                Button {
                    onclick: move |_| async move {
                        match Api.connect_github().await {
                            Ok(url) => dom::open_page(&url),
                            Err(error) => toaster.say(Tone::Danger, error.sentence()),
                        }
                    },
                    "Connect"
                }
            }
        }
        if let Some(word) = word {
            p { class: "form-note", role: "status", "{word}" }
        }
    }
}
