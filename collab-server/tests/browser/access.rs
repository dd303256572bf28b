//! Everybody can use it: no serious fault on any page in either theme, and by keyboard alone.

use serde_json::json;

use crate::{person::Person, stage::play};

/// Keys as WebDriver spells them.
const TAB: char = '\u{e004}';
const ENTER: &str = "\u{e007}";
const ESCAPE: &str = "\u{e00c}";
const SHIFT: char = '\u{e008}';
const CONTROL: char = '\u{e009}';

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_nothing_serious_on_any_page() {
    play("axe_finds_nothing_serious_on_any_page", |stage| async move {
        let ada = stage.person("Ada").await;
        ada.find("[data-testid='template-photos-to-film']").await;
        ada.audits("home").await;
        for (path, css, name) in [
            ("/settings", ".settings", "settings"),
            ("/account", "#sessions-title", "account"),
            ("/dev/ui", ".dev-ui", "widgets"),
            ("/nowhere/at/all", ".notice", "missing"),
        ] {
            ada.goto(path).await;
            ada.find(css).await;
            ada.audits(name).await;
        }

        ada.goto("/").await;
        ada.new_workflow().await;
        ada.audits("editor-empty").await;
        ada.goto("/").await;
        ada.click("[data-testid='template-photos-to-film']").await;
        let path = ada.opens_editor().await;
        ada.find("article[data-node]").await;
        ada.audits("editor").await;
        ada.press("Run").await;
        ada.find("article[data-node] figure.film").await;
        ada.press("Outline").await;
        ada.find("[data-outline]").await;
        ada.click(".outline-line").await;
        ada.find("[data-outline][data-open='true']").await;
        ada.audits("editor-outline").await;
        for tab in ["Settings", "Runs", "Problems", "History"] {
            ada.click(&format!("[role=tab]:nth-of-type({})", 1 + tab_index(tab))).await;
            ada.find("[role=tabpanel]").await;
            ada.audits(&format!("editor-{}", tab.to_lowercase())).await;
        }
        for (keys, css, name) in [
            ("Mod+K", "[role=dialog][aria-label='Commands']", "commands"),
            ("?", "dialog.dialog-shade", "shortcuts"),
            ("Mod+F", "[role=dialog][aria-label='Find in this workflow']", "find"),
            ("N", "[role=dialog][aria-label='Add node']", "search"),
        ] {
            let told =
                ada.tries("document.activeElement?.blur(); press(given[0]); await frame();", vec![json!(keys)]).await;
            assert_eq!(told, None);
            ada.find(css).await;
            ada.audits(&format!("editor-{name}")).await;
            ada.type_keys(ESCAPE).await;
            ada.gone(css).await;
        }
        ada.press("Share").await;
        ada.find("dialog.dialog-shade .members li").await;
        ada.audits("share").await;
        ada.press("Done").await;

        ada.goto(&format!("{path}/app")).await;
        ada.find(".app-form").await;
        ada.audits("app").await;
        ada.becomes_phone().await;
        ada.audits("phone-app").await;
        ada.goto(&path).await;
        ada.opens_editor().await;
        ada.find("article[data-node]").await;
        ada.audits("phone-editor").await;
    })
    .await;
}

/// Where a tab stands in the panel.
fn tab_index(title: &str) -> usize {
    ["Settings", "Outline", "Runs", "Problems", "History"].iter().position(|tab| *tab == title).expect("a tab")
}

impl Person {
    /// Presses Tab, or Shift and Tab, until the control with this name has the keyboard: as somebody does who cannot
    /// point.
    async fn walks_to(&self, name: &str) {
        let script = "const named = (element) =>
              (element.getAttribute('aria-label') ?? element.textContent).trim().startsWith(arguments[0]);
            const active = document.activeElement;
            if (active !== document.body && named(active)) return 'there';
            const wanted = [...document.querySelectorAll('button, select, input, textarea, a')].find(named);
            if (!wanted) return 'nowhere';
            const order = active.compareDocumentPosition(wanted);
            return active === document.body || order & Node.DOCUMENT_POSITION_PRECEDING ? 'back' : 'on';";
        for _ in 0..150 {
            match self.script(script, vec![json!(name)]).await.as_str() {
                Some("there") => return,
                Some("back") => self.holds(SHIFT, TAB).await,
                _ => self.type_keys(&TAB.to_string()).await,
            }
        }
        panic!("{}: nothing called “{name}” can be reached by keyboard", self.name);
    }

    /// Opens a node's entry in the outline.
    async fn opens_entry(&self, name: &str) {
        self.walks_to(name).await;
        if self.script("return document.activeElement.getAttribute('aria-expanded');", vec![]).await != "true" {
            self.type_keys(ENTER).await;
        }
        self.find("[data-outline][data-open='true'] .outline-line:focus").await;
    }

    async fn sees_chosen(&self, list: &str, option: &str) {
        let script = "const list = document.querySelector(`select[aria-label='${arguments[0]}']`);
            return list && list.selectedOptions[0]?.textContent === arguments[1];";
        self.until(&format!("“{option}” chosen"), script, vec![json!(list), json!(option)]).await;
    }

    /// Adds a node by keyboard: the search, words, Enter.
    async fn adds_by_keyboard(&self, words: &str, kind: &str) {
        self.type_keys("n").await;
        self.find("[role=dialog][aria-label='Add node'] input:focus").await;
        self.type_keys(words).await;
        self.find(&format!("[role=option][data-node-type='{kind}'][aria-selected='true']")).await;
        self.type_keys(ENTER).await;
        self.find(&format!("article[data-node][data-type='{kind}']")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_of_three_nodes_is_built_and_run_by_keyboard_alone() {
    play("a_workflow_of_three_nodes_is_built_and_run_by_keyboard_alone", |stage| async move {
        let ada = stage.person("Ada").await;
        ada.new_workflow().await;
        ada.adds_by_keyboard("text", "text.input").await;
        ada.adds_by_keyboard("join text", "text.join").await;
        ada.adds_by_keyboard("text result", "output.text").await;
        let places = "return new Set([...document.querySelectorAll('article[data-node]')].map((node) => node.style.translate)).size;";
        assert_eq!(ada.script(places, vec![]).await, 3, "none lies on another");

        ada.walks_to("Outline").await;
        ada.type_keys(ENTER).await;
        ada.find("[data-outline]").await;
        // What is already open would be closed.
        ada.opens_entry("Join text").await;
        ada.walks_to("What to connect to Texts").await;
        // A list goes to the entry that begins with what is typed.
        ada.type_keys("Text:").await;
        ada.sees_chosen("What to connect to Texts", "Text: Text").await;
        ada.walks_to("Connect Texts").await;
        ada.type_keys(ENTER).await;
        ada.sees_wires(1).await;
        ada.opens_entry("Text result").await;
        ada.walks_to("What to connect to Text").await;
        ada.type_keys("Join").await;
        ada.sees_chosen("What to connect to Text", "Join text: Text").await;
        ada.walks_to("Connect Text").await;
        ada.type_keys(ENTER).await;
        ada.sees_wires(2).await;

        ada.sees_saved().await;
        ada.holds(CONTROL, '\u{e007}').await;
        ada.find("article[data-type='output.text']:is([data-status='done'], [data-status='cached'])").await;
    })
    .await;
}
