//! Provider keys, of the workspace or of oneself: adding one of any vendor or of a server that speaks OpenAI's protocol,
//! and taking keys away.

use dioxus::prelude::*;
use shared::{
    api::{CreateKey, Key},
    error::ErrorCode,
};

use crate::{
    api::{Api, KeyPlace},
    pages::shell::use_focus,
    session::use_session,
    ui::{Button, Dialog, Field, Glyph, Icon, IconButton, Select, Skeleton, TextInput, Tone, Variant, use_toaster},
};

/// Stands for every server that is not one of the vendors.
const COMPATIBLE: &str = "compatible";
/// The vendors that keys are asked for, as keys and people name them.
const VENDORS: [(&str, &str); 20] = [
    ("openai", "OpenAI"),
    ("anthropic", "Anthropic"),
    ("google", "Google"),
    ("fal", "fal"),
    ("replicate", "Replicate"),
    ("runway", "Runway"),
    ("kling", "Kling"),
    ("minimax", "MiniMax"),
    ("luma", "Luma"),
    ("elevenlabs", "ElevenLabs"),
    ("bfl", "Black Forest Labs"),
    ("stability", "Stability"),
    ("recraft", "Recraft"),
    ("ideogram", "Ideogram"),
    ("runpod", "RunPod"),
    ("openrouter", "OpenRouter"),
    ("together", "Together"),
    ("huggingface", "Hugging Face"),
    ("ollama", "Ollama"),
    (COMPATIBLE, "OpenAI-compatible server"),
];

#[component]
pub fn Keys(place: KeyPlace, manageable: bool) -> Element {
    let session = use_session();
    let toaster = use_toaster();
    let mut keys = use_signal(|| None::<Vec<Key>>);
    let mut adding = use_signal(|| false);
    let mut removing = use_signal(|| None::<Key>);
    use_resource(use_reactive!(|place| async move {
        match Api.keys(place).await {
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
                        if place == KeyPlace::Own {
                            "No key of your own. Runs that you start use the keys of their workspace."
                        } else if manageable {
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
                                span { class: "email", {address_of(&key)} }
                            }
                            if !key.hint.is_empty() {
                                span { class: "mono quiet", "…{key.hint}" }
                            }
                            if manageable {
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
        if manageable {
            div { Button { glyph: Glyph::Plus, onclick: move |_| adding.set(true), "Add key" } }
        }
        if adding() {
            AddKey {
                place,
                onclose: move |()| adding.set(false),
                onadd: move |key: Key| {
                    adding.set(false);
                    keys.write().get_or_insert_default().push(key);
                },
            }
        }
        if let Some(key) = removing() {
            RemoveKey {
                place,
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
fn AddKey(place: KeyPlace, onclose: EventHandler<()>, onadd: EventHandler<Key>) -> Element {
    let mut vendor = use_signal(|| "openai".to_owned());
    let mut name = use_signal(String::new);
    let mut base_url = use_signal(String::new);
    let mut secret = use_signal(String::new);
    let mut error = use_signal(|| None::<String>);
    let mut busy = use_signal(|| false);
    use_focus("key-secret");
    // The provider could not be asked: the key can be saved untried.
    let mut untried = use_signal(|| false);
    let body = move || draft(&vendor(), &name(), &base_url(), &secret(), !untried());
    let add = move |event: FormEvent| async move {
        event.prevent_default();
        let Some(body) = body() else { return };
        if busy() {
            return;
        }
        busy.set(true);
        error.set(None);
        match Api.create_key(place, &body).await {
            Ok(key) => onadd.call(key),
            Err(refusal) if body.check && refusal.code() == Some(ErrorCode::Unavailable) => {
                untried.set(true);
                error.set(Some(refusal.sentence()));
            }
            Err(refusal) => error.set(Some(refusal.field().map_or_else(|| refusal.sentence(), |(_, text)| text))),
        }
        busy.set(false);
    };
    let vendors = VENDORS.map(|(vendor, title)| (vendor.to_owned(), title.to_owned())).to_vec();
    let compatible = vendor() == COMPATIBLE;
    rsx! {
        Dialog { title: "Add provider key", onclose,
            form { class: "stack", onsubmit: add, novalidate: true,
                Field { label: "Provider",
                    Select {
                        label: "Provider",
                        value: vendor(),
                        options: vendors,
                        onchange: move |value: String| {
                            vendor.set(value);
                            untried.set(false);
                        },
                    }
                }
                if compatible {
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
                    hint: if compatible { "Leave empty if the server asks for none." } else { "It is tried at the provider before it is saved." },
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
                    Button { variant: Variant::Primary, submit: true, busy: busy(), disabled: body().is_none(),
                        if untried() { "Save anyway" } else { "Save key" }
                    }
                }
            }
        }
    }
}

/// What to send, once everything needed is there.
fn draft(vendor: &str, name: &str, base_url: &str, secret: &str, check: bool) -> Option<CreateKey> {
    let (name, base_url, secret) = (name.trim(), base_url.trim(), secret.trim().to_owned());
    if vendor != COMPATIBLE {
        let provider = vendor.to_owned();
        return (!secret.is_empty()).then_some(CreateKey { provider, name: None, base_url: None, secret, check });
    }
    (!base_url.is_empty()).then(|| CreateKey {
        provider: "openai".to_owned(),
        name: (!name.is_empty()).then(|| name.into()),
        base_url: Some(base_url.into()),
        secret,
        check,
    })
}

#[component]
fn RemoveKey(place: KeyPlace, key_row: Key, onclose: EventHandler<()>, onremove: EventHandler<Key>) -> Element {
    let toaster = use_toaster();
    let mut busy = use_signal(|| false);
    let title = title_of(&key_row);
    let remove = move |_| {
        let key = key_row.clone();
        async move {
            busy.set(true);
            match Api.delete_key(place, key.id).await {
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
    let named = VENDORS.iter().find(|(vendor, _)| *vendor == key.provider && key.base_url.is_none());
    let vendor = named.map_or(key.provider.as_str(), |(_, title)| title);
    if key.name.is_empty() || key.name == key.provider { vendor.to_owned() } else { key.name.clone() }
}

/// Where it leads.
fn address_of(key: &Key) -> String {
    key.base_url.clone().unwrap_or_else(|| key.provider.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_sent_only_when_it_is_complete() {
        assert!(draft("fal", "", "", " ", true).is_none());
        let key = draft("fal", "ignored", "ignored", " sk-1 ", true).unwrap();
        assert_eq!((key.provider.as_str(), key.secret.as_str()), ("fal", "sk-1"));
        assert_eq!((key.base_url, key.name, key.check), (None, None, true));
        assert!(draft(COMPATIBLE, "local", "", "x", true).is_none());
        let key = draft(COMPATIBLE, "local", "http://localhost:11434/v1", "", false).unwrap();
        assert_eq!((key.provider.as_str(), key.secret.as_str()), ("openai", ""));
        assert_eq!((key.name.as_deref(), key.check), (Some("local"), false));
    }
}
