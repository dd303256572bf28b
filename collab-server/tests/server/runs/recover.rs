//! A server that ends in the middle of runs, and the one that comes after it.

use serde_json::json;
use shared::{
    run::{NodeStatus, RunStatus},
    value::Value,
};

use super::{
    create, ended, events, greeting, id, names, output, outputs_when, question, start,
    vendor::{Vendor, with_private_network},
};
use crate::support::on_each_database;

on_each_database! {
    async fn what_waits_is_executed_after_a_restart(app: TestApp) {
        let app = app.restart_with(|config| config.workers = 0).await;
        let (workflow, run) = {
            let ada = app.user("ada").await;
            let workflow = create(&ada, greeting()).await;
            let run = start(&ada, workflow, json!({"inputs": {"who": "there"}})).await;
            assert_eq!((run.status, run.attempt), (RunStatus::Queued, 0));
            outputs_when(&app, workflow, |o| output(o, "join").is_some_and(|join| join.status == NodeStatus::Queued)).await;
            (workflow, run.id)
        };
        // What is edited meanwhile does not touch it.
        let rename = move |edit: &mut shared::document::Edit<'_>| assert!(edit.set_param(&id("hello"), "value", json!("Bye")));
        app.state.rooms.edit(workflow, Box::new(rename)).await.unwrap();
        let app = app.restart_with(|config| config.workers = 4).await;
        let ada = app.signed_in_again("ada").await;
        let run = ended(&ada, run).await;
        assert_eq!((run.status, run.attempt), (RunStatus::Done, 1));
        assert_eq!(run.outputs["greeting"], Value::Text("Hello there".into()));
        let outputs = app.state.rooms.outputs(workflow).await.unwrap();
        assert_eq!(output(&outputs, "join").unwrap().status, NodeStatus::Done);
        assert_eq!(outputs.runs[&run.id].status, RunStatus::Done);
    }

    async fn a_run_goes_on_where_the_server_stopped(app: TestApp) {
        let app = with_private_network(app).await;
        // A chain behind a question that is never answered by the first server.
        let mut graph = question("Still there?");
        let other = greeting();
        for part in ["nodes", "edges"] {
            let more = other[part].as_object().unwrap().clone();
            graph[part].as_object_mut().unwrap().extend(more.into_iter().map(|(id, entry)| {
                let text = entry.to_string().replace("\"out\"", "\"out2\"");
                (id.replace("out", "out2"), serde_json::from_str(&text).unwrap())
            }));
        }
        let (workflow, vendor, run) = {
            let ada = app.user("ada").await;
            let vendor = Vendor::start(&ada).await;
            let workflow = create(&ada, graph).await;
            let run = start(&ada, workflow, json!({})).await.id;
            outputs_when(&app, workflow, |o| {
                output(o, "ask").is_some_and(|ask| ask.text == "Hello")
                    && output(o, "out2").is_some_and(|out| out.status == NodeStatus::Done)
            }).await;
            (workflow, vendor, run)
        };
        let app = app.restart().await;
        vendor.release();
        let ada = app.signed_in_again("ada").await;
        let run = ended(&ada, run).await;
        assert_eq!(run.outputs["greeting"], Value::Text("Hello world".into()));
        // The call was out when the server stopped. It may have been paid, so nobody makes it again unasked.
        assert_eq!((run.status, vendor.calls()), (RunStatus::Failed, 1));
        assert!(run.failures[&id("ask")].message.contains("not sent again"), "{:?}", run.failures);
        assert_eq!(names(&events(&ada, run.id).await).last().map(String::as_str), Some("run_finished"));

        let outputs = app.state.rooms.outputs(workflow).await.unwrap();
        for (node, status) in [("join", NodeStatus::Done), ("ask", NodeStatus::Failed), ("out", NodeStatus::Skipped)] {
            assert_eq!(output(&outputs, node).unwrap().status, status, "{node}");
        }
        assert_eq!(output(&outputs, "join").unwrap().history.len(), 1, "told twice, kept once");

        // Asked for again, it is asked again.
        let again = start(&ada, workflow, json!({})).await;
        assert_eq!((ended(&ada, again.id).await.status, vendor.calls()), (RunStatus::Done, 2));
    }
}
