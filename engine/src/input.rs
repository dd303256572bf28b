//! What a node's function takes from wires: values turned into Rust types.
//!
//! [`FromValue`] reads one value; [`InputValue`] adds "may be absent" for `Option`. The conversions are the ones that
//! [`ValueType::accepts`] promises, so that a wire the editor allows also works.

use std::collections::BTreeMap;

use shared::{
    graph::Params,
    node::{Lists, NodeSpec, ParamKind},
    run::FailureCode,
    value::{Value, ValueType},
};

use crate::{
    NodeError,
    media::{Audio, File, Image, Mask, Video},
    param::ParamValue,
};

/// Values by input name; several where several wires end. Wires into parameters stand here too.
pub type Inputs = BTreeMap<String, Vec<Value>>;

/// A Rust type that one value can become.
pub trait FromValue: Sized {
    /// What the input does with lists.
    const LISTS: Lists = Lists::Whole;

    /// The type of the port.
    fn value_type() -> ValueType;

    /// Reads the value; the error says what was expected.
    fn from_value(value: Value) -> Result<Self, String>;

    /// Reads all values that arrived at one input. Everything but a list takes exactly one.
    fn from_values(mut values: Vec<Value>) -> Result<Self, String> {
        match (values.pop(), values.len()) {
            (Some(value), 0) => Self::from_value(value),
            (_, n) => Err(format!("takes one value, got {}", n + 1)),
        }
    }
}

/// A Rust type that an argument of a node may have.
pub trait InputValue: Sized {
    /// Whether the node cannot run without it.
    const REQUIRED: bool;

    /// What the input does with lists.
    const LISTS: Lists;

    /// The type of the port.
    fn value_type() -> ValueType;

    /// Reads what arrived. `Ok(None)`: nothing did, and the type cannot do without (an `Option` can).
    fn from_input(values: Option<Vec<Value>>) -> Result<Option<Self>, String>;
}

impl<T: FromValue> InputValue for T {
    const REQUIRED: bool = true;
    const LISTS: Lists = T::LISTS;

    fn value_type() -> ValueType {
        T::value_type()
    }

    fn from_input(values: Option<Vec<Value>>) -> Result<Option<Self>, String> {
        values.map(T::from_values).transpose()
    }
}

impl<T: FromValue> InputValue for Option<T> {
    const REQUIRED: bool = false;
    const LISTS: Lists = T::LISTS;

    fn value_type() -> ValueType {
        T::value_type()
    }

    fn from_input(values: Option<Vec<Value>>) -> Result<Option<Self>, String> {
        values.map(T::from_values).transpose().map(Some)
    }
}

impl<T: FromValue> FromValue for Vec<T> {
    fn value_type() -> ValueType {
        ValueType::List(Box::new(T::value_type()))
    }

    fn from_value(value: Value) -> Result<Self, String> {
        match value {
            Value::List(items) => items.into_iter().map(T::from_value).collect(),
            single => Ok(vec![T::from_value(single)?]),
        }
    }

    // A list input collects its wires; a wire that carries a list adds all its items.
    fn from_values(values: Vec<Value>) -> Result<Self, String> {
        let lists: Result<Vec<Self>, String> = values.into_iter().map(Self::from_value).collect();
        Ok(lists?.into_iter().flatten().collect())
    }
}

/// Whatever arrives.
#[derive(Debug, Clone, PartialEq)]
pub struct Any(pub Value);

/// A vector that stands for a meaning.
#[derive(Debug, Clone, PartialEq)]
pub struct Embedding(pub Vec<f32>);

fn expected(what: &str, got: &Value) -> String {
    format!("takes {what}, got {}", got.value_type())
}

macro_rules! from_value {
    ($($name:ty, $value_type:ident, $what:literal: { $($pattern:pat => $made:expr),+ $(,)? })*) => {$(
        impl FromValue for $name {
            fn value_type() -> ValueType {
                ValueType::$value_type
            }

            fn from_value(value: Value) -> Result<Self, String> {
                match value {
                    $($pattern => Ok($made),)+
                    #[allow(unreachable_patterns)]
                    other => Err(expected($what, &other)),
                }
            }
        }
    )*};
}

