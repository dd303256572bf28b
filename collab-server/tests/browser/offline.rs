//! Work goes on without a server. What becomes of it: it merges on return, survives a reload, and stays with its author
//! when the right to edit is gone.

use serde_json::{Value, json};

use crate::{
    person::{PASSWORD, Person},
    stage::play,
};

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

impl Person {
    async fn keeps_unsent_words(&self) {
        self.until("the unsent words kept", COUNT, vec![json!("unsent"), json!(1)]).await;
    }

    /// What this person does through another window, of which the open page knows nothing.
    async fn does(&self, server: &str, method: reqwest::Method, path: &str, body: Value) -> reqwest::Response {
        let client = reqwest::Client::new();
        let sign_in = json!({ "email": self.email(), "password": PASSWORD });
        let answer = client.post(format!("{server}/api/auth/login")).json(&sign_in).send().await.expect("an answer");
        let signed_in: Value = answer.error_for_status().expect("a sign-in").json().await.expect("JSON");
        let token = signed_in["token"].as_str().expect("a token");
        let request = client.request(method, format!("{server}/api/{path}")).bearer_auth(token).json(&body);
        request.send().await.expect("an answer").error_for_status().expect("it is allowed")
    }
}

fn workflow_in(path: &str) -> &str {
    path.rsplit('/').next().expect("a path has a last part")
}

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
            ada.keeps_unsent_words().await;
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

#[tokio::test(flavor = "multi_thread")]
async fn a_document_begun_anew_gets_what_was_written_in_the_old_one() {
    play("a_document_begun_anew_gets_what_was_written_in_the_old_one", |stage| async move {
        let ada = stage.person("Ada").await;
        let path = ada.new_workflow().await;
        let text = ada.add_node("text", "text.input", (330.0, 250.0)).await;
        let prompt = Person::param(&text, "value");
        ada.type_into(&prompt, "of the old one").await;
        ada.sees_saved().await;

        ada.expect_in_console("net::ERR_");
        let added = {
            let mut server = stage.server.lock().await;
            server.kill().await;
            ada.find("[data-save='offline']").await;
            ada.type_into(&prompt, ", and more").await;
            let added = ada.add_node("join text", "text.join", (760.0, 250.0)).await;
            ada.keeps_unsent_words().await;
            let workflow = format!("workflows/{}", workflow_in(&path));
            let (graph, renew) = (format!("{workflow}/graph"), format!("{workflow}/renew"));
            server
                .elsewhere(async |server| {
                    let generation = async || {
                        let answer = ada.does(server, reqwest::Method::GET, &graph, Value::Null).await;
                        answer.headers()["openflow-generation"].clone()
                    };
                    let before = generation().await;
                    ada.does(server, reqwest::Method::POST, &renew, Value::Null).await;
                    assert_ne!(generation().await, before);
                })
                .await;
            server.restart().await;
            added
        };
        // The page loads the new document by itself and makes the edits again, each once.
        ada.sees_node(&added).await;
        ada.sees_value(&prompt, "of the old one, and more").await;
        ada.sees_saved().await;
        // From nothing: it is in the new document, not in a memory of the old one.
        ada.client.refresh().await.expect("a page can be reloaded");
        ada.sees_node(&added).await;
        ada.sees_value(&prompt, "of the old one, and more").await;
        ada.sees_saved().await;
        assert_eq!(ada.nodes().await.len(), 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_lost_the_right_to_edit_meanwhile_keeps_their_words_as_a_copy() {
    play("whoever_lost_the_right_to_edit_meanwhile_keeps_their_words_as_a_copy", |stage| async move {
        let (ada, bob) = tokio::join!(stage.person("Ada"), stage.person("Bob"));
        let workspace = ada.request("GET", "/api/me", None).await["workspaces"][0]["id"].clone();
        let bob_id = bob.request("GET", "/api/me", None).await["user"]["id"].clone();
        let [workspace, bob_id] = [workspace, bob_id].map(|id| id.as_str().expect("an id").to_owned());
        let path = ada.new_workflow().await;
        let text = ada.add_node("text", "text.input", (330.0, 250.0)).await;
        let prompt = Person::param(&text, "value");
        ada.type_into(&prompt, "for everybody").await;
        ada.sees_saved().await;
        ada.share_with(&bob).await;
        bob.goto(&path).await;
        bob.sees_value(&prompt, "for everybody").await;
        bob.sees_saved().await;

        for person in [&ada, &bob] {
            person.expect_in_console("net::ERR_");
        }
        {
            let mut server = stage.server.lock().await;
            server.kill().await;
            bob.find("[data-save='offline']").await;
            bob.type_into(&prompt, ", says Bob").await;
            bob.keeps_unsent_words().await;
            server
                .elsewhere(async |server| {
                    let member = format!("workspaces/{workspace}/members/{bob_id}");
                    ada.does(server, reqwest::Method::PATCH, &member, json!({ "role": "viewer" })).await;
                })
                .await;
            server.restart().await;
        }
        bob.press("Keep my changes as a copy").await;
        let elsewhere = "return location.pathname !== arguments[0] && location.pathname.includes('wf_')";
        bob.until("a workflow of their own", elsewhere, vec![json!(path)]).await;
        bob.sees_value(&prompt, "for everybody, says Bob").await;
        bob.sees_saved().await;
        // It is theirs, and the shared one has none of it.
        bob.type_into(&prompt, "!").await;
        bob.sees_saved().await;
        ada.client.refresh().await.expect("a page can be reloaded");
        ada.sees_value(&prompt, "for everybody").await;
        ada.sees_saved().await;
    })
    .await;
}
