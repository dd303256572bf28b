//! What can be set by hand on the picture that comes into a node. Offered on the card, where the node has what it sets.

mod crop;
mod mask;
mod room;

use dioxus::prelude::*;
use shared::{
    id::NodeId,
    value::{Media, Value},
};

use crate::{canvas::state::Canvas, replica::view::CanvasViewStoreExt};

use crop::CropButton;
use mask::MaskButton;
use room::RoomButton;

#[component]
pub fn OnPicture(id: NodeId) -> Element {
    rsx! {
        CropButton { id: id.clone() }
        MaskButton { id: id.clone() }
        RoomButton { id }
    }
}

/// The picture that comes into `input`, if one is known.
fn incoming(canvas: Canvas, id: &NodeId, input: &str) -> Option<Media> {
    let (from, output) = {
        let wiring = canvas.wiring.read();
        let (_, edge) = wiring.get(id)?.get(input)?.first()?;
        (edge.from.clone(), edge.output.clone())
    };
    let made = canvas.view.outputs().get(from.clone()).and_then(|made| match made.read().values.get(&output) {
        Some(Value::Image(media) | Value::Mask(media)) => Some(media.clone()),
        _ => None,
    });
    // A picture that was loaded is known before anything ran.
    made.or_else(|| loaded(canvas, &from))
}

/// The file that a loading node holds now: what it gave out the last time may be another.
fn loaded(canvas: Canvas, id: &NodeId) -> Option<Media> {
    let node = canvas.view.nodes().get(id.clone())?;
    let value = node.read().params.get("value")?.clone();
    serde_json::from_value(value).ok()
}
