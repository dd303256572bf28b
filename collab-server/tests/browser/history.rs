//! Going back to an older version.

use serde_json::json;

use crate::{person::Person, stage::play};

#[tokio::test(flavor = "multi_thread")]
async fn a_version_is_restored_and_undone_in_one_step() {
    play("a_version_is_restored_and_undone_in_one_step", |stage| async move {
        let ada = stage.person("Ada").await;
        ada.new_workflow().await;
        let text = ada.add_node("text", "text.input", (330.0, 250.0)).await;
        let prompt = Person::param(&text, "value");
        ada.type_into(&prompt, "a quiet harbour").await;
        ada.sees_saved().await;
        ada.press("Version history").await;
        ada.fill("[aria-label='Name of the version']", "The good one").await;
        ada.press("Save").await;
        ada.find("[data-version][data-named='true']").await;

        let join = ada.add_node("join text", "text.join", (640.0, 330.0)).await;
        ada.type_into(&prompt, " at dawn").await;
        ada.sees_saved().await;

        // What changed since, on the canvas and in words.
        ada.click("[data-version][data-named='true']").await;
        ada.find(".preview-mark[data-change='added']").await;
        ada.find(".preview-mark[data-change='changed']").await;
        let word =
            "return [...document.querySelectorAll('.change ins')].some((word) => word.textContent.includes('dawn'))";
        ada.until("the words that were added", word, vec![]).await;

        ada.press("Restore").await;
        ada.sees_value(&prompt, "a quiet harbour").await;
        let gone = "return !document.querySelector(`[data-node='${arguments[0]}']`)";
        ada.until("the newer node gone", gone, vec![json!(join)]).await;
        ada.sees_saved().await;
        ada.press("Undo").await;
        ada.sees_value(&prompt, "a quiet harbour at dawn").await;
        ada.sees_node(&join).await;
        ada.sees_saved().await;
    })
    .await;
}
