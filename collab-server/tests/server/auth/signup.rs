//! `POST /api/auth/signup`

use serde_json::json;

use crate::support::on_each_database;

on_each_database! {
    async fn a_new_person_owns_a_workspace(app: TestApp) {
        let ada = app.user("ada").await;
        let me = ada.get("/api/me").await.ok().json();
        assert_eq!(me["user"]["email"], "ada@example.org");
        assert_eq!(me["workspaces"][0]["role"], "owner");
        assert_eq!(me["workspaces"].as_array().unwrap().len(), 1);
    }

    async fn an_address_has_one_account(app: TestApp) {
        app.user("ada").await;
        let body = json!({"email": "ADA@example.org", "password": "another password", "name": "Impostor"});
        let answer = app.stranger().post("/api/auth/signup", body).await;
        assert_eq!(answer.refusal(), "409 email_taken: there is an account with this e-mail address already");
    }

    async fn of_two_at_once_with_one_address_one_wins(app: TestApp) {
        let body = json!({"email": "ada@example.org", "password": "a long enough password", "name": "Ada"});
        let stranger = app.stranger();
        let (one, two) =
            tokio::join!(stranger.post("/api/auth/signup", body.clone()), stranger.post("/api/auth/signup", body));
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409]);
    }

    async fn a_refusal_names_the_field(app: TestApp) {
        for (body, refusal) in [
            (json!({"email": "ada", "password": "long enough", "name": "Ada"}), "400 bad_request: `email`: not an e-mail address"),
            (json!({"email": "ada@example.org", "password": "short", "name": "Ada"}), "400 weak_password: `password`: at least 10 characters"),
            (json!({"email": "ada@example.org", "password": "long enough", "name": " "}), "400 bad_request: `name`: must not be empty"),
            (json!({"email": "ada@example.org", "password": 7, "name": "Ada"}), "400 bad_request: `password`: invalid type: integer `7`, expected a string at line 1 column 52"),
        ] {
            assert_eq!(app.stranger().post("/api/auth/signup", body).await.refusal(), refusal);
        }
        let answer = app.stranger().post("/api/auth/signup", json!({"email": "ada@example.org"})).await;
        assert!(answer.refusal().starts_with("400 bad_request: body: missing field `password`"), "{}", answer.text());
    }
}
