//! Undo and redo of the person at this tab, with a name for every step.

use shared::document::{GraphDocument, UndoManager, undo_manager};

pub struct History {
    manager: UndoManager,
    /// What the steps on the undo stack are called, oldest first; as long as the stack.
    done: Vec<String>,
    undone: Vec<String>,
    /// What the step being captured is called. Edits of another name begin a new step however fast they follow.
    latest: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Undo,
    Redo,
}

impl History {
    pub fn new(document: &GraphDocument, now_millis: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        Self { manager: undo_manager(document, now_millis), done: vec![], undone: vec![], latest: String::new() }
    }

    /// To be called before an edit, outside of any transaction.
    pub fn before_edit(&mut self, label: &str) {
        if self.latest != label {
            self.manager.reset();
            self.latest = label.into();
        }
    }

    /// To be called after an edit: it may have begun a step, and a new step leaves nothing to redo.
    pub fn after_edit(&mut self) {
        self.done.resize(self.manager.undo_stack().len(), self.latest.clone());
        self.undone.truncate(self.manager.redo_stack().len());
    }

    /// Ends the step being captured.
    pub fn end_step(&mut self) {
        self.manager.reset();
        self.latest.clear();
    }

    /// Goes one step; answers with its name, or `None` where there was nothing left to change.
    pub fn step(&mut self, direction: Direction) -> Option<String> {
        self.end_step();
        // Steps that others' edits left without effect are dropped on the way, so a stack may shrink by several: the
        // step taken is the lowest of them.
        let (changed, names) = match direction {
            Direction::Undo => (self.manager.undo_blocking(), &self.done[self.manager.undo_stack().len()..]),
            Direction::Redo => (self.manager.redo_blocking(), &self.undone[self.manager.redo_stack().len()..]),
        };
        let label = names.first().cloned().unwrap_or_default();
        self.done.resize(self.manager.undo_stack().len(), label.clone());
        self.undone.resize(self.manager.redo_stack().len(), label.clone());
        changed.then_some(label)
    }

    pub fn undo_label(&self) -> Option<&str> {
        self.done.last().map(String::as_str)
    }

    pub fn redo_label(&self) -> Option<&str> {
        self.undone.last().map(String::as_str)
    }
}
