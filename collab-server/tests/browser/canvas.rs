//! What a person does on the canvas, in the markup's hooks: `data-node`, `data-port`, `data-param`, `data-save`.

use std::time::Duration;

use fantoccini::actions::{InputSource, KeyAction, KeyActions, MOUSE_BUTTON_LEFT, MouseActions, PointerAction};
use serde_json::{Value, json};

use crate::{person::Person, wait::eventually};

/// Keys as WebDriver spells them.
const CONTROL: char = '\u{e009}';
const END: char = '\u{e010}';
const ENTER: &str = "\u{e007}";

/// A place in the window, in pixels.
pub type Spot = (f64, f64);

impl Person {
    /// Double-clicks an empty spot, searches and takes the best hit. Returns the new node's id.
    pub async fn add_node(&self, search: &str, kind: &str, at: Spot) -> String {
        let before = self.nodes().await;
        self.double_click(at).await;
        self.fill("[role=dialog][aria-label='Add node'] input", search).await;
        self.find(&format!("[role=option][data-node-type='{kind}'][aria-selected='true']")).await;
        self.type_keys(ENTER).await;
        let script = "const [kind, before] = arguments;
            const node = [...document.querySelectorAll(`article[data-node][data-type='${kind}']`)]
              .find((node) => !before.includes(node.dataset.node));
            return node ? node.dataset.node : null;";
        let id = self.until(&format!("a new `{kind}`"), script, vec![json!(kind), json!(before)]).await;
        id.as_str().expect("a node's id is text").to_owned()
    }

    /// Ids of the nodes that are drawn.
    pub async fn nodes(&self) -> Vec<String> {
        let script = "return [...document.querySelectorAll('article[data-node]')].map((node) => node.dataset.node);";
        serde_json::from_value(self.script(script, vec![]).await).expect("ids are texts")
    }

    pub async fn sees_node(&self, id: &str) {
        self.find(&format!("article[data-node='{id}']")).await;
    }

    /// Pulls a wire from an output to an input, and waits for it to be drawn.
    pub async fn wire(&self, from: (&str, &str), to: (&str, &str)) {
        let before = self.wires().await;
        let start = self.center(&port(from.0, "out", from.1)).await;
        let end = self.center(&port(to.0, "in", to.1)).await;
        self.drag(start, end).await;
        self.sees_wires(before + 1).await;
    }

    /// The same without waiting: somebody else may take the place at the same moment.
    pub async fn wire_blindly(&self, from: (&str, &str), to: (&str, &str)) {
        let start = self.center(&port(from.0, "out", from.1)).await;
        let end = self.center(&port(to.0, "in", to.1)).await;
        self.drag(start, end).await;
    }

    pub async fn wires(&self) -> u64 {
        let script =
            "return new Set([...document.querySelectorAll('path[data-edge]')].map((path) => path.dataset.edge)).size;";
        self.script(script, vec![]).await.as_u64().expect("a size is a number")
    }

    pub async fn sees_wires(&self, count: u64) {
        let script = "const wires = [...document.querySelectorAll('path[data-edge]')].map((path) => path.dataset.edge);
            return new Set(wires).size === arguments[0];";
        self.until(&format!("{count} wires"), script, vec![json!(count)]).await;
    }

    /// The control of a parameter, on its node.
    pub fn param(node: &str, name: &str) -> String {
        ["input", "textarea", "select"]
            .map(|kind| format!("article[data-node='{node}'] [data-param='{name}'] {kind}"))
            .join(", ")
    }

    pub async fn value(&self, css: &str) -> String {
        let value = self
            .until(
                &format!("a value in `{css}`"),
                "const field = document.querySelector(arguments[0]);
            return field ? { value: field.value } : null;",
                vec![json!(css)],
            )
            .await;
        value["value"].as_str().unwrap_or_default().to_owned()
    }

    pub async fn sees_value(&self, css: &str, value: &str) {
        let script =
            "const field = document.querySelector(arguments[0]); return field && field.value === arguments[1];";
        self.until(&format!("`{value}` in `{css}`"), script, vec![json!(css), json!(value)]).await;
    }

    pub async fn sees_another_value(&self, css: &str, value: &str) {
        let script =
            "const field = document.querySelector(arguments[0]); return field && field.value !== arguments[1];";
        self.until(&format!("a change of `{value}`"), script, vec![json!(css), json!(value)]).await;
    }

