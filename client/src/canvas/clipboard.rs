//! Copying and pasting: workflows as text, files, addresses, and what other programs put on the clipboard.
//!
//! The text is the exchange format, so it goes between tabs, workflows and servers, and through a chat. What did not fit
//! where it arrived is told.

use std::collections::{BTreeMap, BTreeSet};

use dioxus::prelude::*;
use shared::{
    check::{ProblemCode, check},
    exchange::{self, Limits},
    graph::{Edge, Graph, Node},
    id::NodeId,
    import::{self, ImportError, Imported},
    node::Catalog,
};

use super::{
    geometry::{Point, Rect},
    layout::NodeLayout,
    state::{Canvas, CanvasStateStoreExt},
};
use crate::{
    api::sentence,
    dom::{self, BrowserEvent},
    media::place_files,
    replica::view::CanvasViewStoreExt,
    ui::{Toaster, Tone},
};

/// Which wires come along with pasted nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wires {
    /// Those between them.
    Inner,
    /// Those too that came into them from elsewhere, where that is still there.
    WithInputs,
}

/// Puts the selection on the clipboard.
pub fn copy(canvas: Canvas, event: &BrowserEvent) -> bool {
    if dom::in_field(event) || dom::text_selected() {
        return false;
    }
    canvas.selection_text().is_some_and(|text| dom::set_clipboard(event, &text))
}

/// A workflow as text becomes nodes; files become nodes that load them; other text becomes a text node.
pub fn paste(canvas: Canvas, toaster: Toaster, event: &BrowserEvent, wires: Wires) {
    if dom::in_field(event) || !canvas.writable() {
        return;
    }
    let (text, files) = dom::pasted(event);
    if files.is_empty() && text.trim().is_empty() {
        return;
    }
    event.prevent_default();
    if files.is_empty() {
        canvas.paste_text(&text, wires, canvas.paste_spot(), toaster);
    } else {
        place_files(canvas, toaster, files, canvas.paste_spot());
    }
}

impl Canvas {
    fn paste_spot(&self) -> Point {
        let pointer = *self.state.pointer_canvas().peek();
        pointer.unwrap_or_else(|| self.middle_canvas())
    }

    /// The selection in the exchange format, with the wires that come into it from outside: whether those are wanted is
    /// decided when it is pasted.
    fn selection_text(&self) -> Option<String> {
        let nodes = self.selected();
        let mut part = self.part(&nodes);
        if part.nodes.is_empty() {
            return None;
        }
        for (id, edge) in self.view.edges().peek().iter().filter(|(_, edge)| nodes.contains(&edge.to)) {
            part.edges.insert(id.clone(), edge.clone());
        }
        Some(exchange::write(&part))
    }

    pub(super) fn copy_to_clipboard(&self, toaster: Toaster) {
        let Some(text) = self.selection_text() else { return };
        spawn(async move {
            if !dom::copy_text(&text).await {
                toaster.say(Tone::Danger, "The browser did not let us copy. Press Ctrl+C instead.");
            }
        });
    }

    pub(super) fn paste_from_clipboard(&self, toaster: Toaster, wires: Wires) {
        let canvas = *self;
        spawn(async move {
            match dom::clipboard_text().await {
                Some(text) => canvas.paste_text(&text, wires, canvas.paste_spot(), toaster),
                None => {
                    toaster.say(Tone::Danger, "The browser did not let us read the clipboard. Press Ctrl+V instead.")
                }
            }
        });
    }

    pub(super) fn copy_link(&self, toaster: Toaster) {
        let address = dom::address();
        let page = address.split('#').next().unwrap_or_default().to_owned();
        let link = match self.selected().first() {
            Some(id) => format!("{page}#{id}"),
            None => page,
        };
        spawn(async move {
            if dom::copy_text(&link).await {
                toaster.say(Tone::Ok, "The link is on the clipboard.");
            }
        });
    }

    /// Text from the clipboard or dropped here.
    pub fn paste_text(&self, text: &str, wires: Wires, at_canvas: Point, toaster: Toaster) {
        match import::read_text(text, Limits::default(), &self.catalog()) {
            Ok(imported) => self.paste_imported(&imported, wires, at_canvas, toaster),
            // Any text can be pasted; only one that means to be a workflow is worth a complaint.
            Err(ImportError::NoWorkflow) => self.paste_words(text, at_canvas),
            Err(error) => toaster.say(Tone::Danger, sentence(&error.to_string())),
        }
    }

    /// A workflow from elsewhere, and a word about what of it did not fit.
    pub fn paste_imported(&self, imported: &Imported, wires: Wires, at_canvas: Point, toaster: Toaster) {
        self.paste_graph(&imported.graph, wires, at_canvas);
        if let Some(report) = report(&imported.graph, &self.catalog(), imported.source) {
            toaster.say(Tone::Warn, report);
        }
    }

