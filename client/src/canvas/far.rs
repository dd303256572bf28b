//! Far out, where there is too much for an element each: all nodes of a colour are one path, and all wires of a colour
//! another. What somebody has to do with (selected, held, at work) keeps an element of its own above.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    rc::Rc,
};

use dioxus::prelude::*;
use shared::{
    graph::{EdgeId, Node},
    id::NodeId,
};

use super::{
    category,
    geometry::{Point, Rect},
    layer::Drawing,
    layout::NodeLayout,
    state::{Canvas, CanvasStateStoreExt, use_canvas},
    wire_path,
};
use crate::replica::view::CanvasViewStoreExt;

/// More wires than this are drawn together.
pub const MANY_WIRES: usize = 160;
/// Also where nodes are cards, or become boxes as soon as the view rests.
pub const TOO_MANY_WIRES: usize = 500;
/// More nodes than this are drawn together.
pub const MANY_NODES: usize = 240;

/// Side of the squares whose things are one path, in canvas units. A browser paints in tiles, and all of a path for each
/// tile that it touches.
const SQUARE: f64 = 2048.0;

/// A path for each colour and square.
#[derive(Debug, Clone, Default, PartialEq)]
struct Paths(BTreeMap<(String, [i32; 2]), String>);

impl Paths {
    fn at(&mut self, place: Point, kind: String) -> &mut String {
        self.0.entry((kind, place.map(|way| (way / SQUARE).floor() as i32))).or_default()
    }
}

#[component]
pub fn FarNodes() -> Element {
    let canvas = use_canvas();
    let paths = use_memo(move || {
        let mut paths = Paths::default();
        let region = *canvas.drawn.read();
        let _subscribed = canvas.placed.read();
        let nodes = canvas.view.nodes();
        let nodes = nodes.peek();
        let catalog = canvas.catalog();
        let cards = canvas.cards.read();
        let own: BTreeSet<&NodeId> = cards.iter().collect();
        let sight = canvas.sight.read();
        let seen = sight.nodes.within(&region);
        for (id, Rect { x, y, width, height }) in seen.into_iter().filter(|(id, _)| !own.contains(id)) {
            let spec = nodes.get(id).and_then(|node| catalog.get(&node.node_type));
            let port = spec.and_then(|spec| spec.outputs.first().or(spec.inputs.first()));
            let kind = port.map_or_else(|| "any".to_owned(), |port| category::item_name(&port.value_type));
            // Writing to a text cannot fail.
            let _ = write!(paths.at([*x, *y], kind), "M{x:.0} {y:.0}h{width:.0}v{height:.0}h-{width:.0}z");
        }
        paths
    });
    rsx! {
        Drawing { class: "specks",
            for ((kind, [column, row]), path) in paths().0 {
                path { key: "{kind} {column} {row}", class: "speck", "data-value-type": "{kind}", d: "{path}" }
            }
        }
    }
}

/// All wires in sight but those that have an element of their `own`.
#[component]
pub fn FarWires(own: Memo<Rc<BTreeSet<EdgeId>>>) -> Element {
    let canvas = use_canvas();
    let paths = use_memo(move || far_wires(canvas, &own.read()));
    rsx! {
        Drawing { class: "all",
            for ((kind, [column, row]), path) in paths().0 {
                path { key: "{kind} {column} {row}", class: "wire far", "data-value-type": "{kind}", d: "{path}" }
            }
        }
    }
}

/// Straight from edge to edge of the nodes: where exactly a port is cannot be seen from here.
fn far_wires(canvas: Canvas, own: &BTreeSet<EdgeId>) -> Paths {
    let mut paths = Paths::default();
    let region = *canvas.drawn.read();
    let _subscribed = canvas.placed.read();
    let (nodes, edges) = (canvas.view.nodes(), canvas.view.edges());
    let (nodes, edges) = (nodes.peek(), edges.peek());
    let catalog = canvas.catalog();
    let layouts = canvas.state.layouts();
    let layouts = layouts.peek();
    let sight = canvas.sight.read();
    for (id, _) in sight.wires.within(&region).into_iter().filter(|(id, _)| !own.contains(*id)) {
        let Some(edge) = edges.get(id) else { continue };
        let (Some(from), Some(to)) = (nodes.get(&edge.from), nodes.get(&edge.to)) else { continue };
        let spec = catalog.get(&from.node_type);
        let size = |node: &Node, id| {
            layouts
                .get(id)
                .map_or_else(|| NodeLayout::estimated_size(node, catalog.get(&node.node_type)), |layout| layout.size)
        };
        let port = spec.and_then(|spec| spec.outputs.iter().find(|port| port.name == edge.output));
        let kind = port.map_or_else(|| "any".to_owned(), |port| category::item_name(&port.value_type));
        let [width, height] = size(from, &edge.from);
        let start = [from.pos[0] + width, from.pos[1] + height / 2.0];
        let end = [to.pos[0], to.pos[1] + size(to, &edge.to)[1] / 2.0];
        paths.at(start, kind).push_str(&wire_path::path(start, end));
    }
    paths
}
