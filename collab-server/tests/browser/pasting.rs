//! Copying, cutting and pasting: between workflows, with wires, and from other programs.

use serde_json::{Value, json};

use crate::{person::Person, stage::play};

/// The browser's own events, as its keys make them.
const CLIPBOARD: &str = "
    const clipboard = (kind, text) => {
      const data = new DataTransfer();
      if (text !== undefined) data.setData('text/plain', text);
      document.body.dispatchEvent(new ClipboardEvent(kind, { clipboardData: data, bubbles: true, cancelable: true }));
      return data.getData('text/plain');
    };
    const count = (css) => document.querySelectorAll(css).length;
    const titled = (title) => count(`article[data-node][aria-label='${title}']`);";

impl Person {
    pub async fn clips(&self, body: &str, arguments: Vec<Value>) -> Option<String> {
        self.tries(&format!("{CLIPBOARD} {body}"), arguments).await
    }

    pub async fn copied(&self, kind: &str) -> String {
        let body = format!(
            "{CLIPBOARD} await free(); press('Alt+Right');
            if (!(await until(() => selected().length === 1))) throw 'nothing is selected';
            return clipboard('{kind}');"
        );
        self.tries(&body, vec![]).await.expect("a text on the clipboard")
    }
}

fn graph() -> Value {
    json!({"openflow": 1, "meta": {"title": "Paste"},
        "nodes": {
            "a": {"type": "text.input", "title": "a", "pos": [0, 0], "params": {"value": "x"}},
            "b": {"type": "text.replace", "title": "b", "pos": [400, 20], "params": {"find": "x"}}},
        "edges": {"b:text": {"from": "a", "output": "text", "to": "b", "input": "text"}}})
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_copied_is_pasted_here_there_and_from_elsewhere() {
    play("what_is_copied_is_pasted_here_there_and_from_elsewhere", |stage| async move {
        let ada = stage.person("Ada").await;
        let made = ada.request("POST", "/api/workflows", Some(json!({"title": "Paste", "graph": graph()}))).await;
        ada.goto(&format!("/w/{}", made["id"].as_str().expect("an id"))).await;
        ada.opens_editor().await;
        ada.sees_wires(1).await;

        // Copied, it is text in the exchange format.
        let text = ada.copied("copy").await;
        let copy: Value = serde_json::from_str(&text).expect("the clipboard holds JSON");
        assert_eq!((copy["openflow"].as_u64(), copy["nodes"].as_object().map(|nodes| nodes.len())), (Some(1), Some(1)));

        // Pasted plainly it is a node alone; with its inputs it hangs on the same wire as the original.
        let plain = "clipboard('paste', given[0]);
            if (!(await until(() => titled('a') + titled('b') === 3))) return 'nothing was pasted';";
        assert_eq!(ada.clips(plain, vec![json!(text)]).await, None);
        ada.sees_wires(1).await;
        let wired_before =
            copy["nodes"].as_object().and_then(|nodes| nodes.values().next()).map(|node| node["title"].clone());
        let wired = "press('Mod+Shift+V'); clipboard('paste', given[0]);
            if (!(await until(() => titled('a') + titled('b') === 4))) return 'nothing was pasted';";
        assert_eq!(ada.clips(wired, vec![json!(text)]).await, None);
        ada.sees_wires(if wired_before == Some(json!("b")) { 2 } else { 1 }).await;

        // Cut, it is gone, and can be put down again.
        let cut = ada.copied("cut").await;
        let gone = "if (!(await until(() => titled('a') + titled('b') === 3))) return 'it is still there';
            clipboard('paste', given[0]);
            if (!(await until(() => titled('a') + titled('b') === 4))) return 'it did not come back';";
        assert_eq!(ada.clips(gone, vec![json!(cut)]).await, None);

        // ComfyUI's own file: what is known becomes ours, the rest stays as placeholders, groups become frames.
        let comfy = include_str!("../../../shared/src/import/fixtures/comfy_ui.json");
        let foreign = "await free(); clipboard('paste', given[0]);
            if (!(await until(() => count(\"article[data-type='comfy.KSampler']\") === 1))) return 'no placeholder';
            if (count('.frame') !== 1) return 'no frame';
            if (count(\"article[data-type='output.image']\") !== 1) return 'no counterpart';
            const toast = () => document.body.textContent.includes('Brought over from ComfyUI');
            if (!(await until(toast))) return 'no report';
            press('Mod+Z');
            if (!(await until(() => count('.frame') === 0))) return 'one undo does not take it all back';";
        assert_eq!(ada.clips(foreign, vec![json!(comfy)]).await, None);

        // Anything else is a text.
        let words = "await free(); clipboard('paste', 'just words');
            if (!(await until(() => count(\"article[data-type='text.input']\") > given[0]))) return 'no text node';";
        let texts =
            ada.script("return document.querySelectorAll(\"article[data-type='text.input']\").length;", vec![]).await;
        assert_eq!(ada.clips(words, vec![texts]).await, None);
    })
    .await;
}
