//! Signing in with GitHub, against one of our own on loopback.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{
    Form, Json, Router,
    body::Body,
    extract::State,
    http::{Method, Request, StatusCode},
    routing::{get, post},
};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::Url;

use crate::support::{Answer, TestApp, on_each_database};

/// What the fake one says of whoever signs in, and what it was asked.
#[derive(Clone, Default)]
struct Fake(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    user: Value,
    emails: Value,
    asked: Vec<Value>,
}

impl Fake {
    fn is(&self, id: u64, emails: Value) {
        let mut inner = self.0.lock().expect("no holder panics");
        inner.user = json!({"id": id, "login": format!("cat{id}"), "name": "Octo\u{202e} Cat"});
        inner.emails = emails;
    }

    async fn listen(&self) -> SocketAddr {
        let token = async |State(fake): State<Fake>, Form(form): Form<Value>| {
            let good = form["code"] == "good" && form["client_secret"] == "secret" && form["code_verifier"].is_string();
            fake.0.lock().expect("no holder panics").asked.push(form);
            let body = json!({"access_token": "gho_1", "token_type": "bearer"});
            if good {
                (StatusCode::OK, Json(body))
            } else {
                (StatusCode::OK, Json(json!({"error": "bad_verification_code"})))
            }
        };
        let app = Router::new()
            .route("/login/oauth/access_token", post(token))
            .route(
                "/user",
                get(async |State(fake): State<Fake>| Json(fake.0.lock().expect("no holder panics").user.clone())),
            )
            .route(
                "/user/emails",
                get(async |State(fake): State<Fake>| Json(fake.0.lock().expect("no holder panics").emails.clone())),
            )
            .with_state(self.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound address");
        tokio::spawn(async move { axum::serve(listener, app).await });
        address
    }
}

async fn with_github(app: TestApp, fake: &Fake) -> TestApp {
    let address = fake.listen().await;
    app.restart_with(|config| {
        config.github.github_client_id = Some("id".into());
        config.github.github_client_secret = Some("secret".into());
        config.github.github_url = format!("http://{address}");
        config.github.github_api_url = format!("http://{address}");
    })
    .await
}

fn get_with(path: &str, cookie: &str) -> Request<Body> {
    Request::get(path)
        .header("host", "flow.example")
        .header("cookie", cookie)
        .body(Body::empty())
        .expect("a valid request")
}

fn cookie_of(answer: &Answer, name: &str) -> Option<String> {
    let mut cookies = answer.headers.get_all("set-cookie").iter().map(|value| value.to_str().expect("text"));
    let cookie = cookies.find(|cookie| cookie.starts_with(name))?;
    cookie.split(';').next().map(str::to_owned)
}

/// Leaves for GitHub: the state it was given, and the browser's cookie.
async fn leave(app: &TestApp) -> (String, String) {
    let answer = app.send(get_with("/api/auth/github?next=/join", "")).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    let url = Url::parse(answer.header("location")).expect("an address");
    let value = |name: &str| url.query_pairs().find(|(key, _)| key == name).expect("a value").1.into_owned();
    assert_eq!((value("code_challenge_method").as_str(), value("client_id").as_str()), ("S256", "id"));
    (value("state"), cookie_of(&answer, "openflow_oauth").expect("a cookie"))
}

async fn come_back(app: &TestApp, state: &str, code: &str, cookie: &str) -> Answer {
    app.send(get_with(&format!("/api/auth/github/callback?state={state}&code={code}"), cookie)).await
}

fn verified(email: &str) -> Value {
    json!([{"email": "old@example.org", "primary": false, "verified": false}, {"email": email, "primary": true, "verified": true}])
}

on_each_database! {
    async fn somebody_new_gets_an_account_and_comes_back_to_it(app: TestApp) {
        let fake = Fake::default();
        let app = with_github(app, &fake).await;
        fake.is(7, verified("octo@example.org"));
        let mut ids = Vec::new();
        for _ in 0..2 {
            let (state, cookie) = leave(&app).await;
            let answer = come_back(&app, &state, "good", &cookie).await;
            assert_eq!((answer.status, answer.header("location")), (303, "/join"));
            let session = cookie_of(&answer, "openflow_session").expect("signed in");
            let me = app.send(get_with("/api/me", &session)).await.ok().json();
            assert_eq!((&me["user"]["email"], &me["user"]["name"]), (&json!("octo@example.org"), &json!("Octo Cat")));
            assert_eq!(me["account"], json!({"has_password": false, "github": "cat7"}));
            ids.push(me["user"]["id"].clone());
            // A second time with the same state, with or without the cookie.
            for cookie in [cookie.as_str(), ""] {
                let again = come_back(&app, &state, "good", cookie).await;
                assert_eq!(again.header("location"), "/sign-in?github=expired");
                assert!(cookie_of(&again, "openflow_session").is_none());
            }
        }
        assert_eq!(ids[0], ids[1]);
    }

    async fn a_password_account_is_never_taken_over(app: TestApp) {
        let fake = Fake::default();
        let app = with_github(app, &fake).await;
        let ada = app.user("ada").await;
        fake.is(8, verified("Ada@Example.org"));
        let (state, cookie) = leave(&app).await;
        let answer = come_back(&app, &state, "good", &cookie).await;
        assert_eq!(answer.header("location"), "/sign-in?github=taken");
        assert!(cookie_of(&answer, "openflow_session").is_none());

        // Its owner connects it, once the address is the same.
        for (emails, word) in [(verified("other@example.org"), "other_email"), (verified("ada@example.org"), "connected")] {
            fake.is(8, emails);
            let request = ada.request(Method::POST, "/api/me/github").body(Body::empty()).expect("a valid request");
            let answer = app.send(request).await.ok();
            let url = Url::parse(answer.json()["url"].as_str().expect("an address")).expect("an address");
            let state = url.query_pairs().find(|(key, _)| key == "state").expect("a state").1.into_owned();
            let cookie = cookie_of(&answer, "openflow_oauth").expect("a cookie");
            let answer = come_back(&app, &state, "good", &cookie).await;
            assert_eq!(answer.header("location"), format!("/account?github={word}"));
        }
        let (state, cookie) = leave(&app).await;
        let answer = come_back(&app, &state, "good", &cookie).await;
        assert_eq!(answer.header("location"), "/join");
    }

    async fn what_is_not_verified_or_not_ours_signs_nobody_in(app: TestApp) {
        let fake = Fake::default();
        let app = with_github(app, &fake).await;
        fake.is(9, json!([{"email": "eve@example.org", "primary": true, "verified": false}]));
        let (state, cookie) = leave(&app).await;
        let answer = come_back(&app, &state, "good", &cookie).await;
        assert_eq!(answer.header("location"), "/sign-in?github=unverified");
        let (state, cookie) = leave(&app).await;
        assert_eq!(come_back(&app, &state, "bad", &cookie).await.header("location"), "/sign-in?github=unavailable");
        // Another browser's state.
        let ((state, _), (_, cookie)) = (leave(&app).await, leave(&app).await);
        assert_eq!(come_back(&app, &state, "good", &cookie).await.header("location"), "/sign-in?github=expired");
        assert_eq!(come_back(&app, "made-up", "good", &cookie).await.header("location"), "/sign-in?github=expired");
    }
}
