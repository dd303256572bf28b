//! Workflows as nodes of others: linked with the rights of whoever runs, pinned, detached.

use serde_json::{Value as Json, json};
use shared::{api::WorkflowInterface, id::WorkflowId, run::RunStatus, value::Value};

use super::{create, ended, greeting, id, start};
use crate::support::{Person, on_each_database};

/// A workflow with one node `w`, which stands for `workflow`: it greets, and the greeting is the output `said`.
pub fn linking(workflow: WorkflowId, version: Option<&str>) -> Json {
    let interface = json!({
        "inputs": [{"name": "hello", "type": "text"}, {"name": "who", "type": "text"}],
        "outputs": [{"name": "greeting", "type": "text"}],
    });
    json!({
        "openflow": 1,
        "nodes": {
            "name": {"type": "text.input", "params": {"name": "name", "value": "Grace"}},
            "w": {"type": "flow.workflow", "params": {
                "source": {"workflow": workflow, "version": version, "interface": interface},
            }},
            "out": {"type": "output.text", "params": {"name": "said"}},
        },
        "edges": {
            "w:who": {"from": "name", "output": "text", "to": "w", "input": "who"},
            "out:text": {"from": "w", "output": "greeting", "to": "out", "input": "text"},
        },
    })
}

async fn said(person: &Person<'_>, workflow: WorkflowId) -> Value {
    let run = start(person, workflow, json!({})).await;
    let run = ended(person, run.id).await;
    assert_eq!(run.status, RunStatus::Done, "{run:?}");
    run.outputs["said"].clone()
}

fn text(text: &str) -> Value {
    Value::Text(text.into())
}

on_each_database! {
    async fn a_linked_workflow_stays_at_its_version_until_it_is_detached(app: TestApp) {
        let ada = app.user("ada").await;
        let inner = create(&ada, greeting()).await;
        let linked = ada.post(&format!("/api/workflows/{inner}/links"), json!({})).await;
        assert_eq!(linked.status, 201);
        let linked: WorkflowInterface = linked.read_as();
        let names = |ports: &[shared::node::InterfacePort]| {
            ports.iter().map(|port| format!("{}: {}", port.name, port.value_type)).collect::<Vec<_>>()
        };
        assert_eq!(names(&linked.ports.inputs), ["hello: text", "who: text"]);
        assert_eq!(names(&linked.ports.outputs), ["greeting: text"]);
        let version = linked.version.expect("a version").to_string();
        assert!(!linked.changed);
        let outer = create(&ada, linking(inner, Some(&version))).await;
        let following = create(&ada, linking(inner, None)).await;
        assert_eq!(said(&ada, outer).await, text("Hello Grace"));

        let rename = |value: &'static str| move |edit: &mut shared::document::Edit<'_>| {
            assert!(edit.set_param(&id("hello"), "value", json!(value)));
        };
        app.state.rooms.edit(inner, Box::new(rename("Bye"))).await.unwrap();
        assert_eq!(said(&ada, outer).await, text("Hello Grace"), "the version was chosen");
        assert_eq!(said(&ada, following).await, text("Bye Grace"));
        let newer: WorkflowInterface =
            ada.get(&format!("/api/workflows/{inner}/interface?version={version}")).await.ok().read_as();
        assert!(newer.changed, "there is a newer one");

        // A link without a version is settled when the run is started.
        let app = app.restart_with(|config| config.workers = 0).await;
        let ada = app.signed_in_again("ada").await;
        let waiting = start(&ada, following, json!({"inputs": {"name": "Ida"}})).await.id;
        app.state.rooms.edit(inner, Box::new(rename("Later"))).await.unwrap();
        let other = start(&ada, following, json!({"inputs": {"name": "Ida"}})).await;
        assert_eq!(other.joined, None, "what is within has changed");
        let app = app.restart_with(|config| config.workers = 4).await;
        let ada = app.signed_in_again("ada").await;
        assert_eq!(ended(&ada, waiting).await.outputs["said"], text("Bye Ida"));
        assert_eq!(ended(&ada, other.id).await.outputs["said"], text("Later Ida"));

        let path = format!("/api/workflows/{outer}/nodes/w/detach");
        assert_eq!(ada.post(&path, json!({})).await.status, 204);
        ada.delete(&format!("/api/workflows/{inner}")).await.ok();
        assert_eq!(said(&ada, outer).await, text("Hello Grace"));
        assert_eq!(ada.post(&path, json!({})).await.refusal(), "400 bad_request: the node links no workflow");
        let path = format!("/api/workflows/{following}/runs");
        let refusal = ada.post(&path, json!({})).await.refusal();
        assert!(refusal.contains("nodes.w.source: the linked workflow does not exist, or you may not read it"), "{refusal}");
    }

    async fn a_link_opens_nothing_to_who_may_not_read_it(app: TestApp) {
        let (ada, eve) = (app.user("ada").await, app.user("eve").await);
        let secret = create(&ada, greeting()).await;
        let nothing: WorkflowId = "wf_00000000000000000000000000000009".parse().unwrap();
        let mut refusals = Vec::new();
        for workflow in [secret, nothing] {
            let outer = create(&eve, linking(workflow, None)).await;
            refusals.push(eve.post(&format!("/api/workflows/{outer}/runs"), json!({})).await.refusal());
            let detach = eve.post(&format!("/api/workflows/{outer}/nodes/w/detach"), json!({})).await;
            assert_eq!(detach.refusal(), "400 bad_request: the linked workflow does not exist, or you may not read it");
        }
        assert!(refusals[0].starts_with("422 invalid_graph"), "{refusals:?}");
        assert_eq!(refusals[0], refusals[1]);
        // Whoever may read it runs the same workflow of a team.
        let team = eve.team("Both").await;
        let body = json!({"title": "Outer", "workspace": team, "graph": linking(secret, None)});
        let outer: shared::api::Workflow = eve.post("/api/workflows", body).await.ok().read_as();
        let member = json!({"email": ada.user().email, "role": "runner"});
        eve.post(&format!("/api/workspaces/{team}/members"), member).await.ok();
        assert_eq!(said(&ada, outer.id).await, text("Hello Grace"));
        assert_eq!(eve.post(&format!("/api/workflows/{}/runs", outer.id), json!({})).await.status, 422);
    }

    async fn a_workflow_that_contains_itself_is_refused(app: TestApp) {
        let ada = app.user("ada").await;
        let first = create(&ada, greeting()).await;
        // Each takes and gives what the one within does.
        let around = |inner: WorkflowId| {
            let mut graph = linking(inner, None);
            graph["nodes"]["name"]["params"]["name"] = json!("who");
            graph["nodes"]["out"]["params"]["name"] = json!("greeting");
            graph
        };
        let second = create(&ada, around(first)).await;
        let third = create(&ada, around(second)).await;
        let source = json!({"workflow": third, "interface": {"inputs": [], "outputs": []}});
        let knot = shared::graph::Node {
            params: [("source".to_owned(), source)].into(),
            ..shared::graph::Node::new("flow.workflow")
        };
        let tie = move |edit: &mut shared::document::Edit<'_>| edit.add_node(&id("knot"), &knot, engine::catalog());
        app.state.rooms.edit(first, Box::new(tie)).await.unwrap();
        for workflow in [first, second, third] {
            let refusal = ada.post(&format!("/api/workflows/{workflow}/runs"), json!({})).await.refusal();
            assert!(refusal.contains("contains itself"), "{refusal}");
        }
    }
}