from_value! {
    Any, Any, "a value": { value => Any(value) }
    String, Text, "text": {
        Value::Text(text) => text,
        Value::Number(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
    }
    f64, Number, "a number": { Value::Number(number) => number }
    bool, Bool, "a truth value": { Value::Bool(truth) => truth }
    Image, Image, "a picture": { Value::Image(media) | Value::Mask(media) => Image(media) }
    Mask, Mask, "a mask": { Value::Mask(media) | Value::Image(media) => Mask(media) }
    Video, Video, "a film": { Value::Video(media) => Video(media) }
    Audio, Audio, "a sound": { Value::Audio(media) => Audio(media) }
    File, File, "a file": {
        Value::File(m) | Value::Image(m) | Value::Mask(m) | Value::Video(m) | Value::Audio(m) => File(m),
    }
    Embedding, Embedding, "an embedding": { Value::Embedding(vector) => Embedding(vector) }
}

impl FromValue for serde_json::Value {
    fn value_type() -> ValueType {
        ValueType::Json
    }

    fn from_value(value: Value) -> Result<Self, String> {
        Ok(match value {
            Value::Json(json) => json,
            Value::Text(text) => text.into(),
            Value::Number(number) => json_number(number),
            Value::Bool(truth) => truth.into(),
            Value::Embedding(vector) => vector.into(),
            Value::List(items) => items.into_iter().map(Self::from_value).collect::<Result<Vec<_>, _>>()?.into(),
            media @ (Value::Image(_) | Value::Mask(_) | Value::Video(_) | Value::Audio(_) | Value::File(_)) => {
                return Err(expected("JSON", &media));
            }
        })
    }
}

/// Whole numbers become JSON integers, so that they also fit integer parameters.
fn json_number(number: f64) -> serde_json::Value {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() <= EXACT { (number as i64).into() } else { number.into() }
}

/// What a node is called with: its parameters and what arrived on its wires.
pub struct Args {
    spec: &'static NodeSpec,
    inputs: Inputs,
    params: Params,
}

impl Args {
    pub(crate) fn new(spec: &'static NodeSpec, inputs: Inputs, params: Params) -> Self {
        Self { spec, inputs, params }
    }

    /// What was not taken: for nodes whose ports, or parameters, are not known when they are compiled.
    pub(crate) fn into_rest(self) -> (Inputs, Params) {
        (self.inputs, self.params)
    }

    /// Takes the input `name`. Called by the code that `#[node]` makes.
    pub fn input<T: InputValue>(&mut self, name: &str) -> Result<T, NodeError> {
        let values = self.inputs.remove(name).filter(|values| !values.is_empty());
        let input = T::from_input(values).map_err(|why| NodeError::invalid(name, format!("input `{name}` {why}")))?;
        input.ok_or_else(|| {
            NodeError::new(FailureCode::MissingInput, format!("input `{name}` is not connected")).in_field(name)
        })
    }

    /// Takes the parameter `name`: from its wire, else as set, else its default. Called by the code that `#[node]` makes.
    pub fn param<T: ParamValue>(&mut self, name: &str) -> Result<T, NodeError> {
        let invalid = |why: String| NodeError::invalid(name, format!("parameter `{name}`: {why}"));
        let spec = self.spec.param(name).ok_or_else(|| invalid("is not in the node's spec".into()))?;
        let wired = self.inputs.remove(name).and_then(|mut values| values.pop());
        let json = match (wired, self.params.remove(name)) {
            (Some(value), _) => param_json(value, spec.wire.as_ref()).map_err(invalid)?,
            (None, Some(json)) if !json.is_null() => json,
            (None, _) => spec.default.clone(),
        };
        if json.is_null() && !spec.optional {
            return Err(
                NodeError::new(FailureCode::MissingInput, format!("parameter `{name}` has no value")).in_field(name)
            );
        }
        check_range(&spec.kind, &json).map_err(invalid)?;
        T::from_json(&json).map_err(invalid)
    }
}

/// A wired value as the literal it replaces.
pub(crate) fn param_json(value: Value, wire: Option<&ValueType>) -> Result<serde_json::Value, String> {
    match wire {
        Some(ValueType::Text) => String::from_value(value).map(Into::into),
        Some(ValueType::Number) => f64::from_value(value).map(json_number),
        Some(ValueType::Bool) => bool::from_value(value).map(Into::into),
        _ => serde_json::Value::from_value(value),
    }
}

/// The editor holds to the range already; a wire or an API call need not.
fn check_range(kind: &ParamKind, json: &serde_json::Value) -> Result<(), String> {
    let (min, max) = match kind {
        ParamKind::Number { min, max, .. } => (*min, *max),
        ParamKind::Integer { min, max, .. } => (min.map(|n| n as f64), max.map(|n| n as f64)),
        _ => return Ok(()),
    };
    let Some(number) = json.as_f64() else { return Ok(()) };
    match (min, max) {
        (Some(min), _) if number < min => Err(format!("{number} is less than {min}")),
        (_, Some(max)) if number > max => Err(format!("{number} is more than {max}")),
        _ => Ok(()),
    }
}
