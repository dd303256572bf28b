//! Sets a crop's four numbers by hand, on the picture that comes in. Offered where a node has such numbers.

use dioxus::prelude::*;
use shared::{id::NodeId, value::Media};

use super::incoming;
use crate::{
    canvas::state::{Canvas, use_canvas},
    media::{CropBox, CropDialog},
    replica::view::CanvasViewStoreExt,
    ui::{Button, Glyph, Size},
};

const SIDES: [&str; 4] = ["left", "top", "width", "height"];

#[component]
pub fn CropButton(id: NodeId) -> Element {
    let canvas = use_canvas();
    let mut open = use_signal(|| false);
    let subject = use_memo({
        let id = id.clone();
        move || subject(canvas, &id)
    });
    let Some((media, start)) = subject() else { return rsx! {} };
    rsx! {
        div { class: "param",
            Button { size: Size::S, glyph: Glyph::Crop, disabled: !canvas.writable(), onclick: move |_| open.set(true), "Choose on the picture" }
        }
        if open() {
            CropDialog {
                media,
                start,
                onset: move |cut: CropBox| {
                    open.set(false);
                    let sides = [cut.left, cut.top, cut.width, cut.height];
                    canvas.replica().edit("cut out", |edit| {
                        for (side, pixels) in SIDES.into_iter().zip(sides) {
                            edit.set_param(&id, side, (pixels as u32).into());
                        }
                    });
                    canvas.replica().end_gesture();
                },
                onclose: move |()| open.set(false),
            }
        }
    }
}

/// The picture that comes in, and the box as it is set now. `None`: this node cuts nothing, or no picture is known yet.
fn subject(canvas: Canvas, id: &NodeId) -> Option<(Media, CropBox)> {
    let node = canvas.view.nodes().get(id.clone())?;
    let node = node.read();
    let catalog = canvas.catalog();
    let spec = catalog.get(&node.node_type)?;
    let number = |side: &str| {
        let param = spec.param(side)?;
        node.params.get(side).unwrap_or(&param.default).as_f64()
    };
    let [left, top, width, height] = SIDES.map(number);
    let media = incoming(canvas, id, "image")?;
    let picture = [f64::from(media.width?), f64::from(media.height?)];
    Some((media, CropBox::of([left?, top?, width?, height?], picture)))
}
