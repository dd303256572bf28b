//! Which models a server of one's own has, and which such servers run beside ours. For settings and pickers.
//!
//! What answers may be anything that listens there: it is given little time and little room, and only names are taken from
//! it. The server calls this; runs do not need it.

use std::time::Duration;

use serde_json::Value as Json;

use super::{
    chat::{LOCAL_SERVERS, OPENAI},
    check::{no_key, profile_of},
    comfy::PROFILE as COMFYUI,
    rest::{Profile, Rest},
};
use crate::{Outbound, secret::ProviderKey};

/// More models than anybody has in one place; a gateway to all the world's is searched by name anyway.
const MODELS_MAX: usize = 500;
const NAME_MAX_BYTES: usize = 200;
/// A server beside ours answers at once or not at all.
const LOOK_TIME: Duration = Duration::from_secs(2);
/// One further away may take a moment.
const ASK_TIME: Duration = Duration::from_secs(5);

/// A model server that answers on this machine.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct LocalServer {
    /// As connections name it.
    pub provider: String,
    /// Where it answers.
    pub base_url: String,
    /// What it serves.
    pub models: Vec<String>,
}

/// Looks where model servers are by themselves. Two of them share a place; the first that answers stands for both.
pub async fn local_servers(outbound: &Outbound) -> Vec<LocalServer> {
    let looked = futures_util::future::join_all(LOCAL_SERVERS.iter().map(|server| look(outbound, server)));
    let (found, comfy) = futures_util::join!(looked, look_for_comfy(outbound, no_key()));
    let mut servers: Vec<LocalServer> = Vec::new();
    for server in found.into_iter().flatten() {
        if servers.iter().all(|other| other.base_url != server.base_url) {
            servers.push(server);
        }
    }
    servers.extend(comfy);
    servers
}

async fn look(outbound: &Outbound, server: &Profile) -> Option<LocalServer> {
    let models = ask(&server.rest(outbound.clone(), no_key()).patient(Some(LOOK_TIME))).await?;
    Some(LocalServer { provider: server.name.to_owned(), base_url: server.base.to_owned(), models })
}

/// ComfyUI says what it is, and names no models: it runs workflows.
async fn look_for_comfy(outbound: &Outbound, key: ProviderKey) -> Option<LocalServer> {
    let rest = COMFYUI.rest(outbound.clone(), key).patient(Some(LOOK_TIME));
    let stats = rest.glance(&rest.url("/system_stats")).await?;
    let is_comfy = stats["system"].is_object() && stats["devices"].is_array();
    is_comfy.then(|| LocalServer {
        provider: COMFYUI.name.to_owned(),
        base_url: COMFYUI.base.to_owned(),
        models: Vec::new(),
    })
}

/// The models that the server behind a key names; `None`: it says nothing that could be read.
pub async fn served_models(outbound: &Outbound, provider: &str, key: ProviderKey) -> Option<Vec<String>> {
    let profile = profile_of(provider).unwrap_or(&OPENAI);
    ask(&profile.rest(outbound.clone(), key).patient(Some(ASK_TIME))).await
}

async fn ask(rest: &Rest) -> Option<Vec<String>> {
    names(&rest.glance(&rest.url("/models")).await?)
}

