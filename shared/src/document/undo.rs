//! Undo and redo, for one person's own changes.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use yrs::undo::Options;

use super::{GraphDocument, Origin};

/// Undo and redo of one replica. `reset` ends a step, so that two gestures do not become one.
pub type UndoManager = yrs::undo::UndoManager<()>;

/// Changes that follow each other within this time are one step.
pub const UNDO_CAPTURE_MILLIS: u64 = 400;

/// An undo manager that follows nodes, wires, frames and the title, and takes back only what came from [`Origin::Ui`]
/// through this very document: edits of others arrive as updates, whose origin is not tracked.
///
/// `now_millis` is the clock, which browsers keep elsewhere than other machines do. One that goes backwards is held.
pub fn undo_manager(document: &GraphDocument, now_millis: impl Fn() -> u64 + Send + Sync + 'static) -> UndoManager {
    let latest = AtomicU64::new(0);
    let mut manager = UndoManager::with_options(Options {
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
    manager
}
