//! The addresses inside a node, wire, frame or the workflow itself, and how those come apart into fields and together
//! again. The fields are the ones of the exchange format, so nothing in a graph can be without an address.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::{
    document::normalised,
    graph::{Edge, Frame, Meta, Node},
};

/// Which field of a node, wire, frame or workflow. As text: `pos`, `params.radius`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Field {
    Type,
    Version,
    Title,
    Description,
    /// One parameter by name. Prompts are parameters too.
    Param(String),
    Mode,
    Pos,
    Size,
    Frame,
    Color,
    Collapsed,
    Z,
    Pin,
    TimeoutSeconds,
    Retries,
    From,
    Output,
    To,
    Input,
}

/// A text that names no field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a field")]
pub struct UnknownField(String);

/// What stands before a parameter's name.
const PARAMS: &str = "params.";

const NAMED: [(Field, &str); 18] = [
    (Field::Type, "type"),
    (Field::Version, "version"),
    (Field::Title, "title"),
    (Field::Description, "description"),
    (Field::Mode, "mode"),
    (Field::Pos, "pos"),
    (Field::Size, "size"),
    (Field::Frame, "frame"),
    (Field::Color, "color"),
    (Field::Collapsed, "collapsed"),
    (Field::Z, "z"),
    (Field::Pin, "pin"),
    (Field::TimeoutSeconds, "timeout_seconds"),
    (Field::Retries, "retries"),
    (Field::From, "from"),
    (Field::Output, "output"),
    (Field::To, "to"),
    (Field::Input, "input"),
];

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Param(name) => write!(f, "{PARAMS}{name}"),
            named => f.write_str(NAMED.iter().find(|(field, _)| field == named).map_or("", |(_, name)| name)),
        }
    }
}

impl FromStr for Field {
    type Err = UnknownField;

    fn from_str(text: &str) -> Result<Self, UnknownField> {
        if let Some(name) = text.strip_prefix(PARAMS) {
            return Ok(Self::Param(name.into()));
        }
        let named = NAMED.iter().find(|(_, name)| *name == text).map(|(field, _)| field.clone());
        named.ok_or_else(|| UnknownField(text.chars().take(48).collect()))
    }
}

impl From<Field> for String {
    fn from(field: Field) -> Self {
        field.to_string()
    }
}

impl TryFrom<String> for Field {
    type Error = UnknownField;

    fn try_from(text: String) -> Result<Self, UnknownField> {
        text.parse()
    }
}

/// Something that a diff compares field by field.
pub(crate) trait Entry: Clone + PartialEq + Serialize + DeserializeOwned {
    /// Every field that has a value of its own; defaults are absent.
    fn fields(&self) -> BTreeMap<Field, Value> {
        let Ok(Value::Object(object)) = serde_json::to_value(self).map(normalised) else { return BTreeMap::new() };
        let mut fields = BTreeMap::new();
        for (name, value) in object {
            match (name.as_str(), value) {
                ("params", Value::Object(params)) => {
                    fields.extend(params.into_iter().map(|(name, value)| (Field::Param(name), value)));
                }
                (name, value) => fields.extend(name.parse().map(|field| (field, value))),
            }
        }
        fields
    }

    /// `None`: something that must be there is not, or is of another kind.
    fn from_fields(fields: BTreeMap<Field, Value>) -> Option<Self> {
        let (mut object, mut params) = (Map::new(), Map::new());
        for (field, value) in fields {
            match field {
                Field::Param(name) => params.insert(name, value),
                field => object.insert(field.to_string(), value),
            };
        }
        object.insert("params".into(), params.into());
        serde_json::from_value(object.into()).ok()
    }
}

impl Entry for Node {}
impl Entry for Edge {}
impl Entry for Frame {}
impl Entry for Meta {}
