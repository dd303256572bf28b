//! The outputs subdocument: run states and results of every node, live for everyone.
//!
//! The server alone writes it, from run events; clients read it with the same type. All methods that write are at the
//! top. Not here: which events reach it how often (the run service coalesces to 20 a second and node).

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
};

use yrs::{BranchID, Doc, Map, MapPrelim, MapRef, Out, ReadTxn, Transact, TransactionMut, WriteTxn};

use super::{
    Origin,
    outputs_node::{
        Finished, answered, append_text, claimed_by, end, finish, is_done, is_through, put, set_status, wait,
    },
    outputs_read::{node_output, run_summary},
    outputs_value::{any_from, any_from_values},
};
use crate::{
    graph::Graph,
    id::{NodeId, RunId},
    outputs::{NodeOutput, Outputs, RUNS_LEN, RunSummary},
    run::{NodeStatus, RunEvent, RunStatus},
    value::Values,
};

/// A node's map is replaced by a fresh one once this many clock ticks lie behind its making.
///
/// Every overwritten field leaves a tombstone in its map for ever, unless the map itself goes: then all of them
/// collapse into one range. Rare enough to cost nothing, often enough to bound what a map drags along.
const RENEW_AFTER_TICKS: u32 = 4096;

/// A workflow's outputs as a Yjs document. Keep one per document: it counts how far each run is.
#[derive(Debug)]
pub struct OutputsDocument {
    doc: Doc,
    nodes: MapRef,
    runs: MapRef,
    /// Nodes of each run under way: written by `begin_run` and `apply`, rebuilt from the document when missing.
    /// A lock only because the server moves the document between threads; nobody ever waits for it.
    tallies: Mutex<BTreeMap<RunId, Tally>>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    nodes: u32,
    through: u32,
}

impl OutputsDocument {
    /// Takes over a document from [`new_doc`](super::new_doc), empty or filled by updates.
    pub fn new(doc: Doc) -> Self {
        let (nodes, runs) = {
            let mut txn = doc.transact_mut();
            (txn.get_or_insert_map("nodes"), txn.get_or_insert_map("runs"))
        };
        Self { doc, nodes, runs, tallies: Mutex::default() }
    }

    /// Enters a run that waits for its turn. It claims the nodes that no other run has under way or waits for; the rest
    /// it claims when it begins.
    pub fn queue_run(&self, run: RunId, summary: RunSummary, nodes: &[(NodeId, String)]) {
        let mut txn = self.doc.transact_mut_with(Origin::Engine.as_str());
        // It may have begun already: whoever executes it does not wait for this.
        if self.runs.contains_key(&txn, &run.to_string()) {
            return;
        }
        self.enter(&mut txn, run, &summary);
        for (id, key) in nodes {
            let taken = match self.nodes.get(&txn, id.as_str()) {
                Some(Out::YMap(map)) => !is_through(&map, &txn),
                _ => false,
            };
            if !taken {
                self.claim(&mut txn, run, id, key);
            }
        }
    }

    /// Enters a run that is executed now, and claims its nodes, each under its node key (see [`crate::merkle`]).
    ///
    /// Earlier values and history stay. A run that claimed a node before loses it: its later events for it are dropped.
    /// If the run had begun before, because its worker was lost, what it had finished stays finished.
    pub fn begin_run(&self, run: RunId, summary: RunSummary, nodes: &[(NodeId, String)]) {
        let mut txn = self.doc.transact_mut_with(Origin::Engine.as_str());
        self.enter(&mut txn, run, &summary);
        for (id, key) in nodes {
            let finished = match self.nodes.get(&txn, id.as_str()) {
                Some(Out::YMap(map)) => claimed_by(&map, &txn, run) && is_done(&map, &txn),
                _ => false,
            };
            if !finished {
                self.claim(&mut txn, run, id, key);
            }
        }
        let tally = Tally { nodes: nodes.len() as u32, through: 0 };
        self.tallies.lock().unwrap_or_else(PoisonError::into_inner).insert(run, tally);
    }

    fn enter(&self, txn: &mut TransactionMut, run: RunId, summary: &RunSummary) {
        self.runs.insert(txn, run.to_string(), any_from(summary));
        self.drop_old_runs(txn);
    }

    /// Says anew whose turn it is. Runs that do not wait any more stay as they are.
    pub fn set_positions(&self, positions: &[(RunId, u32)]) {
        let mut txn = self.doc.transact_mut_with(Origin::Engine.as_str());
        for (run, position) in positions {
            self.update_run(&mut txn, *run, |summary| {
                if summary.status == RunStatus::Queued {
                    summary.position = Some(*position);
                }
            });
        }
    }

