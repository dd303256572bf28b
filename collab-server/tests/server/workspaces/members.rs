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
        let team = ada.team("Team").await;
        let path = format!("/api/workspaces/{team}/members");
        ada.post(&path, json!({"email": bob.user().email, "role": "admin"})).await.ok();
        let demote_ada = json!({"email": ada.user().email, "role": "viewer"});

        let answer = bob.post(&path, demote_ada.clone()).await;
        assert_eq!(answer.refusal(), "403 forbidden: only an owner makes or changes an owner");
        let last = "409 conflict: a workspace needs an owner: make another member one first";
        assert_eq!(ada.post(&path, demote_ada.clone()).await.refusal(), last);
        let ada_path = format!("{path}/{}", ada.user().id);
        assert_eq!(ada.delete(&ada_path).await.refusal(), last);
        assert_eq!(bob.delete(&ada_path).await.refusal(), "403 forbidden: only an owner makes or changes an owner");

        ada.post(&path, json!({"email": bob.user().email, "role": "owner"})).await.ok();
        ada.post(&path, demote_ada).await.ok();
        assert_eq!(ada.delete(&ada_path).await.status, 204);
        assert_eq!(ada.get(&path).await.refusal(), "404 not_found: no such workspace");
        assert_eq!(bob.delete(&format!("{path}/{}", bob.user().id)).await.refusal(), last);
    }

    async fn two_owners_who_leave_at_once_do_not_both_go(app: TestApp) {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        let team = ada.team("Team").await;
        let path = format!("/api/workspaces/{team}/members");
        ada.post(&path, json!({"email": bob.user().email, "role": "owner"})).await.ok();
        let (of_ada, of_bob) = (format!("{path}/{}", ada.user().id), format!("{path}/{}", bob.user().id));
        let (one, other) = tokio::join!(ada.delete(&of_ada), bob.delete(&of_bob));
        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [204, 409]);
    }

    async fn a_persons_own_workspace_stays_theirs(app: TestApp) {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        ada.invite(&bob, "owner").await;
        let own = ada.workspace().await;
        let refusal = "409 conflict: a person's own workspace stays theirs";
        let path = format!("/api/workspaces/{own}/members/{}", ada.user().id);
        assert_eq!(bob.delete(&path).await.refusal(), refusal);
        assert_eq!(bob.patch(&path, json!({"role": "viewer"})).await.refusal(), refusal);
        assert_eq!(ada.delete(&path).await.refusal(), refusal);
        let answer = ada.delete(&format!("/api/workspaces/{own}?name=ada")).await;
        assert_eq!(answer.refusal(), "409 conflict: somebody's own workspace cannot be deleted");
        let answer = ada.post(&format!("/api/workspaces/{own}/transfer"), json!({"user": bob.user().id})).await;
        assert_eq!(answer.refusal(), "409 conflict: somebody's own workspace cannot be handed over");
    }

    async fn who_is_removed_keeps_nothing_of_it(app: TestApp) {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        let team = ada.team("Team").await;
        let members = format!("/api/workspaces/{team}/members");
        ada.post(&members, json!({"email": bob.user().email, "role": "admin"})).await.ok();
        let links = format!("/api/workspaces/{team}/invitations");
        let link = bob.post(&links, json!({"role": "admin"})).await.ok().json();
        let workflow = ada.post("/api/workflows", json!({"title": "x", "workspace": team})).await.ok().json();
        let path = format!("/api/workflows/{}/members/{}", workflow["id"].as_str().unwrap(), bob.user().id);
        ada.put(&path, json!({"role": "viewer"})).await.ok();

        assert_eq!(ada.delete(&format!("{members}/{}", bob.user().id)).await.status, 204);
        assert_eq!(bob.get(&members).await.refusal(), "404 not_found: no such workspace");
        // Not even through a door they left open for themselves.
        let answer = bob.post("/api/invitations/accept", json!({"token": link["token"]})).await;
        assert_eq!(answer.refusal(), "404 not_found: no such invitation");
        // Nor does the old exception wait for them when they come back.
        ada.post(&members, json!({"email": bob.user().email, "role": "editor"})).await.ok();
        let back = bob.get(&format!("/api/workflows/{}", workflow["id"].as_str().unwrap())).await.ok().json();
        assert_eq!(back["role"], "editor");
        let nobody = format!("{members}/usr_00000000000000000000000000000001");
        assert_eq!(ada.patch(&nobody, json!({"role": "viewer"})).await.refusal(), "404 not_found: no such member");
        assert_eq!(ada.delete(&nobody).await.refusal(), "404 not_found: no such member");
    }
}
