//! Models, what they take and what they cost: an endpoint of one's own, a model that takes less, a cap that is reached.

use serde_json::{Value, json};

use crate::{person::Person, stage::play, vendor};

impl Person {
    pub async fn workspace(&self) -> String {
        let me = self.request("GET", "/api/me", None).await;
        me["workspaces"][0]["id"].as_str().expect("a person has a workspace").to_owned()
    }

    /// A workflow of one node `one`, made behind the page's back, and opened. Returns its id.
    pub async fn opens_node(&self, kind: &str, params: Value) -> String {
        let graph = json!({"openflow": 1, "nodes": {"one": {"type": kind, "pos": [0, 0], "params": params}}});
        let made = self.request("POST", "/api/workflows", Some(json!({"title": "Paid", "graph": graph}))).await;
        let id = made["id"].as_str().expect("an id").to_owned();
        self.goto(&format!("/w/{id}")).await;
        self.opens_editor().await;
        self.find("article[data-node='one']").await;
        id
    }

    /// Settings of the node beside the canvas.
    pub async fn inspects_node(&self) {
        self.click("article[data-node='one'] .node-title").await;
        self.press("Side panel").await;
        self.find(".side .inspector [data-param='model']").await;
    }

    pub async fn sees(&self, css: &str, text: &str) {
        let script = "return [...document.querySelectorAll(arguments[0])].some((element) =>
            element.textContent.includes(arguments[1]));";
        self.until(&format!("“{text}” in `{css}`"), script, vec![json!(css), json!(text)]).await;
    }

    /// Chooses from a list by what its entry says, once the entry is there.
    async fn chooses(&self, list: &str, entry: &str) {
        self.sees(&format!("select[aria-label='{list}'] option"), entry).await;
        let list = self.find(&format!("select[aria-label='{list}']")).await;
        list.select_by_label(entry).await.expect("the list has the entry");
    }

    pub async fn gone(&self, css: &str) {
        let script = "return !document.querySelector(arguments[0]);";
        self.until(&format!("no `{css}`"), script, vec![json!(css)]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_of_ones_own_is_added_chosen_and_run() {
    play("an_endpoint_of_ones_own_is_added_chosen_and_run", |stage| async move {
        let ada = stage.person("Ada").await;
        ada.goto("/settings").await;
        // The first of the two: the workspace's.
        ada.press("Add endpoint").await;
        ada.fill("[role=dialog] input[name=name]", "Studio").await;
        ada.fill("[role=dialog] input[name=base_url]", &stage.vendor.base_url()).await;
        ada.press("Save endpoint").await;
        ada.sees("[data-testid='provider-key']", "connection openai-compatible:Studio").await;
        ada.takes_picture("paying-endpoint").await;

        let id = ada.opens_node("text.chat", json!({"prompt": "One sentence about a harbour."})).await;
        // Nothing is there yet for the model that a new node has.
        ada.sees("[data-testid='estimate']", "1 model has no key").await;
        ada.inspects_node().await;
        ada.click(".side [data-param='model'] .model-pick").await;
        ada.fill("[role=dialog] input[type=search]", "studio").await;
        ada.find("[role=option][data-connection='openai-compatible:Studio']").await;
        ada.takes_picture("paying-picker").await;
        ada.click("[role=option][data-connection='openai-compatible:Studio']").await;
        ada.sees(".side [data-param='model'] .model-name", vendor::MODEL).await;
        ada.sees_value(".side [data-param='connection'] input", "openai-compatible:Studio").await;
        ada.sees_saved().await;
        ada.sees("[data-testid='estimate']", "Cost unknown · Workspace key").await;
        ada.sees(".side .model-paid", "Cost unknown · Workspace key").await;

        ada.press("Run").await;
        ada.sees_text("one", vendor::ANSWER).await;
        ada.sees("[data-testid='actual']", "Last run: cost unknown").await;
        ada.click("[role=tab]:nth-of-type(3)").await;
        ada.click(".run-item").await;
        ada.sees("[data-testid='run-paid']", "Cost unknown, Workspace key").await;
        ada.takes_picture("paying-run").await;
        let graph = ada.request("GET", &format!("/api/workflows/{id}/graph"), None).await;
        assert_eq!(graph["nodes"]["one"]["params"]["model"], vendor::MODEL);

        ada.goto("/settings").await;
        ada.sees("[data-testid='spend']", "1 call, 1 of unknown cost").await;
        ada.script("document.querySelector(\"[data-testid='spend']\").scrollIntoView();", vec![]).await;
        ada.takes_picture("paying-spend").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn parameters_follow_the_chosen_model_and_no_value_is_changed() {
    play("parameters_follow_the_chosen_model_and_no_value_is_changed", |stage| async move {
        let ada = stage.person("Ada").await;
        let params = json!({"prompt": "A boat", "model": "veo-3.1-fast", "seconds": 8, "negative_prompt": "rain"});
        let id = ada.opens_node("video.generate", params).await;
        ada.inspects_node().await;
        let lengths = "const list = document.querySelector(\".side [data-param='seconds'] select\");
            return list && JSON.stringify([...list.options].map((option) => option.value)) === arguments[0];";
        ada.until("Veo's lengths", lengths, vec![json!(r#"["","4","6","8"]"#)]).await;
        ada.find(".side [data-param='seconds'][data-fault='false']").await;

        ada.click(".side [data-param='model'] .model-pick").await;
        ada.fill("[role=dialog] input[type=search]", "wan 2.6").await;
        ada.click("[role=option][data-model='wan-2.6']").await;
        // The old value stays in the list, as what is chosen and does not fit.
        ada.until("Wan's lengths", lengths, vec![json!(r#"["8","","5","10","15"]"#)]).await;
        ada.sees(".side [data-param='seconds'][data-fault='true']", "Wan 2.6 takes 5, 10, 15 s here, not 8 s.").await;
        ada.takes_picture("paying-parameters").await;
        // On the node as well.
        ada.sees("article[data-node='one'] [data-param='seconds']", "not 8 s.").await;
        ada.sees_saved().await;
        let graph = ada.request("GET", &format!("/api/workflows/{id}/graph"), None).await;
        let params = &graph["nodes"]["one"]["params"];
        assert_eq!((&params["model"], &params["seconds"]), (&json!("wan-2.6"), &json!(8)), "{graph}");

        ada.chooses("Length", "10 s").await;
        ada.find(".side [data-param='seconds'][data-fault='false']").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cap_that_is_reached_refuses_and_says_what_to_do() {
    play("a_cap_that_is_reached_refuses_and_says_what_to_do", |stage| async move {
        let ada = stage.person("Ada").await;
        let keys = format!("/api/workspaces/{}/keys", ada.workspace().await);
        let key = json!({"provider": "openai", "base_url": stage.vendor.base_url(), "secret": "no-secret-at-all"});
        ada.request("POST", &keys, Some(key)).await;
        ada.goto("/settings").await;
        ada.chooses("Whose spending", "Ada").await;
        ada.press("Set cap").await;
        ada.sees("[role=alert]", "How much, in US dollars?").await;
        ada.fill("input[name=usd_per_month]", "0").await;
        ada.press("Set cap").await;
        ada.sees("[data-testid='cap']", "$0.00 a month").await;

        let id = ada.opens_node("text.chat", json!({"prompt": "One sentence.", "model": "own"})).await;
        ada.press("Run").await;
        ada.sees_status("one", "failed").await;
        ada.sees("article[data-node='one']", "may spend 0.00 USD a month").await;
        ada.sees("article[data-node='one']", "raise the cap").await;
        ada.takes_picture("paying-refused").await;

        ada.goto("/settings").await;
        ada.click("[data-testid='cap'] button").await;
        ada.gone("[data-testid='cap']").await;
        ada.goto(&format!("/w/{id}")).await;
        ada.opens_editor().await;
        ada.press("Run").await;
        ada.sees_text("one", vendor::ANSWER).await;
    })
    .await;
}
