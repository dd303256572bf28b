//! Workflows within workflows: a node that stands for one, and an agent that may use one.

use serde_json::json;

use crate::{person::Person, stage::play};

impl Person {
    /// A workflow that greets, made behind the page's back. Returns its id.
    async fn has_greeting(&self) -> String {
        let graph = json!({
            "openflow": 1,
            "nodes": {
                "hello": {"type": "text.input", "pos": [0, 0], "params": {"name": "hello", "value": "Hello"}},
                "who": {"type": "text.input", "pos": [0, 300], "params": {"name": "who", "value": "world"}},
                "join": {"type": "text.join", "pos": [400, 0], "params": {"separator": " "}},
                "out": {"type": "output.text", "pos": [800, 0], "params": {"name": "greeting"}},
            },
            "edges": {
                "join:texts:a": {"from": "hello", "output": "text", "to": "join", "input": "texts"},
                "join:texts:b": {"from": "who", "output": "text", "to": "join", "input": "texts"},
                "out:text": {"from": "join", "output": "text", "to": "out", "input": "text"},
            },
        });
        let body = json!({"title": "Greeting", "graph": graph});
        let made = self.request("POST", "/api/workflows", Some(body)).await;
        made["id"].as_str().expect("an id").to_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_is_linked_brought_up_to_date_and_made_ones_own() {
    play("a_workflow_is_linked_brought_up_to_date_and_made_ones_own", |stage| async move {
        let ada = stage.person("Ada").await;
        let inner = ada.has_greeting().await;
        let outer = ada.opens_node("flow.workflow", json!({})).await;
        ada.click("article[data-node='one'] [data-param='source'] .model-pick").await;
        ada.sees("[data-offer] strong", "Greeting").await;
        ada.gone(&format!("[data-offer='{outer}']")).await;
        ada.audits("within-workflows").await;
        ada.takes_picture("within-picker").await;
        ada.fill("[role=dialog] input[type=search]", "greet").await;
        ada.click(&format!("[data-offer='{inner}']")).await;
        ada.sees("article[data-node='one'] .model-name", "Greeting").await;
        ada.sees("article[data-node='one'] .link-line", "Up to date").await;
        ada.sees("article[data-node='one']", "Who").await;
        ada.takes_picture("within-linked").await;
        ada.press("Run").await;
        ada.sees("[data-output='greeting']", "Hello world").await;

        ada.goto(&format!("/w/{inner}")).await;
        ada.opens_editor().await;
        ada.fill("article[data-node='hello'] [data-param='value'] .prompt", "Bye").await;
        ada.sees_saved().await;
        ada.goto(&format!("/w/{outer}")).await;
        ada.opens_editor().await;
        ada.press("Run").await;
        ada.sees("[data-output='greeting']", "Hello world").await;
        ada.press("Update").await;
        ada.sees("article[data-node='one'] .link-line", "Up to date").await;
        ada.press("Run").await;
        ada.sees("[data-output='greeting']", "Bye world").await;

        ada.press("Detach").await;
        ada.sees("article[data-node='one'] .model-name", "A graph of its own").await;
        ada.sees("article[data-node='one'] .link-line", "4 nodes").await;
        ada.request("DELETE", &format!("/api/workflows/{inner}"), None).await;
        ada.press("Run").await;
        ada.sees("[data-output='greeting']", "Bye world").await;
        ada.assert_quiet_console().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_agent_may_use_is_chosen_from_a_list() {
    play("what_an_agent_may_use_is_chosen_from_a_list", |stage| async move {
        let ada = stage.person("Ada").await;
        let inner = ada.has_greeting().await;
        let outer = ada.opens_node("text.agent", json!({"prompt": "Greet Grace in capitals."})).await;
        ada.press("Add tools").await;
        ada.find(&format!("[data-offer='{inner}']")).await;
        ada.gone("[data-offer='text.agent']").await;
        ada.fill("[role=dialog] input[type=search]", "greeting").await;
        ada.click(&format!("[data-offer='{inner}']")).await;
        ada.find(&format!("[data-offer='{inner}'][aria-selected='true']")).await;
        ada.fill("[role=dialog] input[type=search]", "change case").await;
        ada.click("[data-offer='text.case']").await;
        ada.find("[data-offer='text.case'][aria-selected='true']").await;
        ada.audits("within-tools-list").await;
        ada.takes_picture("within-tools-picker").await;
        ada.press("Close").await;
        ada.sees("article[data-node='one'] .tool", "Greeting").await;
        ada.takes_picture("within-tools").await;
        ada.sees_saved().await;

        let graph = ada.request("GET", &format!("/api/workflows/{outer}/graph"), None).await;
        let tools = &graph["nodes"]["one"]["params"]["tools"];
        assert_eq!((&tools[0]["name"], &tools[0]["workflow"]), (&json!("greeting"), &json!(inner)), "{graph}");
        assert!(tools[0]["version"].is_string(), "what was chosen is what is used: {graph}");
        assert_eq!(tools[1], json!("text.case"), "{graph}");

        ada.press("Take Greeting away").await;
        ada.sees_saved().await;
        let graph = ada.request("GET", &format!("/api/workflows/{outer}/graph"), None).await;
        assert_eq!(graph["nodes"]["one"]["params"]["tools"], json!(["text.case"]), "{graph}");
        ada.assert_quiet_console().await;
    })
    .await;
}
