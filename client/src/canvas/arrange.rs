//! Bringing nodes in order: aligning, distributing, and laying out a whole graph in layers.
//!
//! Pure: boxes in, the places of those that move out.

use std::collections::BTreeMap;

use rust_sugiyama::{
    configure::{Config, CrossingMinimization, RankingType},
    from_vertices_and_edges,
};
use shared::id::NodeId;

use super::geometry::{Point, Rect};

/// Space between layers and between the nodes of one.
const GAP: f64 = 64.0;

/// What is brought to one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    Left,
    Right,
    Top,
    Bottom,
    /// Centres one above the other.
    Column,
    /// Centres side by side.
    Row,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Axis {
    Across,
    Down,
}

pub type Boxes = Vec<(NodeId, Rect)>;
pub type Moves = Vec<(NodeId, Point)>;

/// The axis along which the boxes' centres are spread more.
fn spread(boxes: &Boxes) -> Axis {
    let extent = |axis: usize| {
        let centers = || boxes.iter().map(|(_, rect)| rect.center()[axis]);
        centers().fold(f64::MIN, f64::max) - centers().fold(f64::MAX, f64::min)
    };
    if extent(0) >= extent(1) { Axis::Across } else { Axis::Down }
}

/// What a person who just says "align" means: things side by side get one upper edge, things in a pile one left edge.
pub fn best_edge(boxes: &Boxes) -> Edge {
    match spread(boxes) {
        Axis::Across => Edge::Top,
        Axis::Down => Edge::Left,
    }
}

pub fn best_axis(boxes: &Boxes) -> Axis {
    spread(boxes)
}

pub fn align(boxes: &Boxes, edge: Edge) -> Moves {
    let Some(around) = Rect::around(boxes.iter().map(|(_, rect)| *rect)) else { return Moves::new() };
    let placed = boxes.iter().map(|(id, rect)| {
        let to = match edge {
            Edge::Left => [around.x, rect.y],
            Edge::Right => [around.x + around.width - rect.width, rect.y],
            Edge::Top => [rect.x, around.y],
            Edge::Bottom => [rect.x, around.y + around.height - rect.height],
            Edge::Column => [around.center()[0] - rect.width / 2.0, rect.y],
            Edge::Row => [rect.x, around.center()[1] - rect.height / 2.0],
        };
        (id, rect, to)
    });
    moved(placed)
}

/// Equal gaps between neighbours; the outermost stay. Fewer than three have no gaps to compare.
pub fn distribute(boxes: &Boxes, axis: Axis) -> Moves {
    if boxes.len() < 3 {
        return Moves::new();
    }
    let at = |rect: &Rect| if axis == Axis::Across { rect.x } else { rect.y };
    let length = |rect: &Rect| if axis == Axis::Across { rect.width } else { rect.height };
    let mut sorted: Vec<&(NodeId, Rect)> = boxes.iter().collect();
    sorted.sort_by(|(_, a), (_, b)| at(a).total_cmp(&at(b)));
    let start = at(&sorted[0].1);
    let end = sorted.iter().map(|(_, rect)| at(rect) + length(rect)).fold(f64::MIN, f64::max);
    let filled: f64 = sorted.iter().map(|(_, rect)| length(rect)).sum();
    let gap = (end - start - filled) / (sorted.len() - 1) as f64;
    let mut next = start;
    let placed = sorted.into_iter().map(|(id, rect)| {
        let to = match axis {
            Axis::Across => [next, rect.y],
            Axis::Down => [rect.x, next],
        };
        next += length(rect) + gap;
        (id, rect, to)
    });
    moved(placed.collect::<Vec<_>>().into_iter())
}

/// Layers from left to right along the wires. What is not wired at all stands below, in a row.
/// The corner of the whole stays where it was.
pub fn tidy(boxes: &Boxes, wires: &[(NodeId, NodeId)]) -> Moves {
    let Some(around) = Rect::around(boxes.iter().map(|(_, rect)| *rect)) else { return Moves::new() };
    let index: BTreeMap<&NodeId, u32> = boxes.iter().zip(0..).map(|((id, _), n)| (id, n)).collect();
    let mut edges: Vec<(u32, u32)> =
        wires.iter().filter_map(|(from, to)| Some((*index.get(from)?, *index.get(to)?))).collect();
    // In the order of what is there already, so that tidying twice moves nothing the second time.
    edges.sort_unstable();
    edges.dedup();
    edges.retain(|(from, to)| from != to);
    // The library's layers run downwards: ours run to the right, so width and height change places.
    let vertices: Vec<(u32, (f64, f64))> =
        boxes.iter().zip(0..).map(|((_, rect), n)| (n, (rect.height + GAP, rect.width + GAP))).collect();
    let config = Config {
        vertex_spacing: GAP,
        ranking_type: RankingType::MinimizeEdgeLength,
        c_minimization: CrossingMinimization::Barycenter,
        // Quadratic in the nodes of a layer.
        transpose: boxes.len() <= 300,
        ..Config::default()
    };
    let mut parts: Vec<Vec<(usize, Point)>> = from_vertices_and_edges(&vertices, &edges, &config)
        .into_iter()
        .map(|(nodes, _, _)| centered_to_corners(&nodes, boxes))
        .collect();
    // The largest first; of equals the one that stood highest.
    let top = |part: &Vec<(usize, Point)>| part.iter().map(|(n, _)| boxes[*n].1.y).fold(f64::MAX, f64::min);
    parts.sort_by(|a, b| b.len().cmp(&a.len()).then(top(a).total_cmp(&top(b))));
    let mut corner = [around.x, around.y];
    let mut placed: Vec<(&NodeId, &Rect, Point)> = Vec::new();
    for part in parts {
        let rects = part.iter().map(|(n, at)| Rect::new(*at, [boxes[*n].1.width, boxes[*n].1.height]));
        let Some(own) = Rect::around(rects) else { continue };
        for (n, at) in &part {
            let (id, rect) = &boxes[*n];
            placed.push((id, rect, [at[0] - own.x + corner[0], at[1] - own.y + corner[1]]));
        }
        if part.len() > 1 {
            corner = [around.x, corner[1] + own.height + GAP];
        } else {
            corner[0] += own.width + GAP;
        }
    }
    moved(placed.into_iter())
}

