//! Cookies, tokens, and requests that come from somebody else's page.

use axum::{
    body::Body,
    http::{Method, Request, request::Builder},
};
use serde_json::json;

use crate::support::{Answer, PASSWORD, TestApp, on_each_database};

async fn cookie_of_ada(app: &TestApp) -> String {
    app.user("ada").await;
    let answer = log_in(app).await;
    let cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
    assert!(cookie.starts_with("openflow_session="));
    cookie
}

async fn log_in(app: &TestApp) -> Answer {
    app.stranger().post("/api/auth/login", json!({"email": "ada@example.org", "password": PASSWORD})).await.ok()
}

fn with_cookie(method: Method, path: &str, cookie: &str) -> Builder {
    Request::builder().method(method).uri(path).header("cookie", cookie).header("host", "flow.example")
}

fn make_workspace(cookie: &str) -> Builder {
    with_cookie(Method::POST, "/api/workspaces", cookie).header("content-type", "application/json")
}

on_each_database! {
    async fn the_cookie_is_out_of_reach_of_scripts_and_foreign_pages(app: TestApp) {
        app.user("ada").await;
        let cookie = log_in(&app).await.header("set-cookie").to_owned();
        for flag in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=2592000"] {
            assert!(cookie.contains(flag), "{flag} is missing in {cookie}");
        }
        assert!(!cookie.contains("Secure"), "plain http would lose it");

        let app = app.restart_with(|config| config.public_url = Some("https://flow.example".into())).await;
        assert!(log_in(&app).await.header("set-cookie").contains("Secure"));
    }

    async fn a_cookie_acts_only_from_our_own_pages(app: TestApp) {
        let cookie = cookie_of_ada(&app).await;
        let body = || Body::from(json!({"name": "Team"}).to_string());
        let foreign = make_workspace(&cookie).header("origin", "https://evil.example").body(body()).unwrap();
        let refusal = "403 forbidden: this request comes from a page of another site";
        assert_eq!(app.send(foreign).await.refusal(), refusal);
        let opaque = make_workspace(&cookie).header("origin", "null").body(body()).unwrap();
        assert_eq!(app.send(opaque).await.refusal(), refusal);
        let fetched = make_workspace(&cookie).header("sec-fetch-site", "cross-site").body(body()).unwrap();
        assert_eq!(app.send(fetched).await.refusal(), refusal);

        let own = make_workspace(&cookie).header("origin", "https://flow.example").body(body()).unwrap();
        assert_eq!(app.send(own).await.status, 201);
        let read = with_cookie(Method::GET, "/api/me", &cookie).header("origin", "https://evil.example");
        app.send(read.body(Body::empty()).unwrap()).await.ok();
    }

    async fn a_foreign_page_cannot_sign_a_visitor_in(app: TestApp) {
        app.user("ada").await;
        let login = Request::post("/api/auth/login")
            .header("content-type", "application/json")
            .header("host", "flow.example")
            .header("origin", "https://evil.example")
            .body(Body::from(json!({"email": "ada@example.org", "password": PASSWORD}).to_string()))
            .unwrap();
        assert_eq!(app.send(login).await.status, 403);
    }

    async fn a_bearer_token_needs_no_origin(app: TestApp) {
        let ada = app.user("ada").await;
        let request = ada
            .request(Method::POST, "/api/workspaces")
            .header("content-type", "application/json")
            .header("origin", "https://elsewhere.example")
            .body(Body::from(json!({"name": "Team"}).to_string()))
            .unwrap();
        assert_eq!(app.send(request).await.status, 201);
    }

    async fn a_wrong_token_is_nobody(app: TestApp) {
        let ada = app.user("ada").await;
        let (short, changed) = (&ada.token()[1..], ada.token().chars().rev().collect::<String>());
        for token in ["", "nonsense", short, &changed] {
            let request = Request::get("/api/me").header("authorization", format!("Bearer {token}"));
            let answer = app.send(request.body(Body::empty()).unwrap()).await;
            assert_eq!(answer.refusal(), "401 unauthorized: sign in first", "{token}");
        }
    }

    async fn a_session_survives_a_restart(app: TestApp) {
        let token = app.user("ada").await.token().to_owned();
        let app = app.restart().await;
        let request = Request::get("/api/me").header("authorization", format!("bearer {token}"));
        app.send(request.body(Body::empty()).unwrap()).await.ok();
    }
}
