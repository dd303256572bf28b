//! `workspaces/{id}/keys`

use engine::KeySource;
use sea_query::{Alias, Query};
use serde_json::json;
use shared::{
    api::Endpoint,
    id::{UserId, WorkspaceId},
};

use crate::support::{Person, TestApp, on_each_database};
use collab_server::{db::Connection, keys::RunKeys};

const SECRET: &str = "sk-0123456789abcdef";

async fn find(app: &TestApp, workspace: WorkspaceId, name: Option<&str>) -> Result<Option<String>, engine::KeyError> {
    // Somebody without keys of their own.
    find_for(app, workspace, uuid::Uuid::now_v7().into(), name).await
}

async fn find_for(
    app: &TestApp,
    workspace: WorkspaceId,
    person: UserId,
    name: Option<&str>,
) -> Result<Option<String>, engine::KeyError> {
    let key = RunKeys::new(app.state.clone(), workspace, person).key("openai", name).await?;
    Ok(key.map(|key| key.secret.expose().to_owned()))
}

/// A server that speaks OpenAI's language, and answers the question whether it takes a key with this status.
pub async fn answering(status: u16) -> String {
    let status = axum::http::StatusCode::from_u16(status).unwrap();
    let answer = move |headers: axum::http::HeaderMap| async move {
        // Some vendors repeat the key they refuse.
        let key = headers["authorization"].to_str().unwrap().to_owned();
        (status, axum::Json(json!({"data": [], "error": {"message": format!("wrong key: {key}")}})))
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/v1", listener.local_addr().unwrap());
    let router = axum::Router::new().route("/v1/models", axum::routing::get(answer));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

on_each_database! {
    async fn a_key_goes_in_and_never_comes_out(app: TestApp) {
        let ada = app.user("ada").await;
        let path = format!("/api/workspaces/{}/keys", ada.workspace().await);
        let created = ada.post(&path, json!({"provider": "openai", "secret": format!(" {SECRET}\n")})).await;
        assert_eq!(created.status, 201);
        let listed = ada.get(&path).await.ok();
        for answer in [&created, &listed] {
            assert!(answer.text().contains("\"hint\":\"cdef\""), "{}", answer.text());
            assert!(!answer.text().contains("0123456789"), "{}", answer.text());
        }
        let (rows,) = (listed.json(),);
        let key = rows[0]["id"].as_str().unwrap().to_owned();
        assert_eq!(ada.delete(&format!("{path}/{key}")).await.status, 204);
        assert_eq!(ada.delete(&format!("{path}/{key}")).await.refusal(), "404 not_found: no such key");
        assert_eq!(ada.get(&path).await.text(), "[]");
    }

    async fn a_run_finds_the_keys_of_its_own_workspace(app: TestApp) {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        let (ours, theirs) = (ada.workspace().await, bob.workspace().await);
        let path = format!("/api/workspaces/{ours}/keys");
        ada.post(&path, json!({"provider": "openai", "secret": SECRET})).await.ok();
        ada.post(&path, json!({"provider": "openai", "name": "Home", "secret": "", "base_url": "https://home.example/v1/"})).await.ok();
        assert_eq!(find(&app, ours, None).await.unwrap().as_deref(), Some(SECRET), "the oldest, when none is named");
        assert_eq!(find(&app, ours, Some("home")).await.unwrap().as_deref(), Some(""));
        assert_eq!(find(&app, ours, Some("office")).await.unwrap(), None);
        assert_eq!(find(&app, theirs, None).await.unwrap(), None);
    }

    async fn ones_own_key_goes_before_the_workspaces_and_is_nobody_elses(app: TestApp) {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        let workspace = ada.workspace().await;
        let body = json!({"provider": "openai", "secret": SECRET});
        ada.post(&format!("/api/workspaces/{workspace}/keys"), body).await.ok();
        let own = "sk-own-0123456789wxyz";
        let made = ada.post("/api/me/keys", json!({"provider": "openai", "secret": own})).await;
        assert_eq!((made.status, made.text().contains("own-0123")), (201, false), "{}", made.text());
        let (ada_id, bob_id) = (ada.user().id, bob.user().id);
        assert_eq!(find_for(&app, workspace, ada_id, None).await.unwrap().as_deref(), Some(own));
        assert_eq!(find_for(&app, workspace, bob_id, None).await.unwrap().as_deref(), Some(SECRET));
        assert_eq!(bob.get("/api/me/keys").await.text(), "[]");
        let key = made.json()["id"].as_str().unwrap().to_owned();
        assert_eq!(bob.delete(&format!("/api/me/keys/{key}")).await.refusal(), "404 not_found: no such key");
        assert_eq!(ada.delete(&format!("/api/me/keys/{key}")).await.status, 204);
        assert_eq!(find_for(&app, workspace, ada_id, None).await.unwrap().as_deref(), Some(SECRET));
    }

    async fn a_key_is_tried_when_that_is_asked_for(app: TestApp) {
        let app = crate::runs::vendor::with_private_network(app).await;
        let ada = app.user("ada").await;
        let path = format!("/api/workspaces/{}/keys", ada.workspace().await);
        let body = async |status: u16, name: &str| json!({
            "provider": "openai", "name": name, "secret": SECRET, "base_url": answering(status).await, "check": true,
        });
        assert_eq!(ada.post(&path, body(200, "good").await).await.status, 201);
        let refused = ada.post(&path, body(401, "bad").await).await;
        assert!(refused.refusal().starts_with("400 bad_request: `secret`: the provider refused it"), "{}", refused.text());
        assert!(!refused.text().contains(SECRET), "{}", refused.text());
        let mut down = body(503, "down").await;
        let refused = ada.post(&path, down.clone()).await;
        assert!(refused.refusal().starts_with("503 unavailable: the key could not be tried"), "{}", refused.text());
        assert!(!refused.text().contains(SECRET), "{}", refused.text());
        down["check"] = json!(false);
        assert_eq!(ada.post(&path, down).await.status, 201, "saved anyway");
        assert_eq!(ada.get(&path).await.json().as_array().unwrap().len(), 2);
    }

    async fn endpoints_are_those_that_ones_own_run_would_reach(app: TestApp) {
        let app = crate::runs::vendor::with_private_network(app).await;
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        ada.invite(&bob, "editor").await;
        let workspace = ada.workspace().await;
        let endpoint = async |name: &str, status: u16| json!({
            "provider": "openai-compatible", "name": name, "secret": SECRET, "base_url": answering(status).await,
        });
        ada.post(&format!("/api/workspaces/{workspace}/keys"), endpoint("Studio", 200).await).await.ok();
        ada.post("/api/me/keys", endpoint("Desk", 500).await).await.ok();
        ada.post("/api/me/keys", json!({"provider": "fal", "secret": SECRET})).await.ok();
        let seen = async |person: &Person<'_>| {
            let answer = person.get(&format!("/api/workspaces/{workspace}/endpoints")).await.ok();
            assert!(!answer.text().contains("0123456789"), "{}", answer.text());
            let mut endpoints: Vec<Endpoint> = answer.read_as();
            // Whatever else runs on the machine that tests.
            endpoints.retain(|endpoint| endpoint.connection.starts_with("openai-compatible"));
            endpoints.into_iter().map(|endpoint| (endpoint.connection, endpoint.answers)).collect::<Vec<_>>()
        };
        let (desk, studio) = ("openai-compatible:Desk".to_owned(), "openai-compatible:Studio".to_owned());
        assert_eq!(seen(&ada).await, [(desk, false), (studio.clone(), true)]);
        assert_eq!(seen(&bob).await, [(studio, true)], "somebody else's own are nobody's business");
    }

    async fn a_name_is_taken_once(app: TestApp) {
        let ada = app.user("ada").await;
        let path = format!("/api/workspaces/{}/keys", ada.workspace().await);
        ada.post(&path, json!({"provider": "openai", "name": "Team", "secret": SECRET})).await.ok();
        let again = ada.post(&path, json!({"provider": "openai", "name": "team", "secret": SECRET})).await;
        assert_eq!(again.status, 409, "{}", again.text());
        ada.post(&path, json!({"provider": "other", "name": "team", "secret": SECRET})).await.ok();
    }

    async fn an_editor_uses_keys_and_does_not_change_them(app: TestApp) {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        ada.invite(&bob, "editor").await;
        let path = format!("/api/workspaces/{}/keys", ada.workspace().await);
        let key = ada.post(&path, json!({"provider": "openai", "secret": SECRET})).await.ok().json();
        assert_eq!(bob.get(&path).await.ok().json().as_array().unwrap().len(), 1);
        assert_eq!(bob.post(&path, json!({"provider": "x", "secret": SECRET})).await.status, 403);
        assert_eq!(bob.delete(&format!("{path}/{}", key["id"].as_str().unwrap())).await.status, 403);
    }

    async fn a_key_of_another_workspace_is_absent(app: TestApp) {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        let ours = format!("/api/workspaces/{}/keys", ada.workspace().await);
        let key = ada.post(&ours, json!({"provider": "openai", "secret": SECRET})).await.ok().json();
        let theirs = format!("/api/workspaces/{}/keys/{}", bob.workspace().await, key["id"].as_str().unwrap());
        assert_eq!(bob.delete(&theirs).await.refusal(), "404 not_found: no such key");
        assert_eq!(ada.get(&ours).await.json().as_array().unwrap().len(), 1);
    }

    async fn a_refusal_names_the_field(app: TestApp) {
        let ada = app.user("ada").await;
        let path = format!("/api/workspaces/{}/keys", ada.workspace().await);
        for (field, body) in [
            ("provider", json!({"provider": "Open AI", "secret": SECRET})),
            ("secret", json!({"provider": "openai", "secret": ""})),
            ("secret", json!({"provider": "openai", "secret": "two words"})),
            ("base_url", json!({"provider": "openai", "secret": SECRET, "base_url": "http://127.0.0.1:1234"})),
            ("base_url", json!({"provider": "openai", "secret": SECRET, "base_url": "http://localhost:1234"})),
            ("base_url", json!({"provider": "openai", "secret": SECRET, "base_url": "file:///etc/passwd"})),
        ] {
            let answer = ada.post(&path, body).await;
            assert!(answer.refusal().starts_with(&format!("400 bad_request: `{field}`: ")), "{}", answer.text());
        }
    }

    async fn a_row_that_was_changed_gives_no_secret(app: TestApp) {
        let ada = app.user("ada").await;
        let workspace = ada.workspace().await;
        let path = format!("/api/workspaces/{workspace}/keys");
        ada.post(&path, json!({"provider": "openai", "secret": SECRET})).await.ok();

        let redirect = Query::update()
            .table(Alias::new("provider_key"))
            .value(Alias::new("base_url"), "https://evil.example/v1")
            .to_owned();
        assert_eq!(app.state.db.execute(&redirect).await.unwrap(), 1);
        let error = find(&app, workspace, None).await.unwrap_err();
        let source = std::error::Error::source(&error).expect("a cause").to_string();
        assert_eq!(source, "a stored key could not be opened: the master key is another one, or the row was changed");
    }

    async fn a_row_that_was_moved_gives_no_secret(app: TestApp) {
        let (ada, eve) = (app.user("ada").await, app.user("eve").await);
        let (ours, theirs) = (ada.workspace().await, eve.workspace().await);
        ada.post(&format!("/api/workspaces/{ours}/keys"), json!({"provider": "openai", "secret": SECRET})).await.ok();
        let steal = Query::update()
            .table(Alias::new("provider_key"))
            .value(Alias::new("workspace_id"), theirs.as_uuid())
            .to_owned();
        assert_eq!(app.state.db.execute(&steal).await.unwrap(), 1);
        assert!(find(&app, theirs, None).await.is_err());
    }

    async fn keys_survive_a_restart_and_need_the_same_master_key(app: TestApp) {
        let workspace = {
            let ada = app.user("ada").await;
            let workspace = ada.workspace().await;
            let path = format!("/api/workspaces/{workspace}/keys");
            ada.post(&path, json!({"provider": "openai", "secret": SECRET})).await.ok();
            workspace
        };
        let app = app.restart().await;
        assert_eq!(find(&app, workspace, None).await.unwrap().as_deref(), Some(SECRET));
        let other = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
        let app = app.restart_with(|config| config.data.master_key = Some(other.into())).await;
        assert!(find(&app, workspace, None).await.is_err());
    }
}
