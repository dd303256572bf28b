//! What can be done with nodes, as buttons: in the inspector for what is selected, in the outline for each node.

use std::collections::BTreeSet;

use dioxus::prelude::*;
use shared::{api::StartRun, graph::Mode, id::NodeId};

use super::output::set_pin;
use crate::{
    canvas::state::{Canvas, use_canvas},
    replica::view::CanvasViewStoreExt,
    ui::{Button, Glyph, Size, use_toaster},
};

#[component]
pub fn Actions(nodes: BTreeSet<NodeId>) -> Element {
    let canvas = use_canvas();
    let toaster = use_toaster();
    let (writable, runnable) = (canvas.writable(), canvas.runnable());
    let bypassed = use_memo(use_reactive!(|nodes| all_have(canvas, &nodes, Mode::Bypass)));
    let muted = use_memo(use_reactive!(|nodes| all_have(canvas, &nodes, Mode::Mute)));
    let single = (nodes.len() == 1).then(|| nodes.first().cloned()).flatten();
    let (to, from) = (nodes.clone(), nodes.clone());
    let (bypass, mute) = (nodes.clone(), nodes);
    rsx! {
        div { class: "actions", role: "group", aria_label: "Actions",
            Button {
                size: Size::S,
                glyph: Glyph::Play,
                disabled: !runnable,
                onclick: move |_| canvas.start(StartRun { targets: to.iter().cloned().collect(), ..StartRun::default() }, toaster),
                if single.is_some() { "Run to here" } else { "Run selection" }
            }
            Button {
                size: Size::S,
                glyph: Glyph::FastForward,
                disabled: !runnable,
                onclick: move |_| canvas.start(StartRun { from: from.iter().cloned().collect(), ..StartRun::default() }, toaster),
                "Run from here"
            }
            Button {
                size: Size::S,
                glyph: Glyph::SkipForward,
                disabled: !writable,
                aria_pressed: if bypassed() { "true" } else { "false" },
                onclick: move |_| set_mode(canvas, &bypass, if bypassed() { Mode::Active } else { Mode::Bypass }),
                "Bypass"
            }
            Button {
                size: Size::S,
                glyph: Glyph::Ban,
                disabled: !writable,
                aria_pressed: if muted() { "true" } else { "false" },
                onclick: move |_| set_mode(canvas, &mute, if muted() { Mode::Active } else { Mode::Mute }),
                "Mute"
            }
            if let Some(id) = single {
                PinButton { id }
            }
        }
    }
}

/// Keeps the newest result, so that the node is not run again until it is let go.
#[component]
fn PinButton(id: NodeId) -> Element {
    let canvas = use_canvas();
    let toaster = use_toaster();
    let pinned = canvas.view.nodes().get(id.clone()).is_some_and(|node| node.read().pin.is_some());
    let newest = canvas.view.outputs().get(id.clone()).and_then(|output| output.read().history.first().cloned());
    rsx! {
        Button {
            size: Size::S,
            glyph: if pinned { Glyph::PinOff } else { Glyph::Pin },
            disabled: !canvas.writable() || (newest.is_none() && !pinned),
            aria_pressed: if pinned { "true" } else { "false" },
            onclick: move |_| set_pin(canvas, &id, if pinned { None } else { newest.as_ref() }, toaster),
            if pinned { "Unpin" } else { "Pin" }
        }
    }
}

fn all_have(canvas: Canvas, nodes: &BTreeSet<NodeId>, mode: Mode) -> bool {
    nodes.iter().all(|id| canvas.view.nodes().get(id.clone()).is_some_and(|node| node.read().mode == mode))
}

fn set_mode(canvas: Canvas, nodes: &BTreeSet<NodeId>, mode: Mode) {
    canvas.replica().edit(mode.as_str(), |edit| {
        for id in nodes {
            edit.set_mode(id, mode);
        }
    });
    canvas.replica().end_gesture();
}
