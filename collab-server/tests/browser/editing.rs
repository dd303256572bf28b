//! Two people work on one workflow at the same time.

use crate::{person::Person, stage::play, wait::eventually};

#[tokio::test(flavor = "multi_thread")]
async fn two_people_build_one_workflow() {
    play("two_people_build_one_workflow", |stage| async move {
        let (ada, bob) = tokio::join!(stage.person("Ada"), stage.person("Bob"));
        let path = ada.new_workflow().await;
        ada.share_with(&bob).await;
        bob.goto(&path).await;
        bob.opens_editor().await;
        ada.find("[data-person='Bob']").await;
        bob.find("[data-person='Ada']").await;

        // One adds and wires, the other sees it.
        let text = ada.add_node("text", "text.input", (330.0, 250.0)).await;
        let join = ada.add_node("join text", "text.join", (760.0, 250.0)).await;
        ada.wire((&text, "text"), (&join, "texts")).await;
        bob.sees_node(&text).await;
        bob.sees_node(&join).await;
        bob.sees_wires(1).await;

        // Both type into one prompt at once.
        let prompt = Person::param(&text, "value");
        ada.type_into(&prompt, "harbour ").await;
        bob.sees_value(&prompt, "harbour ").await;
        tokio::join!(ada.put_caret_at_end(&prompt), bob.put_caret_at_end(&prompt));
        tokio::join!(ada.type_slowly("at dawn, a paper boat"), bob.type_slowly("and gulls above it"));
        ada.sees_saved().await;
        bob.sees_saved().await;
        // Who comes first is chance; that nobody's words are torn, lost or doubled is not.
        let texts = ["at dawn, a paper boatand gulls above it", "and gulls above itat dawn, a paper boat"]
            .map(|words| format!("harbour {words}"));
        let read = eventually("the same text in both windows, with the words of both", || async {
            let (ada, bob) = tokio::join!(ada.value(&prompt), bob.value(&prompt));
            (ada == bob && texts.contains(&ada)).then_some(ada)
        })
        .await;

        // A third look, from nothing: what the server has is what they saw.
        bob.client.refresh().await.expect("a page can be reloaded");
        bob.sees_value(&prompt, &read).await;
        bob.sees_wires(1).await;

        // Each undoes what is theirs: the last step was Ada's typing and Bob's typing.
        ada.press("Undo").await;
        ada.sees_another_value(&prompt, &read).await;
        assert!(ada.value(&prompt).await.contains("gulls"), "Ada's undo took Bob's words");
    })
    .await;
}
