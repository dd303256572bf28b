//! Undo and redo, for one person's own changes.
//!
//! yrs does the work, with one hole that is mended here: it does not bring back a value of a field that somebody else
//! wrote meanwhile, even if that write cannot be seen any more. So a node could come back without its place, or lose it
//! when a move is taken back. What a person deletes is remembered as plain data, and what is missing after a step is
//! written from that.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{
        Arc, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use yrs::undo::{Options, StackItem};

use super::{GraphDocument, Origin};
use crate::{
    graph::{Frame, Graph, Node},
    id::{FrameId, NodeId},
};

/// Changes that follow each other within this time are one step.
pub const UNDO_CAPTURE_MILLIS: u64 = 400;

/// How many deleted nodes, and frames, are remembered.
const REMEMBERED: usize = 10_000;

/// An undo manager that follows nodes, wires, frames and the title, and takes back only what came from [`Origin::Ui`]
/// through this very document: edits of others arrive as updates, whose origin is not tracked.
///
/// `now_millis` is the clock, which browsers keep elsewhere than other machines do. One that goes backwards is held.
pub fn undo_manager(document: &GraphDocument, now_millis: impl Fn() -> u64 + Send + Sync + 'static) -> UndoManager {
    let latest = AtomicU64::new(0);
    let mut manager = yrs::undo::UndoManager::with_options(Options {
        capture_timeout_millis: UNDO_CAPTURE_MILLIS,
        tracked_origins: HashSet::from([Origin::Ui.as_str().into()]),
        capture_transaction: None,
        // yrs subtracts an earlier time from a later one, unsigned.
        timestamp: Arc::new(move || {
            let now = now_millis();
            latest.fetch_max(now, Ordering::Relaxed).max(now)
        }),
        init_undo_stack: Vec::new(),
        init_redo_stack: Vec::new(),
    });
    let roots = &document.roots;
    for root in [&roots.nodes, &roots.edges, &roots.frames, &roots.meta] {
        manager.expand_scope(document.doc(), root);
    }
    UndoManager { manager, document: document.clone() }
}

/// Undo and redo of one replica. No method may be called while a transaction on the document is open.
pub struct UndoManager {
    manager: yrs::undo::UndoManager<()>,
    document: GraphDocument,
}

impl UndoManager {
    /// Takes back the latest step; `false` if nothing was left to change.
    pub fn undo_blocking(&mut self) -> bool {
        self.step(yrs::undo::UndoManager::undo_blocking)
    }

    /// Does again what was taken back last.
    pub fn redo_blocking(&mut self) -> bool {
        self.step(yrs::undo::UndoManager::redo_blocking)
    }

    /// Ends a step, so that two gestures do not become one.
    pub fn reset(&mut self) {
        self.manager.reset();
    }

    pub fn can_undo(&self) -> bool {
        self.manager.can_undo()
    }

    pub fn can_redo(&self) -> bool {
        self.manager.can_redo()
    }

    /// What can be taken back, oldest first.
    pub fn undo_stack(&self) -> &[StackItem<()>] {
        self.manager.undo_stack()
    }

    pub fn redo_stack(&self) -> &[StackItem<()>] {
        self.manager.redo_stack()
    }

    fn step(&mut self, step: impl FnOnce(&mut yrs::undo::UndoManager<()>) -> bool) -> bool {
        let (before, _) = self.document.project();
        let changed = step(&mut self.manager);
        if changed {
            self.mend(before);
        }
        changed
    }

    /// Completes what has come back, and remembers what has gone: a step forward may bring that back in turn.
    fn mend(&self, before: Graph) {
        let mut trash = self.document.trash.lock().unwrap_or_else(PoisonError::into_inner);
        // Not as the person, or it would be a step of its own.
        self.document.edit(Origin::Mend, |edit| {
            for (id, node) in trash.nodes.iter().filter(|(id, _)| !before.nodes.contains_key(*id)) {
                edit.complete_node(id, node);
            }
            for (id, frame) in trash.frames.iter().filter(|(id, _)| !before.frames.contains_key(*id)) {
                edit.complete_frame(id, frame);
            }
            for (id, node) in &before.nodes {
                edit.complete_required(id, node);
            }
            for (id, frame) in &before.frames {
                edit.complete_frame_required(id, frame);
            }
        });
        let (after, _) = self.document.project();
        for (id, node) in before.nodes.into_iter().filter(|(id, _)| !after.nodes.contains_key(id)) {
            trash.add_node(id, node);
        }
        for (id, frame) in before.frames.into_iter().filter(|(id, _)| !after.frames.contains_key(id)) {
            trash.add_frame(id, frame);
        }
    }
}

/// What this person deleted, as it was at that moment. Written by [`Edit`](super::Edit) and the undo manager.
#[derive(Debug, Default)]
pub(super) struct Trash {
    nodes: BTreeMap<NodeId, Node>,
    frames: BTreeMap<FrameId, Frame>,
}

impl Trash {
    pub(super) fn add_node(&mut self, id: NodeId, node: Node) {
        if self.nodes.len() >= REMEMBERED {
            self.nodes.pop_first();
        }
        self.nodes.insert(id, node);
    }

    pub(super) fn add_frame(&mut self, id: FrameId, frame: Frame) {
        if self.frames.len() >= REMEMBERED {
            self.frames.pop_first();
        }
        self.frames.insert(id, frame);
    }
}
