//! Agents through the real server: with the workflows of those who may read them, held to caps at every turn, and gone on
//! with after a kill.

mod model;

use collab_server::db::{self, spend::NewSpend};
use engine::Payer;
use serde_json::{Value, json};
use shared::{
    api::WorkflowInterface,
    id::WorkflowId,
    run::{FailureCode, RunStatus},
    value::Value as Made,
};
use uuid::Uuid;

use self::model::Model;
use crate::{
    jobs::Program,
    runs::{create, ended, greeting, id, start, vendor::with_private_network},
    support::{Person, on_each_database},
};

/// An agent that is asked for one call of a tool; its answer is the output `answer`.
fn agent(tools: Value, prompt: &str) -> Value {
    json!({
        "openflow": 1,
        "nodes": {
            "agent": {"type": "text.agent", "params": {"prompt": prompt, "model": "working", "tools": tools}},
            "out": {"type": "output.text", "params": {"name": "answer"}},
        },
        "edges": {"out:text": {"from": "agent", "output": "text", "to": "out", "input": "text"}},
    })
}

async fn model_for(person: &Person<'_>) -> Model {
    let model = Model::listen().await;
    person.post(&format!("/api/workspaces/{}/keys", person.workspace().await), model.key()).await.ok();
    model
}

/// The workflow `greeting` as a tool, at the version that is kept of it.
async fn greeter(person: &Person<'_>, workflow: WorkflowId) -> Value {
    let linked = person.post(&format!("/api/workflows/{workflow}/links"), json!({})).await;
    let linked: WorkflowInterface = linked.read_as();
    json!({"name": "greet", "description": "Greets", "workflow": workflow, "version": linked.version})
}

on_each_database! {
    async fn an_agent_uses_a_workflow_of_whoever_runs_it(app: TestApp) {
        let app = with_private_network(app).await;
        let (ada, eve) = (app.user("ada").await, app.user("eve").await);
        let model = model_for(&ada).await;
        model.release();
        let inner = create(&ada, greeting()).await;
        let tool = greeter(&ada, inner).await;
        let graph = agent(json!([tool, "text.case"]), r#"greet {"who":"Grace"}"#);
        // What is changed later, the version does not know.
        let bye = |edit: &mut shared::document::Edit<'_>| {
            assert!(edit.set_param(&id("hello"), "value", json!("Bye")));
        };
        app.state.rooms.edit(inner, Box::new(bye)).await.unwrap();

        let run = start(&ada, create(&ada, graph.clone()).await, json!({})).await;
        let run = ended(&ada, run.id).await;
        assert_eq!(run.status, RunStatus::Done, "{run:?}");
        let Made::Text(answer) = &run.outputs["answer"] else { panic!("{run:?}") };
        assert!(answer.starts_with("It said: ") && answer.contains("Hello Grace"), "{answer}");
        let asked = model.asked();
        assert_eq!(asked.len(), 2);
        let told: Vec<&str> =
            asked[0]["tools"].as_array().unwrap().iter().map(|tool| tool["function"]["name"].as_str().unwrap()).collect();
        assert_eq!(told, ["greet", "text_case"]);
        let takes = &asked[0]["tools"][0]["function"]["parameters"]["properties"];
        assert!(takes["who"].is_object() && takes["hello"].is_object(), "{takes}");

        // The tool opens nothing to somebody who may not read the workflow.
        let foreign = create(&eve, graph).await;
        let refusal = eve.post(&format!("/api/workflows/{foreign}/runs"), json!({})).await.refusal();
        assert!(refusal.starts_with("422 invalid_graph"), "{refusal}");
        assert!(refusal.contains("the linked workflow does not exist, or you may not read it"), "{refusal}");
        assert_eq!(model.asked().len(), 2);
    }

    async fn an_agent_whose_person_has_spent_the_month_is_not_asked_on(app: TestApp) {
        let app = with_private_network(app).await;
        let ada = app.user("ada").await;
        let workspace = ada.workspace().await;
        let model = model_for(&ada).await;
        let page = json!({"node": "http.get", "name": "page", "params": {"url": model.slow_page()}});
        let workflow = create(&ada, agent(json!([page]), "page {}")).await;
        let cap = json!({"subject": {"member": ada.user().id}, "usd_per_month": 1.0});
        assert_eq!(ada.put(&format!("/api/workspaces/{workspace}/caps"), cap).await.status, 204);
        let run = start(&ada, workflow, json!({})).await;
        // While its tool works, somebody else's run of hers costs all that she may spend.
        model.until_page_is_awaited().await;
        let spend = NewSpend {
            generation: Uuid::now_v7().into(),
            workspace,
            user: ada.user().id,
            workflow,
            run: Uuid::now_v7().into(),
            provider: "fal".into(),
            model: "wan-2.6".into(),
            payer: Payer::Workspace,
            cost_usd: Some(1.0),
        };
        db::spend::insert(&app.state.db, &spend).await.unwrap();
        model.release();
        let run = ended(&ada, run.id).await;
        let failure = &run.failures[&id("agent")];
        assert_eq!(failure.code, FailureCode::Quota, "{failure:?}");
        assert!(failure.message.contains("an admin can raise"), "{failure:?}");
        assert_eq!(model.asked().len(), 1, "nothing more is sent");
    }
}

/// A server on which somebody has signed up and the model's key is.
async fn program(model: &Model, folder: &std::path::Path) -> Program {
    let program = Program::start_signed_up(&folder.join("data"), &folder.join("log")).await;
    let workspace = program.workspace().await;
    program.post(&format!("workspaces/{workspace}/keys"), model.key()).await;
    program
}

#[tokio::test]
async fn a_killed_server_goes_on_with_an_agent_whose_tool_was_working() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::listen().await;
    let server = program(&model, folder.path()).await;
    let page = json!({"node": "http.get", "name": "page", "params": {"url": model.slow_page()}});
    let (_, run) = server.run(agent(json!([page]), "page {}")).await;
    model.until_page_is_awaited().await;
    let server = server.killed_and_started(&folder.path().join("data"), &folder.path().join("log")).await;
    model.release();
    let run = server.ended(&run).await;
    assert_eq!((&run["status"], &run["attempt"]), (&json!("done"), &json!(2)), "{run}");
    let answer = run["outputs"]["answer"].to_string();
    assert!(answer.contains("the page"), "{answer}");
    assert_eq!(model.asked().len(), 2, "what was answered is not asked again");
}

#[tokio::test]
async fn a_question_that_was_open_at_the_kill_is_not_asked_again_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::listen().await;
    let server = program(&model, folder.path()).await;
    let (_, run) = server.run(agent(json!(["text.case"]), r#"text_case {"text":"Hi"}"#)).await;
    // The second question is open.
    model.until_asked(2).await;
    let server = server.killed_and_started(&folder.path().join("data"), &folder.path().join("log")).await;
    let run = server.ended(&run).await;
    assert_eq!(run["status"], json!("failed"), "{run}");
    let message = run["failures"]["agent"]["message"].as_str().unwrap();
    assert!(message.contains("whether it answered, and billed it, is unknown"), "{message}");
    assert_eq!(model.asked().len(), 2, "what may have been paid is not sent again");
}
