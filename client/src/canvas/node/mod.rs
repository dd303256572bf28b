//! Nodes as cards: which are drawn, where they stand, and what a card is made of.
//!
//! A card's outside (place, selection, state) and inside (face, ports, parameters, output) are components of their own,
//! so that dragging runs the outside only.

mod failure;
mod head;
mod measure;
mod output;
mod ports;
mod status;

use dioxus::prelude::*;
use shared::{
    graph::{Mode, Node},
    id::NodeId,
    node::{NodeRole, NodeSpec, ParamKind, ParamSpec},
};

use super::{
    boxes::NodeBox,
    category,
    gesture::Gesture,
    layout::{self, NodeLayout},
    state::{Canvas, CanvasStateStoreExt, use_canvas},
};
use crate::{panels::param::ParamRow, replica::view::CanvasViewStoreExt};

use failure::Failure;
use head::Head;
use measure::use_measure;
pub use measure::use_measure_provider;
use output::Output;
pub use ports::Port;
use ports::Ports;
pub use status::{StatusChip, node_status};

/// What of a node its card shows, apart from its place: a moved node has the same face.
#[derive(Debug, Clone, PartialEq)]
pub struct Face {
    pub node_type: String,
    pub title: Option<String>,
    pub mode: Mode,
    pub collapsed: bool,
    pub color: Option<String>,
    pub width: f64,
}

impl Face {
    pub fn of(node: &Node, spec: Option<&NodeSpec>) -> Self {
        Self {
            node_type: node.node_type.clone(),
            title: node.title.clone(),
            mode: node.mode,
            collapsed: node.collapsed,
            color: node.color.clone(),
            width: layout::width(node, spec),
        }
    }

    /// Its own title, or its kind's.
    pub fn name(&self, spec: Option<&NodeSpec>) -> String {
        let own = self.title.clone().filter(|title| !title.trim().is_empty());
        own.or_else(|| spec.map(|spec| spec.title.clone())).unwrap_or_else(|| self.node_type.clone())
    }
}

/// Follows a node's face; `None` once the node is gone.
pub fn use_face(canvas: Canvas, id: &NodeId) -> Memo<Option<Face>> {
    let id = id.clone();
    use_memo(move || {
        let node = canvas.view.nodes().get(id.clone())?;
        let node = node.read();
        Some(Face::of(&node, canvas.catalog().get(&node.node_type)))
    })
}

#[component]
pub fn Nodes() -> Element {
    let canvas = use_canvas();
    let drawn = use_memo(move || {
        let region = *canvas.drawn.read();
        let held = match &canvas.state.hand().read().now {
            Gesture::Move { origins, .. } => origins.keys().cloned().collect::<Vec<_>>(),
            _ => Vec::new(),
        };
        let nodes = canvas.view.nodes();
        let nodes = nodes.read();
        let layouts = canvas.state.layouts();
        // Not subscribed: a node that grows is drawn already, and one that is not drawn cannot grow.
        let layouts = layouts.peek();
        let catalog = canvas.catalog();
        let mut seen: Vec<(Option<String>, NodeId)> = Vec::new();
        for (id, node) in nodes.iter() {
            let size = layouts.get(id).map(|layout| layout.size);
            let size = size.unwrap_or_else(|| NodeLayout::estimated_size(node, catalog.get(&node.node_type)));
            let inside = super::geometry::Rect::new(node.pos, size).intersects(&region);
            if inside || held.contains(id) {
                seen.push((node.z.clone(), id.clone()));
            }
        }
        seen.sort();
        seen.into_iter().map(|(_, id)| id).collect::<Vec<_>>()
    });
    let boxes = canvas.boxes;
    rsx! {
        div { class: "nodes",
            for id in drawn() {
                if boxes() {
                    NodeBox { key: "{id}", id }
                } else {
                    NodeCard { key: "{id}", id }
                }
            }
        }
    }
}

/// Attributes that cards and boxes share: state as text for styles and tests.
#[derive(Debug, Clone, PartialEq)]
pub struct Outside {
    pub x: f64,
    pub y: f64,
    pub selected: bool,
    /// Somebody else drags it: its place is eased.
    pub eased: bool,
    pub status: &'static str,
    pub stale: bool,
    pub problem: bool,
    /// Name and colour of somebody who has it selected.
    pub holder: Option<(String, String)>,
}

pub fn use_outside(canvas: Canvas, id: &NodeId) -> Memo<Option<Outside>> {
    let id = id.clone();
    use_memo(move || {
        let [x, y] = canvas.position(&id)?;
        Some(Outside {
            x,
            y,
            selected: canvas.state.selection().read().contains(&id),
            eased: canvas.remote_drags.read().contains_key(&id),
            status: node_status(canvas, &id),
            stale: canvas.view.stale().read().contains(&id),
            problem: canvas.faulty.read().contains_key(&id),
            holder: canvas.holders.read().get(&id).cloned(),
        })
    })
}

