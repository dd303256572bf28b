//! A workflow's graph as plain data: what a document holds, projected out of its CRDT.
//!
//! Serialised, this *is* the exchange format (see [`crate::exchange`]): same names, ids as strings, values by name.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{
    id::{FrameId, IdError, NodeId, RunId},
    value::Values,
};

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Graph {
    #[serde(default)]
    pub meta: Meta,
    #[serde(default)]
    pub nodes: BTreeMap<NodeId, Node>,
    #[serde(default)]
    pub edges: BTreeMap<EdgeId, Edge>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub frames: BTreeMap<FrameId, Frame>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Meta {
    #[serde(default)]
    pub title: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
}

/// Params by name: literal JSON. Prompts (Y.Text in the document) are strings here.
pub type Params = BTreeMap<String, serde_json::Value>;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Node {
    #[serde(rename = "type")]
    pub node_type: String,
    #[serde(default = "first_version")]
    pub version: u32,
    /// Upper left corner, in canvas units (CSS pixels at zoom 1).
    #[serde(default)]
    pub pos: [f64; 2],
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<[f64; 2]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub params: Params,
    #[serde(default, skip_serializing_if = "Mode::is_active")]
    pub mode: Mode,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frame: Option<FrameId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub collapsed: bool,
    /// Fractional index: nodes are drawn in the order of this string, then of their ids.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub z: Option<String>,
    /// A result the node yields without being run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<Pin>,
    /// Its own time limit, instead of the one its kind has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<u32>,
    /// How often it is tried again after a failure that may pass by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retries: Option<u32>,
}

/// One version of a node's outputs, chosen to stay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Pin {
    /// By output port. Whole, not a reference: a version leaves the outputs document after a while.
    pub values: Values,
    /// The run that made them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
    /// The seed that made them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}

impl Pin {
    /// The longest pin that may stand in a document, as JSON.
    pub const MAX_BYTES: usize = 256 * 1024;
}

fn first_version() -> u32 {
    1
}

impl Node {
    /// The longest time limit that can be set: a week.
    pub const TIMEOUT_MAX_SECONDS: u32 = 7 * 24 * 3600;

    /// The most retries that can be set.
    pub const RETRIES_MAX: u32 = 10;

    /// A node at the origin with no parameter set.
    pub fn new(node_type: impl Into<String>) -> Self {
        Self {
            node_type: node_type.into(),
            version: first_version(),
            pos: [0.0, 0.0],
            size: None,
            title: None,
            params: Params::new(),
            mode: Mode::Active,
            frame: None,
            color: None,
            collapsed: false,
            z: None,
            pin: None,
            timeout_seconds: None,
            retries: None,
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    #[default]
    Active,
    /// Left out of a run; wires pass through it where types match.
    Bypass,
    /// Left out of a run together with everything that depends on it.
    Mute,
}

impl Mode {
    fn is_active(&self) -> bool {
        *self == Self::Active
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Bypass => "bypass",
            Self::Mute => "mute",
        }
    }
}

/// A wire. Immutable: a change is a removal and an addition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Edge {
    pub from: NodeId,
    pub output: String,
    pub to: NodeId,
    pub input: String,
}

/// `{to}:{input}` where one wire may end, `{to}:{input}:{random}` where several may.
///
/// The deterministic form makes two people who wire the same input at once end up with one wire.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EdgeId(String);

impl EdgeId {
    /// Longest text form, in bytes.
    pub const MAX_BYTES: usize = 256;

    /// For an input that takes one wire.
    pub fn single(to: &NodeId, input: &str) -> Self {
        Self(format!("{to}:{input}"))
    }

    /// For an input that collects wires. `random` is the creator's, so that two people's wires both stay.
    pub fn listed(to: &NodeId, input: &str, random: &str) -> Self {
        Self(format!("{to}:{input}:{random}"))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EdgeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for EdgeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for EdgeId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let valid = !text.is_empty() && text.len() <= Self::MAX_BYTES && !text.chars().any(char::is_control);
        if valid {
            Ok(Self(text.into()))
        } else {
            Err(IdError::Characters { got: text.chars().take(48).collect(), max: Self::MAX_BYTES })
        }
    }
}

impl Serialize for EdgeId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for EdgeId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A titled box; its nodes name it, so moving a node out of the picture does not change who belongs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Frame {
    pub pos: [f64; 2],
    pub size: [f64; 2],
    #[serde(default)]
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
}

impl Graph {
    /// Wires that end in `node`, in the order of their ids.
    pub fn edges_into<'g>(&'g self, node: &'g NodeId) -> impl Iterator<Item = (&'g EdgeId, &'g Edge)> {
        self.edges.iter().filter(move |(_, edge)| edge.to == *node)
    }
}
