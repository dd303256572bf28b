//! Keys for programs: made once, shown once, revoked any time.

use dioxus::prelude::*;
use shared::{
    access::KeyScope,
    api::{ApiKey, CreateApiKey, CreatedApiKey, Workspace},
};

use crate::{
    api::Api,
    dom,
    pages::{invitations::CopyLine, shell::use_focus, time::ago},
    session::use_session,
    ui::{
        Button, Chip, Dialog, Field, Glyph, Icon, IconButton, Select, Skeleton, TextInput, Tone, Variant, use_toaster,
    },
};

#[component]
pub fn ApiKeys(workspaces: Vec<Workspace>) -> Element {
    let session = use_session();
    let toaster = use_toaster();
    let mut making = use_signal(|| false);
    let mut keys = use_resource(move || async move {
        let answer = Api.api_keys().await;
        if let Err(error) = &answer {
            session.failed(error);
        }
        answer.unwrap_or_default()
    });
    let loaded = keys.read();
    let place = |key: &ApiKey| match key.workspace {
        Some(id) => workspaces.iter().find(|found| found.id == id).map_or("one workspace", |found| found.name.as_str()),
        None => "all workspaces",
    };
    rsx! {
        ul { class: "keys",
            match &*loaded {
                None => rsx! { li { Skeleton { height: "52px" } } },
                Some(found) if found.is_empty() => rsx! {
                    li { class: "keys-none",
                        Icon { glyph: Glyph::Key }
                        "No key yet."
                    }
                },
                Some(found) => rsx! {
                    for key in found.clone() {
                        li { key: "{key.id}", class: "key-row", "data-testid": "api-key",
                            Icon { glyph: Glyph::Key }
                            div { class: "who",
                                span { class: "name", "{key.name}" }
                                span { class: "email", "{scope_title(key.scope)} · {place(&key)} · {used(&key)}" }
                            }
                            if is_over(&key) {
                                Chip { tone: Tone::Warn, "Expired" }
                            }
                            span { class: "mono quiet", "…{key.hint}" }
                            IconButton {
                                glyph: Glyph::Trash2,
                                label: "Revoke key {key.name}",
                                tip: "Revoke",
                                onclick: move |_| async move {
                                    match Api.delete_api_key(key.id).await {
                                        Ok(()) => keys.restart(),
                                        Err(error) => toaster.say(Tone::Danger, error.sentence()),
                                    }
                                },
                            }
                        }
                    }
                },
            }
        }
        div { Button { glyph: Glyph::Plus, onclick: move |_| making.set(true), "New API key" } }
        if making() {
            NewKey {
                workspaces: workspaces.clone(),
                onclose: move |()| {
                    making.set(false);
                    keys.restart();
                },
            }
        }
    }
}

#[component]
fn NewKey(workspaces: Vec<Workspace>, onclose: EventHandler<()>) -> Element {
    let mut name = use_signal(String::new);
    let mut scope = use_signal(|| KeyScope::Read);
    let mut workspace = use_signal(String::new);
    let mut days = use_signal(|| "90".to_owned());
    let mut error = use_signal(|| None::<String>);
    let mut busy = use_signal(|| false);
    let mut made = use_signal(|| None::<CreatedApiKey>);
    use_focus("api-key-name");
    let make = move |event: FormEvent| async move {
        event.prevent_default();
        if busy() || name.peek().trim().is_empty() {
            return;
        }
        busy.set(true);
        error.set(None);
        let body = CreateApiKey {
            name: name.peek().trim().to_owned(),
            scope: scope(),
            workspace: workspace.peek().parse().ok(),
            expires_in_days: days.peek().parse().ok(),
        };
        match Api.create_api_key(&body).await {
            Ok(key) => made.set(Some(key)),
            Err(refusal) => error.set(Some(refusal.field().map_or_else(|| refusal.sentence(), |(_, text)| text))),
        }
        busy.set(false);
    };
    if let Some(made) = made() {
        return rsx! {
            Dialog {
                title: "Your new API key",
                onclose,
                footer: rsx! { Button { variant: Variant::Primary, onclick: move |_| onclose.call(()), "Done" } },
                p { class: "share-note", "Copy it now: it is not shown again. Send it as Authorization: Bearer." }
                CopyLine { label: "API key", text: made.token }
            }
        };
    }
    let scopes = KeyScope::ALL.into_iter().map(|scope| (scope.as_str().to_owned(), scope_title(scope).to_owned()));
    let mut places = vec![(String::new(), "All workspaces".to_owned())];
    places.extend(workspaces.into_iter().map(|found| (found.id.to_string(), found.name)));
    let ends = [("30", "In 30 days"), ("90", "In 90 days"), ("365", "In a year"), ("", "Never")];
    let ends = ends.map(|(value, title)| (value.to_owned(), title.to_owned())).to_vec();
    rsx! {
        Dialog { title: "New API key", onclose,
            form { class: "stack", onsubmit: make, novalidate: true,
                Field { label: "Name", hint: "What it is for.",
                    TextInput { value: name(), name: "name", autocomplete: "off", oninput: move |text| name.set(text), id: "api-key-name" }
                }
                Field { label: "May",
                    Select {
                        label: "Scope",
                        value: scope().as_str(),
                        options: scopes.collect::<Vec<_>>(),
                        onchange: move |text: String| if let Ok(chosen) = text.parse() { scope.set(chosen) },
                    }
                }
                Field { label: "In",
                    Select { label: "Workspace", value: workspace(), options: places, onchange: move |text| workspace.set(text) }
                }
                Field { label: "Expires",
                    Select { label: "Expires", value: days(), options: ends, onchange: move |text| days.set(text) }
                }
                if let Some(error) = error() {
                    p { class: "form-error", role: "alert", "{error}" }
                }
                div { class: "form-actions",
                    Button { onclick: move |_| onclose.call(()), "Cancel" }
                    Button { variant: Variant::Primary, submit: true, busy: busy(), disabled: name().trim().is_empty(), "Create key" }
                }
            }
        }
    }
}

fn scope_title(scope: KeyScope) -> &'static str {
    match scope {
        KeyScope::Read => "Read",
        KeyScope::Run => "Read and run",
        KeyScope::Edit => "Read, run and edit",
    }
}

fn used(key: &ApiKey) -> String {
    match key.last_used_at.as_deref().and_then(dom::seconds_since) {
        Some(seconds) => format!("used {}", ago(seconds)),
        None => "never used".into(),
    }
}

fn is_over(key: &ApiKey) -> bool {
    // The time since something that is still to come is none.
    key.expires_at.as_deref().and_then(dom::seconds_since).is_some_and(|seconds| seconds > 0)
}
