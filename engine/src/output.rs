//! What a node's function gives back: Rust types turned into values on output ports.

use shared::{
    node::PortSpec,
    value::{Value, ValueType, Values},
};

use crate::{
    NodeError,
    input::{Any, Embedding},
    media::{Audio, File, Image, Mask, Video},
};

/// A Rust type that becomes one value.
pub trait IntoValue {
    /// The type of the port.
    fn value_type() -> ValueType;

    /// The value.
    fn into_value(self) -> Value;
}

/// A type that an output port may have: a value, or an `Option` for an output that may stay without one.
pub trait OutputValue {
    /// The type of the port.
    fn value_type() -> ValueType;

    /// Adds the value to the node's results.
    fn insert_into(self, port: &str, values: &mut Values) -> Result<(), NodeError>;
}

impl<T: IntoValue> OutputValue for T {
    fn value_type() -> ValueType {
        T::value_type()
    }

    fn insert_into(self, port: &str, values: &mut Values) -> Result<(), NodeError> {
        let value = self.into_value();
        // JSON has no NaN: it would come back as `null` and break the document.
        if matches!(value, Value::Number(number) if !number.is_finite()) {
            return Err(NodeError::invalid(port, format!("output `{port}` is not a finite number")));
        }
        values.insert(port.to_owned(), value);
        Ok(())
    }
}

impl<T: IntoValue> OutputValue for Option<T> {
    fn value_type() -> ValueType {
        T::value_type()
    }

    fn insert_into(self, port: &str, values: &mut Values) -> Result<(), NodeError> {
        self.map_or(Ok(()), |value| value.insert_into(port, values))
    }
}

/// Everything a node gives back: one value, or a struct with `#[derive(Outputs)]`.
pub trait NodeOutputs: Sized {
    /// The ports. `name` and `description` are those of `#[node(output = …, returns = …)]`.
    fn ports(name: Option<&str>, description: &str) -> Vec<PortSpec>;

    /// The values by port.
    fn into_values(self, name: Option<&str>) -> Result<Values, NodeError>;
}

/// A node without outputs.
impl NodeOutputs for () {
    fn ports(_name: Option<&str>, _description: &str) -> Vec<PortSpec> {
        Vec::new()
    }

    fn into_values(self, _name: Option<&str>) -> Result<Values, NodeError> {
        Ok(Values::new())
    }
}

impl<T: IntoValue> NodeOutputs for T {
    fn ports(name: Option<&str>, description: &str) -> Vec<PortSpec> {
        let value_type = T::value_type();
        let name = name.map_or_else(|| default_name(&value_type), str::to_owned);
        vec![PortSpec::new(name, value_type, description)]
    }

    fn into_values(self, name: Option<&str>) -> Result<Values, NodeError> {
        let port = name.map_or_else(|| default_name(&T::value_type()), str::to_owned);
        let mut values = Values::new();
        self.insert_into(&port, &mut values)?;
        Ok(values)
    }
}

/// What a single output is called when nobody says: after its type, `image`, `images` for a list, `value` for any.
fn default_name(value_type: &ValueType) -> String {
    match value_type {
        ValueType::Any => "value".to_owned(),
        ValueType::List(item) => format!("{}s", default_name(item)),
        other => other.to_string(),
    }
}

macro_rules! into_value {
    ($($name:ty, $value_type:ident: $value:pat => $made:expr;)*) => {$(
        impl IntoValue for $name {
            fn value_type() -> ValueType {
                ValueType::$value_type
            }

            fn into_value(self) -> Value {
                let $value = self;
                $made
            }
        }
    )*};
}

into_value! {
    Any, Any: Any(value) => value;
    String, Text: text => Value::Text(text);
    f64, Number: number => Value::Number(number);
    bool, Bool: truth => Value::Bool(truth);
    serde_json::Value, Json: json => Value::Json(json);
    Image, Image: Image(media) => Value::Image(media);
    Mask, Mask: Mask(media) => Value::Mask(media);
    Video, Video: Video(media) => Value::Video(media);
    Audio, Audio: Audio(media) => Value::Audio(media);
    File, File: File(media) => Value::File(media);
    Embedding, Embedding: Embedding(vector) => Value::Embedding(vector);
}

impl<T: IntoValue> IntoValue for Vec<T> {
    fn value_type() -> ValueType {
        ValueType::List(Box::new(T::value_type()))
    }

    fn into_value(self) -> Value {
        Value::List(self.into_iter().map(T::into_value).collect())
    }
}
