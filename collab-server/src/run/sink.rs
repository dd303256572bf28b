//! Between the engine, which must not wait, and the writer, which writes to disk.

use std::sync::{Mutex, MutexGuard, PoisonError};

use engine::RunSink;
use shared::run::RunEvent;
use tokio::sync::Notify;

/// Collects events until the writer comes for them, at most 20 times a second.
///
/// Not a queue that could overflow: progress replaces progress, and pieces of text grow together, so what waits is at
/// most one unfinished state and the results of each node.
#[derive(Default)]
pub struct Buffer {
    waiting: Mutex<Vec<RunEvent>>,
    /// Wakes the writer.
    arrived: Notify,
}

impl Buffer {
    /// Waits for events and takes them all. That a run starts is not worth a turn of the writer: what its first node
    /// does comes right behind it, and would wait for the next turn.
    pub async fn take(&self) -> Vec<RunEvent> {
        while self.lock().iter().all(|event| matches!(event, RunEvent::RunStarted { .. })) {
            self.arrived.notified().await;
        }
        self.take_now()
    }

    /// What waits now.
    pub fn take_now(&self) -> Vec<RunEvent> {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<RunEvent>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RunSink for Buffer {
    fn emit(&self, event: RunEvent) {
        add(&mut self.lock(), event);
        self.arrived.notify_one();
    }
}

fn add(waiting: &mut Vec<RunEvent>, event: RunEvent) {
    // Back to the latest event of the same kind about the same thing; no further than the latest other one of the node.
    let twin = match &event {
        RunEvent::NodeProgress { .. } | RunEvent::TextDelta { .. } | RunEvent::Preview { .. } => {
            let of_node = waiting.iter_mut().rev().take_while(|earlier| !is_change_of_state(earlier, &event));
            of_node.into_iter().find(|earlier| same_thing(earlier, &event))
        }
        _ => None,
    };
    match (twin, event) {
        (Some(RunEvent::TextDelta { delta: before, .. }), RunEvent::TextDelta { delta, .. }) => before.push_str(&delta),
        (Some(twin), event) => *twin = event,
        (None, event) => waiting.push(event),
    }
}

fn same_thing(earlier: &RunEvent, event: &RunEvent) -> bool {
    match (earlier, event) {
        (RunEvent::NodeProgress { node: a, .. }, RunEvent::NodeProgress { node: b, .. }) => a == b,
        (RunEvent::TextDelta { node: a, output: port_a, .. }, RunEvent::TextDelta { node: b, output: port_b, .. })
        | (RunEvent::Preview { node: a, output: port_a, .. }, RunEvent::Preview { node: b, output: port_b, .. }) => {
            a == b && port_a == port_b
        }
        _ => false,
    }
}

/// A node that starts again begins a new text.
fn is_change_of_state(earlier: &RunEvent, event: &RunEvent) -> bool {
    matches!((earlier, node_of(event)), (RunEvent::NodeStarted { node, .. }, Some(of)) if node == of)
}

fn node_of(event: &RunEvent) -> Option<&shared::id::NodeId> {
    match event {
        RunEvent::NodeProgress { node, .. } | RunEvent::TextDelta { node, .. } | RunEvent::Preview { node, .. } => {
            Some(node)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delta(node: &str, delta: &str) -> RunEvent {
        RunEvent::TextDelta { node: node.parse().unwrap(), output: "text".into(), delta: delta.into() }
    }

    fn progress(node: &str, progress: f64) -> RunEvent {
        RunEvent::NodeProgress { node: node.parse().unwrap(), progress }
    }

    #[tokio::test]
    async fn a_start_comes_with_what_the_first_node_does() {
        let buffer = std::sync::Arc::new(Buffer::default());
        let run = shared::id::RunId::from(uuid::Uuid::nil());
        buffer.emit(RunEvent::RunStarted { run, nodes: Vec::new() });
        let taking = tokio::spawn({
            let buffer = buffer.clone();
            async move { buffer.take().await }
        });
        tokio::task::yield_now().await;
        assert!(!taking.is_finished());
        buffer.emit(progress("a", 0.5));
        assert_eq!(taking.await.unwrap().len(), 2);
    }

    #[tokio::test]
    async fn what_is_unfinished_grows_together() {
        let buffer = Buffer::default();
        let started = RunEvent::NodeStarted { node: "a".parse().unwrap(), key: String::new() };
        for event in [
            delta("a", "1"),
            progress("a", 0.1),
            delta("b", "x"),
            delta("a", "2"),
            progress("a", 0.2),
            started.clone(),
            delta("a", "3"),
            delta("a", "4"),
        ] {
            buffer.emit(event);
        }
        let waiting = buffer.take().await;
        assert_eq!(waiting, [delta("a", "12"), progress("a", 0.2), delta("b", "x"), started, delta("a", "34")]);
    }
}