    /// The mark says that everything is stored on the server. It is drawn a frame after the edit, so two are let pass.
    pub async fn sees_saved(&self) {
        eventually(&format!("{}: the mark `saved`", self.name), || async {
            let script = "const done = arguments[0];
                const look = () => done(document.querySelector('[data-save]')?.dataset.save);
                requestAnimationFrame(() => requestAnimationFrame(look));";
            let mark = self.client.execute_async(script, vec![]).await.ok()?;
            (mark == "saved").then_some(())
        })
        .await;
    }

    pub async fn sees_status(&self, node: &str, status: &str) {
        self.find(&format!("article[data-node='{node}'][data-status='{status}']")).await;
    }

    /// Waits for a picture on the node, loaded and decoded.
    pub async fn sees_picture(&self, node: &str) {
        let script =
            "const picture = document.querySelector(`article[data-node='${arguments[0]}'] img[src*='/api/blobs/']`);
            return picture && picture.complete && picture.naturalWidth > 0;";
        self.until("a picture", script, vec![json!(node)]).await;
    }

    /// Waits for a film, presses Play, and sees its time go on. Returns its size and duration.
    pub async fn plays_film(&self) -> Value {
        self.click("article[data-node] figure.film button[aria-label='Play']").await;
        let script = "const film = document.querySelector('article[data-node] figure.film video');
            return film && film.readyState >= 2 && film.currentTime > 0.2
              ? { width: film.videoWidth, height: film.videoHeight, duration: film.duration } : null;";
        self.until("a film that plays", script, vec![]).await
    }

    /// Waits for the finished text of a node.
    pub async fn sees_text(&self, node: &str, text: &str) {
        let script =
            "const output = document.querySelector(`article[data-node='${arguments[0]}'] [data-output='text']`);
            return output && output.textContent.trim() === arguments[1].trim();";
        self.until(&format!("“{text}”"), script, vec![json!(node), json!(text)]).await;
    }

    /// Waits for a text that is being written and has come as far as `start`. Returns as much as is there.
    pub async fn sees_writing(&self, node: &str, start: &str) -> String {
        let css = format!("article[data-node='{node}'][data-status='running'] [data-output='text']");
        let script = "const output = document.querySelector(arguments[0]);
            return output && output.textContent.startsWith(arguments[1]) ? output.textContent : null;";
        let text = self.until(&format!("“{start}…” being written"), script, vec![json!(css), json!(start)]).await;
        text.as_str().expect("a text").to_owned()
    }

    pub async fn type_into(&self, css: &str, text: &str) {
        self.put_caret_at_end(css).await;
        self.type_slowly(text).await;
    }

    pub async fn put_caret_at_end(&self, css: &str) {
        self.click(css).await;
        self.holds(CONTROL, END).await;
    }

    /// Key by key, into whatever has the focus: others' keys come in between.
    pub async fn type_slowly(&self, text: &str) {
        for key in text.chars() {
            self.type_keys(&key.to_string()).await;
        }
    }

    pub async fn center(&self, css: &str) -> Spot {
        let script = "const element = document.querySelector(arguments[0]);
            if (!element) return null;
            const box = element.getBoundingClientRect();
            return [box.x + box.width / 2, box.y + box.height / 2];";
        let spot = self.until(&format!("`{css}`"), script, vec![json!(css)]).await;
        serde_json::from_value(spot).expect("a spot is two numbers")
    }

    async fn double_click(&self, at: Spot) {
        let down = PointerAction::Down { button: MOUSE_BUTTON_LEFT };
        let up = PointerAction::Up { button: MOUSE_BUTTON_LEFT };
        let actions = MouseActions::new("mouse".to_owned())
            .then(PointerAction::MoveTo { duration: Some(Duration::ZERO), x: at.0, y: at.1 })
            .then(down.clone())
            .then(up.clone())
            .then(down)
            .then(up);
        self.client.perform_actions(actions).await.expect("a pointer can click");
        self.client.release_actions().await.expect("a pointer can be released");
    }

    /// Presses a key while another is held.
    pub async fn holds(&self, held: char, value: char) {
        let keys = KeyActions::new("keys".to_owned())
            .then(KeyAction::Down { value: held })
            .then(KeyAction::Down { value })
            .then(KeyAction::Up { value })
            .then(KeyAction::Up { value: held });
        self.client.perform_actions(keys).await.expect("keys can be pressed");
    }

    /// Keys go to whatever has the focus.
    pub async fn type_keys(&self, text: &str) {
        let mut keys = KeyActions::new("keys".to_owned());
        for value in text.chars() {
            keys = keys.then(KeyAction::Down { value }).then(KeyAction::Up { value });
        }
        self.client.perform_actions(keys).await.expect("keys can be pressed");
    }
}

fn port(node: &str, side: &str, name: &str) -> String {
    format!("article[data-node='{node}'] button[data-port='{side}:{name}']")
}
