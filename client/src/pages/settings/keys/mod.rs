//! Provider keys, of the workspace or of oneself: those of vendors (`add`), and servers of one's own with their addresses
//! (`endpoint`), of which those that run beside the server are found (`local`).

mod add;
mod endpoint;
mod local;

use dioxus::prelude::*;
use shared::{api::Key, error::ErrorCode};

use self::{add::AddKey, endpoint::AddEndpoint, local::LocalServers};
use crate::{
    api::{Api, KeyPlace},
    session::use_session,
    ui::{Button, Dialog, Glyph, Icon, IconButton, Skeleton, Tone, Variant, use_toaster},
};

/// What every server is stored as that is not one of the known: its key's name tells it from others.
const COMPATIBLE: &str = "openai-compatible";
/// The vendors that keys are asked for, as keys and people name them.
const VENDORS: [(&str, &str); 18] = [
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
];
/// Servers of one's own that are known by name.
const SERVERS: [(&str, &str); 6] = [
    ("ollama", "Ollama"),
    ("llamacpp", "llama.cpp"),
    ("lmstudio", "LM Studio"),
    ("vllm", "vLLM"),
    ("mlx", "MLX"),
    (COMPATIBLE, "OpenAI-compatible server"),
];

/// What is being added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Adding {
    Key,
    Endpoint,
}

#[component]
pub fn Keys(place: KeyPlace, manageable: bool) -> Element {
    let session = use_session();
    let toaster = use_toaster();
    let mut keys = use_signal(|| None::<Vec<Key>>);
    let mut adding = use_signal(|| None::<Adding>);
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
    let onadd = use_callback(move |key: Key| {
        adding.set(None);
        keys.write().get_or_insert_default().push(key);
    });
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
            div { class: "key-actions",
                Button { glyph: Glyph::Plus, onclick: move |_| adding.set(Some(Adding::Key)), "Add key" }
                Button { glyph: Glyph::Plus, onclick: move |_| adding.set(Some(Adding::Endpoint)), "Add endpoint" }
            }
            if let Some(found) = keys() {
                LocalServers { place, keys: found, onadd }
            }
        }
        match adding() {
            Some(Adding::Key) => rsx! { AddKey { place, onclose: move |()| adding.set(None), onadd } },
            Some(Adding::Endpoint) => rsx! { AddEndpoint { place, onclose: move |()| adding.set(None), onadd } },
            None => rsx! {},
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

/// What people call it.
fn title_of(key: &Key) -> String {
    let known = VENDORS.iter().chain(&SERVERS).find(|(provider, _)| *provider == key.provider);
    let vendor = known.map_or(key.provider.as_str(), |(_, title)| title);
    if key.name.is_empty() || key.name == key.provider { vendor.to_owned() } else { key.name.clone() }
}

/// Where it leads, and what nodes call it.
fn address_of(key: &Key) -> String {
    match &key.base_url {
        Some(base_url) => format!("{base_url} · connection {}", connection_of(key)),
        None => key.provider.clone(),
    }
}

/// As a node's connection names it.
fn connection_of(key: &Key) -> String {
    if key.name.is_empty() { key.provider.clone() } else { format!("{}:{}", key.provider, key.name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_says_what_nodes_call_it() {
        let mut key = Key {
            id: "key_00000000000070008000000000000000".parse().expect("an id"),
            provider: COMPATIBLE.into(),
            name: "Desk".into(),
            base_url: Some("http://desk:8080/v1".into()),
            hint: String::new(),
            created_at: String::new(),
        };
        assert_eq!(title_of(&key), "Desk");
        assert_eq!(address_of(&key), "http://desk:8080/v1 · connection openai-compatible:Desk");
        (key.provider, key.name) = ("llamacpp".into(), String::new());
        assert_eq!((title_of(&key).as_str(), connection_of(&key).as_str()), ("llama.cpp", "llamacpp"));
    }
}