/// `{"data": [{"id": …}]}`. Names that could not be a model's are left out.
fn names(answer: &Json) -> Option<Vec<String>> {
    let names = answer["data"].as_array()?.iter().filter_map(|model| model["id"].as_str());
    let sane = |name: &&str| !name.is_empty() && name.len() <= NAME_MAX_BYTES && !name.chars().any(char::is_control);
    Some(names.filter(sane).take(MODELS_MAX).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use axum::{
        Json as JsonBody, Router,
        body::Body,
        response::{IntoResponse, Redirect},
        routing::{MethodRouter, get},
    };
    use serde_json::json;

    use super::*;
    use crate::{OutboundPolicy, secret::Secret};

    async fn listen(models: MethodRouter) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = format!("http://{}/v1", listener.local_addr().expect("a bound socket"));
        let router = Router::new().route("/v1/models", models);
        tokio::spawn(async move { axum::serve(listener, router).await });
        address
    }

    async fn asked(base_url: String) -> Option<Vec<String>> {
        let outbound = Outbound::new(OutboundPolicy { allow_private: true });
        let (secret, base_url) = (Secret::new("sk-own-0123456789"), Some(base_url));
        let key = ProviderKey { secret, base_url, allow_private: true, payer: None };
        served_models(&outbound, "openai-compatible", key).await
    }

    #[tokio::test]
    async fn a_server_names_its_models() {
        let honest = get(|| async { JsonBody(json!({"object": "list", "data": [{"id": "b"}, {"id": "a"}]})) });
        assert_eq!(asked(listen(honest).await).await, Some(vec!["b".to_owned(), "a".to_owned()]));
    }

    #[tokio::test]
    async fn comfyui_is_known_by_what_it_says_of_itself() {
        for (stats, expected) in [
            (json!({"system": {"comfyui_version": "0.3"}, "devices": [{"name": "cpu"}]}), true),
            (json!({"status": "ok"}), false),
            (json!(null), false),
        ] {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
            let base_url = format!("http://{}", listener.local_addr().expect("a bound socket"));
            let router = Router::new().route("/system_stats", get(move || async move { JsonBody(stats.clone()) }));
            tokio::spawn(async move { axum::serve(listener, router).await });
            let outbound = Outbound::new(OutboundPolicy { allow_private: true });
            let key = ProviderKey { base_url: Some(base_url), allow_private: true, ..no_key() };
            let found = look_for_comfy(&outbound, key).await;
            assert_eq!(found.map(|server| server.provider), expected.then(|| "comfyui".to_owned()));
        }
    }

    #[tokio::test]
    async fn a_server_that_lies_is_not_believed() {
        for answer in [json!({"data": "all of them"}), json!([{"id": "a"}]), json!({"data": {"id": "a"}}), json!(null)]
        {
            let models = get(move || async move { JsonBody(answer.clone()) });
            assert_eq!(asked(listen(models).await).await, None);
        }
        let page = get(|| async { "<html>please sign in</html>" });
        assert_eq!(asked(listen(page).await).await, None);
        let broken = get(|| async { (axum::http::StatusCode::INTERNAL_SERVER_ERROR, JsonBody(json!({"data": []}))) });
        assert_eq!(asked(listen(broken).await).await, None);
        let odd = json!({"data": [{"id": 7}, {"id": ""}, {"id": "a\nb"}, {"id": "x".repeat(5000)}, "y", {"id": "ok"}]});
        let models = get(move || async move { JsonBody(odd.clone()) });
        assert_eq!(asked(listen(models).await).await, Some(vec!["ok".to_owned()]));
        let many: Vec<Json> = (0..5000).map(|n| json!({"id": format!("m{n}")})).collect();
        let models = get(move || async move { JsonBody(json!({ "data": many })) });
        assert_eq!(asked(listen(models).await).await.map(|names| names.len()), Some(MODELS_MAX));
    }

    #[tokio::test]
    async fn a_body_without_end_is_cut_off() {
        let sent = Arc::new(AtomicUsize::new(0));
        let counted = sent.clone();
        let endless = get(move || {
            let counted = counted.clone();
            async move {
                Body::from_stream(futures_util::stream::repeat_with(move || {
                    counted.fetch_add(1, Ordering::Relaxed);
                    Ok::<_, std::io::Error>(vec![b' '; 1 << 16])
                }))
                .into_response()
            }
        });
        assert_eq!(asked(listen(endless).await).await, None);
        // What lies in the sockets between comes on top of what was read.
        assert!(sent.load(Ordering::Relaxed) < 1024, "64 MiB were taken");
    }

    #[tokio::test]
    async fn a_server_that_never_answers_is_given_up() {
        let slow = get(|| async { std::future::pending::<()>().await });
        assert_eq!(asked(listen(slow).await).await, None);
    }

    #[tokio::test]
    async fn a_key_does_not_follow_to_another_server() {
        let (told, seen) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (keys, requests) = (told.clone(), seen.clone());
        let elsewhere = listen(get(move |headers: axum::http::HeaderMap| async move {
            requests.fetch_add(1, Ordering::Relaxed);
            keys.fetch_add(usize::from(headers.contains_key("authorization")), Ordering::Relaxed);
            JsonBody(json!({"data": [{"id": "stolen"}]}))
        }))
        .await;
        let away = get(move || async move { Redirect::temporary(&format!("{elsewhere}/models")) });
        asked(listen(away).await).await;
        assert_eq!(told.load(Ordering::Relaxed), 0, "of {} requests one had the key", seen.load(Ordering::Relaxed));
    }
}
