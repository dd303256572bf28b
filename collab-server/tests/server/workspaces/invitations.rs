//! Invitation links.

use serde_json::json;

use crate::support::on_each_database;

on_each_database! {
    async fn of_two_who_follow_a_link_for_one_at_once_one_gets_in(app: TestApp) {
        let (ada, bob, eve) = (app.user("ada").await, app.user("bob").await, app.user("eve").await);
        let team = ada.team("Team").await;
        let links = format!("/api/workspaces/{team}/invitations");
        let made = ada.post(&links, json!({"role": "editor", "max_uses": 1})).await.ok().json();
        let token = json!({"token": made["token"]});
        let preview = app.stranger().post("/api/invitations/preview", token.clone()).await.ok().json();
        assert_eq!((&preview["workspace_name"], &preview["role"]), (&json!("Team"), &json!("editor")));
        let accept = "/api/invitations/accept";
        let (one, other) = tokio::join!(bob.post(accept, token.clone()), eve.post(accept, token.clone()));
        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409]);
        assert_eq!(ada.get(&links).await.ok().json()[0]["uses"], 1);
        let over = "409 conflict: this invitation is over: ask for a new one";
        assert_eq!(app.stranger().post("/api/invitations/preview", token).await.refusal(), over);
    }

    async fn a_link_that_is_revoked_or_made_up_opens_nothing(app: TestApp) {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        let team = ada.team("Team").await;
        let links = format!("/api/workspaces/{team}/invitations");
        let made = ada.post(&links, json!({"role": "viewer"})).await.ok().json();
        let id = made["invitation"]["id"].as_str().unwrap();
        assert_eq!(ada.delete(&format!("{links}/{id}")).await.status, 204);
        let long = "x".repeat(100_000);
        for token in [made["token"].as_str().unwrap(), "", "\u{0}", "' or 1=1 --", &long] {
            let answer = bob.post("/api/invitations/accept", json!({"token": token})).await;
            assert_eq!(answer.refusal(), "404 not_found: no such invitation");
        }
        for body in [json!({"role": "owner"}), json!({"role": "viewer", "max_uses": 0}), json!({"role": "viewer", "expires_in_days": 91})] {
            assert_eq!(ada.post(&links, body).await.status, 400);
        }
        for name in ["", "a\nb", "a\u{202e}b", &"x".repeat(81)] {
            assert_eq!(ada.post("/api/workspaces", json!({"name": name})).await.status, 400);
            let folders = format!("/api/workspaces/{team}/folders");
            assert_eq!(ada.post(&folders, json!({"name": name})).await.status, 400);
        }
    }

    async fn deleting_a_folder_moves_up_what_is_in_it_and_a_workspace_goes_with_all(app: TestApp) {
        let ada = app.user("ada").await;
        let team = ada.team("Team").await;
        let folders = format!("/api/workspaces/{team}/folders");
        let outer = ada.post(&folders, json!({"name": "Outer"})).await.ok().json();
        let inner = ada.post(&folders, json!({"name": "Inner", "parent": outer["id"]})).await.ok().json();
        let deep = ada.post(&folders, json!({"name": "Deep", "parent": inner["id"]})).await.ok().json();
        let body = json!({"title": "x", "workspace": team, "folder": inner["id"]});
        let workflow = ada.post("/api/workflows", body).await.ok().json();
        let path = |folder: &serde_json::Value| format!("{folders}/{}", folder["id"].as_str().unwrap());
        let ring = ada.patch(&path(&outer), json!({"parent": deep["id"]})).await;
        assert_eq!(ring.refusal(), "409 conflict: a folder cannot be inside itself");
        assert_eq!(ada.delete(&path(&inner)).await.status, 204);
        let left = ada.get(&folders).await.ok().json();
        assert_eq!(left[1], json!({"id": deep["id"], "name": "Deep", "parent": outer["id"]}));
        let workflow = format!("/api/workflows/{}", workflow["id"].as_str().unwrap());
        assert_eq!(ada.get(&workflow).await.ok().json()["folder"], outer["id"]);
        assert_eq!(ada.delete(&format!("/api/workspaces/{team}?name=team")).await.status, 400);
        assert_eq!(ada.delete(&format!("/api/workspaces/{team}?name=Team")).await.status, 204);
        assert_eq!(ada.get(&workflow).await.status, 404);
    }
}
