//! The editor at work, as docs/images shows it: a run, its results, and what changed since a version.

use crate::{look::Theme, stage::play};

#[tokio::test(flavor = "multi_thread")]
async fn a_run_and_what_changed_since_a_version_are_seen_on_the_canvas() {
    play("a_run_and_what_changed_since_a_version_are_seen_on_the_canvas", |stage| async move {
        let ada = stage.person("Ada").await;
        ada.click("[data-testid='template-photos-to-film']").await;
        ada.opens_editor().await;
        ada.press("Run").await;
        ada.find(".run-progress").await;
        ada.takes_picture("editor-running").await;
        ada.find("article[data-type='output.video']:is([data-status='done'], [data-status='cached']) figure.film")
            .await;
        for theme in Theme::BOTH {
            ada.wears(theme).await;
            ada.takes_picture(if theme == Theme::Dark { "editor-done-dark" } else { "editor-done-light" }).await;
        }

        let node = ada.nodes().await.into_iter().next().expect("the template has nodes");
        ada.click(&format!("article[data-node='{node}'] .node-head h3")).await;
        ada.type_keys("\u{e017}").await;
        ada.sees_saved().await;
        ada.press("Version history").await;
        ada.click(".version-item").await;
        ada.find(".preview-mark[data-change='removed']").await;
        for theme in Theme::BOTH {
            ada.wears(theme).await;
            ada.takes_picture(if theme == Theme::Dark { "editor-diff-dark" } else { "editor-diff-light" }).await;
        }
    })
    .await;
}
