//! Naming, renaming, pinning, looking into and giving up.

use serde_json::json;
use shared::graph::Graph;

use super::{create, list, name, note, path, rename, told};
use crate::support::on_each_database;

on_each_database! {
    async fn a_name_keeps_the_workflow_as_it_is(app: TestApp) {
        let ada = app.user("ada").await;
        let workflow = create(&ada, note("one")).await;
        rename(&ada, workflow, "First").await;
        let answer = ada.post(&path(workflow), json!({"name": " Before the film "})).await;
        assert_eq!(answer.status, 201);
        let version: shared::version::Version = answer.read_as();
        assert_eq!(told(std::slice::from_ref(&version)), ["named `Before the film` by ada"]);
        rename(&ada, workflow, "Second").await;
        let path = format!("{}/{}", path(workflow), version.id);
        let graph: Graph = ada.get(&format!("{path}/graph")).await.ok().read_as();
        assert_eq!((graph.meta.title.as_str(), graph.nodes.len()), ("First", 1));
        let diff = ada.get(&format!("{path}/diff")).await.ok().json();
        assert_eq!(diff, json!({"meta": {"title": {"old": "First", "new": "Second"}}}));
        let created = list(&ada, workflow).await[1].id;
        let diff = ada.get(&format!("{path}/diff?to={created}")).await.ok().json();
        assert_eq!(diff, json!({"meta": {"title": {"old": "First", "new": "Versioned"}}}));
    }

    async fn what_is_kept_already_gets_the_name(app: TestApp) {
        let ada = app.user("ada").await;
        let workflow = create(&ada, note("one")).await;
        name(&ada, workflow, "As made").await;
        assert_eq!(told(&list(&ada, workflow).await), ["created `As made` by ada"]);
        let again = ada.post(&path(workflow), json!({"name": "Again"})).await;
        assert_eq!(
            again.refusal(),
            "409 conflict: nothing changed since the latest version, which has a name already"
        );
    }

    async fn a_version_is_renamed_pinned_and_given_up(app: TestApp) {
        let ada = app.user("ada").await;
        let workflow = create(&ada, note("one")).await;
        let version = name(&ada, workflow, "Old name").await;
        let path = format!("{}/{}", path(workflow), version.id);
        let renamed = ada.patch(&path, json!({"name": "New name"})).await.ok().json();
        assert_eq!((&renamed["name"], &renamed["pinned"]), (&json!("New name"), &json!(false)));
        let pinned = ada.patch(&path, json!({"name": "", "pinned": true})).await.ok().json();
        assert_eq!((&pinned["name"], &pinned["pinned"]), (&json!(null), &json!(true)));
        assert_eq!(ada.patch(&path, json!({})).await.ok().json(), pinned);
        assert_eq!(ada.patch(&path, json!({"name": "two\nlines"})).await.status, 400);
        assert_eq!(ada.delete(&path).await.status, 204);
        assert_eq!(ada.get(&path).await.refusal(), "404 not_found: no such version");
        assert_eq!(ada.delete(&path).await.status, 404);
        assert_eq!(list(&ada, workflow).await, []);
    }

    async fn a_version_belongs_to_its_workflow_alone(app: TestApp) {
        let ada = app.user("ada").await;
        let version = name(&ada, create(&ada, note("one")).await, "Kept").await.id;
        let other = create(&ada, note("two")).await;
        let path = format!("{}/{version}", path(other));
        for answer in [
            ada.get(&path).await,
            ada.get(&format!("{path}/graph")).await,
            ada.get(&format!("{path}/diff")).await,
            ada.patch(&path, json!({"name": "x"})).await,
            ada.delete(&path).await,
            ada.post(&format!("{path}/restore"), json!({})).await,
        ] {
            assert_eq!(answer.refusal(), "404 not_found: no such version");
        }
    }

    async fn versions_go_with_their_workflow(app: TestApp) {
        let ada = app.user("ada").await;
        let workflow = create(&ada, note("one")).await;
        name(&ada, workflow, "Kept").await;
        assert_eq!(ada.delete(&format!("/api/workflows/{workflow}")).await.status, 204);
        assert_eq!(ada.get(&path(workflow)).await.status, 404);
        assert_eq!(collab_server::db::version::workflows(&app.state.db).await.unwrap(), []);
        assert!(collab_server::db::version::latest(&app.state.db, workflow).await.unwrap().is_none());
    }
}
