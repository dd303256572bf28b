//! Runs that wait for people: asked, answered, forgotten, cancelled, and restarted in between.

use std::time::Duration;

use serde_json::{Value as Json, json};
use shared::{
    api::{ApprovalState, AskedApproval, Run, Workflow},
    id::{RunId, WorkflowId, WorkspaceId},
    run::{ApprovalDecision, NodeStatus, RunStatus},
    value::Value,
};

use super::{
    create, ended, events, greeting, id, names, output, outputs_when, start,
    vendor::{Vendor, with_private_network},
};
use crate::support::{Person, on_each_database};

/// What `draft` says is shown by `check`, and what passes is the output `text`.
pub fn checked(draft: Json) -> Json {
    json!({
        "openflow": 1,
        "nodes": {
            "draft": draft,
            "check": {"type": "flow.approve", "params": {"question": "Good enough?"}},
            "out": {"type": "output.text", "params": {"name": "text"}},
            "no": {"type": "output.text", "params": {"name": "refused"}},
            "seen": {"type": "output.text", "params": {"name": "draft"}},
        },
        "edges": {
            "check:value": {"from": "draft", "output": "text", "to": "check", "input": "value"},
            "out:text": {"from": "check", "output": "approved", "to": "out", "input": "text"},
            "no:text": {"from": "check", "output": "rejected", "to": "no", "input": "text"},
            "seen:text": {"from": "draft", "output": "text", "to": "seen", "input": "text"},
        },
    })
}

pub fn draft() -> Json {
    json!({"type": "text.input", "params": {"name": "draft", "value": "A draft"}})
}

