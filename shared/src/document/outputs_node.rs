//! One node in an outputs document: the fields of its map, read and written inside a transaction.
//!
//! Called by [`super::OutputsDocument`] alone, which decides which run may write.

use yrs::{Any, Map, MapRef, Out, ReadTxn, Text, TextPrelim, TransactionMut};

use super::{
    outputs_read::parsed,
    outputs_value::{any_from, any_from_values, shortened_history},
};
use crate::{
    id::RunId,
    outputs::APPROVALS_LEN,
    run::{Approval, ApprovalAnswer, Items, NodeFailure, NodeStatus},
    value::Values,
};

/// What a finished execution of a node gave.
pub(super) struct Finished<'e> {
    pub run: RunId,
    pub outputs: &'e Values,
    pub cached: bool,
    pub duration_millis: u64,
    pub cost_usd: Option<f64>,
    pub seed: Option<u64>,
    pub items: Option<&'e Items>,
}

pub(super) fn claimed_by<T: ReadTxn>(node: &MapRef, txn: &T, run: RunId) -> bool {
    matches!(node.get(txn, "run"), Some(Out::Any(Any::String(text))) if *text == *run.to_string())
}

pub(super) fn is_through<T: ReadTxn>(node: &MapRef, txn: &T) -> bool {
    match node.get(txn, "status") {
        Some(Out::Any(Any::String(status))) => {
            let under_way = [NodeStatus::Queued, NodeStatus::Running, NodeStatus::Waiting];
            under_way.iter().all(|other| status.as_ref() != other.as_str())
        }
        _ => true,
    }
}

pub(super) fn is_done<T: ReadTxn>(node: &MapRef, txn: &T) -> bool {
    let done = [NodeStatus::Done.as_str(), NodeStatus::Cached.as_str()];
    matches!(node.get(txn, "status"), Some(Out::Any(Any::String(status))) if done.contains(&status.as_ref()))
}

pub(super) fn put(node: &MapRef, txn: &mut TransactionMut, key: &str, value: Option<Any>) {
    match value {
        Some(value) => {
            node.try_update(txn, key, value);
        }
        None if node.contains_key(txn, key) => {
            node.remove(txn, key);
        }
        None => {}
    }
}

pub(super) fn set_status(node: &MapRef, txn: &mut TransactionMut, status: NodeStatus) {
    put(node, txn, "status", Some(status.as_str().into()));
}

/// Appends to the text that is being written. One Y.Text for each execution: removing it afterwards collapses all its
/// pieces into one tombstone.
pub(super) fn append_text(node: &MapRef, txn: &mut TransactionMut, delta: &str) {
    let text = match node.get(txn, "text") {
        Some(Out::YText(text)) => text,
        _ => node.insert(txn, "text", TextPrelim::default()),
    };
    text.push(txn, delta);
}

pub(super) fn finish(node: &MapRef, txn: &mut TransactionMut, finished: &Finished<'_>, now: &str) {
    let values = any_from_values(finished.outputs);
    let key = match node.get(txn, "key") {
        Some(Out::Any(Any::String(key))) => key,
        _ => "".into(),
    };
    let version = [
        ("run", Any::from(finished.run.to_string())),
        ("key", Any::String(key)),
        ("finished_at", Any::from(now)),
        ("values", values.clone()),
    ];
    let seed = finished.seed.map(|seed| ("seed", any_from(&seed)));
    let version = version.into_iter().chain(seed).map(|(key, value)| (key.to_owned(), value)).collect();
    let mut before = match node.get(txn, "history") {
        Some(Out::Any(Any::Array(versions))) => versions.to_vec(),
        _ => Vec::new(),
    };
    // Told again, by another attempt at the same run.
    before.retain(|earlier| !is_of_run(earlier, finished.run));
    put(node, txn, "history", Some(shortened_history(version, before)));
    put(node, txn, "values", Some(values));
    put(node, txn, "duration_millis", Some(any_from(&finished.duration_millis)));
    put(node, txn, "cost_usd", finished.cost_usd.map(Any::from));
    put(node, txn, "seed", finished.seed.map(|seed| any_from(&seed)));
    put(node, txn, "items", finished.items.map(any_from));
    let failure = finished.items.and_then(|items| items.failure.as_ref());
    end(node, txn, if finished.cached { NodeStatus::Cached } else { NodeStatus::Done }, failure);
}

/// Adds a question that somebody has to answer. Of a mapped node several may stand there at once.
pub(super) fn wait(node: &MapRef, txn: &mut TransactionMut, approval: &Approval) {
    let mut approvals = match node.get(txn, "approvals") {
        Some(Out::Any(Any::Array(approvals))) => approvals.to_vec(),
        _ => Vec::new(),
    };
    let approval = any_from(approval);
    // A run that goes on after a restart asks again.
    if !approvals.contains(&approval) && approvals.len() < APPROVALS_LEN {
        approvals.push(approval);
        put(node, txn, "approvals", Some(Any::Array(approvals.into())));
    }
    set_status(node, txn, NodeStatus::Waiting);
}

/// Takes a question away that somebody has answered. The node works again once none is left.
pub(super) fn answered(node: &MapRef, txn: &mut TransactionMut, answer: &ApprovalAnswer) {
    let Some(Out::Any(Any::Array(before))) = node.get(txn, "approvals") else { return };
    let is_it = |approval: &Any| {
        parsed::<Approval>(approval)
            .is_some_and(|approval| approval.node == answer.node && approval.items == answer.items)
    };
    let left: Vec<Any> = before.iter().filter(|approval| !is_it(approval)).cloned().collect();
    if left.is_empty() {
        put(node, txn, "approvals", None);
        set_status(node, txn, NodeStatus::Running);
    } else {
        put(node, txn, "approvals", Some(Any::Array(left.into())));
    }
}

fn is_of_run(version: &Any, run: RunId) -> bool {
    let Any::Map(fields) = version else { return false };
    matches!(fields.get("run"), Some(Any::String(text)) if **text == *run.to_string())
}

pub(super) fn end(node: &MapRef, txn: &mut TransactionMut, status: NodeStatus, failure: Option<&NodeFailure>) {
    set_status(node, txn, status);
    put(node, txn, "error", failure.map(any_from));
    for field in ["progress", "text", "preview", "approvals"] {
        put(node, txn, field, None);
    }
}
