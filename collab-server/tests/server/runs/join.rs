//! What is the same is done once: at the same time, and again later.

use serde_json::json;
use shared::{
    run::{NodeStatus, RunStatus},
    value::Value,
};

use super::{
    create, ended, names, output, outputs_when, question, read_events, start,
    vendor::{Vendor, with_private_network},
    watch,
};
use crate::support::on_each_database;

on_each_database! {
    async fn two_identical_runs_share_one_execution(app: TestApp) {
        let app = with_private_network(app).await;
        let (ada, ben) = (app.user("ada").await, app.user("ben").await);
        ada.invite(&ben, "runner").await;
        let vendor = Vendor::start(&ada).await;
        let workflow = create(&ada, question("Once?")).await;
        let first = start(&ada, workflow, json!({})).await;
        outputs_when(&app, workflow, |o| output(o, "ask").is_some_and(|ask| ask.text == "Hello")).await;
        let second = start(&ben, workflow, json!({})).await;
        assert_eq!((second.joined, second.started_by), (Some(first.id), ben.user().id));
        let graphs = [first.id, second.id].map(|run| format!("/api/runs/{run}/graph"));
        assert_eq!(ada.get(&graphs[0]).await.ok().text(), ben.get(&graphs[1]).await.ok().text());
        // Another question is another run.
        let other = start(&ben, workflow, json!({"targets": ["ask"]})).await;
        assert_eq!(other.joined, None);

        let watched = read_events(&watch(&app, &ben, second.id, None, || vendor.release()).await);
        assert_eq!(names(&watched).last().map(String::as_str), Some("run_finished"));
        for run in [first.id, second.id, other.id] {
            let run = ended(&ada, run).await;
            assert_eq!(run.status, RunStatus::Done);
            if run.id != other.id {
                assert_eq!(run.outputs["answer"], Value::Text("Hello world".into()));
            }
        }
        assert_eq!(vendor.calls(), 1, "the same question was paid for twice");
        // What has ended is not joined any more.
        assert_eq!(start(&ada, workflow, json!({})).await.joined, None);
    }

    async fn a_restart_does_not_forget_what_was_paid_for(app: TestApp) {
        let app = with_private_network(app).await;
        let (workflow, vendor) = {
            let ada = app.user("ada").await;
            let vendor = Vendor::start(&ada).await;
            vendor.release();
            let workflow = create(&ada, question("Remember?")).await;
            let run = start(&ada, workflow, json!({})).await;
            assert_eq!(ended(&ada, run.id).await.status, RunStatus::Done);
            (workflow, vendor)
        };
        let app = app.restart().await;
        let ada = app.signed_in_again("ada").await;
        let run = start(&ada, workflow, json!({})).await;
        let run = ended(&ada, run.id).await;
        assert_eq!(run.outputs["answer"], Value::Text("Hello world".into()));
        let outputs = app.state.rooms.outputs(workflow).await.unwrap();
        assert_eq!((output(&outputs, "ask").unwrap().status, vendor.calls()), (NodeStatus::Cached, 1));

        // Another workspace has its own keys and pays for itself.
        let eve = app.user("eve").await;
        let hers = Vendor::start(&eve).await;
        hers.release();
        let workflow = create(&eve, question("Remember?")).await;
        let run = start(&eve, workflow, json!({})).await;
        assert_eq!((ended(&eve, run.id).await.status, hers.calls()), (RunStatus::Done, 1));
    }
}
