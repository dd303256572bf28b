//! Seeds that count from run to run, and runs that begin anew in the middle.

use serde_json::json;
use shared::run::RunStatus;

use super::{
    create, ended, id, output, question, start,
    vendor::{Vendor, with_private_network},
};
use crate::support::{Person, TestApp, on_each_database};

async fn seed_of(app: &TestApp, person: &Person<'_>, workflow: shared::id::WorkflowId) -> u64 {
    let run = start(person, workflow, json!({})).await;
    assert_eq!(ended(person, run.id).await.status, RunStatus::Done);
    let outputs = app.state.rooms.outputs(workflow).await.unwrap();
    output(&outputs, "dice").unwrap().seed.expect("the seed is shown")
}

on_each_database! {
    async fn a_counting_seed_counts_from_run_to_run_and_says_where_it_is(app: TestApp) {
        let ada = app.user("ada").await;
        let graph = json!({
            "openflow": 1,
            "nodes": {"dice": {"type": "number.random", "params": {"seed": {"increment": 5}}}},
            "edges": {},
        });
        let workflow = create(&ada, graph).await;
        assert_eq!((seed_of(&app, &ada, workflow).await, seed_of(&app, &ada, workflow).await), (5, 6));
        // Two that are started at once are two runs.
        let app = app.restart_with(|config| config.workers = 0).await;
        let ada = app.signed_in_again("ada").await;
        let (first, second) = (start(&ada, workflow, json!({})).await, start(&ada, workflow, json!({})).await);
        assert_eq!((first.joined, second.joined), (None, None));
        let app = app.restart_with(|config| config.workers = 1).await;
        let ada = app.signed_in_again("ada").await;
        ended(&ada, second.id).await;
        assert_eq!(seed_of(&app, &ada, workflow).await, 9);
        // The graph is as the person left it, and another beginning is another count.
        let (graph, _) = app.state.rooms.graph(workflow).await.unwrap();
        assert_eq!(graph.nodes["dice"].params["seed"], json!({"increment": 5}));
        let again = |edit: &mut shared::document::Edit<'_>| {
            assert!(edit.set_param(&id("dice"), "seed", json!({"increment": 2})));
        };
        app.state.rooms.edit(workflow, Box::new(again)).await.unwrap();
        assert_eq!(seed_of(&app, &ada, workflow).await, 2);
    }

    async fn from_here_asks_again_what_was_answered(app: TestApp) {
        let app = with_private_network(app).await;
        let ada = app.user("ada").await;
        let vendor = Vendor::start(&ada).await;
        vendor.release();
        let mut graph = question("Which one?");
        graph["nodes"]["before"] = json!({"type": "text.chat", "params": {"prompt": "Before", "model": "test-model"}});
        graph["edges"]["ask:prompt"] = json!({"from": "before", "output": "text", "to": "ask", "input": "prompt"});
        let workflow = create(&ada, graph).await;
        for (body, calls) in [(json!({}), 2), (json!({}), 2), (json!({"from": ["ask"]}), 3), (json!({"from": ["before"]}), 5)] {
            let run = start(&ada, workflow, body.clone()).await;
            assert_eq!((ended(&ada, run.id).await.status, vendor.calls()), (RunStatus::Done, calls), "{body}");
        }
    }
}
