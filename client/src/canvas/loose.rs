//! What is in a hand: the wire being pulled (ours and others'), and the box of a selection.

use dioxus::prelude::*;
use shared::presence::LooseWire;

use super::{
    connect::PortRef,
    derived,
    geometry::{Point, Rect},
    gesture::Gesture,
    guides::Guide,
    layer::Drawing,
    layout::Side,
    state::{Canvas, CanvasStateStoreExt, use_canvas},
    wire_path,
    wires::{carried, port_point},
};
use crate::{canvas::node::css_color, replica::view::CanvasViewStoreExt};

#[component]
pub fn LooseWires() -> Element {
    let canvas = use_canvas();
    let own = use_memo(move || {
        let hand = canvas.state.hand();
        let hand = hand.read();
        let (Gesture::Wire(loose) | Gesture::TappedWire(loose)) = &hand.now else { return None };
        // It snaps to the port it would end in.
        let end = loose.meant.as_ref().and_then(|port| port_point(canvas, port)).unwrap_or(loose.end_canvas);
        let path = path_from(canvas, &loose.from, end)?;
        Some((path, carried(canvas, &loose.from), loose.meant.is_some()))
    });
    let others = use_memo(move || {
        if *canvas.state.people_hidden().read() {
            return Vec::new();
        }
        let people = canvas.view.people();
        let people = people.read();
        let pulling = people.iter().filter_map(|(client, person)| Some((client, person.wire.as_ref()?, person)));
        pulling
            .filter_map(|(client, wire, person)| {
                let color = person.user.as_ref().map_or("#999999", |user| css_color(&user.color));
                Some((*client, path_from(canvas, &port_of(wire), wire.end)?, color.to_owned()))
            })
            .collect::<Vec<_>>()
    });
    let steady = own.read().is_some() || !others.read().is_empty();
    rsx! {
        Drawing { class: "loose", steady,
            if let Some((path, kind, meant)) = own() {
                path { class: "wire", d: "{path}", "data-value-type": kind, "data-meant": meant }
            }
            for (client, path, color) in others() {
                path { key: "{client}", class: "wire", d: "{path}", style: "--type: {color}" }
            }
        }
    }
}

fn port_of(wire: &LooseWire) -> PortRef {
    let side = if wire.output { Side::Out } else { Side::In };
    PortRef { node: wire.node.clone(), side, name: wire.port.clone() }
}

fn path_from(canvas: Canvas, from: &PortRef, end: Point) -> Option<String> {
    let start = port_point(canvas, from)?;
    Some(match from.side {
        Side::Out => wire_path::path(start, end),
        Side::In => wire_path::path(end, start),
    })
}

/// Lines on which what is moved has caught.
#[component]
pub fn Guides() -> Element {
    let canvas = use_canvas();
    let guides = use_memo(move || derived::guides(&canvas.state.hand().read().now));
    // There as long as something is moved: coming and going costs more than being there.
    let moves = use_memo(move || canvas.held.read().is_some());
    if !moves() {
        return rsx! {};
    }
    let guides = guides();
    rsx! {
        Drawing { class: "guides", steady: true,
            for (index , Guide { from , to }) in guides.into_iter().enumerate() {
                line { key: "{index}", x1: "{from[0]}", y1: "{from[1]}", x2: "{to[0]}", y2: "{to[1]}" }
            }
        }
    }
}

#[component]
pub fn Marquee() -> Element {
    let canvas = use_canvas();
    let rect = use_memo(move || match &canvas.state.hand().read().now {
        Gesture::Marquee { start_canvas, end_canvas, .. } => Some(Rect::between(*start_canvas, *end_canvas)),
        _ => None,
    });
    let Some(Rect { x, y, width, height }) = rect() else { return rsx! {} };
    rsx! {
        div { class: "marquee", style: "translate: {x}px {y}px; width: {width}px; height: {height}px" }
    }
}
