//! `workspaces/{id}/members`

use serde_json::json;

use crate::support::on_each_database;

on_each_database! {
    async fn an_invited_person_is_a_member_at_once(app: TestApp) {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        let path = format!("/api/workspaces/{}/members", ada.workspace().await);
        assert_eq!(bob.get(&path).await.refusal(), "404 not_found: no such workspace");

        ada.invite(&bob, "editor").await;
        let members = bob.get(&path).await.ok().json();
        assert_eq!(members.as_array().unwrap().len(), 2);
        assert_eq!(bob.get("/api/me").await.ok().json()["workspaces"][1]["role"], "editor");
    }

    async fn only_who_manages_may_invite(app: TestApp) {
        let (ada, bob, eve) = (app.user("ada").await, app.user("bob").await, app.user("eve").await);
        ada.invite(&bob, "editor").await;
        let path = format!("/api/workspaces/{}/members", ada.workspace().await);
        let answer = bob.post(&path, json!({"email": eve.user().email, "role": "editor"})).await;
        assert_eq!(answer.refusal(), "403 forbidden: your role here is `editor`, which does not allow this");
    }

    async fn a_workspace_keeps_an_owner(app: TestApp) {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        ada.invite(&bob, "admin").await;
        let path = format!("/api/workspaces/{}/members", ada.workspace().await);
        let demote_ada = json!({"email": ada.user().email, "role": "viewer"});

        let answer = bob.post(&path, demote_ada.clone()).await;
        assert_eq!(answer.refusal(), "403 forbidden: only an owner makes or changes an owner");
        let answer = ada.post(&path, demote_ada.clone()).await;
        assert_eq!(answer.refusal(), "409 conflict: a workspace needs an owner: make another member one first");

        ada.invite(&bob, "owner").await;
        ada.post(&path, demote_ada).await.ok();
    }
}
