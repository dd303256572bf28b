//! A parameter of a node: bound to the document, with its port, the wire that stands in for it, and who edits it.

use dioxus::prelude::*;
use serde_json::Value as Json;
use shared::{
    id::NodeId,
    node::{ParamKind, ParamSpec},
};

use super::{
    Bound,
    changed::use_changed_by,
    kind_name,
    quiet::{QuietField, has_words},
    taken::{TakenWidget, use_taken},
};
use crate::{
    canvas::{
        connect::PortRef,
        node::{Face, Port, use_quiet},
        state::{Canvas, use_canvas},
    },
    replica::view::CanvasViewStoreExt,
    ui::{Glyph, Icon, Size},
};

/// Letters that stand beside a field on the narrowest card.
const SHORT_TITLE: usize = 10;

#[component]
pub fn ParamRow(id: NodeId, param: ParamSpec, on_card: bool) -> Element {
    let canvas = use_canvas();
    let name = param.name.clone();
    let value = use_memo({
        let (id, name, default) = (id.clone(), name.clone(), param.default.clone());
        move || {
            let node = canvas.view.nodes().get(id.clone());
            node.and_then(|node| node.read().params.get(&name).cloned()).unwrap_or_else(|| default.clone())
        }
    });
    let source = use_memo({
        let (id, name) = (id.clone(), name.clone());
        move || source_name(canvas, &id, &name)
    });
    let editor = use_memo({
        let (id, name) = (id.clone(), name.clone());
        move || who_edits(canvas, &id, &name)
    });
    let used_seed = use_memo({
        let (id, counts) = (id.clone(), param.kind == ParamKind::Seed);
        move || {
            let output = canvas.view.outputs().get(id.clone()).filter(|_| counts)?;
            output.read().seed
        }
    });
    let changed_by = use_changed_by(canvas, &id, value);
    let onset = use_callback({
        let (id, name) = (id.clone(), name.clone());
        let label = format!("set {}", param.title.to_lowercase());
        move |value: Json| {
            changed_by.set_here(&value);
            canvas.replica().edit(&label, |edit| edit.set_param(&id, &name, value));
        }
    });
    let onrest = use_callback(move |()| canvas.replica().end_gesture());
    let wired = source().is_some();
    let disabled = wired || !canvas.writable();
    let bound = Bound {
        name: name.clone(),
        title: param.title.clone(),
        value: value(),
        disabled,
        used_seed: used_seed(),
        onset,
        onrest,
    };
    let taken = use_taken(&id, &param);
    let card_is_quiet = use_quiet();
    let fault = taken().and_then(|taken| taken.fault(&param, &bound.value));
    let quiet = card_is_quiet() && taken().is_none() && has_words(&param.kind);
    let inline = matches!(param.kind, ParamKind::Bool | ParamKind::Color) && taken().is_none();
    let changed = changed_by.name().filter(|_| param.kind != ParamKind::Prompt);
    rsx! {
        div {
            class: "param",
            "data-param": "{name}",
            "data-kind": kind_name(&param.kind),
            "data-wired": wired,
            "data-inline": inline,
            "data-changed-by": changed.as_deref(),
            "data-fault": fault.is_some(),
            style: editor().map(|(_, color)| format!("--person: {color}")),
            "data-editing": editor().map(|(person, _)| person),
            if on_card && let Some(wire) = &param.wire {
                Port { port: PortRef::input(id.clone(), name.clone()), value_type: wire.clone(), required: false }
            }
            div { class: "param-head",
                span {
                    class: "param-title",
                    // Only what may have to be cut: each piece that is cut is a layer for the browser to sort.
                    "data-long": param.title.chars().count() > SHORT_TITLE,
                    title: "{param.description}",
                    "{param.title}"
                }
                if let Some((person, _)) = editor() {
                    span { class: "param-editing", "{person} is editing" }
                }
                if let Some(person) = &changed {
                    span { class: "param-changed", role: "status", "changed by {person}" }
                }
                if let Some(source) = source() {
                    span { class: "param-source", title: "Comes through a wire",
                        Icon { glyph: Glyph::Link, size: Size::S }
                        "{source}"
                    }
                }
            }
            if !wired {
                div { class: "param-body",
                    if quiet {
                        QuietField { kind: param.kind.clone(), value: bound.value }
                    } else {
                        TakenWidget { bound, param: param.clone(), taken: taken(), node: id.clone() }
                    }
                }
            }
        }
    }
}

/// The name of the node whose wire stands in for the value.
fn source_name(canvas: Canvas, id: &NodeId, input: &str) -> Option<String> {
    let from = {
        let wiring = canvas.wiring.read();
        wiring.get(id)?.get(input)?.first()?.1.from.clone()
    };
    let node = canvas.view.nodes().get(from)?;
    let node = node.read();
    let catalog = canvas.catalog();
    let spec = catalog.get(&node.node_type);
    Some(Face::of(&node, spec).name(spec))
}

/// Name and colour of somebody else whose caret is in this parameter.
fn who_edits(canvas: Canvas, id: &NodeId, param: &str) -> Option<(String, String)> {
    let editors = canvas.editors.read();
    editors
        .iter()
        .find(|editor| editor.node == *id && editor.param == param)
        .map(|editor| (editor.name.clone(), editor.color.clone()))
}
