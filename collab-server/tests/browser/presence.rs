//! What two people see of each other at work: carets in a prompt, who is there, whose change it was.

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
