//! A phone, held upright: one looks, connects by tapping, and runs the workflow as a form.

use serde_json::{Value, json};

use crate::{person::Person, stage::play};

impl Person {
    /// Taps a place in the window with one finger.
    pub async fn taps(&self, css: &str) {
        let [x, y] = self.middle_of(css).await;
        let touch = |kind: &str, points: Value| json!({ "type": kind, "touchPoints": points });
        self.devtools("Input.dispatchTouchEvent", touch("touchStart", json!([{ "x": x, "y": y }]))).await;
        self.devtools("Input.dispatchTouchEvent", touch("touchEnd", json!([]))).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_phone_one_connects_by_tapping_and_runs_a_form() {
    play("on_a_phone_one_connects_by_tapping_and_runs_a_form", |stage| async move {
        let ada = stage.person("Ada").await;
        let path = ada.new_workflow().await;
        let text = ada.add_node("text", "text.input", (500.0, 200.0)).await;
        let result = ada.add_node("text result", "output.text", (500.0, 560.0)).await;
        ada.fill(&Person::param(&text, "name"), "topic").await;
        ada.type_keys("\u{e007}").await;
        ada.sees_saved().await;

        ada.becomes_phone().await;
        ada.goto(&path).await;
        ada.opens_editor().await;
        ada.taps(&format!("article[data-node='{text}'] [data-port='out:text']")).await;
        ada.find(&format!("article[data-node='{text}'] [data-port='out:text'][data-call='source']")).await;
        ada.taps(&format!("article[data-node='{result}'] [data-port='in:text']")).await;
        ada.sees_wires(1).await;
        ada.sees_saved().await;

        ada.goto(&format!("{path}/app")).await;
        ada.find("[data-field='topic'] textarea:enabled").await;
        ada.fill("[data-field='topic'] textarea", "a paper boat").await;
        ada.press("Run").await;
        let script = "const result = document.querySelector(`[data-result='text'] .output-text`);
            return result && result.textContent.trim() === 'a paper boat';";
        ada.until("the result on the phone", script, vec![]).await;
        let wide = ada.script("return document.documentElement.scrollWidth > innerWidth;", vec![]).await;
        assert_eq!(wide, false, "the form is wider than the phone");
    })
    .await;
}