#[component]
fn NodeCard(id: NodeId) -> Element {
    let canvas = use_canvas();
    let measure = use_measure();
    let outside = use_outside(canvas, &id);
    let face = use_face(canvas, &id);
    // A removed node can be asked to render once more.
    let (Some(outside), Some(face)) = (outside(), face()) else { return rsx! {} };
    let catalog = canvas.catalog();
    let spec = catalog.get(&face.node_type);
    let Outside { x, y, .. } = outside;
    let person = outside.holder.as_ref().map(|(_, color)| format!("--person: {color};")).unwrap_or_default();
    let tint = face.color.as_ref().map(|color| format!("--tint: {};", css_color(color))).unwrap_or_default();
    let measured = id.clone();
    rsx! {
        article {
            class: "node",
            "data-node": "{id}",
            "data-type": "{face.node_type}",
            "data-status": outside.status,
            "data-stale": outside.stale,
            "data-selected": outside.selected,
            "data-eased": outside.eased,
            "data-problem": outside.problem,
            "data-mode": face.mode.as_str(),
            "data-collapsed": face.collapsed,
            "data-held-by": outside.holder.as_ref().map(|(name, _)| name.clone()),
            aria_label: face.name(spec),
            style: "translate: {x}px {y}px; width: {face.width}px; {person}{tint}",
            onresize: move |_| measure.later(&measured),
            if let Some((name, _)) = &outside.holder {
                span { class: "holder", "{name}" }
            }
            Inside { id: id.clone(), face: face.clone() }
        }
    }
}

#[component]
fn Inside(id: NodeId, face: Face) -> Element {
    let canvas = use_canvas();
    let catalog = canvas.catalog();
    let spec = catalog.get(&face.node_type);
    let Some(spec) = spec else {
        return rsx! {
            Head { id: id.clone(), face: face.clone() }
            div { class: "unknown",
                p { "This server does not know nodes of the type " code { "{face.node_type}" } "." }
                p { class: "quiet", "Its settings are kept. Mute or delete it to run the rest." }
            }
            Ports { id, folded: true }
        };
    };
    if face.collapsed {
        return rsx! {
            Head { id: id.clone(), face: face.clone() }
            Ports { id, folded: true }
        };
    }
    // What a node loads is its picture: first, and edge to edge. What an input node gives out stands in its fields.
    let is_media = |param: &&ParamSpec| matches!(param.kind, ParamKind::Media { .. });
    let loaded = spec.params.iter().find(is_media).cloned();
    let (first, folded): (Vec<&ParamSpec>, Vec<&ParamSpec>) =
        spec.params.iter().filter(|param| !is_media(param)).partition(|param| !param.advanced);
    let (rows, surplus) = first.split_at(first.len().min(layout::CARD_PARAMS));
    let rows: Vec<ParamSpec> = rows.iter().copied().cloned().collect();
    let folded: Vec<ParamSpec> = surplus.iter().copied().chain(folded).cloned().collect();
    rsx! {
        Head { id: id.clone(), face: face.clone() }
        if let Some(param) = loaded {
            ParamRow { key: "{param.name}", id: id.clone(), param, on_card: true }
        } else if spec.role != NodeRole::Input {
            Output { id: id.clone(), blank: layout::shows_media(spec).then(|| category::glyph(spec)) }
        }
        Ports { id: id.clone(), folded: false }
        if !rows.is_empty() || !folded.is_empty() {
            div { class: "params",
                for param in rows {
                    ParamRow { key: "{param.name}", id: id.clone(), param, on_card: true }
                }
                if !folded.is_empty() {
                    Folded { id: id.clone(), params: folded }
                }
            }
        }
        Failure { id: id.clone() }
        span { class: "corner", "data-corner": "true", aria_hidden: "true" }
    }
}

/// Shown on demand, except what a wire ends in.
#[component]
fn Folded(id: NodeId, params: Vec<ParamSpec>) -> Element {
    let canvas = use_canvas();
    let mut open = use_signal(|| false);
    let wired = {
        let wiring = canvas.wiring.read();
        wiring.get(&id).map(|inputs| inputs.keys().cloned().collect::<Vec<_>>()).unwrap_or_default()
    };
    let shown = params.iter().filter(|param| open() || wired.contains(&param.name)).cloned();
    let hidden = params.iter().filter(|param| !wired.contains(&param.name)).count();
    rsx! {
        for param in shown {
            ParamRow { key: "{param.name}", id: id.clone(), param, on_card: true }
        }
        if hidden > 0 {
            button {
                class: "more",
                r#type: "button",
                aria_expanded: if open() { "true" } else { "false" },
                onclick: move |_| open.toggle(),
                if open() { "Fewer settings" } else { "{hidden} more settings" }
            }
        }
    }
}

/// Documents come from anywhere: only plain hexadecimal colours reach a style.
pub fn css_color(color: &str) -> &str {
    let digits = color.strip_prefix('#').unwrap_or_default();
    let valid = matches!(digits.len(), 3 | 4 | 6 | 8) && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    if valid { color } else { "transparent" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_colours_reach_a_style() {
        assert_eq!(css_color("#ff8800"), "#ff8800");
        assert_eq!(css_color("red; background: url(//evil)"), "transparent");
        assert_eq!(css_color("#12345"), "transparent");
    }

    #[test]
    fn a_title_of_blanks_is_no_title() {
        let mut node = Node::new("text.input");
        node.title = Some("  ".into());
        assert_eq!(Face::of(&node, None).name(None), "text.input");
    }
}
