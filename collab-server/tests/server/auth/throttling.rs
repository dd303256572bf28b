//! Too many tries.

use axum::{body::Body, http::Request};
use serde_json::json;

use crate::{
    support::{Answer, TestApp, on_each_database},
    sync::{Client, Protocol, graph_name, new_workflow},
};

/// More than the quota with all that comes back during the test, and fewer than other limits of an address.
const GUESSES: usize = 200;

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

    async fn a_token_is_not_guessed_faster_in_a_socket_than_in_a_request(app: TestApp) {
        let ada = app.user("ada").await;
        let name = graph_name(new_workflow(&app.state, &ada).await);
        let address = app.listen().await;
        let localhost = [127, 0, 0, 1];
        let guess = |number: usize| format!("{number:064x}");
        let ask = |token: String| {
            let request = Request::get("/api/me").header("authorization", format!("Bearer {token}"));
            app.send_from(localhost, request.body(Body::empty()).unwrap())
        };

        let mut tried = 0;
        loop {
            let mut client = Client::open(address, Protocol::Hocuspocus, &name, &guess(tried)).await;
            client.until("refused", |client| client.denied.is_some() || client.closed.is_some()).await;
            tried += 1;
            if client.closed == Some(1013) {
                break;
            }
            assert!(tried < GUESSES, "still answered after {tried} guesses");
        }
        assert!(tried > 60, "a team may mistype: {tried}");
        // The same tries are counted for both ways in. One more may have come back meanwhile.
        let (first, second) = (ask(guess(900)).await, ask(guess(901)).await);
        assert_throttled(if first.status == 401 { &second } else { &first });
        // Whoever has the right token does not notice.
        let mut client = Client::synced(address, Protocol::Hocuspocus, &name, ada.token()).await;
        client.add_note("undisturbed").await;
        client.until("saved", |client| client.saved == 1).await;
    }

    async fn a_token_in_an_address_counts_too(app: TestApp) {
        let ada = app.user("ada").await;
        let name = graph_name(new_workflow(&app.state, &ada).await);
        let address = app.listen().await;
        let mut tried = 0;
        while crate::sync::connect(address, Protocol::Websocket, &name, &format!("{tried:064x}")).await.err() == Some(401) {
            tried += 1;
            assert!(tried < GUESSES, "still answered after {tried} guesses");
        }
        assert!(tried >= 60, "a team may mistype: {tried}");
        Client::synced(address, Protocol::Websocket, &name, ada.token()).await;
    }
}