    /// Writes what an event says. `now_rfc3339` is the server's clock.
    pub fn apply(&self, run: RunId, event: &RunEvent, now_rfc3339: &str) {
        let mut txn = self.doc.transact_mut_with(Origin::Engine.as_str());
        let txn = &mut txn;
        match event {
            RunEvent::RunStarted { .. } => self.update_run(txn, run, |summary| {
                (summary.status, summary.position) = (RunStatus::Running, None);
            }),
            RunEvent::NodeStarted { node, .. } => {
                self.on_node(txn, run, node, |txn, map| set_status(map, txn, NodeStatus::Running));
            }
            RunEvent::NodeProgress { node, progress } => {
                // A hundredth is what a bar can show, and bounds how often one node can write.
                let progress = (progress.clamp(0.0, 1.0) * 100.0).round() / 100.0;
                if progress.is_finite() {
                    self.on_node(txn, run, node, |txn, map| put(map, txn, "progress", Some(progress.into())));
                }
            }
            RunEvent::TextDelta { node, delta, .. } => {
                self.on_node(txn, run, node, |txn, map| append_text(map, txn, delta));
            }
            RunEvent::Preview { node, output, value } => {
                let preview = Values::from([(output.clone(), value.clone())]);
                self.on_node(txn, run, node, |txn, map| put(map, txn, "preview", Some(any_from_values(&preview))));
            }
            RunEvent::NodeWaiting { node, approval } => {
                self.on_node(txn, run, node, |txn, map| wait(map, txn, approval));
            }
            RunEvent::NodeAnswered { node, answer } => {
                self.on_node(txn, run, node, |txn, map| answered(map, txn, answer));
            }
            RunEvent::NodeFinished { node, outputs, cached, duration_millis, cost_usd, seed, items, .. } => {
                let finished = Finished {
                    run,
                    outputs,
                    cached: *cached,
                    duration_millis: *duration_millis,
                    cost_usd: *cost_usd,
                    seed: *seed,
                    items: items.as_ref(),
                };
                self.on_node(txn, run, node, |txn, map| finish(map, txn, &finished, now_rfc3339));
                self.count_through(txn, run);
            }
            RunEvent::NodeFailed { node, failure } => {
                self.on_node(txn, run, node, |txn, map| end(map, txn, NodeStatus::Failed, Some(failure)));
                self.count_through(txn, run);
            }
            RunEvent::NodeSkipped { node, .. } => {
                self.on_node(txn, run, node, |txn, map| end(map, txn, NodeStatus::Skipped, None));
                self.count_through(txn, run);
            }
            RunEvent::NodeCancelled { node } => {
                self.on_node(txn, run, node, |txn, map| end(map, txn, NodeStatus::Cancelled, None));
                self.count_through(txn, run);
            }
            RunEvent::RunFinished { status, cost_usd, .. } => self.finish_run(txn, run, *status, *cost_usd),
        }
    }

    /// Forgets nodes that the graph no longer has. Called before a run, so that undoing a deletion finds the outputs
    /// still there for a while.
    pub fn retain_nodes(&self, graph: &Graph) {
        let mut txn = self.doc.transact_mut_with(Origin::Engine.as_str());
        let gone: Vec<String> =
            self.nodes.keys(&txn).filter(|id| !graph.nodes.contains_key(*id)).map(str::to_owned).collect();
        for id in gone {
            self.nodes.remove(&mut txn, &id);
        }
    }

    pub fn doc(&self) -> &Doc {
        &self.doc
    }

    /// The `nodes` root, to observe.
    pub fn nodes(&self) -> &MapRef {
        &self.nodes
    }

    /// The `runs` root, to observe.
    pub fn runs(&self) -> &MapRef {
        &self.runs
    }

    /// Everything as plain data. Entries that cannot be read are left out.
    pub fn project(&self) -> Outputs {
        self.project_in(&self.doc.transact())
    }

    pub fn project_in<T: ReadTxn>(&self, txn: &T) -> Outputs {
        let nodes = self.nodes.iter(txn).filter_map(|(id, node)| Some((id.parse().ok()?, node_output(txn, node)?)));
        let runs = self.runs.iter(txn).filter_map(|(id, run)| Some((id.parse().ok()?, run_summary(&run)?)));
        Outputs { nodes: nodes.collect(), runs: runs.collect() }
    }

    pub fn node_in<T: ReadTxn>(&self, txn: &T, id: &NodeId) -> Option<NodeOutput> {
        node_output(txn, self.nodes.get(txn, id.as_str())?)
    }

    pub fn run_in<T: ReadTxn>(&self, txn: &T, id: RunId) -> Option<RunSummary> {
        run_summary(&self.runs.get(txn, &id.to_string())?)
    }

