//! `POST /api/workflows/{id}/runs`, and what comes of it.

use serde_json::json;
use shared::{
    api::{Run, Workflow},
    run::{NodeStatus, RunStatus},
    value::Value,
};

use super::{create, ended, greeting, id, output, outputs_when, start};
use crate::{
    blobs::{picture, uploaded},
    support::on_each_database,
};

on_each_database! {
    async fn a_run_ends_with_results_that_everybody_sees(app: TestApp) {
        let ada = app.user("ada").await;
        let workflow = create(&ada, greeting()).await;
        let run = start(&ada, workflow, json!({})).await;
        assert_eq!((run.workflow, run.started_by, run.joined), (workflow, ada.user().id, None));

        let run = ended(&ada, run.id).await;
        assert_eq!((run.status, &run.outputs["greeting"]), (RunStatus::Done, &Value::Text("Hello world".into())));
        assert!(run.finished_at.is_some() && run.failures.is_empty());

        let outputs = outputs_when(&app, workflow, |outputs| outputs.runs.values().all(|run| run.status.is_final())).await;
        let join = output(&outputs, "join").unwrap();
        assert_eq!((join.run, join.status, &join.values["text"]), (run.id, NodeStatus::Done, &Value::Text("Hello world".into())));
        assert_eq!(outputs.runs[&run.id].started_by_name, "ada");
        assert_eq!((outputs.runs[&run.id].status, outputs.runs[&run.id].progress), (RunStatus::Done, 1.0));

        let runs: Vec<Run> = ada.get(&format!("/api/workflows/{workflow}/runs")).await.ok().read_as();
        assert_eq!(runs.iter().map(|run| run.id).collect::<Vec<_>>(), [run.id]);
    }

    async fn inputs_are_given_by_name_and_targets_leave_the_rest_alone(app: TestApp) {
        let ada = app.user("ada").await;
        let workflow = create(&ada, greeting()).await;
        let run = start(&ada, workflow, json!({"inputs": {"who": "Grace"}})).await;
        assert_eq!(ended(&ada, run.id).await.outputs["greeting"], Value::Text("Hello Grace".into()));

        let run = start(&ada, workflow, json!({"targets": ["join"]})).await;
        let run = ended(&ada, run.id).await;
        assert_eq!((run.status, run.outputs.len()), (RunStatus::Done, 0));
        let outputs = app.state.rooms.outputs(workflow).await.unwrap();
        assert_eq!(output(&outputs, "join").unwrap().values["text"], Value::Text("Hello world".into()));
        assert_eq!(output(&outputs, "out").unwrap().values["text"], Value::Text("Hello Grace".into()));
    }

    async fn a_run_works_on_the_graph_of_its_start(app: TestApp) {
        let ada = app.user("ada").await;
        let workflow = create(&ada, greeting()).await;
        let run = start(&ada, workflow, json!({})).await;
        let change = Box::new(|edit: &mut shared::document::Edit<'_>| edit.replace_text(&id("who"), "value", "moon").unwrap());
        app.state.rooms.edit(workflow, change).await.unwrap();
        assert_eq!(ended(&ada, run.id).await.outputs["greeting"], Value::Text("Hello world".into()));

        // And that graph can be looked at, whatever became of it.
        let frozen: serde_json::Value = ada.get(&format!("/api/runs/{}/graph", run.id)).await.ok().read_as();
        let now: serde_json::Value = ada.get(&format!("/api/workflows/{workflow}/graph")).await.ok().read_as();
        let value = |graph: &serde_json::Value| graph["nodes"]["who"]["params"]["value"].clone();
        assert_eq!((value(&frozen), value(&now)), (json!("world"), json!("moon")));
        assert_eq!((&frozen["openflow"], &frozen["edges"]), (&json!(1), &now["edges"]));
        let again = start(&ada, workflow, json!({})).await;
        let frozen: serde_json::Value = ada.get(&format!("/api/runs/{}/graph", again.id)).await.ok().read_as();
        assert_eq!(value(&frozen), json!("moon"));
    }

    async fn what_cannot_run_is_refused_with_its_places(app: TestApp) {
        let ada = app.user("ada").await;
        let mut graph = greeting();
        graph["nodes"]["join"]["type"] = json!("text.vanished");
        let workflow = create(&ada, graph).await;
        let path = format!("/api/workflows/{workflow}/runs");
        let refusal = ada.post(&path, json!({})).await.refusal();
        assert!(refusal.starts_with("422 invalid_graph") && refusal.contains("nodes.join"), "{refusal}");
        // What does not need the unknown node runs.
        let run = start(&ada, workflow, json!({"targets": ["who"]})).await;
        assert_eq!(ended(&ada, run.id).await.status, RunStatus::Done);

        let refusal = ada.post(&path, json!({"targets": ["nobody"]})).await.refusal();
        assert_eq!(refusal, "400 bad_request: there is no node `nobody`");
        let refusal = ada.post(&path, json!({"targets": ["who"], "inputs": {"whom": "x"}})).await.refusal();
        assert_eq!(refusal, "400 bad_request: the workflow has no input `whom`: it has `who`");
        let runs: Vec<Run> = ada.get(&path).await.ok().read_as();
        assert_eq!(runs.len(), 1, "a refused run left a row");
    }

    async fn a_failure_is_told_on_its_node(app: TestApp) {
        let ada = app.user("ada").await;
        let mut graph = greeting();
        graph["nodes"]["ask"] = json!({"type": "text.chat", "params": {"prompt": "Hello"}});
        let workflow = create(&ada, graph).await;
        let run = start(&ada, workflow, json!({})).await;
        let run = ended(&ada, run.id).await;
        assert_eq!((run.status, run.outputs.len()), (RunStatus::Failed, 1));
        assert!(run.failures[&id("ask")].message.contains("no key"));
        let outputs = app.state.rooms.outputs(workflow).await.unwrap();
        assert_eq!(output(&outputs, "ask").unwrap().status, NodeStatus::Failed);
        assert_eq!(output(&outputs, "ask").unwrap().error.as_ref(), run.failures.get(&id("ask")));
    }

    async fn only_runners_run_and_only_members_watch(app: TestApp) {
        let (ada, ben, cleo, eve) =
            (app.user("ada").await, app.user("ben").await, app.user("cleo").await, app.user("eve").await);
        ada.invite(&ben, "commenter").await;
        ada.invite(&cleo, "runner").await;
        let workflow = create(&ada, greeting()).await;
        let path = format!("/api/workflows/{workflow}/runs");
        let run = start(&cleo, workflow, json!({})).await;
        ended(&ben, run.id).await;
        assert!(ben.post(&path, json!({})).await.refusal().starts_with("403 forbidden"));
        assert!(ben.post(&format!("/api/runs/{}/cancel", run.id), json!({})).await.refusal().starts_with("403 forbidden"));
        for route in ["", "/events", "/graph"] {
            let path = format!("/api/runs/{}{route}", run.id);
            assert_eq!(eve.get(&path).await.refusal(), "404 not_found: no such run");
            assert_eq!(app.stranger().get(&path).await.status, 401);
        }
        assert!(eve.post(&path, json!({})).await.refusal().starts_with("404 not_found"));
    }

    async fn results_are_readable_by_the_workspace_alone(app: TestApp) {
        let (ada, ben, eve) = (app.user("ada").await, app.user("ben").await, app.user("eve").await);
        ada.invite(&ben, "viewer").await;
        let photo = engine::samples::Sample::find("photo").unwrap().hash();
        let workflow = create(&ada, json!({
            "openflow": 1,
            "nodes": {
                "load": {"type": "image.load", "params": {"name": "photo"}},
                "gray": {"type": "image.grayscale"},
                "out": {"type": "output.image", "params": {"name": "poster"}},
            },
            "edges": {
                "gray:image": {"from": "load", "output": "image", "to": "gray", "input": "image"},
                "out:image": {"from": "gray", "output": "image", "to": "out", "input": "image"},
            },
        })).await;
        let run = start(&ada, workflow, json!({"inputs": {"photo": photo.as_str()}})).await;
        let run = ended(&ada, run.id).await;
        let Value::Image(result) = &run.outputs["poster"] else { panic!("{run:?}") };
        assert_ne!(result.blob, photo);
        for blob in [&result.blob, result.poster.as_ref().unwrap()] {
            assert_eq!(ben.get(&format!("/api/blobs/{blob}")).await.status, 200);
            assert_eq!(eve.get(&format!("/api/blobs/{blob}")).await.status, 404);
        }
        let mut listed: Vec<Workflow> = Vec::new();
        for _ in 0..100 {
            listed = ada.get("/api/workflows").await.ok().read_as();
            if listed[0].poster.is_some() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        assert_eq!(listed[0].poster.as_deref(), result.poster.as_ref().map(|poster| poster.as_str()));
    }

    async fn a_poster_does_not_open_the_media_of_others(app: TestApp) {
        let (ada, eve) = (app.user("ada").await, app.user("eve").await);
        let secret = uploaded(&ada, "image/png", &picture(5)).await;
        let mut own = serde_json::to_value(uploaded(&eve, "image/png", &picture(6)).await).unwrap();
        own["poster"] = json!(secret.blob.as_str());
        let graph = json!({
            "openflow": 1,
            "nodes": {"load": {"type": "image.load", "params": {"name": "photo", "value": own}}},
            "edges": {},
        });
        let workflow = create(&eve, graph).await;
        for body in [json!({}), json!({"inputs": {"photo": own}})] {
            let run = start(&eve, workflow, body).await;
            assert_eq!(ended(&eve, run.id).await.status, RunStatus::Done);
        }
        assert_eq!(eve.get(&format!("/api/blobs/{}", secret.blob)).await.status, 404);
    }

    async fn naming_a_hash_does_not_open_the_media_of_others(app: TestApp) {
        let (ada, eve) = (app.user("ada").await, app.user("eve").await);
        let media = uploaded(&ada, "image/png", &picture(4)).await;
        let graph = |value: serde_json::Value| json!({
            "openflow": 1,
            "nodes": {"load": {"type": "image.load", "params": {"name": "photo", "value": value}}},
            "edges": {},
        });
        let workflow = create(&eve, graph(serde_json::to_value(&media).unwrap())).await;
        let path = format!("/api/workflows/{workflow}/runs");
        let refusal = eve.post(&path, json!({})).await.refusal();
        assert!(refusal.starts_with("422 invalid_graph: nodes.load: the media"), "{refusal}");

        let workflow = create(&eve, graph(json!(null))).await;
        let path = format!("/api/workflows/{workflow}/runs");
        for input in [json!(media.blob.as_str()), serde_json::to_value(&media).unwrap()] {
            let refusal = eve.post(&path, json!({"inputs": {"photo": input}})).await.refusal();
            assert!(refusal.starts_with("400 bad_request: `inputs`"), "{refusal}");
        }
    }
}