/// The library gives middles, with the axes changed.
fn centered_to_corners(nodes: &[(usize, (f64, f64))], boxes: &Boxes) -> Vec<(usize, Point)> {
    let corner = |(n, (across, down)): &(usize, (f64, f64))| {
        let rect = &boxes[*n].1;
        (*n, [down - rect.width / 2.0, across - rect.height / 2.0])
    };
    nodes.iter().map(corner).collect()
}

fn moved<'b>(placed: impl Iterator<Item = (&'b NodeId, &'b Rect, Point)>) -> Moves {
    placed
        .map(|(id, rect, to)| (id, rect, to.map(f64::round)))
        .filter(|(_, rect, to)| *to != [rect.x, rect.y])
        .map(|(id, _, to)| (id.clone(), to))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxes(rects: &[(&str, [f64; 4])]) -> Boxes {
        let rect = |[x, y, width, height]: [f64; 4]| Rect { x, y, width, height };
        rects.iter().map(|(id, of)| (id.parse().unwrap(), rect(*of))).collect()
    }

    fn places(moves: &Moves) -> Vec<(String, Point)> {
        moves.iter().map(|(id, at)| (id.to_string(), *at)).collect()
    }

    #[test]
    fn aligning_moves_only_what_is_out_of_line() {
        let three = boxes(&[("a", [0.0, 0.0, 100.0, 50.0]), ("b", [200.0, 7.0, 50.0, 80.0])]);
        assert_eq!(places(&align(&three, Edge::Top)), [("b".to_owned(), [200.0, 0.0])]);
        assert_eq!(places(&align(&three, Edge::Right)), [("a".to_owned(), [150.0, 0.0])]);
        assert_eq!(places(&align(&three, Edge::Bottom)), [("a".to_owned(), [0.0, 37.0])]);
        assert_eq!(best_edge(&three), Edge::Top);
    }

    #[test]
    fn distributing_makes_equal_gaps_whatever_the_sizes() {
        let row =
            boxes(&[("a", [0.0, 0.0, 10.0, 10.0]), ("b", [12.0, 0.0, 30.0, 10.0]), ("c", [90.0, 0.0, 10.0, 10.0])]);
        assert_eq!(places(&distribute(&row, Axis::Across)), [("b".to_owned(), [35.0, 0.0])]);
        assert_eq!(distribute(&row[..2].to_vec(), Axis::Across), []);
    }

    #[test]
    fn tidying_puts_layers_from_left_to_right_without_overlap() {
        let pile = ["a", "b", "c", "d"].map(|id| (id, [5.0, 5.0, 200.0, 120.0]));
        let pile = boxes(&pile);
        let wire = |from: &str, to: &str| (from.parse().unwrap(), to.parse().unwrap());
        let wires = [wire("a", "b"), wire("a", "c"), wire("b", "d"), wire("c", "d")];
        let at: BTreeMap<NodeId, Point> =
            pile.iter().map(|(id, rect)| (id.clone(), [rect.x, rect.y])).chain(tidy(&pile, &wires)).collect();
        let x = |id: &str| at[&id.parse::<NodeId>().unwrap()][0];
        assert!(x("a") < x("b") && x("b") == x("c") && x("c") < x("d"), "{at:?}");
        let rects: Vec<Rect> = at.values().map(|at| Rect::new(*at, [200.0, 120.0])).collect();
        for (n, rect) in rects.iter().enumerate() {
            assert!(rects.iter().skip(n + 1).all(|other| !rect.intersects(other)), "{at:?}");
        }
        let min_x = rects.iter().map(|rect| rect.x).fold(f64::MAX, f64::min);
        assert_eq!(min_x, 5.0);
    }

    #[test]
    fn tidying_what_is_tidy_moves_nothing() {
        let pile =
            boxes(&[("a", [0.0, 0.0, 200.0, 120.0]), ("b", [40.0, 0.0, 300.0, 60.0]), ("c", [0.0, 9.0, 90.0, 90.0])]);
        let wires = [("a".parse().unwrap(), "b".parse().unwrap())];
        let first = tidy(&pile, &wires);
        let after = pile.iter().map(|(id, rect)| {
            let at = first.iter().find(|(moved, _)| moved == id).map_or([rect.x, rect.y], |(_, at)| *at);
            (id.clone(), Rect::new(at, [rect.width, rect.height]))
        });
        assert_eq!(tidy(&after.collect(), &wires), []);
    }

    #[test]
    fn a_circle_is_laid_out_too() {
        let pile = boxes(&[("a", [0.0, 0.0, 10.0, 10.0]), ("b", [0.0, 0.0, 10.0, 10.0])]);
        let (a, b): (NodeId, NodeId) = ("a".parse().unwrap(), "b".parse().unwrap());
        assert!(!tidy(&pile, &[(a.clone(), b.clone()), (b, a)]).is_empty());
    }
}
