//! Model servers that run beside OpenFlow: found by asking where they are by themselves, and added by one click.

use dioxus::prelude::*;
use shared::api::{CreateKey, Key};

use super::{SERVERS, add::use_saving};
use crate::{
    api::{Api, KeyPlace, LocalServer},
    ui::{Button, Glyph, Icon},
};

#[component]
pub fn LocalServers(place: KeyPlace, keys: Vec<Key>, onadd: Callback<Key>) -> Element {
    let found = use_resource(|| async { Api.local_servers().await.unwrap_or_default() });
    let found = found.read();
    let new = found.iter().flatten().filter(|server| is_new(server, &keys)).cloned();
    let new: Vec<LocalServer> = new.collect();
    if new.is_empty() {
        return rsx! {};
    }
    rsx! {
        ul { class: "keys", aria_label: "Found on the server’s machine",
            for server in new {
                Offer { key: "{server.base_url}", place, server, onadd }
            }
        }
    }
}

#[component]
fn Offer(place: KeyPlace, server: LocalServer, onadd: Callback<Key>) -> Element {
    let saving = use_saving();
    let title = SERVERS.iter().find(|(provider, _)| *provider == server.provider).map(|(_, title)| *title);
    let title = title.unwrap_or(&server.provider).to_owned();
    let (base_url, about) = (server.base_url.clone(), about(&server));
    let add = move |_| {
        let body = CreateKey {
            provider: server.provider.clone(),
            name: None,
            base_url: Some(server.base_url.clone()),
            secret: String::new(),
            // It answered a moment ago.
            check: false,
        };
        async move { saving.save(place, body, onadd).await }
    };
    rsx! {
        li { class: "key-row", "data-testid": "local-server",
            Icon { glyph: Glyph::Link }
            div { class: "who",
                span { class: "name", "{title} runs beside this server" }
                span { class: "email", "{base_url} · {about}" }
                if let Some(error) = (saving.error)() {
                    span { class: "form-error", role: "alert", "{error}" }
                }
            }
            Button { busy: (saving.busy)(), onclick: add, "Use it" }
        }
    }
}

fn is_new(server: &LocalServer, keys: &[Key]) -> bool {
    let same = |key: &&Key| key.base_url.as_deref() == Some(server.base_url.as_str());
    keys.iter().find(same).is_none() && keys.iter().all(|key| key.provider != server.provider)
}

fn about(server: &LocalServer) -> String {
    match server.models.as_slice() {
        [] if server.provider == "comfyui" => "runs workflows of ComfyUI".to_owned(),
        [] => "no models yet".to_owned(),
        [model] => model.clone(),
        [first, rest @ ..] => format!("{first} and {} more", rest.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_says_what_it_has() {
        let server = |models: &[&str]| LocalServer {
            provider: "ollama".into(),
            base_url: "http://localhost:11434/v1".into(),
            models: models.iter().map(ToString::to_string).collect(),
        };
        assert_eq!(about(&server(&[])), "no models yet");
        assert_eq!(about(&server(&["qwen3", "llama4", "gemma"])), "qwen3 and 2 more");
        assert!(is_new(&server(&[]), &[]));
    }
}
