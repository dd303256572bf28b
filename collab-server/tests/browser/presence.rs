//! What two people see of each other at work: carets in a prompt, who is there, whose change it was.

use std::time::Duration;

use fantoccini::actions::{InputSource, MOUSE_BUTTON_LEFT, MouseActions, PointerAction};
use serde_json::json;

use crate::{person::Person, stage::play};

impl Person {
    /// Waits until another's caret stands there in the text of a node.
    async fn sees_caret(&self, node: &str, name: &str, at: u32) {
        let script = "const [node, name, at] = arguments;
            const caret = document.querySelector(`article[data-node='${node}'] .remote-caret[data-caret='${name}']`);
            return caret && Number(caret.dataset.at) === at;";
        let arguments = vec![json!(node), json!(name), json!(at)];
        self.until(&format!("{name}'s caret at {at}"), script, arguments).await;
    }
}

impl Person {
    /// Takes hold of a wire at an output and pulls it so far.
    async fn pulls_wire(&self, from: (&str, &str), by: (f64, f64)) {
        let start = self.center(&format!("article[data-node='{}'] [data-port='out:{}']", from.0, from.1)).await;
        let end = (start.0 + by.0, start.1 + by.1);
        let go = |(x, y): (f64, f64)| PointerAction::MoveTo { duration: Some(Duration::from_millis(60)), x, y };
        let actions = MouseActions::new("mouse".to_owned())
            .then(go(start))
            .then(PointerAction::Down { button: MOUSE_BUTTON_LEFT })
            .then(go((start.0 + by.0 / 2.0, start.1 + by.1 / 2.0)))
            .then(go(end));
        self.client.perform_actions(actions).await.expect("a wire can be pulled");
    }

    async fn lets_go(&self) {
        self.client.release_actions().await.expect("a pointer can be released");
        self.type_keys("\u{e00c}").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn others_are_seen_typing_and_told_by_their_changes() {
    play("others_are_seen_typing_and_told_by_their_changes", |stage| async move {
        let (ada, bob) = tokio::join!(stage.person("Ada"), stage.person("Bob"));
        let path = ada.new_workflow().await;
        ada.share_with(&bob).await;
        let text = ada.add_node("text", "text.input", (330.0, 250.0)).await;
        let number = ada.add_node("number", "number.input", (760.0, 250.0)).await;
        bob.goto(&path).await;
        bob.opens_editor().await;
        let prompt = Person::param(&text, "value");

        // Bob's caret stands in Ada's field where it stands in his, and goes with what she types in front of it.
        bob.type_into(&prompt, "a paper boat").await;
        ada.sees_caret(&text, "Bob", 12).await;
        ada.find(&format!("article[data-node='{text}'] [data-param='value'][data-editing='Bob']")).await;
        ada.takes_picture("editor-two-people").await;
        ada.click(&prompt).await;
        ada.type_keys("\u{e011}").await;
        ada.type_slowly("See ").await;
        ada.sees_value(&prompt, "See a paper boat").await;
        ada.sees_caret(&text, "Bob", 16).await;
        bob.sees_caret(&text, "Ada", 4).await;
        // The caret is drawn behind the last letter, not at the beginning of the field.
        let script = "const field = document.querySelector(arguments[0]).getBoundingClientRect();
            const caret = document.querySelector('.remote-caret[data-caret=Bob]').getBoundingClientRect();
            return caret.x > field.x + 40 && caret.x < field.right && caret.y > field.y && caret.bottom < field.bottom;";
        ada.until("the caret inside the field", script, vec![json!(prompt)]).await;

        // A wire in Ada's hand is seen while she pulls it, from the port to her pointer, and no longer.
        ada.pulls_wire((&text, "text"), (90.0, 120.0)).await;
        let script = "const path = document.querySelector('svg.loose path.wire');
            const cursor = document.querySelector('.cursor[data-cursor=Ada] path')?.getBoundingClientRect();
            if (!path || !cursor) return null;
            const to = path.getPointAtLength(path.getTotalLength()).matrixTransform(path.getScreenCTM());
            return Math.hypot(to.x - cursor.x, to.y - cursor.y) < 6;";
        bob.until("Ada's wire at her pointer", script, vec![]).await;
        ada.lets_go().await;
        bob.until("no wire", "return !document.querySelector('svg.loose path.wire');", vec![]).await;

        // Both set one number: the later stays, and who lost is told.
        let value = Person::param(&number, "value");
        ada.fill(&value, "5").await;
        ada.type_keys("\u{e007}").await;
        ada.sees_saved().await;
        bob.sees_value(&value, "5").await;
        bob.fill(&value, "7").await;
        bob.type_keys("\u{e007}").await;
        ada.find(&format!("article[data-node='{number}'] [data-param='value'][data-changed-by='Bob']")).await;
        ada.sees_value(&value, "7").await;

        // Deleted from under a hand, and brought back.
        ada.click(&format!("article[data-node='{number}'] .node-title")).await;
        bob.click(&format!("article[data-node='{number}'] .node-title")).await;
        bob.type_keys("\u{e017}").await;
        ada.find("[data-deleted='1']").await;
        ada.press("Restore").await;
        bob.sees_node(&number).await;
        bob.sees_value(&value, "7").await;
    })
    .await;
}
