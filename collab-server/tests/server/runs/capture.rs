//! The record of every model call.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    create, ended, output, outputs_when, question, start,
    vendor::{SECRET, Vendor, with_private_network},
};
use crate::support::{TestApp, on_each_database};

/// All records on disk, each on its line.
fn records(app: &TestApp) -> Vec<Value> {
    let folder = app.state.config.data.data_dir.join("generations");
    let mut records = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        assert_eq!(path.extension().unwrap(), "jsonl");
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.ends_with('\n') && !text.contains(SECRET));
        records.extend(text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()));
    }
    records
}

on_each_database! {
    async fn every_call_leaves_one_pseudonymous_record(app: TestApp) {
        let app = with_private_network(app).await;
        let (ada, ben) = (app.user("ada").await, app.user("ben").await);
        ada.invite(&ben, "runner").await;
        let vendor = Vendor::start(&ada).await;
        let workflow = create(&ada, question("What is kept?")).await;

        let cancelled = start(&ada, workflow, json!({})).await;
        outputs_when(&app, workflow, |o| output(o, "ask").is_some_and(|ask| ask.text == "Hello")).await;
        ada.post(&format!("/api/runs/{}/cancel", cancelled.id), json!({})).await.ok();
        ended(&ada, cancelled.id).await;
        vendor.release();
        let done = start(&ada, workflow, json!({})).await;
        ended(&ada, done.id).await;
        let workflow = create(&ada, question("And by whom?")).await;
        let by_ben = start(&ben, workflow, json!({})).await;
        ended(&ben, by_ben.id).await;

        let records = records(&app);
        assert_eq!(records.len(), 3);
        let record = |run: shared::id::RunId| records.iter().find(|record| record["run_id"] == json!(run)).unwrap();
        assert_eq!(record(cancelled.id)["outcome"], json!("cancelled"));
        let kept = record(done.id);
        assert_eq!((&kept["outcome"], &kept["node_id"], &kept["type"]), (&json!("ok"), &json!("ask"), &json!("text")));
        assert_eq!((&kept["provider"], &kept["model"]), (&json!("openai"), &json!("test-model-1")));
        assert_eq!(kept["input"]["prompt"], json!("What is kept?"));
        assert_eq!(kept["output"], json!({"text": "Hello world"}));
        assert_eq!((&kept["metrics"]["input_tokens"], &kept["consent"]), (&json!(7), &json!({"training": false})));

        let pseudonyms: BTreeSet<&str> = records.iter().map(|record| record["user_id"].as_str().unwrap()).collect();
        assert_eq!(pseudonyms.len(), 2);
        assert_eq!(record(cancelled.id)["user_id"], kept["user_id"]);
        for (person, pseudonym) in [(&ada, kept), (&ben, record(by_ben.id))] {
            let uuid = person.user().id.as_uuid().simple().to_string();
            let pseudonym = pseudonym["user_id"].as_str().unwrap();
            assert!(pseudonym.starts_with("anon_") && !pseudonym.contains(&uuid));
        }
    }
}
