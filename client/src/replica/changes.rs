//! What changed in a document since it was last looked at: filled by its observers, emptied by the refresh.
//!
//! Behind a mutex although the page has one thread: with yrs' feature `sync`, which the server turns on for builds of the
//! whole workspace, observers must be `Send`.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard},
};

use shared::{
    document::GraphDocument,
    graph::EdgeId,
    id::{FrameId, NodeId, RunId},
};
use yrs::{
    Any, DeepObservable, Doc, Out, TransactionMut,
    types::{Delta, Event, Events, PathSegment},
};

use super::splice::Splice;

/// Key of every observer of ours.
const OBSERVER: &str = "replica";

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GraphChanges {
    pub meta: bool,
    pub nodes: BTreeSet<NodeId>,
    pub edges: BTreeSet<EdgeId>,
    pub frames: BTreeSet<FrameId>,
    /// Texts that changed inside a node that was there before, and how.
    pub texts: BTreeMap<(NodeId, String), Vec<Splice>>,
    /// Whether a result could differ now: anything but where and how nodes are drawn.
    pub meaning: bool,
}

impl GraphChanges {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct OutputChanges {
    pub nodes: BTreeSet<NodeId>,
    pub runs: BTreeSet<RunId>,
}

/// A collector that an observer writes and one reader takes from.
pub struct Collected<T>(Arc<Mutex<T>>);

impl<T> Clone for Collected<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Default> Default for Collected<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T: Default> Collected<T> {
    pub fn take(&self) -> T {
        std::mem::take(&mut *self.lock())
    }

    pub fn lock(&self) -> MutexGuard<'_, T> {
        // An observer that panicked took the page with it; there is nobody left to see half a change.
        self.0.lock().expect("no observer panicked")
    }
}

/// Observes the four roots of a graph document.
pub fn observe_graph(document: &GraphDocument) -> Collected<GraphChanges> {
    let changes = Collected::<GraphChanges>::default();
    let meta = changes.clone();
    document.meta().observe_deep(OBSERVER, move |_, _| meta.lock().meta = true);
    let nodes = changes.clone();
    document.nodes().observe_deep(OBSERVER, move |txn, events| {
        let mut changes = nodes.lock();
        for event in events.iter() {
            note_node(&mut changes, txn, event);
        }
    });
    let edges = changes.clone();
    document.edges().observe_deep(OBSERVER, move |txn, events| {
        let mut changes = edges.lock();
        changes.meaning = true;
        changes.edges.extend(entries(txn, events).filter_map(|key| key.parse().ok()));
    });
    let frames = changes.clone();
    document.frames().observe_deep(OBSERVER, move |txn, events| {
        frames.lock().frames.extend(entries(txn, events).filter_map(|key| key.parse().ok()));
    });
    changes
}

/// Observes the two roots of an outputs document.
pub fn observe_outputs(doc: &Doc) -> Collected<OutputChanges> {
    let changes = Collected::<OutputChanges>::default();
    let nodes = changes.clone();
    doc.get_or_insert_map("nodes").observe_deep(OBSERVER, move |txn, events| {
        nodes.lock().nodes.extend(entries(txn, events).filter_map(|key| key.parse().ok()));
    });
    let runs = changes.clone();
    doc.get_or_insert_map("runs").observe_deep(OBSERVER, move |txn, events| {
        runs.lock().runs.extend(entries(txn, events).filter_map(|key| key.parse::<RunId>().ok()));
    });
    changes
}

/// Keys of a root map whose entries changed, or changed inside.
fn entries<'e>(txn: &'e TransactionMut<'_>, events: &'e Events<'_>) -> impl Iterator<Item = String> + 'e {
    events.iter().flat_map(move |event| match (event.path().front(), event) {
        (Some(PathSegment::Key(key)), _) => vec![key.to_string()],
        (None, Event::Map(event)) => event.keys(txn).keys().map(|key| key.to_string()).collect(),
        _ => Vec::new(),
    })
}

fn note_node(changes: &mut GraphChanges, txn: &TransactionMut<'_>, event: &Event) {
    let path = event.path();
    let segments: Vec<&str> = path
        .iter()
        .filter_map(|segment| match segment {
            PathSegment::Key(key) => Some(&**key),
            PathSegment::Index(_) => None,
        })
        .collect();
    match (&segments[..], event) {
        // Nodes came or went.
        ([], Event::Map(event)) => {
            changes.meaning = true;
            changes.nodes.extend(event.keys(txn).keys().filter_map(|key| key.parse().ok()));
        }
        ([id], Event::Map(event)) => {
            let looks = ["pos", "size", "title", "color", "collapsed", "frame", "z"];
            changes.meaning |= event.keys(txn).keys().any(|key| !looks.contains(&&**key));
            changes.nodes.extend(id.parse::<NodeId>());
        }
        ([id, "params", param], Event::Text(event)) => {
            changes.meaning = true;
            if let Ok(id) = id.parse::<NodeId>() {
                let splices = splices_in(event.delta(txn));
                changes.texts.entry((id.clone(), param.to_string())).or_default().extend(splices);
                changes.nodes.insert(id);
            }
        }
        ([id, ..], _) => {
            changes.meaning = true;
            changes.nodes.extend(id.parse::<NodeId>());
        }
        ([], _) => {}
    }
}

/// A Yjs delta, as splices that apply one after the other.
fn splices_in(delta: &[Delta]) -> Vec<Splice> {
    let mut splices = Vec::new();
    let mut at = 0;
    for part in delta {
        match part {
            Delta::Retain(len, _) => at += len,
            Delta::Deleted(len) => splices.push(Splice { at, deleted: *len, inserted: 0 }),
            Delta::Inserted(content, _) => {
                let inserted = match content {
                    Out::Any(Any::String(text)) => text.encode_utf16().count() as u32,
                    // Anything else embedded in a text counts as one unit.
                    _ => 1,
                };
                splices.push(Splice { at, deleted: 0, inserted });
                at += inserted;
            }
        }
    }
    splices
}
