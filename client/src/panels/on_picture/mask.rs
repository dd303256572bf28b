//! Paints the mask that a node wants, on the picture that comes into it. The mask becomes a file of the workspace: in a
//! new node that loads it, wired in, or in the one that is wired in already.

use dioxus::prelude::*;
use shared::{
    graph::{Edge, Node},
    id::NodeId,
    node::{NodeRole, ParamKind},
    value::{Media, ValueType},
};

use super::{incoming, loaded};
use crate::{
    api::Api,
    canvas::state::{Canvas, use_canvas},
    dom::File,
    media::MaskDialog,
    replica::view::CanvasViewStoreExt,
    ui::{Button, Glyph, Size, Toaster, Tone, use_toaster},
};

/// The port that every node with a mask calls so.
const MASK: &str = "mask";
/// How far in front of the node a new mask stands, in canvas units.
const APART: [f64; 2] = [-400.0, 240.0];

/// What is painted on, and what was painted before.
#[derive(Debug, Clone, PartialEq)]
struct Subject {
    picture: Media,
    mask: Option<Media>,
    /// The node that loads the mask; `None`: it comes from nowhere yet.
    loader: Option<NodeId>,
}

#[component]
pub fn MaskButton(id: NodeId) -> Element {
    let canvas = use_canvas();
    let toaster = use_toaster();
    let mut open = use_signal(|| false);
    let subject = use_memo({
        let id = id.clone();
        move || subject(canvas, &id)
    });
    let Some(Subject { picture, mask, loader }) = subject() else { return rsx! {} };
    rsx! {
        div { class: "param",
            Button { size: Size::S, glyph: Glyph::Paintbrush, disabled: !canvas.writable(), onclick: move |_| open.set(true),
                if mask.is_some() { "Change the mask" } else { "Paint a mask" }
            }
        }
        if open() {
            MaskDialog {
                media: picture,
                start: mask,
                onset: move |file: File| {
                    open.set(false);
                    let (id, loader) = (id.clone(), loader.clone());
                    spawn(async move { keep(canvas, toaster, &id, loader, file).await });
                },
                onclose: move |()| open.set(false),
            }
        }
    }
}

/// `None`: the node takes no mask, no picture is known yet, or its mask is made by the workflow.
fn subject(canvas: Canvas, id: &NodeId) -> Option<Subject> {
    let takes_mask = {
        let node = canvas.view.nodes().get(id.clone())?;
        let catalog = canvas.catalog();
        let spec = catalog.get(&node.read().node_type)?;
        spec.inputs.iter().any(|port| port.name == MASK && port.value_type == ValueType::Mask)
    };
    let picture = incoming(canvas, id, "image").filter(|_| takes_mask)?;
    // The mask is painted in the picture's own pixels.
    picture.width.zip(picture.height)?;
    let from = {
        let wiring = canvas.wiring.read();
        wiring.get(id).and_then(|inputs| Some(inputs.get(MASK)?.first()?.1.from.clone()))
    };
    let Some(from) = from else { return Some(Subject { picture, mask: None, loader: None }) };
    let mask = loaded(canvas, &from)?;
    Some(Subject { picture, mask: Some(mask), loader: Some(from) })
}

async fn keep(canvas: Canvas, toaster: Toaster, id: &NodeId, loader: Option<NodeId>, file: File) {
    let media = match Api.upload(canvas.replica().workspace(), &file, |_| {}).await {
        Ok(media) => Media { name: media.name.or_else(|| Some(file.name())), ..media },
        Err(error) => return toaster.say(Tone::Danger, error.sentence()),
    };
    // Plain data: it always has a JSON form.
    let value = serde_json::to_value(&media).unwrap_or_default();
    let catalog = canvas.catalog();
    let made = loader.is_none().then(|| new_loader(canvas, id)).flatten();
    canvas.replica().end_gesture();
    canvas.replica().edit("paint a mask", |edit| match (&loader, made) {
        (Some(loader), _) => {
            edit.set_param(loader, "value", value);
        }
        (None, Some((mut node, output))) => {
            let mask = NodeId::random();
            node.params.insert("value".into(), value);
            edit.add_node(&mask, &node, &catalog);
            // The node may have been deleted while the file was on its way.
            if edit.has_node(id) {
                edit.connect(Edge { from: mask, output, to: id.clone(), input: MASK.into() }, &catalog);
            }
        }
        (None, None) => {}
    });
    canvas.replica().end_gesture();
}

/// A node that loads pictures, in front of the node, and the name of what it gives out.
fn new_loader(canvas: Canvas, id: &NodeId) -> Option<(Node, String)> {
    let catalog = canvas.catalog();
    let loads = |kind: &ParamKind| matches!(kind, ParamKind::Media { accept } if *accept == ValueType::Image);
    let spec = catalog.iter().find(|spec| {
        spec.role == NodeRole::Input && spec.params.iter().any(|param| param.name == "value" && loads(&param.kind))
    })?;
    let mut node = Node::new(spec.node_type.clone());
    node.version = spec.version;
    node.title = Some("Mask".into());
    let beside = canvas.view.nodes().get(id.clone())?;
    let beside = beside.peek();
    node.pos = [beside.pos[0] + APART[0], beside.pos[1] + APART[1]];
    node.frame.clone_from(&beside.frame);
    Some((node, spec.outputs.first()?.name.clone()))
}
