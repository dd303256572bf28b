//! Provider keys: adding OpenAI or any server that speaks its protocol, and taking keys away.

use dioxus::prelude::*;
use shared::{
    access::Role,
    api::{CreateKey, Key},
    error::ErrorCode,
    id::WorkspaceId,
};

use crate::{
    api::Api,
    pages::shell::use_focus,
    session::use_session,
    ui::{Button, Dialog, Field, Glyph, Icon, IconButton, Select, Skeleton, TextInput, Tone, Variant, use_toaster},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    OpenAi,
    Compatible,
}

#[component]
pub fn Keys(workspace: WorkspaceId, role: Role) -> Element {
    let session = use_session();
    let toaster = use_toaster();
    let mut keys = use_signal(|| None::<Vec<Key>>);
    let mut adding = use_signal(|| false);
    let mut removing = use_signal(|| None::<Key>);
    use_resource(use_reactive!(|workspace| async move {
        match Api.keys(workspace).await {
            Ok(found) => keys.set(Some(found)),
            // Those who may not see keys need not be told so twice.
            Err(error) if error.code() == Some(ErrorCode::Forbidden) => keys.set(Some(vec![])),
            Err(error) => {
                session.failed(&error);
                toaster.say(Tone::Danger, error.sentence());
            }
        }
    }));
    rsx! {
        ul { class: "keys",
            match keys() {
                None => rsx! { li { Skeleton { height: "52px" } } },
                Some(found) if found.is_empty() => rsx! {
                    li { class: "keys-none",
                        Icon { glyph: Glyph::Key }
                        if role.can_manage() {
                            "No key yet. Nodes that only work on text, pictures, sound and video run without one."
                        } else {
                            "No key that you can see. An admin of the workspace can add one."
                        }
                    }
                },
                Some(found) => rsx! {
                    for key in found {
                        li { key: "{key.id}", class: "key-row", "data-testid": "provider-key",
                            Icon { glyph: Glyph::Key }
                            div { class: "who",
                                span { class: "name", "{title_of(&key)}" }
                                span { class: "email", {key.base_url.clone().unwrap_or_else(|| "api.openai.com".into())} }
                            }
                            if !key.hint.is_empty() {
                                span { class: "mono quiet", "…{key.hint}" }
                            }
                            if role.can_manage() {
                                IconButton {
                                    glyph: Glyph::Trash2,
                                    label: "Delete key {title_of(&key)}",
                                    tip: "Delete",
                                    onclick: move |_| removing.set(Some(key.clone())),
                                }
                            }
                        }
                    }
                },
            }
        }
        if role.can_manage() {
            div { Button { glyph: Glyph::Plus, onclick: move |_| adding.set(true), "Add key" } }
        }
        if adding() {
            AddKey {
                workspace,
                onclose: move |()| adding.set(false),
                onadd: move |key: Key| {
                    adding.set(false);
                    keys.write().get_or_insert_default().push(key);
                },
            }
        }
        if let Some(key) = removing() {
            RemoveKey {
                workspace,
                key_row: key,
                onclose: move |()| removing.set(None),
                onremove: move |gone: Key| {
                    removing.set(None);
                    keys.write().get_or_insert_default().retain(|key| key.id != gone.id);
                },
            }
        }
    }
}

