//! Work goes on without a server: it survives a reload, is counted, and merges on return.

use serde_json::json;

use crate::{person::Person, stage::play};

/// How many entries a shelf of the browser's database has, asked again and again.
const COUNT: &str = "const [shelf, least] = arguments;
    if (!window.counting) {
      window.counting = true;
      const open = indexedDB.open('openflow');
      open.onsuccess = () => {
        const keys = open.result.transaction(shelf).objectStore(shelf).getAllKeys();
        keys.onsuccess = () => {
          window.counted = { ...window.counted, [shelf]: keys.result.length };
          window.counting = false;
          open.result.close();
        };
      };
    }
    return (window.counted?.[shelf] ?? 0) >= least;";

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_without_a_server_survives_a_reload_without_one() {
    play("what_is_written_without_a_server_survives_a_reload_without_one", |stage| async move {
        let ada = stage.person("Ada").await;
        let path = ada.new_workflow().await;
        let text = ada.add_node("text", "text.input", (330.0, 250.0)).await;
        let prompt = Person::param(&text, "value");
        ada.type_into(&prompt, "with a server").await;
        ada.sees_saved().await;
        // Once more through the worker that keeps the page itself.
        ada.until("the page's worker", "return !!navigator.serviceWorker.controller", vec![]).await;
        ada.goto(&path).await;
        ada.sees_value(&prompt, "with a server").await;
        ada.sees_saved().await;

        ada.expect_in_console("net::ERR_");
        {
            let mut server = stage.server.lock().await;
            server.kill().await;
            ada.find("[data-save='offline']").await;
            ada.type_into(&prompt, ", and without").await;
            ada.until("the unsent words kept", COUNT, vec![json!("unsent"), json!(1)]).await;
            ada.client.refresh().await.expect("a page can be reloaded");
            ada.sees_value(&prompt, "with a server, and without").await;
            ada.find("[data-save='offline']").await;
            let counted = "return document.querySelector('[data-save]').textContent.includes('not yet sent')";
            ada.until("the unsent changes counted", counted, vec![]).await;
            server.restart().await;
        }
        ada.sees_saved().await;
        ada.client.refresh().await.expect("a page can be reloaded");
        ada.sees_saved().await;
        ada.sees_value(&prompt, "with a server, and without").await;
    })
    .await;
}