    fn claim(&self, txn: &mut TransactionMut, run: RunId, id: &NodeId, key: &str) {
        let map = self.map_of(txn, id);
        put(&map, txn, "run", Some(run.to_string().into()));
        put(&map, txn, "key", Some(key.into()));
        set_status(&map, txn, NodeStatus::Queued);
        let of_the_last_run =
            ["progress", "error", "cost_usd", "duration_millis", "seed", "text", "preview", "items", "approvals"];
        for field in of_the_last_run {
            put(&map, txn, field, None);
        }
    }

    /// The map of a node about to run: the one there is, or a fresh one with the earlier results in it.
    fn map_of(&self, txn: &mut TransactionMut, id: &NodeId) -> MapRef {
        let before = match self.nodes.get(txn, id.as_str()) {
            Some(Out::YMap(map)) if !self.is_due_for_renewal(txn, &map) => return map,
            before => before,
        };
        let kept = match before {
            Some(Out::YMap(map)) => ["values", "history"].map(|key| (key, map.get(txn, key))),
            _ => ["values", "history"].map(|key| (key, None)),
        };
        let map = self.nodes.insert(txn, id.as_str(), MapPrelim::default());
        for (key, value) in kept {
            if let Some(Out::Any(value)) = value {
                map.insert(txn, key, value);
            }
        }
        map
    }

    fn is_due_for_renewal(&self, txn: &TransactionMut, map: &MapRef) -> bool {
        let BranchID::Nested(made) = AsRef::<yrs::branch::Branch>::as_ref(map).id() else { return true };
        let now = txn.state_vector().get(&made.client);
        made.client != self.doc.client_id() || now.saturating_sub(made.clock) > RENEW_AFTER_TICKS
    }

    /// Writes to a node if `run` is the one that claimed it last.
    fn on_node(
        &self,
        txn: &mut TransactionMut,
        run: RunId,
        node: &NodeId,
        write: impl FnOnce(&mut TransactionMut, &MapRef),
    ) {
        if let Some(Out::YMap(map)) = self.nodes.get(txn, node.as_str())
            && claimed_by(&map, txn, run)
        {
            write(txn, &map);
        }
    }

    fn count_through(&self, txn: &mut TransactionMut, run: RunId) {
        let tally = {
            let mut tallies = self.tallies.lock().unwrap_or_else(PoisonError::into_inner);
            match tallies.get_mut(&run) {
                Some(tally) => {
                    tally.through += 1;
                    *tally
                }
                None => *tallies.entry(run).or_insert(self.count(txn, run)),
            }
        };
        let share = f64::from(tally.through) / f64::from(tally.nodes.max(1));
        let progress = (share.min(1.0) * 100.0).floor() / 100.0;
        self.update_run(txn, run, |summary| summary.progress = progress);
    }

    /// How far a run is, as the document says: for a document loaded in the middle of one.
    fn count(&self, txn: &TransactionMut, run: RunId) -> Tally {
        let mut tally = Tally::default();
        for (_, node) in self.nodes.iter(txn) {
            if let Out::YMap(map) = node
                && claimed_by(&map, txn, run)
            {
                tally.nodes += 1;
                tally.through += u32::from(is_through(&map, txn));
            }
        }
        tally
    }

    fn finish_run(&self, txn: &mut TransactionMut, run: RunId, status: RunStatus, cost_usd: Option<f64>) {
        self.tallies.lock().unwrap_or_else(PoisonError::into_inner).remove(&run);
        let left: Vec<MapRef> = self
            .nodes
            .iter(txn)
            .filter_map(|(_, node)| node.cast::<MapRef>().ok())
            .filter(|map| claimed_by(map, txn, run) && !is_through(map, txn))
            .collect();
        for map in left {
            end(&map, txn, NodeStatus::Cancelled, None);
        }
        self.update_run(txn, run, |summary| {
            (summary.status, summary.position) = (status, None);
            summary.cost_usd = cost_usd.or(summary.cost_usd);
            if status == RunStatus::Done {
                summary.progress = 1.0;
            }
        });
    }

    fn update_run(&self, txn: &mut TransactionMut, run: RunId, change: impl FnOnce(&mut RunSummary)) {
        let key = run.to_string();
        let Some(before) = self.runs.get(txn, &key).as_ref().and_then(run_summary) else { return };
        let mut after = before.clone();
        change(&mut after);
        if after != before {
            self.runs.insert(txn, key, any_from(&after));
        }
    }

    fn drop_old_runs(&self, txn: &mut TransactionMut) {
        // Unreadable entries sort first, so they go first.
        let by_age: BTreeSet<(Option<String>, String)> = self
            .runs
            .iter(txn)
            .map(|(id, run)| (run_summary(&run).map(|summary| summary.started_at), id.to_owned()))
            .collect();
        let surplus = by_age.len().saturating_sub(RUNS_LEN);
        for (_, id) in by_age.into_iter().take(surplus) {
            self.runs.remove(txn, &id);
        }
    }
}
