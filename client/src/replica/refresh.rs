//! Carries changes of the documents into the view: only what differs is written, so only that is drawn again.

use std::collections::BTreeMap;

use dioxus::prelude::*;
use shared::{
    document::{GraphDocument, OutputsDocument},
    graph::{Edge, Frame, Node},
    outputs::{NodeOutput, RunSummary},
};
use yrs::Transact;

use super::{
    changes::{GraphChanges, OutputChanges},
    view::{CanvasView, CanvasViewStoreExt},
};

pub fn refresh_graph(view: Store<CanvasView>, document: &GraphDocument, changes: &GraphChanges) {
    // Everything is read before anything is written: a write may run a component that reads the document.
    let (meta, nodes, edges, frames) = {
        let txn = document.doc().transact();
        (
            changes.meta.then(|| document.meta_in(&txn)),
            read_each(&changes.nodes, |id| document.node_in(&txn, id)),
            read_each(&changes.edges, |id| document.edge_in(&txn, id)),
            read_each(&changes.frames, |id| document.frame_in(&txn, id)),
        )
    };
    if let Some(meta) = meta {
        write_changed(view.meta(), meta);
    }
    put_each::<_, Node, _>(view.nodes(), nodes);
    put_each::<_, Edge, _>(view.edges(), edges);
    put_each::<_, Frame, _>(view.frames(), frames);
}

pub fn refresh_outputs(view: Store<CanvasView>, document: &OutputsDocument, changes: &OutputChanges) {
    let (nodes, runs) = {
        let txn = document.doc().transact();
        (
            read_each(&changes.nodes, |id| document.node_in(&txn, id)),
            read_each(&changes.runs, |id| document.run_in(&txn, *id)),
        )
    };
    put_each::<_, NodeOutput, _>(view.outputs(), nodes);
    put_each::<_, RunSummary, _>(view.runs(), runs);
}

/// Writes `value` if it is another one.
pub fn write_changed<T: PartialEq + 'static, Lens>(mut store: Store<T, Lens>, value: T)
where
    Lens: Writable<Target = T> + 'static,
    Lens::WriteMetadata: 'static,
{
    let differs = *store.peek() != value;
    if differs {
        store.set(value);
    }
}

fn read_each<'k, K: Clone + 'k, V>(
    keys: impl IntoIterator<Item = &'k K>,
    read: impl Fn(&K) -> Option<V>,
) -> Vec<(K, Option<V>)> {
    keys.into_iter().map(|key| (key.clone(), read(key))).collect()
}

fn put_each<K, V, Lens>(mut map: Store<BTreeMap<K, V>, Lens>, entries: Vec<(K, Option<V>)>)
where
    K: Ord + Clone + std::hash::Hash + 'static,
    V: PartialEq + 'static,
    Lens: Writable<Target = BTreeMap<K, V>> + Copy + 'static,
    Lens::WriteMetadata: 'static,
{
    for (key, value) in entries {
        let known = map.peek().contains_key(&key);
        match value {
            // `insert` would mark the whole map as changed.
            Some(value) if known => write_changed(map.get_unchecked(key), value),
            Some(value) => map.insert(key, value),
            None if known => {
                map.remove(&key);
            }
            None => {}
        }
    }
}
