//! What dragging twenty nodes for ten thousand frames leaves in a document for ever. No server has a part in this: it is
//! decided by what is written.

use serde::Serialize;
use shared::{
    document::{GraphDocument, Origin, new_doc, seed},
    graph::{Graph, Node},
    id::NodeId,
    node::Catalog,
};
use yrs::{Any, Doc, Map, MapPrelim, MapRef, ReadTxn, StateVector, Transact};

pub const NAME: &str = "drag 20 nodes, 10,000 frames";

const NODES: usize = 20;
const FRAMES: usize = 10_000;

/// Bytes that a document has grown by.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Growth {
    /// As our client does it: the drag is presence, the place is written on release.
    pub ours: usize,
    /// `x` and `y` in one value, written with every frame.
    pub one_value: usize,
    /// `x` and `y` as two keys, written with every frame.
    pub two_keys: usize,
}

pub fn measure() -> Growth {
    let number = |at: f64| Any::Number(at.into());
    Growth {
        ours: ours(),
        one_value: usual(|at| [("pos", Any::from(vec![number(at), number(at)]))]),
        two_keys: usual(|at| [("x", number(at)), ("y", number(at))]),
    }
}

fn size(doc: &Doc) -> usize {
    doc.transact().encode_state_as_update_v1(&StateVector::default()).len()
}

fn ours() -> usize {
    let ids: Vec<NodeId> = (0..NODES).map(|_| NodeId::random()).collect();
    let graph =
        Graph { nodes: ids.iter().map(|id| (id.clone(), Node::new("text.note"))).collect(), ..Graph::default() };
    let document = GraphDocument::new(new_doc(None));
    seed(&document, uuid::Uuid::from_u128(1).into(), &graph, &Catalog::default());
    let before = size(document.doc());
    // The ten thousand frames before this one were presence.
    let at = FRAMES as f64 + 0.5;
    let places: Vec<_> = ids.into_iter().map(|id| (id, [at, at])).collect();
    document.edit(Origin::Ui, |edit| edit.move_nodes(&places));
    size(document.doc()) - before
}

fn usual<const KEYS: usize>(keys: impl Fn(f64) -> [(&'static str, Any); KEYS]) -> usize {
    let doc = new_doc(None);
    let root = doc.get_or_insert_map("nodes");
    let nodes: Vec<MapRef> = {
        let mut txn = doc.transact_mut();
        (0..NODES).map(|node| root.insert(&mut txn, node.to_string(), MapPrelim::from(keys(0.0)))).collect()
    };
    let before = size(&doc);
    for frame in 1..=FRAMES {
        let mut txn = doc.transact_mut();
        for node in &nodes {
            for (key, value) in keys(frame as f64 + 0.5) {
                node.insert(&mut txn, key, value);
            }
        }
    }
    size(&doc) - before
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drag_leaves_little_behind() {
        assert!(ours() <= 5 * 1024, "{} bytes", ours());
    }
}