    fn paste_words(&self, text: &str, at_canvas: Point) {
        let mut node = Node::new("text.input");
        if self.catalog().get(&node.node_type).is_some() {
            node.params.insert("value".into(), text.into());
            node.pos = self.corner_for(&node, at_canvas, None);
            self.add_node(node, None);
        }
    }

    /// Adds a copy of `graph` with its middle at a point, and selects it.
    fn paste_graph(&self, graph: &Graph, wires: Wires, at_canvas: Point) {
        let catalog = self.catalog();
        let size = |node: &Node| NodeLayout::estimated_size(node, catalog.get(&node.node_type));
        let rects = graph.nodes.values().map(|node| Rect::new(node.pos, size(node)));
        let frames = graph.frames.values().map(|frame| Rect::new(frame.pos, frame.size));
        let Some(around) = Rect::around(rects.chain(frames)) else { return };
        let [x, y] = around.center();
        let offset = [at_canvas[0] - x, at_canvas[1] - y].map(f64::round);
        let renamed = self.replica().edit("paste", |edit| {
            let renamed = edit.insert_graph(graph, &catalog, offset);
            if wires == Wires::WithInputs {
                for edge in inputs(graph, &renamed) {
                    if edit.has_node(&edge.from) {
                        edit.connect(edge, &catalog);
                    }
                }
            }
            renamed
        });
        self.replica().end_gesture();
        if let Some(renamed) = renamed {
            self.select(renamed.into_values().collect());
        }
    }
}

/// The wires that came into the copied nodes from elsewhere, led to the copies.
fn inputs(graph: &Graph, renamed: &BTreeMap<NodeId, NodeId>) -> Vec<Edge> {
    let outer = graph.edges.values().filter(|edge| !graph.nodes.contains_key(&edge.from));
    outer.filter_map(|edge| Some(Edge { to: renamed.get(&edge.to)?.clone(), ..edge.clone() })).collect()
}

/// What did not fit, in a sentence; `None` if everything did.
fn report(graph: &Graph, catalog: &Catalog, source: import::Source) -> Option<String> {
    let inner = |edge: &Edge| graph.nodes.contains_key(&edge.from) && graph.nodes.contains_key(&edge.to);
    let mut whole = graph.clone();
    whole.edges.retain(|_, edge| inner(edge));
    let unknown: BTreeSet<&str> = graph
        .nodes
        .values()
        .map(|node| node.node_type.as_str())
        .filter(|node_type| catalog.get(node_type).is_none())
        .collect();
    let problems = check(&whole, catalog);
    let count = |codes: &[ProblemCode]| problems.iter().filter(|problem| codes.contains(&problem.code)).count();
    let wires = count(&[ProblemCode::TypeMismatch, ProblemCode::UnknownPort, ProblemCode::DuplicateWire]);
    let mut parts = Vec::new();
    if !unknown.is_empty() {
        let names: Vec<&str> = unknown.iter().take(3).copied().collect();
        let more = unknown.len() - names.len();
        let names = if more > 0 { format!("{} and {more} more", names.join(", ")) } else { names.join(", ") };
        parts.push(format!("{} kinds of nodes are not known here ({names})", unknown.len()));
    }
    if wires > 0 {
        parts.push(format!("{wires} wires do not fit"));
    }
    if parts.is_empty() {
        return None;
    }
    let from = match source {
        import::Source::OpenFlow => "Pasted, but".to_owned(),
        other => format!("Brought over from {}, but", other.title()),
    };
    Some(format!("{from} {}. What is not known is kept as a placeholder.", parts.join(" and ")))
}

#[cfg(test)]
mod tests {
    use shared::graph::EdgeId;

    use super::*;
    use crate::canvas::layout::tests::blur;

    fn id(text: &str) -> NodeId {
        text.parse().unwrap()
    }

    fn wired(kind: &str) -> Graph {
        let edge = Edge { from: id("elsewhere"), output: "image".into(), to: id("a"), input: "image".into() };
        Graph {
            nodes: [(id("a"), Node::new(kind))].into(),
            edges: [(EdgeId::single(&id("a"), "image"), edge)].into(),
            ..Graph::default()
        }
    }

    #[test]
    fn wires_from_elsewhere_lead_to_the_copies() {
        let renamed = BTreeMap::from([(id("a"), id("copy"))]);
        let inputs = inputs(&wired("image.blur"), &renamed);
        assert_eq!(inputs.len(), 1);
        assert_eq!((inputs[0].from.clone(), inputs[0].to.clone()), (id("elsewhere"), id("copy")));
    }

    #[test]
    fn what_fits_is_not_reported_and_what_is_unknown_is_named() {
        let catalog: Catalog = [blur()].into_iter().collect();
        assert_eq!(report(&wired("image.blur"), &catalog, import::Source::OpenFlow), None);
        let told = report(&wired("comfy.KSampler"), &catalog, import::Source::ComfyUi).expect("a report");
        assert!(told.contains("ComfyUI") && told.contains("comfy.KSampler"), "{told}");
    }
}
