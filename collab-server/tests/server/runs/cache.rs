//! Results that are remembered: within a budget, and what is shown before all.

use std::sync::Arc;

use collab_server::run::DbCache;
use engine::{BlobStore, CachedResult, MemoryBlobs, ResultCache};
use serde_json::json;
use shared::value::{Value, Values};

use super::{create, ended, greeting, id, output, start};
use crate::support::on_each_database;

fn result(text: &str) -> CachedResult {
    CachedResult { outputs: Values::from([("text".to_owned(), Value::Text(text.to_owned()))]), seed: None }
}

on_each_database! {
    async fn over_the_budget_what_nobody_sees_is_forgotten_first(app: TestApp) {
        let ada = app.user("ada").await;
        let (workspace, workflow) = (ada.workspace().await, create(&ada, greeting()).await);
        let scope = workspace.to_string();
        let blobs: Arc<dyn BlobStore> = Arc::new(MemoryBlobs::new());
        let open = || DbCache::new(app.state.db.clone(), blobs.clone(), 40_000);
        let cache = open();
        let text = |n: usize| format!("{n} {}", "x".repeat(4_000));
        for n in 0..30 {
            let key = format!("key-{n}");
            cache.put(&scope, &key, &result(&text(n))).await;
            if n < 2 {
                cache.shown(&scope, &key, workflow, &id("join")).await;
            }
            // Times are kept in milliseconds.
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
        let total = collab_server::db::node_result::total_bytes(&app.state.db, workspace).await.unwrap();
        assert!(total <= 44_500, "{total} bytes are kept");
        // From the database, as after a restart.
        let again = open();
        let mut found = Vec::new();
        for n in 0..30 {
            if let Some(kept) = again.get(&scope, &format!("key-{n}")).await {
                assert_eq!(kept, result(&text(n)));
                found.push(n);
            }
        }
        assert_eq!(found[..2], [0, 1], "what is shown stays: {found:?}");
        assert_eq!(found.last(), Some(&29));
        assert!(found.len() < 12 && found[2..].windows(2).all(|pair| pair[1] == pair[0] + 1), "the latest stay: {found:?}");
        // Another workspace has its own.
        assert!(again.get(&ada.team("Other").await.to_string(), "key-29").await.is_none());
    }

    async fn a_large_result_is_kept_beside_the_database(app: TestApp) {
        let ada = app.user("ada").await;
        let scope = ada.workspace().await.to_string();
        let large = result(&"y".repeat(300_000));
        let blobs: Arc<dyn BlobStore> = Arc::new(MemoryBlobs::new());
        let open = |blobs: Arc<dyn BlobStore>| DbCache::new(app.state.db.clone(), blobs, 10 << 20);
        open(blobs.clone()).put(&scope, "large", &large).await;
        assert_eq!(open(blobs).get(&scope, "large").await, Some(large));
        // With the disk of the blobs gone, it is made again.
        assert!(open(Arc::new(MemoryBlobs::new())).get(&scope, "large").await.is_none());
    }

    async fn a_node_shows_its_last_eight_results(app: TestApp) {
        let ada = app.user("ada").await;
        let workflow = create(&ada, greeting()).await;
        for n in 0..10 {
            let run = start(&ada, workflow, json!({"inputs": {"who": format!("{n}")}})).await;
            ended(&ada, run.id).await;
        }
        let outputs = app.state.rooms.outputs(workflow).await.unwrap();
        let join = output(&outputs, "join").unwrap();
        let shown: Vec<&Value> = join.history.iter().map(|version| &version.values["text"]).collect();
        let expected: Vec<Value> = (2..10).rev().map(|n| Value::Text(format!("Hello {n}"))).collect();
        assert_eq!(shown, expected.iter().collect::<Vec<_>>());
    }
}
