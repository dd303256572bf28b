//! What is set by hand on a picture: a mask is painted, room is made by dragging an edge.

use serde_json::{Value, json};

use crate::{person::Person, stage::play};

fn graph(picture: &Value) -> Value {
    json!({"openflow": 1, "meta": {"title": "By hand"},
        "nodes": {
            "load": {"type": "image.load", "pos": [0, 0], "params": {"value": picture}},
            "blur": {"type": "image.blur", "pos": [460, 0], "params": {"radius": 12}},
            "pad": {"type": "image.pad", "pos": [920, 0]}},
        "edges": {
            "blur:image": {"from": "load", "output": "image", "to": "blur", "input": "image"},
            "pad:image": {"from": "load", "output": "image", "to": "pad", "input": "image"}}})
}

/// How much of the mask is painted, in percent.
const PAINTED: &str = "const canvas = document.querySelector('.mask canvas');
    if (!canvas) return null;
    const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    let painted = 0;
    for (let at = 3; at < data.length; at += 4) painted += data[at] > 127;
    return 100 * painted / (canvas.width * canvas.height);";

impl Person {
    /// Waits until so much of the mask is painted, in percent.
    async fn sees_painted(&self, from: f64, to: f64) {
        let script = format!(
            "const share = (() => {{ {PAINTED} }})();
            return share !== null && share >= arguments[0] && share <= arguments[1];"
        );
        self.until(&format!("{from} to {to} % of the mask painted"), &script, vec![json!(from), json!(to)]).await;
    }

    async fn paints(&self) {
        let [x, y] = self.middle_of(".mask canvas").await;
        self.drag((x - 120.0, y), (x + 120.0, y)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mask_is_painted_and_taken_back_stroke_by_stroke() {
    play("a_mask_is_painted_and_taken_back_stroke_by_stroke", |stage| async move {
        let ada = stage.person("Ada").await;
        ada.opens_with_picture(graph).await;
        ada.press("Paint a mask").await;
        ada.find(".mask canvas").await;
        ada.sees_painted(0.0, 0.0).await;
        ada.paints().await;
        ada.sees_painted(1.0, 40.0).await;
        ada.audits("mask").await;
        ada.press("Take the last stroke back").await;
        ada.sees_painted(0.0, 0.0).await;
        ada.press("Bring the stroke back").await;
        ada.sees_painted(1.0, 40.0).await;
        ada.press("Invert").await;
        ada.sees_painted(60.0, 99.0).await;
        ada.press("Invert").await;
        ada.press("Use this mask").await;

        // A file of the workspace, loaded by a node that is wired in.
        ada.sees_wires(3).await;
        ada.press("Change the mask").await;
        ada.sees_painted(1.0, 40.0).await;
        // The rubber goes the same way as the brush went.
        ada.script("document.querySelector('.mask-tools input[value=erase]').click();", vec![]).await;
        ada.find(".mask-tools .segment:has(input[value=erase]:checked)").await;
        ada.paints().await;
        ada.sees_painted(0.0, 0.4).await;
        ada.press("Use this mask").await;
        ada.sees_saved().await;
        ada.sees_wires(3).await;
        ada.press("Run").await;
        ada.sees_status("blur", "done").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn room_is_made_by_dragging_an_edge_of_the_picture() {
    play("room_is_made_by_dragging_an_edge_of_the_picture", |stage| async move {
        let ada = stage.person("Ada").await;
        ada.opens_with_picture(graph).await;
        ada.press("Drag the edges").await;
        let [x, y] = ada.middle_of("[data-edge-of-picture='left']").await;
        ada.drag((x, y), (x - 60.0, y)).await;
        let left = "const edge = document.querySelector('[data-edge-of-picture=left]');
            return Number(edge?.getAttribute('aria-valuenow')) || null;";
        let left = ada.until("room at the left", left, vec![]).await.as_u64().expect("whole pixels");
        // The lower edge, by keyboard.
        ada.script("document.querySelector('[data-edge-of-picture=bottom]').focus();", vec![]).await;
        ada.type_keys("\u{e015}\u{e015}").await;
        ada.find("[data-edge-of-picture='bottom'][aria-valuenow='16']").await;
        ada.audits("room").await;
        ada.press("Use this room").await;
        ada.sees_value(&Person::param("pad", "left"), &left.to_string()).await;
        ada.sees_value(&Person::param("pad", "bottom"), "16").await;
        ada.press("Undo").await;
        ada.sees_value(&Person::param("pad", "left"), "0").await;
    })
    .await;
}
