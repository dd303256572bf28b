//! The record of every model call.

use std::{collections::BTreeSet, time::Duration};

use serde_json::{Value, json};
use shared::api::Generation;

use super::{
    create, ended, output, outputs_when, question, start,
    vendor::{SECRET, Vendor, with_private_network},
};
use crate::support::{Person, TestApp, on_each_database};

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

/// What the workspace keeps, once there are so many records and every film is looked through.
async fn kept(person: &Person<'_>, count: usize) -> Vec<Generation> {
    let path = format!("/api/workspaces/{}/generations", person.workspace().await);
    for _ in 0..1200 {
        let kept: Vec<Generation> = person.get(&path).await.ok().read_as();
        let film = |kept: &Generation| kept.record["type"] == "video";
        if kept.len() >= count && kept.iter().all(|kept| !film(kept) || kept.record.get("video_meta").is_some()) {
            return kept;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("the records did not come");
}

async fn export(person: &Person<'_>, query: &str) -> Vec<Value> {
    let path = format!("/api/workspaces/{}/generations/export{query}", person.workspace().await);
    let answer = person.get(&path).await.ok();
    assert_eq!(answer.header("content-type"), "application/jsonl");
    answer.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
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

    async fn a_film_that_a_node_made_is_measured_in_its_record(app: TestApp) {
        let ada = app.user("ada").await;
        let film = engine::samples::Sample::find("video").unwrap().hash();
        let workflow = create(&ada, json!({
            "openflow": 1,
            "nodes": {
                "load": {"type": "video.load", "params": {"name": "film"}},
                "cut": {"type": "video.trim", "params": {"start": 0, "end": 1}},
            },
            "edges": {"cut:video": {"from": "load", "output": "video", "to": "cut", "input": "video"}},
        })).await;
        let run = start(&ada, workflow, json!({"inputs": {"film": film.as_str()}})).await;
        let run = ended(&ada, run.id).await;
        assert!(run.failures.is_empty(), "{:?}", run.failures);
        let kept = kept(&ada, 1).await;
        assert_eq!(kept.len(), 1, "what is loaded is not made");
        let record = &kept[0].record;
        assert_eq!((&record["node_id"], &record["provider"], &record["type"]), (&json!("cut"), &json!("openflow"), &json!("video")));
        assert_eq!(record["input"]["video"], json!(film.as_str()));
        let outputs = app.state.rooms.outputs(workflow).await.unwrap();
        let shared::value::Value::Video(made) = &output(&outputs, "cut").unwrap().values["video"] else { panic!("no film") };
        assert_eq!(record["output"]["blob"], json!(made.blob));
        let meta = &record["video_meta"];
        assert!(meta["aspect_ratio"].is_string() && meta["codec"].is_string() && meta["bitrate_kbps"].is_u64(), "{meta}");
        assert!(meta["motion_score"].is_number() && meta["scene_transitions"].is_u64(), "{meta}");
        assert!(meta.get("face_count").is_none() && meta.get("text_overlay").is_none(), "nobody looked for those");
    }

    async fn training_needs_the_workspace_and_the_person_and_redaction_is_for_good(app: TestApp) {
        let app = with_private_network(app).await;
        let (ada, ben) = (app.user("ada").await, app.user("ben").await);
        ada.invite(&ben, "runner").await;
        let vendor = Vendor::start(&ada).await;
        vendor.release();
        let team = ada.workspace().await;
        let training = format!("/api/workspaces/{team}/training");
        let ask = async |person: &Person<'_>, prompt: &str, count: usize| {
            let workflow = create(&ada, question(prompt)).await;
            let run = start(person, workflow, json!({})).await;
            assert_eq!(ended(person, run.id).await.status, shared::run::RunStatus::Done);
            kept(&ada, count).await
        };
        let asked = ada.get(&training).await.ok().json();
        assert_eq!(asked, json!({"workspace_allows": false, "consent": false, "policy_version": 1}));
        ask(&ada, "Before anybody was asked", 1).await;
        let consent = ben.put(&format!("{training}/consent"), json!({"allowed": true})).await.ok().json();
        assert_eq!((&consent["workspace_allows"], &consent["consent"]), (&json!(false), &json!(true)));
        ask(&ben, "The workspace does not allow it", 2).await;
        assert_eq!(ben.put(&format!("{training}/policy"), json!({"allowed": true})).await.status, 403);
        ada.put(&format!("{training}/policy"), json!({"allowed": true})).await.ok();
        ask(&ada, "The person does not", 3).await;
        let all = ask(&ben, "Both do", 4).await;
        let allowed: Vec<&Value> = all.iter().filter(|one| one.training_ok).map(|one| &one.record["input"]["prompt"]).collect();
        assert_eq!(allowed, [&json!("Both do")]);
        let lines = export(&ada, "?training=true").await;
        assert_eq!((lines.len(), &lines[0]["consent"]), (1, &json!({"training": true, "policy_version": 1})));
        assert!(!lines[0].to_string().contains(&ben.user().id.to_string()));
        let prompts: Vec<Value> = export(&ada, "").await.iter().map(|line| line["input"]["prompt"].clone()).collect();
        assert_eq!(prompts, [
            "Before anybody was asked", "The workspace does not allow it", "The person does not", "Both do",
        ]);

        // Taken back, it counts for what was made before, too.
        ben.put(&format!("{training}/consent"), json!({"allowed": false})).await.ok();
        assert!(export(&ada, "?training=true").await.is_empty());
        ben.put(&format!("{training}/consent"), json!({"allowed": true})).await.ok();
        let by_ben = all.iter().find(|one| one.training_ok).unwrap().id;
        let by_ada = all.iter().find(|one| one.own).unwrap().id;
        let path = |one: shared::id::GenerationId| format!("/api/workspaces/{team}/generations/{one}");
        assert_eq!(ben.delete(&path(by_ada)).await.status, 403, "somebody else's");
        assert_eq!(ben.delete(&path(by_ben)).await.status, 204);
        assert!(export(&ada, "?training=true").await.is_empty());
        let left = kept(&ada, 4).await;
        let left = left.iter().find(|one| one.id == by_ben).unwrap();
        assert!(left.redacted && !left.record.to_string().contains("Both do"));
        let lines: Vec<String> = records(&app).iter().map(ToString::to_string).collect();
        assert_eq!((lines.len(), lines.iter().filter(|line| line.contains("Both do")).count()), (4, 0));
        assert_eq!(lines.iter().filter(|line| line.contains(&by_ben.to_string())).count(), 1);
    }
}
