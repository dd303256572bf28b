//! Sets how far a picture is to go on beyond its edges, by dragging them. Offered where a node has a number for each side.

use dioxus::prelude::*;
use shared::{id::NodeId, node::ParamKind, value::Media};

use super::incoming;
use crate::{
    canvas::state::{Canvas, use_canvas},
    media::{Room, RoomDialog},
    replica::view::CanvasViewStoreExt,
    ui::{Button, Glyph, Size},
};

const SIDES: [&str; 4] = ["left", "top", "right", "bottom"];

#[component]
pub fn RoomButton(id: NodeId) -> Element {
    let canvas = use_canvas();
    let mut open = use_signal(|| false);
    let subject = use_memo({
        let id = id.clone();
        move || subject(canvas, &id)
    });
    let Some((media, start, most)) = subject() else { return rsx! {} };
    rsx! {
        div { class: "param",
            Button { size: Size::S, glyph: Glyph::Maximize2, disabled: !canvas.writable(), onclick: move |_| open.set(true), "Drag the edges" }
        }
        if open() {
            RoomDialog {
                media,
                start,
                most,
                onset: move |room: Room| {
                    open.set(false);
                    canvas.replica().end_gesture();
                    canvas.replica().edit("make room", |edit| {
                        for (side, pixels) in SIDES.into_iter().zip(room.0) {
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

/// The picture that comes in, the room as it is set now, and the most there may be at a side.
fn subject(canvas: Canvas, id: &NodeId) -> Option<(Media, Room, f64)> {
    let node = canvas.view.nodes().get(id.clone())?;
    let node = node.read();
    let catalog = canvas.catalog();
    let spec = catalog.get(&node.node_type)?;
    let number = |side: &str| {
        let param = spec.param(side)?;
        node.params.get(side).unwrap_or(&param.default).as_f64()
    };
    let [left, top, right, bottom] = SIDES.map(number);
    let start = Room([left?, top?, right?, bottom?]);
    let most = match spec.param(SIDES[0])?.kind {
        ParamKind::Integer { max: Some(max), .. } => max as f64,
        _ => return None,
    };
    let media = incoming(canvas, id, "image")?;
    media.width.zip(media.height)?;
    Some((media, start, most))
}
