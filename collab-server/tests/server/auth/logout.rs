//! `POST /api/auth/logout`

use serde_json::json;

use crate::support::{PASSWORD, Person, on_each_database};

on_each_database! {
    async fn a_session_ends_and_others_stay(app: TestApp) {
        let first = app.user("ada").await;
        let login = json!({"email": "ada@example.org", "password": PASSWORD});
        let second = Person::signed_in(&app, &app.stranger().post("/api/auth/login", login).await.ok());

        let answer = first.post("/api/auth/logout", json!({})).await;
        assert_eq!(answer.status, 204);
        assert!(answer.header("set-cookie").starts_with("openflow_session=;"), "{}", answer.header("set-cookie"));
        assert!(answer.header("set-cookie").contains("Max-Age=0"));
        assert_eq!(first.get("/api/me").await.refusal(), "401 unauthorized: sign in first");
        second.get("/api/me").await.ok();
    }
}
