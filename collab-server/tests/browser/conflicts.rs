//! Two people who do different things to the same thing: what is said in product terms as "no locks".

use serde_json::json;

use crate::{person::Person, stage::play, wait::eventually};

/// The undo step that is offered, or nothing.
const STEP: &str =
    "return (document.querySelector(\".top-bar [aria-label='Undo']\")?.dataset.tip ?? '').replace(/^Undo ?/, '');";

impl Person {
    async fn selects(&self, node: &str) {
        self.click(&format!("article[data-node='{node}'] .node-title")).await;
        self.find(&format!("article[data-node='{node}'][data-selected='true']")).await;
    }

    async fn sees_no_node(&self, node: &str) {
        let script = "return document.querySelector(`article[data-node='${arguments[0]}']`) === null;";
        self.until(&format!("`{node}` gone"), script, vec![json!(node)]).await;
    }

    /// Presses a key on the canvas.
    async fn keys(&self, keys: &str) {
        let told =
            self.tries("document.activeElement?.blur(); press(given[0]); await frame();", vec![json!(keys)]).await;
        assert_eq!(told, None);
    }

    async fn sees_step(&self, label: &str) {
        eventually(&format!("{}: the step “{label}”", self.name), || async {
            (self.script(STEP, vec![]).await == label).then_some(())
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_who_want_different_things_lose_nothing() {
    play("people_who_want_different_things_lose_nothing", |stage| async move {
        let (ada, bob) = tokio::join!(stage.person("Ada"), stage.person("Bob"));
        let text = |pos: [i32; 2]| json!({"type": "text.input", "pos": pos, "params": {"value": "x"}});
        let graph = json!({"openflow": 1, "meta": {"title": "Both"},
            "nodes": {"a": text([0, 0]), "b": text([0, 420]),
                      "c": {"type": "text.replace", "pos": [460, 0], "params": {"find": "x"}},
                      "d": {"type": "text.trim", "pos": [460, 440]}},
            "edges": {"c:text": {"from": "a", "output": "text", "to": "c", "input": "text"}}});
        // In one's own workspace, where the other is invited.
        let path = ada.new_workflow().await;
        ada.share_with(&bob).await;
        let id = path.rsplit('/').next().expect("a path has an end").to_owned();
        let workspace = ada.request("GET", &format!("/api/workflows/{id}"), None).await["workspace"].clone();
        let body = json!({"title": "Both", "graph": graph, "workspace": workspace});
        let made = ada.request("POST", "/api/workflows", Some(body)).await;
        let path = format!("/w/{}", made["id"].as_str().expect("an id"));
        for person in [&ada, &bob] {
            person.goto(&path).await;
            person.opens_editor().await;
            person.sees_wires(1).await;
        }

        // One has a node in hand, the other deletes it: it is gone for both, and can be brought back with its wires.
        ada.selects("c").await;
        bob.find("article[data-node='c'][data-held-by='Ada']").await;
        bob.selects("c").await;
        bob.keys("Delete").await;
        ada.sees_no_node("c").await;
        ada.press("Restore").await;
        for person in [&ada, &bob] {
            person.sees_node("c").await;
            person.sees_wires(1).await;
        }

        // Undo takes back what is one's own, and nothing of the other's that came in between.
        ada.selects("d").await;
        ada.keys("B").await;
        bob.find("article[data-node='d'][data-mode='bypass']").await;
        bob.selects("b").await;
        bob.keys("D").await;
        ada.find("article[data-node='b'][data-mode='mute']").await;
        ada.keys("Mod+Z").await;
        bob.find("article[data-node='d'][data-mode='active']").await;
        ada.find("article[data-node='b'][data-mode='mute']").await;
        bob.sees_step("mute").await;
        bob.keys("Mod+Z").await;
        ada.find("article[data-node='b'][data-mode='active']").await;

        // What one deleted comes back by their undo, although the other has worked around it since.
        ada.selects("a").await;
        ada.keys("Delete").await;
        bob.sees_no_node("a").await;
        bob.sees_wires(0).await;
        bob.selects("c").await;
        bob.keys("B").await;
        ada.find("article[data-node='c'][data-mode='bypass']").await;
        ada.keys("Mod+Z").await;
        for person in [&ada, &bob] {
            person.sees_node("a").await;
            person.sees_wires(1).await;
            person.find("article[data-node='c'][data-mode='bypass']").await;
        }

        // Two wires into an input that takes one: one is left, the same for both.
        let input = ("d", "text");
        tokio::join!(ada.wire_blindly(("a", "text"), input), bob.wire_blindly(("b", "text"), input));
        for person in [&ada, &bob] {
            person.sees_saved().await;
            person.sees_wires(2).await;
        }
        let source = format!("/api/workflows/{}/graph", made["id"].as_str().expect("an id"));
        let (left, right) = tokio::join!(ada.request("GET", &source, None), bob.request("GET", &source, None));
        assert_eq!(left["edges"], right["edges"]);
        assert_eq!(left["edges"].as_object().map(|edges| edges.len()), Some(2), "{}", left["edges"]);
        // Whose wire went is told, may put it back, and nobody else hears of either.
        let kept = left["edges"]["d:text"]["from"].as_str().expect("a wire into the input");
        let (winner, loser, lost) = if kept == "a" { (&ada, &bob, "b") } else { (&bob, &ada, "a") };
        loser.find(".call[data-rewired='d']").await;
        loser.takes_picture("editor-rewired").await;
        assert_eq!(winner.script("return document.querySelectorAll('[data-rewired]').length;", vec![]).await, 0);
        loser.press("Use mine").await;
        loser.sees_saved().await;
        eventually("the other wire there", || async {
            let graph = winner.request("GET", &source, None).await;
            (graph["edges"]["d:text"]["from"] == lost).then_some(())
        })
        .await;
    })
    .await;
}
