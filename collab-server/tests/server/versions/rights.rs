//! Every role against every route about versions.

use axum::http::Method;
use serde_json::json;
use shared::access::Role;

use super::{create, name, note, path, rename};
use crate::support::on_each_database;

on_each_database! {
    async fn readers_look_and_editors_change(app: TestApp) {
        let ada = app.user("ada").await;
        let workflow = create(&ada, note("one")).await;
        let kept = name(&ada, workflow, "Kept").await.id;
        for role in [Role::Viewer, Role::Commenter, Role::Runner, Role::Editor, Role::Admin] {
            let person = app.user(role.as_str()).await;
            ada.invite(&person, role.as_str()).await;
            // Something to name, and something to give up.
            rename(&ada, workflow, &format!("for the {}", role.as_str())).await;
            let given_up = name(&ada, workflow, "To go").await.id;
            rename(&ada, workflow, &format!("again for the {}", role.as_str())).await;
            let kept = format!("{}/{kept}", path(workflow));
            let table = [
                (Method::GET, path(workflow), false),
                (Method::GET, kept.clone(), false),
                (Method::GET, format!("{kept}/graph"), false),
                (Method::GET, format!("{kept}/diff"), false),
                (Method::POST, path(workflow), true),
                (Method::PATCH, kept.clone(), true),
                (Method::POST, format!("{kept}/restore"), true),
                (Method::DELETE, format!("{}/{given_up}", path(workflow)), true),
            ];
            for (method, path, writes) in table {
                let answer = person.send_json(method.clone(), &path, &json!({"name": "Theirs"})).await;
                let allowed = role.can_edit() || !writes;
                let what = format!("{} {method} {path}: {}", role.as_str(), answer.text());
                assert_eq!((200..300).contains(&answer.status), allowed, "{what}");
                assert!(allowed || answer.status == 403, "{what}");
            }
        }
    }
}
