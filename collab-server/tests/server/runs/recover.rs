//! A server that dies in the middle of a run, and the one that comes after it.

use std::collections::BTreeMap;

use collab_server::db::{self, run::NewRun};
use serde_json::json;
use shared::{
    document::OutputsDocument,
    id::{RunId, UserId, WorkflowId},
    outputs::RunSummary,
    run::{NodeStatus, RunEvent, RunStatus},
    value::{Value, Values},
};
use uuid::Uuid;

use super::{create, ended, events, greeting, id, names, output, start};
use crate::support::{TestApp, on_each_database};

/// Leaves what a server leaves that is killed while `join` works.
async fn cut_off_run(app: &TestApp, workflow: WorkflowId, user: UserId) -> RunId {
    let run = RunId::from(Uuid::now_v7());
    let row = NewRun {
        id: run,
        workflow,
        started_by: user,
        graph_hash: "hash",
        graph: "{}",
        targets: &[],
        inputs: &BTreeMap::new(),
        joined: None,
        created_at: db::now(),
    };
    db::run::insert(&app.state.db, row).await.unwrap();
    let write = move |outputs: &OutputsDocument| {
        let summary = RunSummary {
            started_by: user,
            started_by_name: "ada".into(),
            started_at: "2026-11-22T12:00:00Z".into(),
            status: RunStatus::Running,
            progress: 0.0,
            cost_usd: None,
        };
        let nodes = ["hello", "join", "out"].map(|node| (id(node), "key".to_owned()));
        outputs.begin_run(run, summary, &nodes);
        let finished = RunEvent::NodeFinished {
            node: id("hello"),
            key: "key".into(),
            outputs: Values::from([("text".to_owned(), Value::Text("kept".into()))]),
            cached: false,
            duration_millis: 1,
            cost_usd: None,
            seed: None,
            items: None,
        };
        for event in [finished, RunEvent::NodeStarted { node: id("join"), key: "key".into() }] {
            outputs.apply(run, &event, "2026-11-22T12:00:01Z");
        }
    };
    app.state.rooms.write_outputs(workflow, Box::new(write)).await.unwrap();
    run
}

on_each_database! {
    async fn a_run_that_was_cut_off_is_ended_honestly(app: TestApp) {
        let (workflow, run) = {
            let ada = app.user("ada").await;
            let workflow = create(&ada, greeting()).await;
            (workflow, cut_off_run(&app, workflow, ada.user().id).await)
        };
        let app = app.restart().await;
        let ada = app.signed_in_again("ada").await;
        let ended_run = ended(&ada, run).await;
        assert_eq!(ended_run.status, RunStatus::Failed);
        assert!(ended_run.failures[&id("join")].message.contains("the server stopped"));
        assert_eq!(names(&events(&ada, run).await), ["run_finished"]);

        let outputs = app.state.rooms.outputs(workflow).await.unwrap();
        for (node, status) in [("hello", NodeStatus::Done), ("join", NodeStatus::Failed), ("out", NodeStatus::Cancelled)] {
            assert_eq!(output(&outputs, node).unwrap().status, status, "{node}");
        }
        assert_eq!(output(&outputs, "hello").unwrap().values["text"], Value::Text("kept".into()));
        assert_eq!(outputs.runs[&run].status, RunStatus::Failed);

        // The workflow itself is none the worse.
        let run = start(&ada, workflow, json!({})).await;
        assert_eq!(ended(&ada, run.id).await.status, RunStatus::Done);
    }
}
