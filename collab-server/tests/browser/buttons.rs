//! The buttons around a run, each clicked once: cut out, queue, approve, compare, keep, use a seed.

use serde_json::{Value, json};

use crate::{person::Person, stage::play};

const ESCAPE: &str = "\u{e00c}";

/// A picture that is cut, strewn with grain, asked about and put out.
fn graph(picture: &Value) -> Value {
    json!({"openflow": 1, "meta": {"title": "Buttons"},
        "nodes": {
            "load": {"type": "image.load", "pos": [0, 0], "params": {"value": picture}},
            "crop": {"type": "image.crop", "pos": [400, 0]},
            "grain": {"type": "image.noise", "pos": [800, 0], "params": {"strength": 60}},
            "ask": {"type": "flow.approve", "pos": [1200, 0]},
            "out": {"type": "output.image", "pos": [1600, 0]}},
        "edges": {
            "crop:image": {"from": "load", "output": "image", "to": "crop", "input": "image"},
            "grain:image": {"from": "crop", "output": "image", "to": "grain", "input": "image"},
            "ask:value": {"from": "grain", "output": "image", "to": "ask", "input": "value"},
            "out:image": {"from": "ask", "output": "approved", "to": "out", "input": "image"}}})
}

impl Person {
    /// A workflow made of a picture of a template. Returns its path.
    pub async fn opens_with_picture(&self, graph: impl FnOnce(&Value) -> Value) -> String {
        self.click("[data-testid='template-photos-to-film']").await;
        let path = self.opens_editor().await;
        let template = self.request("GET", &format!("/api/workflows/{}/graph", id_in(&path)), None).await;
        let nodes = template["nodes"].as_object().expect("a graph has nodes");
        let load = nodes.values().find(|node| node["type"] == "image.load").expect("the template loads pictures");
        let graph = json!({"title": "By hand", "graph": graph(&load["params"]["value"])});
        let made = self.request("POST", "/api/workflows", Some(graph)).await;
        let path = format!("/w/{}", made["id"].as_str().expect("an id"));
        self.goto(&path).await;
        self.opens_editor().await;
        self.find("article[data-node='load'] img").await;
        path
    }

    async fn cuts_out(&self) {
        self.press("Choose on the picture").await;
        self.find(".crop img").await;
        let [x, y] = self.middle_of(".crop").await;
        self.drag((x - 120.0, y - 60.0), (x + 90.0, y + 70.0)).await;
        let script = "const facts = document.querySelector('.crop-facts')?.textContent.match(/\\d+/g)?.map(String);
            return facts && facts[2] > 0 && facts[3] > 0 ? facts : null;";
        let facts = self.until("a box that was drawn", script, vec![]).await;
        let facts: Vec<String> = serde_json::from_value(facts).expect("four numbers");
        self.press("Use this part").await;
        self.click("article[data-node='crop'] .node-title").await;
        self.press("Side panel").await;
        for (side, pixels) in ["width", "height", "left", "top"].into_iter().zip(&facts) {
            self.sees_value(&format!(".side [data-param='{side}'] input"), pixels).await;
        }
    }

    /// Ids of the runs that wait, in their order.
    async fn sees_queue(&self, count: usize) -> Vec<String> {
        let script = "const runs = [...document.querySelectorAll('[data-queued]')].map((run) => run.dataset.queued);
            return runs.length === arguments[0] ? runs : null;";
        let runs = self.until(&format!("{count} runs in the queue"), script, vec![json!(count)]).await;
        serde_json::from_value(runs).expect("ids are texts")
    }

    async fn arranges_queue(&self, path: &str) {
        self.press("Runs").await;
        self.press("Hold back").await;
        self.find(".queue[data-paused='true']").await;
        self.press("Run").await;
        let first = self.sees_queue(1).await;
        self.press("Hold this run back").await;
        self.press("Let this run go on").await;
        self.find("[aria-label='Hold this run back']").await;

        let other = json!({"targets": ["crop"]});
        self.request("POST", &format!("/api/workflows/{}/runs", id_in(path)), Some(other)).await;
        let second = self.sees_queue(2).await.into_iter().find(|run| *run != first[0]).expect("another run");
        self.click(&format!("[data-queued='{second}'] [aria-label='Put first']")).await;
        let script = "return document.querySelector('[data-queued]')?.dataset.queued === arguments[0];";
        self.until("the second run in front", script, vec![json!(second)]).await;
        self.click(&format!("[data-queued='{second}'] [aria-label='Cancel this run']")).await;
        assert_eq!(self.sees_queue(1).await, first);
        self.press("Go on").await;
        self.press("Close panel").await;
        self.press("Fit everything").await;
    }

    async fn answers(&self, answer: &str, status: &str) {
        self.find("article[data-node='ask'] .approval").await;
        self.press(answer).await;
        self.sees_status("out", status).await;
    }

    async fn compares_results(&self) {
        let grain = |css: &str| format!("article[data-node='grain'] {css}");
        self.click(&grain("[aria-label='Compare results']")).await;
        self.find("[role=dialog] .compare").await;
        self.press_segment("Slider").await;
        self.find("[role=dialog] .compare-over").await;
        self.type_keys(ESCAPE).await;
        self.click(&grain("[aria-label='Earlier result']")).await;
        self.find(&grain(".version-thumb[aria-pressed='true'][aria-label^='Result 1 of 2']")).await;
        self.click(&grain("[aria-label='Keep this result']")).await;
        self.find(&grain(".version-thumb[data-pinned='true'][aria-label^='Result 1 of 2']")).await;
        self.click(&grain("[aria-label='Let it run again']")).await;
        self.find(&grain("[aria-label='Keep this result']")).await;

        let css = grain("[aria-label^='Use its seed']");
        let script = "return document.querySelector(arguments[0])?.getAttribute('aria-label').match(/\\d+/)[0];";
        let seed = self.until("a seed to use", script, vec![json!(css)]).await;
        self.click(&css).await;
        self.sees_value(&grain("[data-param='seed'] input"), seed.as_str().expect("digits")).await;
    }

    async fn press_segment(&self, title: &str) {
        let script = "const segment = [...document.querySelectorAll('[role=dialog] .segment')]
              .find((segment) => segment.textContent.trim() === arguments[0]);
            if (segment) segment.querySelector('input').click();
            return Boolean(segment);";
        self.until(&format!("“{title}” to choose"), script, vec![json!(title)]).await;
    }
}

fn id_in(path: &str) -> &str {
    path.rsplit('/').next().expect("a path has a last part")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_button_around_a_run_does_what_it_says() {
    play("every_button_around_a_run_does_what_it_says", |stage| async move {
        let ada = stage.person("Ada").await;
        let path = ada.opens_with_picture(graph).await;
        ada.cuts_out().await;
        ada.sees_saved().await;
        ada.arranges_queue(&path).await;
        ada.answers("Yes, go on", "done").await;
        ada.press("Run").await;
        ada.answers("No", "skipped").await;
        ada.compares_results().await;
        ada.sees_saved().await;
    })
    .await;
}
