//! Versions that nobody asks for: when editing pauses and before a run, and how they are thinned out.

use std::time::Duration;

use collab_server::{
    db::{Connection, now},
    version::{flush, thin_out, watch},
};
use sea_query::{Alias, Expr, ExprTrait, Query};
use serde_json::json;

use super::{create, list, name, note, path, rename, told};
use crate::{
    runs::{ended, start},
    support::{TestApp, on_each_database},
    sync::{Client, Protocol, graph_name},
};

/// Makes a version look older than it is.
async fn backdate(app: &TestApp, version: shared::id::VersionId, age: time::Duration) {
    let update = Query::update()
        .table(Alias::new("version"))
        .value(Alias::new("created_at"), now() - age)
        .and_where(Expr::col(Alias::new("version_id")).eq(version.as_uuid()))
        .to_owned();
    assert_eq!(app.state.db.execute(&update).await.unwrap(), 1);
}

on_each_database! {
    async fn a_pause_keeps_what_was_edited_with_everybody_who_did(app: TestApp) {
        let app = app.restart_with(|config| config.versions.version_pause_seconds = 1).await;
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        ada.invite(&bob, "editor").await;
        let workflow = ada.workflow("Empty").await;
        assert_eq!(list(&ada, workflow).await, [], "nothing was edited yet");
        let address = app.listen().await;
        let name = graph_name(workflow);
        let mut one = Client::synced(address, Protocol::Hocuspocus, &name, ada.token()).await;
        let mut other = Client::synced(address, Protocol::Hocuspocus, &name, bob.token()).await;
        one.add_note("hers").await;
        other.add_note("his").await;
        for client in [&mut one, &mut other] {
            client.until("saved", |client| client.saved >= 1).await;
        }
        let keeper = tokio::spawn(watch(app.state.clone()));
        let mut versions = Vec::new();
        for _ in 0..300 {
            versions = list(&ada, workflow).await;
            if !versions.is_empty() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        keeper.abort();
        assert_eq!(told(&versions), ["paused by ada, bob"]);
        assert_eq!((versions[0].node_count, versions[0].wire_count), (2, 0));
    }

    async fn what_was_not_edited_is_not_kept_again(app: TestApp) {
        let ada = app.user("ada").await;
        let workflow = create(&ada, note("one")).await;
        assert_eq!(told(&list(&ada, workflow).await), ["created by ada"]);
        flush(&app.state).await;
        rename(&ada, workflow, "New").await;
        rename(&ada, workflow, "Versioned").await;
        flush(&app.state).await;
        assert_eq!(list(&ada, workflow).await.len(), 1, "it reads as it did");
        rename(&ada, workflow, "New").await;
        flush(&app.state).await;
        flush(&app.state).await;
        assert_eq!(told(&list(&ada, workflow).await), ["paused by ada", "created by ada"]);
    }

    async fn a_run_keeps_what_it_works_on_once(app: TestApp) {
        let ada = app.user("ada").await;
        let workflow = create(&ada, crate::runs::greeting()).await;
        rename(&ada, workflow, "Run me").await;
        for _ in 0..2 {
            let run = start(&ada, workflow, json!({})).await;
            ended(&ada, run.id).await;
        }
        flush(&app.state).await;
        assert_eq!(told(&list(&ada, workflow).await), ["run by ada", "created by ada"]);
    }

    async fn old_versions_are_thinned_out_unless_somebody_cares_for_them(app: TestApp) {
        let ada = app.user("ada").await;
        let workflow = create(&ada, note("one")).await;
        let mut kept = vec![list(&ada, workflow).await[0].id];
        for title in ["b", "c", "d"] {
            rename(&ada, workflow, title).await;
            flush(&app.state).await;
            kept.push(list(&ada, workflow).await[0].id);
        }
        rename(&ada, workflow, "e").await;
        kept.push(name(&ada, workflow, "mine").await.id);
        rename(&ada, workflow, "f").await;
        flush(&app.state).await;
        assert_eq!(thin_out(&app.state).await.unwrap(), 0, "all are young");
        // All in one hour, three days ago.
        let hour = time::Duration::days(3) + time::Duration::seconds(now().unix_timestamp().rem_euclid(3600));
        for version in &kept {
            backdate(&app, *version, hour - time::Duration::seconds(1)).await;
        }
        ada.patch(&format!("{}/{}", path(workflow), kept[1]), json!({"pinned": true})).await.ok();
        assert_eq!(thin_out(&app.state).await.unwrap(), 2);
        let left: Vec<_> = list(&ada, workflow).await.iter().map(|version| version.id).collect();
        assert_eq!(left[1..], [kept[4], kept[3], kept[1]], "the named one, the newest of the hour, the pinned one");
        assert_eq!(left.len(), 4);
    }

    async fn a_long_list_comes_in_pages(app: TestApp) {
        let ada = app.user("ada").await;
        let workflow = create(&ada, note("one")).await;
        rename(&ada, workflow, "New").await;
        flush(&app.state).await;
        let all = list(&ada, workflow).await;
        let older = ada.get(&format!("{}?before={}", path(workflow), all[0].id)).await.ok();
        assert_eq!(older.read_as::<Vec<shared::version::Version>>(), all[1..]);
    }
}
