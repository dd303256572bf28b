//! Watching a run: the event stream, and the outputs document.

use serde_json::json;
use shared::{
    run::{NodeStatus, RunStatus},
    value::Value,
};

use super::{
    create, ended, events, greeting, names, output, outputs_when, question, read_events, start,
    vendor::{Vendor, with_private_network},
    watch,
};
use crate::support::on_each_database;

on_each_database! {
    async fn a_text_is_seen_while_it_is_written(app: TestApp) {
        let app = with_private_network(app).await;
        let ada = app.user("ada").await;
        let vendor = Vendor::start(&ada).await;
        let workflow = create(&ada, question("Say hello")).await;
        let run = start(&ada, workflow, json!({})).await;

        let outputs = outputs_when(&app, workflow, |o| output(o, "ask").is_some_and(|ask| ask.text == "Hello")).await;
        assert_eq!(output(&outputs, "ask").unwrap().status, NodeStatus::Running);
        assert_eq!(output(&outputs, "out").unwrap().status, NodeStatus::Queued);

        // A late joiner sees it from the start.
        let watched = read_events(&watch(&app, &ada, run.id, None, || vendor.release()).await);
        let text: String = watched.iter().filter_map(|event| event["delta"].as_str()).collect();
        assert_eq!(text, "Hello world");
        let names_of = |events: &[serde_json::Value]| {
            names(events).into_iter().filter(|name| !name.starts_with("text_delta")).collect::<Vec<_>>()
        };
        let expected = [
            "run_started", "node_started ask", "node_finished ask", "node_started out", "node_finished out", "run_finished",
        ];
        assert_eq!(names_of(&watched), expected);

        // Whoever heard of the end finds it written down.
        let run = ended(&ada, run.id).await;
        assert_eq!((run.status, &run.outputs["answer"]), (RunStatus::Done, &Value::Text("Hello world".into())));
        let outputs = app.state.rooms.outputs(workflow).await.unwrap();
        let ask = output(&outputs, "ask").unwrap();
        assert_eq!((ask.status, ask.text.as_str()), (NodeStatus::Done, ""));
        assert_eq!(ask.values["text"], Value::Text("Hello world".into()));

        // And whoever comes later still learns what happened.
        assert_eq!(names(&events(&ada, run.id).await), expected);
    }

    async fn who_comes_back_gets_what_they_missed(app: TestApp) {
        let app = with_private_network(app).await;
        let ada = app.user("ada").await;
        let vendor = Vendor::start(&ada).await;
        let workflow = create(&ada, question("Say hello again")).await;
        let run = start(&ada, workflow, json!({})).await;
        outputs_when(&app, workflow, |o| output(o, "ask").is_some_and(|ask| ask.text == "Hello")).await;
        let stream = watch(&app, &ada, run.id, Some("1-1"), || vendor.release()).await;
        // Numbers 0 and 1 were the starts of the run and of the node.
        assert!(stream.starts_with("event: text_delta\n"), "{stream}");
        assert!(stream.contains("id: 1-2\n") && stream.contains("event: run_finished\n"), "{stream}");
    }

    async fn a_cancelled_run_stops_and_says_so(app: TestApp) {
        let app = with_private_network(app).await;
        let ada = app.user("ada").await;
        let _vendor = Vendor::start(&ada).await;
        let mut graph = question("Count");
        let other = greeting();
        for part in ["nodes", "edges"] {
            let more = other[part].as_object().unwrap().clone();
            graph[part].as_object_mut().unwrap().extend(more.into_iter().map(|(id, entry)| {
                let text = entry.to_string().replace("\"out\"", "\"out2\"");
                (id.replace("out", "out2"), serde_json::from_str(&text).unwrap())
            }));
        }
        let workflow = create(&ada, graph).await;
        let run = start(&ada, workflow, json!({})).await;
        outputs_when(&app, workflow, |o| {
            output(o, "ask").is_some_and(|ask| ask.text == "Hello")
                && output(o, "out2").is_some_and(|out| out.status == NodeStatus::Done)
        }).await;
        let answer = ada.post(&format!("/api/runs/{}/cancel", run.id), json!({})).await;
        assert_eq!(answer.status, 202);

        let run = ended(&ada, run.id).await;
        assert_eq!((run.status, run.outputs.into_keys().collect::<Vec<_>>()), (RunStatus::Cancelled, vec!["greeting".to_owned()]));
        let outputs = app.state.rooms.outputs(workflow).await.unwrap();
        for (node, status) in [("ask", NodeStatus::Cancelled), ("out", NodeStatus::Cancelled), ("join", NodeStatus::Done)] {
            assert_eq!(output(&outputs, node).unwrap().status, status, "{node}");
        }
        // Cancelling what has ended changes nothing.
        let answer = ada.post(&format!("/api/runs/{}/cancel", run.id), json!({})).await;
        assert_eq!((answer.status, ended(&ada, run.id).await.status), (202, RunStatus::Cancelled));
    }

    async fn deleting_a_workflow_ends_its_runs(app: TestApp) {
        let app = with_private_network(app).await;
        let ada = app.user("ada").await;
        let vendor = Vendor::start(&ada).await;
        let workflow = create(&ada, question("Who am I?")).await;
        let run = start(&ada, workflow, json!({})).await;
        outputs_when(&app, workflow, |o| output(o, "ask").is_some_and(|ask| ask.text == "Hello")).await;
        assert_eq!(ada.delete(&format!("/api/workflows/{workflow}")).await.status, 204);
        for _ in 0..400 {
            if app.state.runs.find(run.id).is_none() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        assert!(app.state.runs.find(run.id).is_none(), "the run went on without its workflow");
        assert_eq!((vendor.calls(), ada.get(&format!("/api/runs/{}", run.id)).await.status), (1, 404));
    }
}
