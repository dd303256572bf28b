//! One person runs a workflow, and everybody sees what comes out of it.

use serde_json::json;

use crate::{person::Person, stage::play, vendor};

#[tokio::test(flavor = "multi_thread")]
async fn a_run_shows_streamed_text_and_the_picture_to_everyone() {
    play("a_run_shows_streamed_text_and_the_picture_to_everyone", |stage| async move {
        let (ada, bob) = tokio::join!(stage.person("Ada"), stage.person("Bob"));
        let me = ada.request("GET", "/api/me", None).await;
        let workspace = me["workspaces"][0]["id"].as_str().expect("a person has a workspace").to_owned();
        let key = json!({ "provider": "openai", "base_url": stage.vendor.base_url(), "secret": "no-secret-at-all" });
        ada.request("POST", &format!("/api/workspaces/{workspace}/keys"), Some(key)).await;
        let path = ada.new_workflow().await;
        ada.share_with(&bob).await;
        bob.goto(&path).await;
        bob.opens_editor().await;

        let prompt = ada.add_node("text", "text.input", (300.0, 220.0)).await;
        let chat = ada.add_node("chat", "text.chat", (640.0, 220.0)).await;
        let image = ada.add_node("generate picture", "image.generate", (1010.0, 220.0)).await;
        ada.wire((&prompt, "text"), (&chat, "prompt")).await;
        ada.wire((&chat, "text"), (&image, "prompt")).await;
        ada.type_into(&Person::param(&prompt, "value"), "One sentence about a harbour.").await;
        ada.sees_saved().await;

        ada.press("Run").await;
        // Half written: the beginning is there, the end is not yet.
        let half = bob.sees_writing(&chat, "A paper boat").await;
        assert!(half.len() < vendor::ANSWER.len(), "the text came in one piece");
        bob.sees_status(&image, "done").await;
        bob.sees_picture(&image).await;
        ada.sees_picture(&image).await;
        bob.sees_text(&chat, vendor::ANSWER).await;

        // It is not a memory of this page.
        bob.client.refresh().await.expect("a page can be reloaded");
        bob.sees_picture(&image).await;
        bob.sees_text(&chat, vendor::ANSWER).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_video_template_runs_and_plays_on_the_canvas() {
    play("a_video_template_runs_and_plays_on_the_canvas", |stage| async move {
        let ada = stage.person("Ada").await;
        ada.click("[data-testid='template-photos-to-film']").await;
        ada.opens_editor().await;
        ada.press("Run").await;
        let film = ada.plays_film().await;
        assert!(film["duration"].as_f64().expect("a film has a duration") > 1.0, "{film}");
        assert!(film["width"].as_u64().expect("a film has a width") > 0, "{film}");

        ada.client.refresh().await.expect("a page can be reloaded");
        assert_eq!(ada.plays_film().await, film);
    })
    .await;
}
