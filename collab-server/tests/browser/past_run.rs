//! A run that has ended is opened as it was: its graph, who ran it, and what each node made then.

use serde_json::json;

use crate::{person::Person, stage::play};

#[tokio::test(flavor = "multi_thread")]
async fn a_past_run_shows_its_own_graph_and_results() {
    play("a_past_run_shows_its_own_graph_and_results", |stage| async move {
        let ada = stage.person("Ada").await;
        let graph = json!({"openflow": 1, "meta": {"title": "Words"},
            "nodes": {
                "words": {"type": "text.input", "pos": [0, 0], "params": {"value": "red, green, blue"}},
                "split": {"type": "text.split", "pos": [420, 0], "params": {"separator": ","}}},
            "edges": {"split:text": {"from": "words", "output": "text", "to": "split", "input": "text"}}});
        let made = ada.request("POST", "/api/workflows", Some(json!({"title": "Words", "graph": graph}))).await;
        let path = format!("/w/{}", made["id"].as_str().expect("an id"));
        ada.goto(&path).await;
        ada.opens_editor().await;
        ada.press("Run").await;
        ada.sees_status("split", "done").await;
        // A list is a grid, each item with its number.
        let items = |words: &str| {
            format!(
                "return [...document.querySelectorAll(`article[data-node=split] .output-list > li`)]
                  .map((item) => item.querySelector('.output-text').textContent).join() === '{words}';"
            )
        };
        ada.until("a grid of three", &items("red,green,blue"), vec![]).await;

        ada.fill(&Person::param("words", "value"), "one").await;
        ada.sees_saved().await;
        ada.press("Run").await;
        ada.until("a grid of one", &items("one"), vec![]).await;
        ada.press("Side panel").await;
        ada.press("Runs").await;
        ada.click(".run-list .run-entry:nth-of-type(2) .run-item").await;
        ada.press("Open as it was run").await;

        ada.find("[data-past-run] [role=status]").await;
        ada.until("the old result", &items("red,green,blue"), vec![]).await;
        ada.sees_value(&Person::param("words", "value"), "red, green, blue").await;
        ada.sees_status("split", "done").await;
        let who = "return document.querySelector('.past-facts strong')?.textContent === 'Ada';";
        ada.until("who ran it", who, vec![]).await;
        let script = "return document.querySelector(`[data-param=value] textarea`).readOnly;";
        assert_eq!(ada.script(script, vec![]).await, true, "what was cannot be changed");
        ada.audits("past-run").await;
        ada.click("[aria-label='Back to the workflow']").await;
        ada.opens_editor().await;
        ada.sees_value(&Person::param("words", "value"), "one").await;
    })
    .await;
}
