//! A graph as a small drawing: where its nodes are and how they hang together, no more.

use dioxus::prelude::*;
use shared::graph::{Graph, Node};

/// Size of a node that was never resized, near enough for a drawing of this size.
const NODE_SIZE: [f64; 2] = [240.0, 150.0];
const MARGIN: f64 = 60.0;

#[derive(Debug, Clone, Copy, PartialEq)]
struct Bounds {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

#[component]
pub fn MiniGraph(graph: Graph) -> Element {
    let Some(bounds) = bounds(&graph) else { return rsx! {} };
    let wires: Vec<String> = graph
        .edges
        .values()
        .filter_map(|edge| Some(wire(graph.nodes.get(&edge.from)?, graph.nodes.get(&edge.to)?)))
        .collect();
    rsx! {
        svg {
            class: "mini-graph",
            view_box: "{bounds.x} {bounds.y} {bounds.width} {bounds.height}",
            preserve_aspect_ratio: "xMidYMid meet",
            "aria-hidden": "true",
            for (index , wire) in wires.into_iter().enumerate() {
                path { key: "{index}", class: "wire", d: wire }
            }
            for (id , node) in graph.nodes.iter() {
                rect {
                    key: "{id}",
                    class: "node",
                    "data-value-type": category(node),
                    x: node.pos[0],
                    y: node.pos[1],
                    width: size(node)[0],
                    height: size(node)[1],
                    rx: 22,
                }
            }
        }
    }
}

fn size(node: &Node) -> [f64; 2] {
    node.size.unwrap_or(NODE_SIZE)
}

/// The family of the node decides its colour, as on the canvas.
fn category(node: &Node) -> &str {
    node.node_type.split('.').next().unwrap_or_default()
}

fn bounds(graph: &Graph) -> Option<Bounds> {
    let corners = graph.nodes.values().map(|node| {
        let [width, height] = size(node);
        [node.pos[0], node.pos[1], node.pos[0] + width, node.pos[1] + height]
    });
    let all = corners.reduce(|a, b| [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])])?;
    Some(Bounds {
        x: all[0] - MARGIN,
        y: all[1] - MARGIN,
        width: all[2] - all[0] + 2.0 * MARGIN,
        height: all[3] - all[1] + 2.0 * MARGIN,
    })
}

fn wire(from: &Node, to: &Node) -> String {
    let [x1, y1] = [from.pos[0] + size(from)[0], from.pos[1] + size(from)[1] / 2.0];
    let [x2, y2] = [to.pos[0], to.pos[1] + size(to)[1] / 2.0];
    let reach = ((x2 - x1).abs() / 2.0).max(40.0);
    format!("M{x1} {y1} C{} {y1} {} {y2} {x2} {y2}", x1 + reach, x2 - reach)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_drawing_holds_every_node() {
        assert_eq!(bounds(&Graph::default()), None);
        let mut graph = Graph::default();
        let mut far = Node::new("text.text");
        far.pos = [500.0, -100.0];
        graph.nodes.insert("a".parse().unwrap(), Node::new("image.blur"));
        graph.nodes.insert("b".parse().unwrap(), far);
        assert_eq!(bounds(&graph), Some(Bounds { x: -60.0, y: -160.0, width: 860.0, height: 370.0 }));
    }
}