#[component]
fn AddKey(workspace: WorkspaceId, onclose: EventHandler<()>, onadd: EventHandler<Key>) -> Element {
    let mut kind = use_signal(|| Kind::OpenAi);
    let mut name = use_signal(String::new);
    let mut base_url = use_signal(String::new);
    let mut secret = use_signal(String::new);
    let mut error = use_signal(|| None::<String>);
    let mut busy = use_signal(|| false);
    use_focus("key-secret");
    let body = move || draft(kind(), &name(), &base_url(), &secret());
    let add = move |event: FormEvent| async move {
        event.prevent_default();
        let Some(body) = body() else { return };
        if busy() {
            return;
        }
        busy.set(true);
        error.set(None);
        match Api.create_key(workspace, &body).await {
            Ok(key) => onadd.call(key),
            Err(refusal) => error.set(Some(refusal.field().map_or_else(|| refusal.sentence(), |(_, text)| text))),
        }
        busy.set(false);
    };
    let kinds = vec![
        ("openai".to_owned(), "OpenAI".to_owned()),
        ("compatible".to_owned(), "OpenAI-compatible server".to_owned()),
    ];
    rsx! {
        Dialog { title: "Add provider key", onclose,
            form { class: "stack", onsubmit: add, novalidate: true,
                Field { label: "Provider",
                    Select {
                        label: "Provider",
                        value: if kind() == Kind::OpenAi { "openai" } else { "compatible" },
                        options: kinds,
                        onchange: move |value: String| {
                            kind.set(if value == "openai" { Kind::OpenAi } else { Kind::Compatible });
                        },
                    }
                }
                if kind() == Kind::Compatible {
                    Field { label: "Name", hint: "Nodes choose the key by this name, for example local.",
                        TextInput { value: name(), name: "name", autocomplete: "off", oninput: move |text| name.set(text) }
                    }
                    Field { label: "Base URL", hint: "Ollama, vLLM, LM Studio, OpenRouter and others.",
                        TextInput {
                            value: base_url(),
                            name: "base_url",
                            placeholder: "http://localhost:11434/v1",
                            autocomplete: "off",
                            oninput: move |text| base_url.set(text),
                        }
                    }
                }
                Field {
                    label: "Key",
                    hint: if kind() == Kind::OpenAi { "Begins with sk-." } else { "Leave empty if the server asks for none." },
                    TextInput {
                        value: secret(),
                        r#type: "password",
                        name: "secret",
                        autocomplete: "off",
                        oninput: move |text| secret.set(text),
                        id: "key-secret",
                    }
                }
                if let Some(error) = error() {
                    p { class: "form-error", role: "alert", "{error}" }
                }
                div { class: "form-actions",
                    Button { onclick: move |_| onclose.call(()), "Cancel" }
                    Button { variant: Variant::Primary, submit: true, busy: busy(), disabled: body().is_none(), "Save key" }
                }
            }
        }
    }
}

/// What to send, once everything needed is there.
fn draft(kind: Kind, name: &str, base_url: &str, secret: &str) -> Option<CreateKey> {
    let (name, base_url, secret) = (name.trim(), base_url.trim(), secret.trim());
    let provider = "openai".to_owned();
    match kind {
        Kind::OpenAi => {
            (!secret.is_empty()).then(|| CreateKey { provider, name: None, base_url: None, secret: secret.into() })
        }
        Kind::Compatible => (!base_url.is_empty()).then(|| CreateKey {
            provider,
            name: (!name.is_empty()).then(|| name.into()),
            base_url: Some(base_url.into()),
            secret: secret.into(),
        }),
    }
}

#[component]
fn RemoveKey(workspace: WorkspaceId, key_row: Key, onclose: EventHandler<()>, onremove: EventHandler<Key>) -> Element {
    let toaster = use_toaster();
    let mut busy = use_signal(|| false);
    let title = title_of(&key_row);
    let remove = move |_| {
        let key = key_row.clone();
        async move {
            busy.set(true);
            match Api.delete_key(workspace, key.id).await {
                Ok(()) => onremove.call(key),
                Err(error) => toaster.say(Tone::Danger, error.sentence()),
            }
            busy.set(false);
        }
    };
    rsx! {
        Dialog {
            title: "Delete key?",
            onclose,
            footer: rsx! {
                Button { onclick: move |_| onclose.call(()), "Cancel" }
                Button { variant: Variant::Danger, busy: busy(), onclick: remove, "Delete key" }
            },
            p { "Workflows that use {title} cannot run its models until there is another key. The key itself stays valid at the provider." }
        }
    }
}

fn title_of(key: &Key) -> String {
    let vendor = if key.provider == "openai" && key.base_url.is_none() { "OpenAI" } else { &key.provider };
    if key.name.is_empty() || key.name == key.provider { vendor.to_owned() } else { key.name.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_sent_only_when_it_is_complete() {
        assert!(draft(Kind::OpenAi, "", "", " ").is_none());
        let key = draft(Kind::OpenAi, "ignored", "ignored", " sk-1 ").unwrap();
        assert_eq!((key.secret.as_str(), key.base_url, key.name), ("sk-1", None, None));
        assert!(draft(Kind::Compatible, "local", "", "x").is_none());
        let key = draft(Kind::Compatible, "local", "http://localhost:11434/v1", "").unwrap();
        assert_eq!((key.secret.as_str(), key.name.as_deref()), ("", Some("local")));
    }
}
