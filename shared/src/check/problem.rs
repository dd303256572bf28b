//! A problem: what is wrong, where, and how bad. Also the words of a document's projection.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    graph::EdgeId,
    id::{FrameId, NodeId},
};

/// Something to show to the person, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    pub severity: Severity,
    pub place: Place,
    pub code: ProblemCode,
    /// One sentence, naming port or parameter.
    pub message: String,
}

/// Whether a run can start all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// What it concerns cannot run.
    Error,
    Warning,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "at", rename_all = "snake_case")]
pub enum Place {
    Workflow,
    Node {
        id: NodeId,
        /// The parameter, input or property.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        field: Option<String>,
    },
    Edge {
        id: EdgeId,
    },
    Frame {
        id: FrameId,
    },
}

impl Place {
    pub fn node(id: &NodeId) -> Self {
        Self::Node { id: id.clone(), field: None }
    }

    pub fn field(id: &NodeId, field: &str) -> Self {
        Self::Node { id: id.clone(), field: Some(field.into()) }
    }

    pub fn edge(id: &EdgeId) -> Self {
        Self::Edge { id: id.clone() }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Workflow => f.write_str("workflow"),
            Self::Node { id, field: None } => write!(f, "nodes.{id}"),
            Self::Node { id, field: Some(field) } => write!(f, "nodes.{id}.{field}"),
            Self::Edge { id } => write!(f, "edges.{id}"),
            Self::Frame { id } => write!(f, "frames.{id}"),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ProblemCode {
    /// The document holds something that is not of our shape; it is kept there and ignored.
    Malformed,
    /// The document was written by a newer OpenFlow.
    NewerSchema,
    /// No node of this type is known: shown as a placeholder, its data is kept.
    UnknownType,
    /// The node was made by a newer version of its type.
    NewerVersion,
    /// A required input has no wire, or a required parameter no value.
    MissingInput,
    /// A wire names an input or output that the node does not have.
    UnknownPort,
    /// A wire's output does not fit its input.
    TypeMismatch,
    /// A wire ends at a node that is not there.
    DanglingWire,
    /// A second wire ends in an input that takes one.
    DuplicateWire,
    /// Wires run in a circle.
    Cycle,
    /// A node is to be run over two lists that have nothing to do with each other.
    UnrelatedLists,
    /// A workflow within the workflow cannot be used as it is.
    Subworkflow,
    /// The node's type has no such parameter: its value is kept and ignored.
    UnknownParam,
    /// A parameter holds another kind of value than it takes.
    WrongKind,
    /// A number is below or above what the parameter takes.
    OutOfRange,
    /// The value is not one of the parameter's options.
    UnknownChoice,
    /// Two inputs, or two outputs, of the workflow have the same public name.
    DuplicateName,
}

impl Problem {
    pub fn error(place: Place, code: ProblemCode, message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, place, code, message: message.into() }
    }

    pub fn warning(place: Place, code: ProblemCode, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, place, code, message: message.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}
