//! Too many tries.

use axum::{body::Body, http::Request};
use serde_json::json;

use crate::support::{Answer, TestApp, on_each_database};

async fn try_to_sign_in(app: &TestApp, address: [u8; 4], email: &str) -> Answer {
    let body = json!({"email": email, "password": "a guess at something"}).to_string();
    let request = Request::post("/api/auth/login").header("content-type", "application/json");
    app.send_from(address, request.body(Body::from(body)).unwrap()).await
}

fn assert_throttled(answer: &Answer) {
    assert_eq!(answer.refusal(), "429 rate_limited: too many tries, wait a little");
    let wait: u64 = answer.header("retry-after").parse().expect("whole seconds");
    assert!((1..=60).contains(&wait), "{wait}");
}

on_each_database! {
    async fn an_account_cannot_be_guessed_at_from_many_addresses(app: TestApp) {
        for n in 0..10 {
            assert_eq!(try_to_sign_in(&app, [198, 51, 100, n], "ada@example.org").await.status, 401);
        }
        assert_throttled(&try_to_sign_in(&app, [198, 51, 100, 99], "Ada@Example.org").await);
        assert_eq!(try_to_sign_in(&app, [198, 51, 100, 99], "bob@example.org").await.status, 401);
    }

    async fn an_address_cannot_guess_at_many_accounts(app: TestApp) {
        // An e-mail address that is none costs a try and no hash, which keeps this test short.
        let signup = || {
            let body = json!({"email": "none", "password": "a guess at something", "name": "x"}).to_string();
            Request::post("/api/auth/signup").header("content-type", "application/json").body(Body::from(body)).unwrap()
        };
        for _ in 0..60 {
            assert_eq!(app.send_from([203, 0, 113, 7], signup()).await.status, 400);
        }
        assert_throttled(&app.send_from([203, 0, 113, 7], signup()).await);
        assert_throttled(&try_to_sign_in(&app, [203, 0, 113, 7], "ada@example.org").await);
        assert_eq!(app.send_from([203, 0, 113, 8], signup()).await.status, 400);
    }

    async fn behind_a_proxy_its_word_counts_and_no_other(app: TestApp) {
        let signup = |forwarded: &str| {
            Request::post("/api/auth/signup")
                .header("content-type", "application/json")
                .header("x-forwarded-for", forwarded)
                .body(Body::from(json!({"email": "none", "password": "long enough", "name": "x"}).to_string()))
                .unwrap()
        };
        let direct = app;
        for n in 0..60 {
            direct.send(signup(&format!("198.51.100.{n}"))).await;
        }
        assert_throttled(&direct.send(signup("198.51.100.99")).await);

        let proxied = direct.restart_with(|config| config.behind_proxy = true).await;
        for n in 0..60 {
            assert_eq!(proxied.send(signup(&format!("10.0.0.{n}, 203.0.113.7"))).await.status, 400);
        }
        assert_throttled(&proxied.send(signup("10.9.9.9, 203.0.113.7")).await);
        assert_eq!(proxied.send(signup("203.0.113.7, 203.0.113.8")).await.status, 400);
    }
}
