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
}
