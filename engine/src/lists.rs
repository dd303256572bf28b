//! Rust types for inputs that do something of their own with lists, and for outputs that are chosen at run time.
//!
//! A node takes one of these instead of [`crate::Any`]; what each means says [`shared::node::Lists`].

use shared::{
    node::{Lists, PortSpec},
    value::{Value, ValueType, Values},
};

use crate::{FromValue, NodeError, NodeOutputs};

/// Anything, and of a list each item for itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Item(pub Value);

/// All items of one level of mapping.
#[derive(Debug, Clone, PartialEq)]
pub struct Collected(pub Vec<Value>);

/// A list that is put beside others: what is missing in one of them is left out of all.
#[derive(Debug, Clone, PartialEq)]
pub struct Paired(pub Vec<Value>);

/// Of several wires the first that has a value.
#[derive(Debug, Clone, PartialEq)]
pub struct First(pub Value);

impl FromValue for Item {
    const LISTS: Lists = Lists::Each;

    fn value_type() -> ValueType {
        ValueType::Any
    }

    fn from_value(value: Value) -> Result<Self, String> {
        Ok(Self(value))
    }
}

macro_rules! from_list {
    ($($name:ident: $lists:ident),*) => {$(
        impl FromValue for $name {
            const LISTS: Lists = Lists::$lists;

            fn value_type() -> ValueType {
                ValueType::List(Box::new(ValueType::Any))
            }

            fn from_value(value: Value) -> Result<Self, String> {
                Self::from_values(vec![value])
            }

            fn from_values(values: Vec<Value>) -> Result<Self, String> {
                let items = values.into_iter().flat_map(|value| match value {
                    Value::List(items) => items,
                    single => vec![single],
                });
                Ok(Self(items.collect()))
            }
        }
    )*};
}

from_list!(Collected: Collect, Paired: Paired);

impl FromValue for First {
    const LISTS: Lists = Lists::First;

    fn value_type() -> ValueType {
        ValueType::Any
    }

    fn from_value(value: Value) -> Result<Self, String> {
        Ok(Self(value))
    }

    fn from_values(values: Vec<Value>) -> Result<Self, String> {
        values.into_iter().next().map(Self).ok_or_else(|| "got nothing".to_owned())
    }
}

/// One value on the output that was chosen; the others stay without.
#[derive(Debug, Clone, PartialEq)]
pub struct Routed {
    /// The chosen output.
    pub port: String,
    /// What goes there.
    pub value: Value,
}

impl NodeOutputs for Routed {
    fn ports(name: Option<&str>, description: &str) -> Vec<PortSpec> {
        vec![PortSpec::new(name.unwrap_or("other"), ValueType::Any, description)]
    }

    fn into_values(self, _name: Option<&str>) -> Result<Values, NodeError> {
        Ok(Values::from([(self.port, self.value)]))
    }
}
