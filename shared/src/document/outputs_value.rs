//! Results as they stand in the outputs document: JSON of bounded depth, history of bounded size.

use std::{collections::HashMap, sync::Arc};

use serde::Serialize;
use yrs::Any;

use super::json::any_from_json;
use crate::{
    outputs::HISTORY_LEN,
    value::{Value, Values},
};

/// What all versions of one node together may take: a history is re-sent whole with every new version.
const HISTORY_MAX_BYTES: usize = 256 * 1024;

/// Our own types, none of which nests deep or holds what JSON has no word for.
pub(super) fn any_from(value: &impl Serialize) -> Any {
    serde_json::to_value(value).ok().and_then(|value| any_from_json(&value).ok()).unwrap_or(Any::Null)
}

/// Values by port. A value nested too deep for a document becomes its own text, which loses nothing for a reader.
pub(super) fn any_from_values(values: &Values) -> Any {
    let entries = values.iter().map(|(port, value)| {
        let json = serde_json::to_value(value).unwrap_or_default();
        let any = any_from_json(&json).unwrap_or_else(|_| {
            let text = json.get("value").map(ToString::to_string).unwrap_or_default();
            any_from(&Value::Text(text))
        });
        (port.clone(), any)
    });
    Any::Map(Arc::new(entries.collect()))
}

/// A history with `newest` in front, cut to [`HISTORY_LEN`] versions and [`HISTORY_MAX_BYTES`].
///
/// The same result under the same key again (a cache hit, a rerun of something deterministic) takes the place of the
/// version it repeats.
pub(super) fn shortened_history(newest: HashMap<String, Any>, before: Vec<Any>) -> Any {
    let repeats = |version: &Any| match version {
        Any::Map(old) => ["key", "values"].iter().all(|field| old.get(*field) == newest.get(*field)),
        _ => false,
    };
    let before: Vec<Any> = before.into_iter().filter(|version| !repeats(version)).collect();
    let mut left = HISTORY_MAX_BYTES;
    let versions: Vec<Any> = std::iter::once(Any::Map(Arc::new(newest)))
        .chain(before)
        .take(HISTORY_LEN)
        .take_while(|version| {
            let bytes = weight(version);
            let fits = bytes <= left;
            left = left.saturating_sub(bytes);
            fits
        })
        .collect();
    Any::Array(versions.into())
}

/// About how many bytes a value takes when encoded.
fn weight(any: &Any) -> usize {
    match any {
        Any::Null | Any::Undefined | Any::Bool(_) => 1,
        Any::Number(_) => 9,
        Any::String(text) => text.len() + 2,
        Any::Buffer(bytes) => bytes.len() + 2,
        Any::Array(items) => items.iter().map(weight).sum::<usize>() + 2,
        Any::Map(entries) => entries.iter().map(|(key, value)| key.len() + 1 + weight(value)).sum::<usize>() + 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(key: &str, text: &str) -> HashMap<String, Any> {
        HashMap::from([("key".into(), key.into()), ("values".into(), text.into())])
    }

    fn len(history: &Any) -> usize {
        let Any::Array(versions) = history else { panic!("a history is an array") };
        versions.len()
    }

    #[test]
    fn a_history_keeps_the_newest_versions() {
        let mut history = Vec::new();
        for n in 0..20 {
            let Any::Array(versions) = shortened_history(version(&n.to_string(), "x"), history) else { panic!() };
            history = versions.to_vec();
        }
        assert_eq!(history.len(), HISTORY_LEN);
        assert_eq!(history[0], Any::Map(Arc::new(version("19", "x"))));
    }

    #[test]
    fn a_repeated_result_is_one_version() {
        let before = vec![Any::Map(Arc::new(version("a", "x"))), Any::Map(Arc::new(version("b", "y")))];
        assert_eq!(len(&shortened_history(version("b", "y"), before)), 2);
    }

    #[test]
    fn a_history_of_long_texts_is_cut_by_size() {
        let long = "x".repeat(100 * 1024);
        let before = (0..5).map(|n| Any::Map(Arc::new(version(&n.to_string(), &long)))).collect();
        assert_eq!(len(&shortened_history(version("new", &long), before)), 2);
    }

    #[test]
    fn a_value_nested_too_deep_becomes_text() {
        let deep = (0..80).fold(serde_json::json!(1), |inner, _| serde_json::json!([inner]));
        let any = any_from_values(&Values::from([("json".into(), Value::Json(deep.clone()))]));
        let back = super::super::json::json_from_any(&any).unwrap();
        assert_eq!(back["json"], serde_json::json!({"type": "text", "value": deep.to_string()}));
    }
}
