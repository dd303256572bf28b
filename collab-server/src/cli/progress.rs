//! What happens, on standard error, one line for each node.

use std::{
    collections::BTreeMap,
    io::Write,
    sync::atomic::{AtomicUsize, Ordering},
};

use engine::{RunSink, catalog};
use shared::{
    graph::Graph,
    id::NodeId,
    run::{Items, RunEvent},
};

/// Prints the events of a run.
pub struct Progress {
    titles: BTreeMap<NodeId, String>,
    planned: AtomicUsize,
    ended: AtomicUsize,
}

impl Progress {
    pub fn new(graph: &Graph) -> Self {
        let title = |id: &NodeId| {
            let node = &graph.nodes[id];
            let kind = || catalog().get(&node.node_type).map_or(node.node_type.clone(), |spec| spec.title.clone());
            format!("{} ({id})", node.title.clone().unwrap_or_else(kind))
        };
        let titles = graph.nodes.keys().map(|id| (id.clone(), title(id))).collect();
        Self { titles, planned: AtomicUsize::new(0), ended: AtomicUsize::new(0) }
    }

    fn ended(&self, node: &NodeId, how: &str) {
        let ended = self.ended.fetch_add(1, Ordering::Relaxed) + 1;
        let planned = self.planned.load(Ordering::Relaxed);
        let title = self.titles.get(node).map_or(node.as_str(), String::as_str);
        // A closed standard error is no reason to stop working.
        let _ = writeln!(std::io::stderr(), "[{ended}/{planned}] {title}: {how}");
    }
}

impl RunSink for Progress {
    fn emit(&self, event: RunEvent) {
        match event {
            RunEvent::RunStarted { nodes, .. } => self.planned.store(nodes.len(), Ordering::Relaxed),
            RunEvent::NodeFinished { node, items: Some(Items { failure: Some(failure), .. }), .. } => {
                self.ended(&node, &format!("done in part: {}", failure.message));
            }
            RunEvent::NodeFinished { node, cached: true, .. } => self.ended(&node, "already made"),
            RunEvent::NodeFinished { node, duration_millis, cost_usd, .. } => {
                let cost = cost_usd.map(|cost| format!(", ${cost:.4}")).unwrap_or_default();
                self.ended(&node, &format!("done in {:.1} s{cost}", duration_millis as f64 / 1000.0));
            }
            RunEvent::NodeFailed { node, failure } => {
                let place = failure.field.map(|field| format!(" (at `{field}`)")).unwrap_or_default();
                let raw = failure.raw.map(|raw| format!("\n{raw}")).unwrap_or_default();
                self.ended(&node, &format!("failed: {}{place}{raw}", failure.message));
            }
            RunEvent::NodeSkipped { node, because } => self.ended(&node, &format!("skipped because of {because}")),
            RunEvent::NodeCancelled { node } => self.ended(&node, "cancelled"),
            RunEvent::NodeWaiting { .. }
            | RunEvent::NodeAnswered { .. }
            | RunEvent::NodeStarted { .. }
            | RunEvent::NodeProgress { .. }
            | RunEvent::TextDelta { .. }
            | RunEvent::Preview { .. }
            | RunEvent::RunFinished { .. } => {}
        }
    }
}
