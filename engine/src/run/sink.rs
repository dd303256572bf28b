//! Where the events of a run go.

use std::sync::Mutex;

use shared::run::RunEvent;

/// Takes the events of a run, in order. Called from the scheduler and from nodes: it must never block.
pub trait RunSink: Send + Sync {
    /// Takes one event.
    fn emit(&self, event: RunEvent);
}

/// Keeps events in memory: for tests, and for runs whose report is enough.
#[derive(Debug, Default)]
pub struct EventLog(Mutex<Vec<RunEvent>>);

impl EventLog {
    /// What happened so far.
    pub fn events(&self) -> Vec<RunEvent> {
        self.0.lock().expect("nothing panics while it holds the lock").clone()
    }
}

impl RunSink for EventLog {
    fn emit(&self, event: RunEvent) {
        self.0.lock().expect("nothing panics while it holds the lock").push(event);
    }
}
