//! JSON into and out of a Yjs document, with every number in one spelling and depth bounded.
//!
//! A document may hold what JSON cannot (NaN, bytes) and nesting that would exhaust the stack; both are errors here,
//! which the projection turns into problems.

use std::{collections::HashMap, sync::Arc};

use serde_json::Value;
use yrs::{Any, any::Number};

/// How deep arrays and objects may be nested in one value. The decoder that guards documents refuses 64 levels, and the
/// exchange format, which allows 64, has four of its own around a parameter.
pub(crate) const MAX_DEPTH: usize = 60;

/// Above this, neighbouring integers share one floating point number.
const MAX_SAFE: f64 = 9_007_199_254_740_991.0;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum JsonError {
    #[error("is nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
    #[error("holds a number that is not finite")]
    NotFinite,
    #[error("holds bytes, which belong in the blob store")]
    Bytes,
}

/// The integer that a number is: `8` and `8.0` are one value, since Yjs does not keep them apart.
pub(crate) fn whole(value: f64) -> Option<i64> {
    (value.trunc() == value && value.abs() <= MAX_SAFE).then_some(value as i64)
}

fn number(value: f64) -> Option<serde_json::Number> {
    whole(value).map(Into::into).or_else(|| serde_json::Number::from_f64(value))
}

/// `value` with every number in the spelling it would have after a way through a document.
pub(crate) fn normalised(value: Value) -> Value {
    match value {
        Value::Number(n) if n.is_i64() => Value::Number(n),
        Value::Number(n) => n.as_f64().and_then(number).map_or(Value::Null, Value::Number),
        Value::Array(items) => items.into_iter().map(normalised).collect(),
        Value::Object(entries) => entries.into_iter().map(|(key, value)| (key, normalised(value))).collect(),
        Value::Null | Value::Bool(_) | Value::String(_) => value,
    }
}

pub(crate) fn any_from_json(value: &Value) -> Result<Any, JsonError> {
    any_at_depth(value, 0)
}

fn any_at_depth(value: &Value, depth: usize) -> Result<Any, JsonError> {
    if depth > MAX_DEPTH {
        return Err(JsonError::TooDeep);
    }
    Ok(match value {
        Value::Null => Any::Null,
        Value::Bool(value) => Any::Bool(*value),
        Value::Number(n) => match (n.as_i64(), n.as_f64()) {
            (Some(int), _) => Any::Number(Number::Int(int)),
            (None, Some(float)) if float.is_finite() => any_number(float),
            (None, _) => return Err(JsonError::NotFinite),
        },
        Value::String(text) => Any::String(text.as_str().into()),
        Value::Array(items) => {
            let items: Vec<Any> = items.iter().map(|item| any_at_depth(item, depth + 1)).collect::<Result<_, _>>()?;
            Any::Array(items.into())
        }
        Value::Object(entries) => {
            let entries: HashMap<String, Any> = entries
                .iter()
                .map(|(key, value)| Ok((key.clone(), any_at_depth(value, depth + 1)?)))
                .collect::<Result<_, _>>()?;
            Any::Map(Arc::new(entries))
        }
    })
}

/// A finite number as Yjs would write it: integers as such.
pub(crate) fn any_number(value: f64) -> Any {
    Any::Number(Number::try_i64(value))
}

pub(crate) fn json_from_any(any: &Any) -> Result<Value, JsonError> {
    json_at_depth(any, 0)
}

fn json_at_depth(any: &Any, depth: usize) -> Result<Value, JsonError> {
    if depth > MAX_DEPTH {
        return Err(JsonError::TooDeep);
    }
    Ok(match any {
        Any::Null | Any::Undefined => Value::Null,
        Any::Bool(value) => Value::Bool(*value),
        Any::Number(Number::Int(value)) => Value::Number((*value).into()),
        Any::Number(Number::Float(value)) => Value::Number(number(*value).ok_or(JsonError::NotFinite)?),
        Any::String(text) => Value::String(text.to_string()),
        Any::Buffer(_) => return Err(JsonError::Bytes),
        Any::Array(items) => {
            Value::Array(items.iter().map(|item| json_at_depth(item, depth + 1)).collect::<Result<_, _>>()?)
        }
        Any::Map(entries) => {
            // The map's own order is random, and `serde_json` may be built to keep the order of insertion.
            let mut entries: Vec<_> = entries.iter().collect();
            entries.sort_unstable_by_key(|(key, _)| *key);
            let entries = entries.into_iter().map(|(key, value)| Ok((key.clone(), json_at_depth(value, depth + 1)?)));
            Value::Object(entries.collect::<Result<_, _>>()?)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(depth: usize) -> Value {
        (0..depth).fold(Value::Null, |inner, _| Value::Array(vec![inner]))
    }

    #[test]
    fn a_number_has_one_spelling() {
        let there = any_from_json(&serde_json::json!({"a": 8.0, "b": [8, 0.5, -0.0]})).unwrap();
        assert_eq!(json_from_any(&there).unwrap().to_string(), r#"{"a":8,"b":[8,0.5,0]}"#);
        assert_eq!(normalised(serde_json::json!([8.0, 1e300])).to_string(), "[8,1e+300]");
    }

    #[test]
    fn what_is_nested_too_deep_is_refused_both_ways() {
        assert_eq!(any_from_json(&nested(MAX_DEPTH)).map(|_| ()), Ok(()));
        assert_eq!(any_from_json(&nested(MAX_DEPTH + 1)), Err(JsonError::TooDeep));
        let deep = (0..=MAX_DEPTH).fold(Any::Null, |inner, _| Any::Array(Arc::from([inner])));
        assert_eq!(json_from_any(&deep), Err(JsonError::TooDeep));
    }

    #[test]
    fn what_json_cannot_hold_is_an_error() {
        assert_eq!(json_from_any(&Any::from(f64::NAN)), Err(JsonError::NotFinite));
        assert_eq!(json_from_any(&Any::from(f64::INFINITY)), Err(JsonError::NotFinite));
        assert_eq!(json_from_any(&Any::from(vec![1u8])), Err(JsonError::Bytes));
    }
}
