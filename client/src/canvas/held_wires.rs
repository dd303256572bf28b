//! Wires of what is in the hand. A few follow it each by itself; of many nodes they are one path for each colour, because
//! a move of the hand would otherwise run hundreds of components and have the browser style as many elements anew.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use dioxus::prelude::*;
use shared::graph::{Edge, EdgeId};

use super::{
    connect::PortRef,
    geometry::{Point, plus},
    layer::Drawing,
    layout::Side,
    state::{Canvas, use_canvas},
    wire_path,
    wires::carried,
};
use crate::replica::view::CanvasViewStoreExt;

/// More wires than this are drawn together.
const MANY: usize = 24;

/// An end of a wire: where it was when the hand closed, or where it is, and whether it goes with the hand.
#[derive(Debug, Clone, Copy, PartialEq)]
struct End {
    at: Point,
    held: bool,
}

impl End {
    fn after(self, delta: Point) -> Point {
        if self.held { plus(self.at, delta) } else { self.at }
    }
}

/// The wires that are drawn together, by what they carry.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HeldWires {
    pub ids: BTreeSet<EdgeId>,
    ends: BTreeMap<String, Vec<(End, End)>>,
}

impl HeldWires {
    /// The `d` of each colour's path, with the hand so far from where it closed.
    fn paths(&self, delta: Point) -> Vec<(String, String)> {
        let all = self.ends.iter().map(|(kind, ends)| {
            let path = ends.iter().map(|(from, to)| wire_path::path(from.after(delta), to.after(delta))).collect();
            (kind.clone(), path)
        });
        all.collect()
    }
}

/// Changes when the hand closes and opens, and when something else moves meanwhile: not with the hand.
pub fn use_held_wires(canvas: Canvas) -> Memo<Rc<HeldWires>> {
    use_memo(move || {
        let held = canvas.held.read();
        let Some(held) = held.as_ref().filter(|held| held.len() > 1) else { return Rc::default() };
        let _subscribed = canvas.placed.read();
        let edges = canvas.view.edges();
        let edges = edges.read();
        let in_hand = |edge: &Edge| held.contains_key(&edge.from) || held.contains_key(&edge.to);
        let taken: Vec<_> = edges.iter().filter(|(_, edge)| in_hand(edge)).collect();
        if taken.len() <= MANY {
            return Rc::default();
        }
        let end = |port: &PortRef| {
            let origin = held.get(&port.node);
            let corner = origin.copied().or_else(|| canvas.position(&port.node))?;
            let layout = canvas.layout(&port.node)?;
            Some(End { at: plus(corner, layout.port(port.side, &port.name)), held: origin.is_some() })
        };
        let mut wires = HeldWires::default();
        for (id, edge) in taken {
            let output = PortRef::output(edge.from.clone(), edge.output.clone());
            let input = PortRef { node: edge.to.clone(), side: Side::In, name: edge.input.clone() };
            let (Some(from), Some(to)) = (end(&output), end(&input)) else { continue };
            wires.ends.entry(carried(canvas, &output)).or_default().push((from, to));
            wires.ids.insert(id.clone());
        }
        Rc::new(wires)
    })
}

#[component]
pub fn WiresInHand(wires: Memo<Rc<HeldWires>>) -> Element {
    let canvas = use_canvas();
    if wires.read().ids.is_empty() {
        return rsx! {};
    }
    let paths = wires.read().paths(*canvas.delta.read());
    rsx! {
        Drawing { class: "all", steady: true,
            for (kind, path) in paths {
                g { key: "{kind}", class: "wire-group", "data-value-type": "{kind}", "data-selected": "node",
                    path { class: "wire", d: "{path}" }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn held_ends_go_with_the_hand_and_the_others_stay() {
        let (here, there) = ([0.0, 0.0], [300.0, 0.0]);
        let (held, still) = (End { at: here, held: true }, End { at: there, held: false });
        let ends = BTreeMap::from([("text".to_owned(), vec![(held, still), (still, held)])]);
        let wires = HeldWires { ids: BTreeSet::new(), ends };
        let moved = [10.0, 20.0];
        let expected = wire_path::path(moved, there) + &wire_path::path(there, moved);
        assert_eq!(wires.paths(moved), [("text".to_owned(), expected)]);
    }
}
