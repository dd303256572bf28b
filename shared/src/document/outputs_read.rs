//! The outputs document as plain data. What cannot be read is left out: outputs can be made anew by a run.

use yrs::{Any, GetString, Map, MapRef, Out, ReadTxn};

use super::json::json_from_any;
use crate::{
    outputs::{NodeOutput, RunSummary},
    value::{Value, Values},
};

pub(super) fn run_summary(run: &Out) -> Option<RunSummary> {
    let Out::Any(any) = run else { return None };
    serde_json::from_value(json_from_any(any).ok()?).ok()
}

pub(super) fn node_output<T: ReadTxn>(txn: &T, node: Out) -> Option<NodeOutput> {
    let Out::YMap(map) = node else { return None };
    Some(NodeOutput {
        run: field(&map, txn, "run")?,
        status: field(&map, txn, "status")?,
        progress: field(&map, txn, "progress"),
        key: field(&map, txn, "key").unwrap_or_default(),
        error: field(&map, txn, "error"),
        cost_usd: field(&map, txn, "cost_usd"),
        duration_millis: field(&map, txn, "duration_millis"),
        seed: field(&map, txn, "seed"),
        text: match map.get(txn, "text") {
            Some(Out::YText(text)) => text.get_string(txn),
            _ => String::new(),
        },
        preview: values(&map, txn, "preview"),
        values: values(&map, txn, "values"),
        items: field(&map, txn, "items"),
        approvals: field(&map, txn, "approvals").unwrap_or_default(),
        history: match map.get(txn, "history") {
            Some(Out::Any(Any::Array(versions))) => versions.iter().filter_map(parsed).collect(),
            _ => Vec::new(),
        },
    })
}

fn field<T: ReadTxn, V: serde::de::DeserializeOwned>(map: &MapRef, txn: &T, key: &str) -> Option<V> {
    match map.get(txn, key)? {
        Out::Any(any) => parsed(&any),
        _ => None,
    }
}

pub(super) fn parsed<V: serde::de::DeserializeOwned>(any: &Any) -> Option<V> {
    serde_json::from_value(json_from_any(any).ok()?).ok()
}

/// Port by port, so that one value of an unknown type does not hide the others.
fn values<T: ReadTxn>(map: &MapRef, txn: &T, key: &str) -> Values {
    let Some(Out::Any(Any::Map(ports))) = map.get(txn, key) else { return Values::new() };
    ports.iter().filter_map(|(port, value)| Some((port.clone(), parsed::<Value>(value)?))).collect()
}
