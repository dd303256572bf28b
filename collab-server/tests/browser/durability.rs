//! What is marked as saved is stored: a server that is killed takes nothing with it.

use crate::{person::Person, stage::play};

#[tokio::test(flavor = "multi_thread")]
async fn every_saved_edit_survives_kill_9() {
    play("every_saved_edit_survives_kill_9", |stage| async move {
        let ada = stage.person("Ada").await;
        let path = ada.new_workflow().await;
        let text = ada.add_node("text", "text.input", (330.0, 250.0)).await;
        let join = ada.add_node("join text", "text.join", (760.0, 250.0)).await;
        ada.wire((&text, "text"), (&join, "texts")).await;
        let prompt = Person::param(&text, "value");
        ada.type_into(&prompt, "this must not get lost").await;
        ada.sees_saved().await;

        // A page that looks for its server says so.
        ada.expect_in_console("net::ERR_CONNECTION_REFUSED");
        {
            let mut server = stage.server.lock().await;
            server.kill().await;
            // The page says so, and what is typed now is kept until the server is back.
            ada.find("[data-save='offline']").await;
            ada.type_into(&prompt, ", nor this").await;
            server.restart().await;
        }
        ada.sees_saved().await;

        // From nothing: no memory of this page helps.
        ada.goto("/").await;
        ada.goto(&path).await;
        ada.sees_value(&prompt, "this must not get lost, nor this").await;
        ada.sees_wires(1).await;

        // Once more, with nothing unsent: what comes back is what was acknowledged.
        ada.sees_saved().await;
        stage.server.lock().await.kill().await;
        stage.server.lock().await.restart().await;
        ada.goto(&path).await;
        ada.sees_value(&prompt, "this must not get lost, nor this").await;
        ada.sees_node(&join).await;
        ada.sees_wires(1).await;
    })
    .await;
}
