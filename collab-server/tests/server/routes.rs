//! Promises of all routes at once, read off the OpenAPI document.

use axum::http::Method;
use serde_json::{Value, json};
use shared::value::BlobHash;

use crate::support::{Answer, Person, TestApp, on_each_database};

/// What answers whoever asks: the ways in, and where an invitation leads.
const OPEN: [&str; 6] = [
    "POST /api/auth/signup",
    "POST /api/auth/login",
    "GET /api/auth/methods",
    "GET /api/auth/github",
    "GET /api/auth/github/callback",
    "POST /api/invitations/preview",
];

struct Route {
    method: Method,
    path: String,
    /// Answers whoever asks.
    open: bool,
}

async fn all_routes(app: &TestApp) -> Vec<Route> {
    let document = app.stranger().get("/api/openapi.json").await.ok().json();
    let mut routes = Vec::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            routes.push(Route {
                method: method.to_uppercase().parse().expect("a method"),
                path: format!("/api{path}"),
                open: operation["security"] == json!([{}]),
            });
        }
    }
    assert!(routes.len() >= 20, "only {} routes are described", routes.len());
    routes
}

impl Route {
    /// About one workspace, workflow, run or blob, not about the person who asks.
    fn is_about_something(&self) -> bool {
        self.path.contains('{')
    }

    async fn ask(&self, person: &Person<'_>, ids: &Value) -> Answer {
        let mut path = self.path.clone();
        for (pattern, id) in ids.as_object().expect("ids") {
            path = path.replace(pattern, id.as_str().expect("an id is a text"));
        }
        assert!(!path.contains('{'), "the test knows no id for {path}");
        person.send_json(self.method.clone(), &path, &json!({})).await
    }
}

/// Ids that exist and belong to `owner`, for every parameter a path has.
async fn ids_of(owner: &Person<'_>) -> Value {
    let workspace = owner.workspace().await;
    let workflow = owner.workflow("Private").await;
    let key = owner
        .post(&format!("/api/workspaces/{workspace}/keys"), json!({"provider": "openai", "secret": "sk-0123456789"}))
        .await;
    let blob = crate::blobs::uploaded(owner, "image/png", &crate::blobs::picture(200)).await.blob;
    let run = owner.post(&format!("/api/workflows/{workflow}/runs"), json!({})).await;
    let run = match run.status {
        200..300 => run.json()["id"].as_str().expect("a run has an id").to_owned(),
        _ => "run_00000000000000000000000000000001".to_owned(),
    };
    let version = owner.post(&format!("/api/workflows/{workflow}/versions"), json!({"name": "Kept"})).await.ok().json();
    let session = owner.get("/api/me/sessions").await.ok().json()[0]["id"].clone();
    let body = json!({"name": "Script", "scope": "read"});
    let api_key = owner.post("/api/me/api-keys", body).await.ok().json()["key"]["id"].clone();
    let folders = format!("/api/workspaces/{workspace}/folders");
    let folder = owner.post(&folders, json!({"name": "Drafts"})).await.ok().json()["id"].clone();
    let invitations = format!("/api/workspaces/{workspace}/invitations");
    let invitation = owner.post(&invitations, json!({"role": "viewer"})).await.ok().json()["invitation"]["id"].clone();
    json!({
        "{session}": session,
        "{api_key}": api_key,
        "{folder}": folder,
        "{invitation}": invitation,
        "{user}": owner.user().id,
        "/workspaces/{id}": format!("/workspaces/{workspace}"),
        "/workflows/{id}": format!("/workflows/{workflow}"),
        "/runs/{id}": format!("/runs/{run}"),
        "{version}": version["id"],
        "{key}": key.ok().json()["id"],
        "{hash}": blob,
        "{node}": "anything",
        "{generation}": "gen_00000000000000000000000000000001",
    })
}

on_each_database! {
    async fn a_stranger_is_told_to_sign_in_everywhere(app: TestApp) {
        let ada = app.user("ada").await;
        let ids = ids_of(&ada).await;
        for route in all_routes(&app).await {
            let answer = route.ask(&app.stranger(), &ids).await;
            let what = format!("{} {}", route.method, route.path);
            if route.open {
                assert!(OPEN.contains(&what.as_str()), "{what} is open to anybody");
            } else {
                assert_eq!(answer.refusal(), "401 unauthorized: sign in first", "{what}");
            }
        }
    }

    async fn what_is_of_others_is_as_absent_as_what_does_not_exist(app: TestApp) {
        let (ada, eve) = (app.user("ada").await, app.user("eve").await);
        let theirs = ids_of(&ada).await;
        let nothing = json!({
            "/workspaces/{id}": "/workspaces/ws_00000000000000000000000000000001",
            "/workflows/{id}": "/workflows/wf_00000000000000000000000000000001",
            "/runs/{id}": "/runs/run_00000000000000000000000000000001",
            "{version}": "ver_00000000000000000000000000000001",
            "{key}": "key_00000000000000000000000000000001",
            "{session}": "ses_00000000000000000000000000000001",
            "{api_key}": "apk_00000000000000000000000000000001",
            "{folder}": "fld_00000000000000000000000000000001",
            "{invitation}": "inv_00000000000000000000000000000001",
            "{user}": "usr_00000000000000000000000000000001",
            "{hash}": BlobHash::of(b"nothing"),
            "{node}": "nothing",
            "{generation}": "gen_00000000000000000000000000000002",
        });
        for route in all_routes(&app).await.into_iter().filter(Route::is_about_something) {
            let what = format!("{} {}", route.method, route.path);
            let answer = route.ask(&eve, &theirs).await;
            assert_eq!(answer.status, 404, "{what}: {}", answer.text());
            assert_eq!(answer.text(), route.ask(&eve, &nothing).await.text(), "{what}");
        }
        // And nothing of it happened.
        for (pattern, path) in theirs.as_object().unwrap().iter().filter(|(pattern, _)| pattern.starts_with("/work")) {
            let path = format!("/api{}", path.as_str().unwrap());
            let path = if pattern.contains("workspaces") { format!("{path}/members") } else { path };
            ada.get(&path).await.ok();
        }
    }

    async fn a_malformed_id_is_a_bad_request_for_members_and_nothing_for_strangers(app: TestApp) {
        let ada = app.user("ada").await;
        let answer = ada.get("/api/workflows/wf_7").await;
        assert_eq!(
            answer.refusal(),
            "400 bad_request: `wf_7` is not an id: 32 hexadecimal digits belong behind the prefix"
        );
        assert_eq!(app.stranger().get("/api/workflows/wf_7").await.refusal(), "401 unauthorized: sign in first");
    }

    async fn a_body_that_is_too_large_is_refused(app: TestApp) {
        let ada = app.user("ada").await;
        let title = "x".repeat(13 << 20);
        let answer = ada.post("/api/workflows", json!({ "title": title })).await;
        assert_eq!(answer.refusal(), "413 too_large: the body is larger than this route takes");
    }
}
