//! `POST /api/auth/login`

use serde_json::json;

use crate::support::{PASSWORD, on_each_database};

on_each_database! {
    async fn the_right_password_signs_in(app: TestApp) {
        let ada = app.user("ada").await;
        let answer = app.stranger().post("/api/auth/login", json!({"email": " ADA@example.org", "password": PASSWORD})).await.ok();
        let signed_in = answer.json();
        assert_eq!(signed_in["user"]["id"], ada.user().id.to_string());
        assert_ne!(signed_in["token"], ada.token(), "every sign-in has a token of its own");
    }

    async fn a_wrong_password_and_an_unknown_address_look_alike(app: TestApp) {
        app.user("ada").await;
        let stranger = app.stranger();
        let wrong = stranger.post("/api/auth/login", json!({"email": "ada@example.org", "password": "not this one"})).await;
        let unknown = stranger.post("/api/auth/login", json!({"email": "eve@example.org", "password": "not this one"})).await;
        assert_eq!(wrong.refusal(), "401 invalid_credentials: e-mail or password is wrong");
        assert_eq!(wrong.refusal(), unknown.refusal());
        assert!(wrong.header("set-cookie").is_empty());
    }

    async fn a_body_that_is_not_json_is_refused(app: TestApp) {
        let form = app.stranger().request(axum::http::Method::POST, "/api/auth/login")
            .header("content-type", "text/plain")
            .body(r#"{"email": "ada@example.org", "password": "x"}"#.into()).unwrap();
        assert_eq!(
            app.send(form).await.refusal(),
            "400 bad_request: the body must be JSON: `content-type: application/json`"
        );
    }
}