/// Waits until the run has asked.
async fn question(person: &Person<'_>, run: RunId) -> AskedApproval {
    for _ in 0..1200 {
        let asked: Vec<AskedApproval> = person.get(&format!("/api/runs/{run}/approvals")).await.ok().read_as();
        if let Some(asked) = asked.into_iter().next() {
            return asked;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("the run asked nothing");
}

/// Waits until nobody executes the run.
async fn put_aside(person: &Person<'_>, run: RunId) {
    for _ in 0..1200 {
        let run: Run = person.get(&format!("/api/runs/{run}")).await.ok().read_as();
        if run.waiting {
            assert_eq!(run.status, RunStatus::Running);
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("the run was not put aside");
}

/// A run in the workspace that waits for an answer about its node `check`.
pub async fn asked(person: &Person<'_>, workspace: WorkspaceId) -> RunId {
    let body = json!({"title": "To check", "workspace": workspace, "graph": checked(draft())});
    let workflow: Workflow = person.post("/api/workflows", body).await.ok().read_as();
    let run = start(person, workflow.id, json!({})).await.id;
    question(person, run).await;
    run
}

fn approved() -> Json {
    json!({"node": "check", "decision": "approved"})
}

async fn waiting_in(person: &Person<'_>, path: &str) -> Vec<RunId> {
    let asked: Vec<AskedApproval> = person.get(path).await.ok().read_as();
    assert!(asked.iter().all(|asked| asked.state == ApprovalState::Pending));
    asked.into_iter().map(|asked| asked.run).collect()
}

async fn checking(person: &Person<'_>, draft: Json) -> (WorkflowId, RunId) {
    let workflow = create(person, checked(draft)).await;
    (workflow, start(person, workflow, json!({})).await.id)
}

on_each_database! {
    async fn a_run_asks_everybody_and_goes_on_with_the_first_answer(app: TestApp) {
        let (ada, ben, cleo, eve) =
            (app.user("ada").await, app.user("ben").await, app.user("cleo").await, app.user("eve").await);
        ada.invite(&ben, "runner").await;
        ada.invite(&cleo, "commenter").await;
        let (workflow, run) = checking(&ada, draft()).await;
        let asked = question(&cleo, run).await;
        assert_eq!((asked.run, asked.workflow, asked.state), (run, workflow, ApprovalState::Pending));
        assert_eq!((asked.approval.node, asked.approval.value), (id("check"), Value::Text("A draft".into())));
        let outputs = outputs_when(&app, workflow, |o| {
            output(o, "check").is_some_and(|check| check.status == NodeStatus::Waiting)
        }).await;
        let shown = &output(&outputs, "check").unwrap().approvals;
        assert_eq!((shown.len(), shown[0].question.as_str()), (1, "Good enough?"));
        let team = ada.workspace().await;
        for list in [format!("/api/workflows/{workflow}/approvals"), format!("/api/workspaces/{team}/approvals")] {
            assert_eq!(waiting_in(&cleo, &list).await, [run]);
            assert_eq!(eve.get(&list).await.status, 404);
        }

        let path = format!("/api/runs/{run}/approvals");
        assert!(cleo.post(&path, approved()).await.refusal().starts_with("403 forbidden"));
        assert_eq!(eve.post(&path, approved()).await.refusal(), "404 not_found: no such run");
        let refusals = [
            (json!({"node": "draft", "decision": "approved"}), "404 not_found: no such approval"),
            (
                json!({"node": "check", "decision": "approved", "value": {"type": "number", "value": 1}}),
                "400 bad_request: `value`: a `text` was shown, and this is a `number`",
            ),
            (
                json!({"node": "check", "decision": "rejected", "value": {"type": "text", "value": "x"}}),
                "400 bad_request: `value`: what is rejected goes on as it was shown",
            ),
        ];
        for (body, refusal) in refusals {
            assert_eq!(ben.post(&path, body).await.refusal(), refusal);
        }
        let body = json!({
            "node": "check", "decision": "approved", "value": {"type": "text", "value": "A better draft"}, "note": " Shorter. ",
        });
        let answered: AskedApproval = ben.post(&path, body).await.ok().read_as();
        let answer = answered.answer.expect("who answered");
        assert_eq!((answer.by, answer.by_name.as_str(), answer.note.as_deref()), (ben.user().id, "ben", Some("Shorter.")));
        let refusal = ada.post(&path, json!({"node": "check", "decision": "rejected"})).await.refusal();
        assert!(refusal.starts_with("409 conflict"), "{refusal}");

        let run = ended(&ada, run).await;
        assert_eq!((run.status, &run.outputs["text"]), (RunStatus::Done, &Value::Text("A better draft".into())));
        assert!(!run.outputs.contains_key("refused"));
        let outputs = app.state.rooms.outputs(workflow).await.unwrap();
        assert_eq!(output(&outputs, "check").map(|check| (check.status, check.approvals.len())), Some((NodeStatus::Done, 0)));
        let told = events(&ada, run.id).await;
        assert!(names(&told).contains(&"node_waiting check".to_owned()));
        let answer = told.iter().find(|event| event["event"] == "node_answered").expect("the answer is told");
        assert_eq!((&answer["answer"]["by_name"], &answer["answer"]["note"]), (&json!("ben"), &json!("Shorter.")));
        let kept: Vec<AskedApproval> = cleo.get(&path).await.ok().read_as();
        assert_eq!(kept[0].answer.as_ref().map(|answer| answer.decision), Some(ApprovalDecision::Approved));
        assert!(waiting_in(&ada, &format!("/api/workflows/{workflow}/approvals")).await.is_empty());
        assert!(ada.post(&path, approved()).await.refusal().starts_with("409 conflict"));
    }

    async fn a_run_that_waits_takes_no_place_and_survives_a_restart(app: TestApp) {
        let app = with_private_network(app).await.restart_with(|config| config.workers = 1).await;
        let (workflow, vendor, run) = {
            let ada = app.user("ada").await;
            let vendor = Vendor::start(&ada).await;
            vendor.release();
            let chat = json!({"type": "text.chat", "params": {"prompt": "Write", "model": "test-model"}});
            let (workflow, run) = checking(&ada, chat).await;
            put_aside(&ada, run).await;
            // The only worker is free for somebody else.
            let other = create(&ada, greeting()).await;
            let other = start(&ada, other, json!({})).await.id;
            assert_eq!(ended(&ada, other).await.status, RunStatus::Done);
            (workflow, vendor, run)
        };
        let app = app.restart().await;
        let ada = app.signed_in_again("ada").await;
        put_aside(&ada, run).await;
        let outputs = app.state.rooms.outputs(workflow).await.unwrap();
        assert_eq!(output(&outputs, "check").unwrap().status, NodeStatus::Waiting);
        ada.post(&format!("/api/runs/{run}/approvals"), json!({"node": "check", "decision": "rejected"})).await.ok();
        let run = ended(&ada, run).await;
        assert_eq!((run.status, &run.outputs["refused"]), (RunStatus::Done, &Value::Text("Hello world".into())));
        assert!(!run.waiting && !run.outputs.contains_key("text"));
        assert_eq!(vendor.calls(), 1, "what was paid for was paid for again");
    }

    async fn a_question_nobody_answers_in_time_fails_its_node(app: TestApp) {
        let ada = app.user("ada").await;
        let mut graph = checked(draft());
        graph["nodes"]["check"]["timeout_seconds"] = json!(2);
        let workflow = create(&ada, graph).await;
        let run = start(&ada, workflow, json!({})).await.id;
        let run = ended(&ada, run).await;
        assert_eq!(run.status, RunStatus::Failed);
        assert_eq!(run.failures[&id("check")].message, "nobody answered in time");
        assert_eq!(question(&ada, run.id).await.state, ApprovalState::Expired);
        assert_eq!(run.outputs["draft"], Value::Text("A draft".into()));
    }

    async fn cancelling_a_run_that_waits_keeps_what_is_finished(app: TestApp) {
        let ada = app.user("ada").await;
        let (workflow, run) = checking(&ada, draft()).await;
        put_aside(&ada, run).await;
        ada.post(&format!("/api/runs/{run}/cancel"), json!({})).await.ok();
        let run = ended(&ada, run).await;
        assert_eq!((run.status, &run.outputs["draft"]), (RunStatus::Cancelled, &Value::Text("A draft".into())));
        assert_eq!(question(&ada, run.id).await.state, ApprovalState::Withdrawn);
        let outputs = outputs_when(&app, workflow, |o| o.runs[&run.id].status.is_final()).await;
        for (node, status) in [("check", NodeStatus::Cancelled), ("seen", NodeStatus::Done)] {
            assert_eq!(output(&outputs, node).unwrap().status, status, "{node}");
        }
        assert!(ada.post(&format!("/api/runs/{}/approvals", run.id), approved()).await.refusal().starts_with("409"));
    }
}
